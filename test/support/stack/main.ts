import { exportAgeMs, makeOrganisation } from '../organisation/makeOrganisation';
import type { Organisation } from '../organisation/organisation';
import { parseArguments, usage, type StackArguments } from './options';
import { reportOf } from './report';
import { writeFuncSettings } from './funcSettings';
import { forestExporters } from './forestExporters';
import { startServices, type ServicesOptions } from './services';
import { sambaInstallation } from '../ad/sambaPrograms';
import { watchRequests } from './requestWatch';
import { addressesOf, firstUser, servingText } from './servingText';
import { startSignInDesk } from './signInDesk';
import { startScanStack, startStack, type ScanStack, type StackOptions } from './stack';

/** How long ago the first exports were begun, where a test writer makes them (ms). */
const sampleExportAgeMs = 10 * 60_000;

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
  const { objects, seed, json, func, ad } = parsed.arguments;
  const say = (line: string): void => {
    (json ? process.stderr : process.stdout).write(`${line}\n`);
  };
  const samba = sambaInstallation();
  if (ad && samba.kind === 'missing') {
    process.stderr.write(`--ad: ${samba.problem}\n`);
    return 2;
  }
  say(`Making a sample organisation of ${objects} synced objects (seed ${seed}) …`);
  const organisation = makeOrganisation({
    seed,
    objects,
    // Real exports start now, others a few minutes ago: fresh ones, which are asked for later, then find the same.
    now: Date.now() + exportAgeMs - (ad ? 0 : sampleExportAgeMs),
  });
  const options = { organisation, ...(ad ? { exporters: forestExporters(say) } : {}) };
  if (func) return await serveFunc(options, say);
  const onLogLine = (line: string): void => say(`  ${withoutInvocation(line)}`);
  return await (parsed.arguments.once ? scanOnce : scanAndServe)(
    { ...options, onLogLine },
    parsed.arguments,
    say,
  );
}

/** `--once`: the part scan alone. */
async function scanOnce(
  options: StackOptions,
  given: StackArguments,
  say: (line: string) => void,
): Promise<number> {
  say('Starting Azurite, the Graph stand-in, the identity endpoints and the Functions host on loopback …');
  const stack = await startScanStack({ ...options, port: given.port });
  try {
    return (await scanAndReport(stack, options.organisation, given, say)) ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

async function scanAndServe(
  options: StackOptions,
  given: StackArguments,
  say: (line: string) => void,
): Promise<number> {
  const { port, allowDeletion } = given;
  const { organisation } = options;
  say('Starting Azurite, the Graph stand-in, the identity endpoints, the OpenID provider and the Functions');
  say('hosts of both parts on loopback …');
  const reviewSettings = { ROLLOUT_STAGE: allowDeletion ? 'normal' : 'reportOnly' };
  const stack = await startStack({ ...options, port, reviewSettings });
  const stops: (() => Promise<void>)[] = [() => stack.stop()];
  try {
    const { url } = stack.reviewing.worker;
    if (port !== 0 && Number(new URL(url).port) !== port)
      say(`Port ${port} is in use: the API listens at ${url} instead.`);
    await scanAndReport(stack, organisation, given, say);
    const desk = await startSignInDesk(stack.reviewing.provider);
    stops.push(() => desk.stop());
    stops.push(watchRequests(stack, organisation, { onLine: say }));
    const candidate = await firstUser(stack);
    say(servingText({ ...addressesOf(stack), deskUrl: desk.url, candidate, deletionAllowed: allowDeletion }));
    await interrupted();
    say('Stopping …');
    return 0;
  } finally {
    for (const stop of stops.toReversed()) await stop();
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
  stack: ScanStack,
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
