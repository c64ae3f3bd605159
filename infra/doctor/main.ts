import { isNativeError } from 'node:util/types';
import { runAsProgram } from '../../shared/io/cli/runAsProgram';
import { systemCommandLine, type CommandLine } from '../grant/azureCli';
import type { Clock } from '../../shared/app/ports';
import type { Instant } from '../../shared/core/instant';
import {
  notChecked,
  withoutIds,
  type CheckOutcome,
  type ExitCode,
} from '../../shared/core/tenantChecks/checkOutcome';
import type { Environment } from '../../shared/io/configuration/readSetting';
import { allChecks } from './allChecks';
import { readAzdEnvironment } from './azdEnvironment';
import { createDeployment, type Deployment } from './deployment';
import type { DoctorCheck } from './doctorCheck';
import { readOptions } from './options';
import { linesOf, reportOf } from './report';

const usage = `Usage: npm run doctor -- [options]

Looks at a deployment, from outside and, by GET /api/diagnosis, from inside, and says what is not as it must be, and what to do. It
changes nothing. It tells no names of people, no token, and ids with --verbose alone. Exit code 0: everything that
must hold does, 1: something differs, 2: nothing differs, but something could not be checked.

  --review-url <address>  the app of the part review; otherwise REVIEW_URL
  --scan-url <address>    the app that scans, which must be closed; otherwise SCAN_URL, or by SCAN_APP_NAME
  --app-id <id>           application id of the API; otherwise AUTH_AUDIENCE
  --tenant <id>           the tenant; otherwise TENANT_ID or AZURE_TENANT_ID
  --cloud <name>          global (default), usgov, usgov-dod, china; otherwise GRANT_CLOUD
  --send-graph-token      sends your own token for Microsoft Graph to the app, which must refuse it. Whoever runs the app could use
                          that token for an hour: only where you trust it. Without, another audience is not checked
  --other-tenant <id>     with --send-graph-token: a second tenant that you are signed in to; its token must be refused as well
  --json                  the report as JSON
  --verbose               ids, too
  --help                  this text

The variables are those of azd's environment. Where one that is needed is not set, the environment that azd has selected is asked.
Used as well, where set: AUTH_ISSUER, GRAPH_ENDPOINT, DATA_BLOB_ENDPOINT, SCAN_READER_CLIENT_ID, REVIEW_READER_CLIENT_ID, DELETER_CLIENT_ID.

It signs in as whoever is signed in to the Azure CLI (az login), who needs the app role Orphans.Reader.`;

export interface DoctorRun {
  readonly args: readonly string[];
  readonly environment: Environment;
  /** The report. */
  readonly print: (line: string) => void;
  /** What is being done, for whoever waits. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
  /** Replaced by tests. */
  readonly replaced?: {
    readonly commands?: CommandLine;
    readonly clock?: Clock;
    readonly plainUrl?: string;
  };
}

const systemClock: Clock = { now: () => Date.now() as Instant };

/** Checks a deployment. Rejects only where the signal is aborted. */
export async function doctor(run: DoctorRun): Promise<ExitCode> {
  const { args, environment, print, signal, replaced = {} } = run;
  const commands = replaced.commands ?? systemCommandLine({ ...environment });
  let reading = readOptions(args, environment);
  // What azd keeps is asked for only where it is needed.
  if (reading.kind === 'invalid') {
    const kept = await readAzdEnvironment(commands, signal);
    signal.throwIfAborted();
    reading = readOptions(args, { ...kept, ...environment });
  }
  if (reading.kind === 'help') {
    print(usage);
    return 0;
  }
  if (reading.kind === 'invalid') {
    for (const problem of reading.problems) print(problem);
    print('Nothing was checked. --help lists the options.');
    return 2;
  }
  const { options } = reading;
  const deployment = createDeployment({
    options,
    commands,
    clock: replaced.clock ?? systemClock,
    progress: line => run.progress(options.verbose ? line : withoutIds(line)),
    signal,
    ...(replaced.plainUrl === undefined ? {} : { plainUrl: replaced.plainUrl }),
  });
  const report = reportOf(await runChecks(allChecks, deployment), options.verbose);
  if (options.json) print(JSON.stringify(report, null, 2));
  else for (const line of linesOf(report)) print(line);
  return report.exitCode;
}

/** Makes the checks one after the other; none of them ends the others. */
async function runChecks(
  checks: readonly DoctorCheck[],
  deployment: Deployment,
): Promise<readonly { readonly check: DoctorCheck; readonly outcome: CheckOutcome }[]> {
  const outcomes: { check: DoctorCheck; outcome: CheckOutcome }[] = [];
  for (const [index, check] of checks.entries()) {
    deployment.progress(`${index + 1}/${checks.length} ${check.id}: ${check.expected}`);
    const outcome = await outcomeOf(check, deployment);
    outcomes.push({ check, outcome });
    deployment.progress(`${index + 1}/${checks.length} ${check.id}: ${outcome.status}`);
  }
  return outcomes;
}

async function outcomeOf(check: DoctorCheck, deployment: Deployment): Promise<CheckOutcome> {
  try {
    return await check.look(deployment);
  } catch (error) {
    deployment.signal.throwIfAborted();
    // The kind alone: a message may quote what was read.
    return notChecked(`an error of this command: ${isNativeError(error) ? error.name : typeof error}`);
  }
}

/** As a program. */
export const main = (args: readonly string[]): Promise<void> => runAsProgram(doctor, args);

if (require.main === module) void main(process.argv.slice(2));
