import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { makeOrganisation } from '../support/organisation/makeOrganisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startScanStack } from '../support/stack/stack';

const usage = `Usage: npm run prove:scale [-- --objects N]

Scans a sample organisation (default: 100,000 synced objects) on the embedded stack, and fails unless the candidates are exactly
the generator's orphans, the scan takes less than 60 s, and the peak memory of the app's process stays below 400 MB.
`;

const limitSeconds = 60;
const limitMegabytes = 400;

/** The largest resident set that the process had, in MB (10^6 bytes); the kernel keeps it. */
function peakMegabytes(pid: number): number {
  const match = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (!match) throw new Error('the peak memory of a process can be read on Linux only');
  return (Number(match[1]) * 1024) / 1e6;
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { objects: { type: 'string', default: '100000' }, help: { type: 'boolean' } },
  });
  if (values.help) {
    process.stdout.write(usage);
    return true;
  }
  const objects = Number(values.objects);
  process.stdout.write(`Making an organisation of ${objects} synced objects …\n`);
  const organisation = makeOrganisation({ seed: 1, objects, now: Date.now() });
  const stack = await startScanStack({
    organisation,
    scanSettings: candidatesAtOnce,
    onLogLine: line => process.stdout.write(`  ${line}\n`),
  });
  try {
    const idle = peakMegabytes(stack.worker.pid);
    const started = performance.now();
    const run = await stack.scan();
    const seconds = (performance.now() - started) / 1000;
    const peak = peakMegabytes(stack.worker.pid);
    const rows = await stack.candidates();
    const found = rows.filter(row => row.state === 'candidate').map(row => `${row.type}/${row.id}`);
    const expected = new Set(organisation.orphans.map(orphan => `${orphan.type}/${orphan.cloudId}`));
    const exact = found.length === expected.size && found.every(key => expected.has(key));
    const lines = run.exports.reduce((sum, used) => sum + used.lines, 0);
    process.stdout.write(
      [
        `objects        ${objects} synced, ${lines} export lines, ${rows.length} rows written`,
        `candidates     ${found.length}, the generator made ${expected.size}: ${exact ? 'equal' : 'NOT EQUAL'}`,
        `scan           ${seconds.toFixed(1)} s (limit ${limitSeconds}); ${JSON.stringify(run.durations)} ms`,
        `peak memory    ${peak.toFixed(0)} MB (limit ${limitMegabytes}); ${idle.toFixed(0)} MB before the scan`,
        '',
      ].join('\n'),
    );
    return run.state === 'finished' && exact && seconds < limitSeconds && peak < limitMegabytes;
  } finally {
    await stack.stop();
  }
}

main().then(
  proved => {
    process.stdout.write(proved ? 'proved\n' : 'NOT PROVED\n');
    process.exitCode = proved ? 0 : 1;
    return undefined;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
