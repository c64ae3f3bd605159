import { exportAgeMs, makeOrganisation } from '../organisation/makeOrganisation';
import type { Organisation } from '../organisation/organisation';
import { parseArguments, usage, type StackArguments } from './options';
import { reportOf } from './report';
import { writeFuncSettings } from './funcSettings';
import { forestExporters } from './forestExporters';
import { startServices, type ServicesOptions } from './services';
import { sambaInstallation } from '../ad/sambaPrograms';
import { startStack, type Stack } from './stack';

/** `npm start`: the sample organisation, scanned on the embedded stack. */
async function main(): Promise<number> {
  const parsed = parseArguments(process.argv.slice(2));
  if (parsed.kind === 'help') {
    process.stdout.write(usage);
    return 0;
  }
  if (parsed.kind === 'wrong') {
    process.stderr.write(`${parsed.problem}\n\n${usage}`);
    return 2;
  }
  const { once, objects, seed, json, func, ad, port } = parsed.arguments;
  const say = (line: string): void => {
    (json ? process.stderr : process.stdout).write(`${line}\n`);
  };
  const samba = sambaInstallation();
  if (ad && samba.kind === 'missing') {
    process.stderr.write(`--ad: ${samba.problem}\n`);
    return 2;
  }
  say(`Making a sample organisation of ${objects} synced objects (seed ${seed}) …`);
  // Real exports start now, not two hours ago.
  const organisation = makeOrganisation({ seed, objects, now: Date.now() + (ad ? exportAgeMs : 0) });
  const exporters = ad ? { exporters: forestExporters(say) } : {};
  if (func) return await serveFunc({ organisation, ...exporters }, say);
  say('Starting Azurite, the Graph stand-in, the identity endpoint and the Functions host on loopback …');
  const stack = await startStack({
    organisation,
    ...exporters,
    port,
    onLogLine: line => say(`  ${withoutInvocation(line)}`),
  });
  try {
    if (port !== 0 && Number(new URL(stack.worker.url).port) !== port)
      say(`Port ${port} is in use: the app listens at ${stack.worker.url} instead.`);
    const exact = await scanAndReport(stack, organisation, parsed.arguments, say);
    if (once) return exact ? 0 : 1;
    say(servingText(stack));
    await interrupted();
    say('Stopping …');
    return 0;
  } finally {
    await stack.stop();
  }
}

/** The services alone, until Ctrl-C: the Core Tools' `func` is started by the user, in another terminal. */
async function serveFunc(options: ServicesOptions, say: (line: string) => void): Promise<number> {
  say('Starting Azurite, the Graph stand-in and the identity endpoint on loopback …');
  const services = await startServices(options);
  try {
    const written = await writeFuncSettings(process.cwd(), services);
    say(`${written.instructions}\n\nServing until Ctrl-C.`);
    await interrupted();
    await written.remove();
    return 0;
  } finally {
    await services.stop();
  }
}

/** A line of the host's log without the id of the invocation, which says nothing here. */
const withoutInvocation = (line: string): string =>
  line.replace(/^information /, '').replace(/^(\S+) [0-9a-f]{8}-[0-9a-f-]{27} /, '$1: ');

/** true: the scan finished and its candidates are the generator's orphans, no more and no fewer. */
async function scanAndReport(
  stack: Stack,
  organisation: Organisation,
  { json }: StackArguments,
  say: (line: string) => void,
): Promise<boolean> {
  const run = await stack.scan();
  const rows = await stack.candidates();
  if (json) process.stdout.write(`${JSON.stringify(run, null, 2)}\n`);
  else say(`\n${reportOf(run, rows)}`);
  const found = new Set(rows.filter(row => row.state === 'candidate').map(row => `${row.type}/${row.id}`));
  const expected = new Set(organisation.orphans.map(orphan => `${orphan.type}/${orphan.cloudId}`));
  const wrong = [...found].filter(key => !expected.has(key));
  const missed = [...expected].filter(key => !found.has(key));
  const exact = run.state === 'finished' && wrong.length === 0 && missed.length === 0;
  say(
    exact
      ? `The candidates are exactly the ${expected.size} orphans that the generator made.`
      : `NOT what the generator made. Wrong: ${wrong.join(', ') || 'none'}. Missed: ${missed.join(', ') || 'none'}.`,
  );
  return exact;
}

const servingText = ({ worker, azurite, graph }: Stack): string => `
Serving until Ctrl-C.
  health          ${worker.url}/api/health
  scan again      curl -X POST -H 'x-functions-key: ${worker.masterKey}' -H 'content-type: application/json' -d '{"input":""}' ${worker.url}/admin/functions/nightlyScan
  tables          ${azurite.tableEndpoint}
  Graph stand-in  ${graph.endpoint}/v1.0
`;

const interrupted = (): Promise<void> =>
  new Promise(resolve => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });

main().then(
  code => {
    process.exitCode = code;
    return undefined;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
