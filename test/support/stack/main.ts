import type { StoredFacts } from '../../../shared/core/facts';
import type { ScanRun } from '../../../shared/core/scanRun';
import { exportAgeMs, makeOrganisation } from '../organisation/makeOrganisation';
import { tonightOf } from '../organisation/nights';
import type { Organisation, Orphan } from '../organisation/organisation';
import { candidatesAtOnce } from './candidatesAtOnce';
import { releaseLocks } from './holdReleases';
import { parseArguments, usage, type StackArguments } from './options';
import { firstNight, replayPastNights } from './pastNights';
import { nightLine, reportOf } from './report';
import { writeFuncSettings } from './funcSettings';
import { forestExporters } from './forestExporters';
import { startServices, type Services, type ServicesOptions } from './services';
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
  const { objects, seed, nights, json, func, ad } = parsed.arguments;
  const say = (line: string): void => {
    (json ? process.stderr : process.stdout).write(`${line}\n`);
  };
  const samba = sambaInstallation();
  if (ad && samba.kind === 'missing') {
    process.stderr.write(`--ad: ${samba.problem}\n`);
    return 2;
  }
  say(`Making a sample organisation of ${objects} synced objects (seed ${seed}) …`);
  const now = Date.now();
  const organisation = makeOrganisation({
    seed,
    objects,
    // Real exports start now, others a few minutes ago: fresh ones, which are asked for later, then find the same.
    now: now + exportAgeMs - (ad ? 0 : sampleExportAgeMs),
  });
  if (ad)
    say(
      'One night, for a real Active Directory has no past: WAITING_RULES lets all that is missing be a candidate at once.',
    );
  const sample: Sample = { organisation, now, given: parsed.arguments, say };
  const options = {
    organisation: firstNight(organisation, nights),
    ...(ad
      ? { exporters: forestExporters(say), scanSettings: { WAITING_RULES: candidatesAtOnce.WAITING_RULES } }
      : {}),
  };
  if (func) return await serveFunc(options, sample);
  const onLogLine = (line: string): void => say(`  ${withoutInvocation(line)}`);
  return await (parsed.arguments.once ? scanOnce : scanAndServe)({ ...options, onLogLine }, sample);
}

/** What is scanned, and how. */
interface Sample {
  /** As it is tonight. */
  readonly organisation: Organisation;
  /** When tonight is, milliseconds since 1970. */
  readonly now: number;
  readonly given: StackArguments;
  readonly say: (line: string) => void;
}

/** `--once`: the part scan alone. */
async function scanOnce(options: StackOptions, sample: Sample): Promise<number> {
  sample.say(
    'Starting Azurite, the Graph stand-in, the identity endpoints and the Functions host on loopback …',
  );
  const stack = await startScanStack({ ...options, port: sample.given.port });
  try {
    await replayNights(stack, sample);
    return (await scanAndReport(stack, sample)).exact ? 0 : 1;
  } finally {
    await stack.stop();
  }
}

async function scanAndServe(options: StackOptions, sample: Sample): Promise<number> {
  const { organisation, given, say } = sample;
  const { port, allowDeletion } = given;
  say('Starting Azurite, the Graph stand-in, the identity endpoints, the OpenID provider and the Functions');
  say('hosts of both parts on loopback …');
  const reviewSettings = { ROLLOUT_STAGE: allowDeletion ? 'normal' : 'reportOnly' };
  const stack = await startStack({ ...options, port, reviewSettings });
  const stops: (() => Promise<void>)[] = [() => stack.stop()];
  try {
    const { url } = stack.reviewing.worker;
    if (port !== 0 && Number(new URL(url).port) !== port)
      say(`Port ${port} is in use: the API listens at ${url} instead.`);
    await replayNights(stack, sample);
    const { run } = await scanAndReport(stack, sample);
    for (const line of await releaseLocks(stack.reviewing, run)) say(`What locked the list, ${line}.`);
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
async function serveFunc(options: ServicesOptions, sample: Sample): Promise<number> {
  const { say } = sample;
  say('Starting Azurite, the Graph stand-in and the identity endpoint on loopback …');
  const services = await startServices(options);
  try {
    await replayNights(services, sample);
    const written = await writeFuncSettings(process.cwd(), services);
    say(`${written.instructions}\n\nServing until Ctrl-C.`);
    await interrupted();
    await written.remove();
    return 0;
  } finally {
    await services.stop();
  }
}

/** The nights before tonight, one line each; what a scan of them logged is shown only where it did not finish. */
async function replayNights(services: Services, { organisation, now, given, say }: Sample): Promise<void> {
  const { nights } = given;
  if (nights === 1) return;
  say(
    `Scanning the ${nights - 1} nights before tonight, each with its own exports, on a clock that shows that night …`,
  );
  let lines: string[] = [];
  const sayLines = (): void => {
    for (const line of lines) say(`  ${line}`);
  };
  try {
    await replayPastNights(services, organisation, nights, {
      now,
      onLogLine: line => lines.push(line),
      onNight: night => {
        if (night.run.state !== 'finished') sayLines();
        lines = [];
        say(nightLine(night));
      },
    });
  } catch (error) {
    sayLines();
    throw error;
  }
}

/** A line of the host's log without the id of the invocation, which says nothing here. */
const withoutInvocation = (line: string): string =>
  line.replace(/^information /, '').replace(/^(\S+) [0-9a-f]{8}-[0-9a-f-]{27} /, '$1: ');

/** Tonight, by the timer of the real app. `exact`: it finished, and the rows are what the generator says, no more and no fewer. */
async function scanAndReport(
  stack: ScanStack,
  { organisation, given, say }: Sample,
): Promise<{ readonly exact: boolean; readonly run: ScanRun }> {
  const run = await stack.scan();
  const rows = await stack.candidates();
  say(nightLine({ startedAt: run.startedAt, run, rows }));
  if (given.json) process.stdout.write(`${JSON.stringify(run, null, 2)}\n`);
  else say(`\n${reportOf(run, rows)}`);
  const expected = given.ad
    ? { candidates: organisation.orphans, observed: [] }
    : tonightOf(organisation, given.nights);
  const differences = [
    differenceOf('candidate', rows, expected.candidates),
    differenceOf('observed', rows, expected.observed),
  ].filter(difference => difference !== '');
  const exact = run.state === 'finished' && differences.length === 0;
  say(
    exact
      ? `These are exactly what the generator made: ${expected.candidates.length} candidates, and ${expected.observed.length} ` +
          'missing objects that are not candidates yet.'
      : `NOT what the generator made. ${differences.join(' ')}`,
  );
  return { exact, run };
}

/** Empty: the rows in this state are the expected objects, and each waits for what is expected of it. */
function differenceOf(
  state: StoredFacts['state'],
  rows: readonly StoredFacts[],
  expected: readonly (Orphan & { readonly waitsFor?: readonly string[] | null })[],
): string {
  const nameOf = (type: string, id: string, waitsFor: readonly string[]): string =>
    [`${type}/${id}`, ...waitsFor].join(' ');
  const told = new Map(expected.map(one => [`${one.type}/${one.cloudId}`, one]));
  const found = new Set(
    rows
      .filter(row => row.state === state)
      .map(({ type, id, waitsFor }) => {
        // Where the generator does not know what it waits for, anything is right.
        const isOpen = told.get(`${type}/${id}`)?.waitsFor === null;
        return nameOf(type, id, isOpen ? [] : waitsFor.map(wait => wait.for));
      }),
  );
  const wanted = new Set(
    expected.map(({ type, cloudId, waitsFor }) => nameOf(type, cloudId, waitsFor ?? [])),
  );
  const wrong = [...found].filter(name => !wanted.has(name));
  const missed = [...wanted].filter(name => !found.has(name));
  if (wrong.length === 0 && missed.length === 0) return '';
  return `Wrong as ${state}: ${wrong.join(', ') || 'none'}. Missed: ${missed.join(', ') || 'none'}.`;
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
