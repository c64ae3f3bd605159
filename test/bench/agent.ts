import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { exportAttributes } from '../../agent/src/core/exportLine';
import {
  startDomainController,
  type DirectoryAccount,
  type DomainController,
} from '../support/ad/domainController';
import { ForestAgent } from '../support/ad/forestAgents';
import { addRecord } from '../support/ad/ldifRecord';
import { createCertificateAuthority } from '../support/tls';

const usage = `Usage: npm run prove:agent [-- --objects N --rounds N --report FILE]

Reads a real Active Directory (Samba) of 50,000 objects with the agent, and one of a fifth of that. Fails unless, in one run and side
by side, the search takes at most 1.1 times as long as ldapsearch takes for the same attributes, the whole export with every check at
most 1.6 times, and its peak memory is below 200 MB and at most a tenth above that of the smaller directory. --report writes the
figures, with the commit, into a file (docs/agent-report.md is one).
`;

const searchLimit = 1.1;
const exportLimit = 1.6;
const limitMegabytes = 200;
const growthLimit = 1.1;

const attributes = exportAttributes('mS-DS-ConsistencyGuid', []);

interface Bench {
  readonly controller: DomainController;
  readonly account: DirectoryAccount;
  readonly agent: ForestAgent;
}

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      objects: { type: 'string', default: '50000' },
      rounds: { type: 'string', default: '5' },
      report: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return true;
  }
  const objects = Number(values.objects);
  const rounds = Number(values.rounds);
  const folder = await mkdtemp(path.join(tmpdir(), 'prove-agent-'));
  const authority = await createCertificateAuthority();
  const caFile = path.join(folder, 'ca.pem');
  await writeFile(caFile, authority.cert);
  const benches: Bench[] = [];
  const open = async (count: number): Promise<Bench> => {
    say(`Making a domain of ${count} objects …`);
    const controller = await startDomainController({
      authority,
      dnsName: 'contoso.example',
      processModel: 'prefork',
      seed: seedOf(count),
      maximumRuntimeSeconds: 3600,
    });
    const account = await controller.addServiceAccount('svc-orphans');
    await controller.grantTombstones(account);
    const agent = await ForestAgent.create({
      source: 'contoso',
      tenantId: '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d',
      anchorAttribute: 'mS-DS-ConsistencyGuid',
      domainControllers: [{ url: controller.url, account }],
      authorityCert: authority.cert,
      upload: null,
    });
    const bench = { controller, account, agent };
    benches.push(bench);
    return bench;
  };
  try {
    const small = await open(Math.round(objects / 5));
    const smallPeak = median(await repeat(rounds, async () => (await exportOnce(small)).megabytes));
    await small.controller.stop();
    const large = await open(objects);
    const oracle: number[] = [];
    const searches: number[] = [];
    const exports: number[] = [];
    const peaks: number[] = [];
    for (let round = 0; round < rounds; round += 1) {
      oracle.push(await ldapsearchSeconds(large, caFile));
      searches.push(await searchSeconds(large, caFile));
      const { seconds, megabytes } = await exportOnce(large);
      exports.push(seconds);
      peaks.push(megabytes);
      say(
        `round ${round + 1}: ldapsearch ${oracle[round]?.toFixed(1)} s, search ${searches[round]?.toFixed(1)} s, export ` +
          `${seconds.toFixed(1)} s, ${megabytes.toFixed(0)} MB`,
      );
    }
    // Pair by pair: the machine's speed drifts, and a pair is one moment.
    const ratioOf = (those: readonly number[]): number =>
      median(those.map((seconds, round) => seconds / (oracle[round] ?? Number.NaN)));
    const search = ratioOf(searches);
    const whole = ratioOf(exports);
    const peak = median(peaks);
    const growth = peak / smallPeak;
    const proved =
      search <= searchLimit && whole <= exportLimit && peak < limitMegabytes && growth <= growthLimit;
    const figures = [
      `objects        ${objects}, and ${Math.round(objects / 5)} for the comparison of memory`,
      `search         ${search.toFixed(2)} times ldapsearch (limit ${searchLimit})`,
      `whole export   ${whole.toFixed(2)} times ldapsearch (limit ${exportLimit})`,
      `peak memory    ${peak.toFixed(0)} MB (limit ${limitMegabytes}), ${smallPeak.toFixed(0)} MB for the smaller directory`,
      `its growth     ${growth.toFixed(2)} (limit ${growthLimit})`,
      proved ? 'proved' : 'NOT PROVED',
    ];
    say(`\n${figures.join('\n')}`);
    if (values.report !== undefined) await writeFile(values.report, reportOf(figures, rounds));
    return proved;
  } finally {
    for (const { controller, agent } of benches) {
      await controller.stop();
      await agent.remove();
    }
    await rm(folder, { recursive: true, force: true });
  }
}

function reportOf(figures: readonly string[], rounds: number): string {
  const commit = execFileSync('git', ['rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
  return `# Speed and memory of the agent

Written by \`npm run prove:agent -- --report docs/agent-report.md\` at commit ${commit}, ${new Date().toISOString().slice(0, 10)}: Samba on
loopback, ${cpus().length} processors. Medians of ${rounds} rounds; each ratio is of two runs right after each other.

\`\`\`
${figures.join('\n')}
\`\`\`
`;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function median(numbers: readonly number[]): number {
  return numbers.toSorted((one, other) => one - other)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

async function repeat<Value>(times: number, action: () => Promise<Value>): Promise<Value[]> {
  const values: Value[] = [];
  for (let round = 0; round < times; round += 1) values.push(await action());
  return values;
}

const units = 100;

function seedOf(objects: number): string {
  const base = 'DC=contoso,DC=example';
  const records = Array.from({ length: units }, (_, unit) =>
    addRecord(`OU=Unit ${unit},${base}`, { objectClass: ['organizationalUnit'] }),
  );
  for (let number = 0; number < objects - units; number += 1) {
    const name = `user${number}`;
    records.push(
      addRecord(`CN=User ${number},OU=Unit ${number % units},${base}`, {
        objectClass: ['user'],
        sAMAccountName: [name],
        userPrincipalName: [`${name}@contoso.example`],
        userAccountControl: ['544'],
        mail: [`${name}@contoso.example`],
        proxyAddresses: [`SMTP:${name}@contoso.example`, `smtp:${name}@mail.contoso.example`],
      }),
    );
  }
  return records.join('');
}

/** Runs a program to its end; seconds of wall time, and what it wrote. */
async function timed(
  program: string,
  given: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<{ readonly seconds: number; readonly output: string }> {
  const started = performance.now();
  const child = spawn(program, given, {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const chunks: Buffer[] = [];
  let bytes = 0;
  child.stdout.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes < 4096) chunks.push(chunk);
  });
  const [code] = (await once(child, 'close')) as [number];
  if (code !== 0) throw new Error(`${program} ended with ${code}`);
  return { seconds: (performance.now() - started) / 1000, output: Buffer.concat(chunks).toString() };
}

async function ldapsearchSeconds({ controller, account }: Bench, caFile: string): Promise<number> {
  const { seconds } = await timed(
    'ldapsearch',
    `-LLL -x -o ldif-wrap=no -E pr=1000/noprompt -H ${controller.url} -D ${account.name} -b ${controller.baseDn}`
      .split(' ')
      .concat('-w', account.password, '(objectClass=*)', attributes),
    { LDAPTLS_CACERT: caFile },
  );
  return seconds;
}

async function searchSeconds({ controller, account }: Bench, caFile: string): Promise<number> {
  const domainController = {
    url: controller.url,
    bindName: account.name,
    password: account.password,
    caFile,
  };
  const program = path.join(__dirname, 'agentSearch.js');
  const { output } = await timed(process.execPath, [
    program,
    JSON.stringify(domainController),
    ...attributes,
  ]);
  return (JSON.parse(output) as { seconds: number }).seconds;
}

/** Tells, at the agent's end, the largest resident set that it had (kB). */
const tellPeak =
  'data:text/javascript,process.on("exit",()=>process.stderr.write(`peak ${process.resourceUsage().maxRSS}\\n`))';

async function exportOnce({
  agent,
}: Bench): Promise<{ readonly seconds: number; readonly megabytes: number }> {
  const out = path.join(agent.folder, 'out');
  const started = performance.now();
  const { code, told } = await agent.run(['export', '--out', out], { nodeArguments: ['--import', tellPeak] });
  const seconds = (performance.now() - started) / 1000;
  const peak = /^peak (\d+)$/m.exec(told)?.[1];
  if (code !== 0 || peak === undefined) throw new Error(`the agent ended with ${code}:\n${told}`);
  return { seconds, megabytes: (Number(peak) * 1024) / 1e6 };
}

main().then(
  proved => {
    process.exitCode = proved ? 0 : 1;
    return undefined;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
