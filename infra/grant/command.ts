import { randomUUID } from 'node:crypto';
import type { Log } from '../../shared/app/ports';
import { AppError } from '../../shared/core/appError';
import type { Guid } from '../../shared/core/keys/guid';
import { readCloudName, readToken, setInAzd, type CommandLine } from './azureCli';
import { cloudOfAzureCli, clouds, type Cloud } from './clouds';
import { describeAction, describeChoices, describePlan, describeProblem } from './describe';
import { execute, placeOf, registrationIn, type Place } from './execute';
import { createGraphCalls, type GraphCalls } from './graphCalls';
import { help, type ExitCode } from './help';
import { readOptions, type Environment, type GrantOptions } from './options';
import { identityTitles } from './permissions';
import { plan, planUndo } from './plan';
import { readTenant, readTenantName } from './readTenant';
import { stop, type Stop } from './stop';
import { decidePermissions, type Wanted } from './wanted';

export interface GrantRun {
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly commands: CommandLine;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
  /** Replaced by tests. */
  readonly sleep?: (milliseconds: number, signal: AbortSignal) => Promise<unknown>;
}

/** Where requests go, and with which token. */
export interface Access {
  readonly cloud: Cloud;
  readonly endpoint: string;
  readonly accessToken: string;
}

/** Plans, prints, and writes what is not as wanted. */
export async function grant(run: GrantRun): Promise<ExitCode> {
  const reading = readOptions(run.args, run.environment);
  switch (reading.kind) {
    case 'help':
      run.print(help);
      return 0;
    case 'invalid':
      for (const problem of reading.problems) run.print(problem);
      run.print('Nothing was written. npm run grant -- --help lists the options.');
      return 2;
    case 'options':
      return await runWith(reading.options, run);
  }
}

async function runWith(options: GrantOptions, run: GrantRun): Promise<ExitCode> {
  let calls: GraphCalls | null = null;
  try {
    const access = await readAccess(options, run);
    if (run.signal.aborted) return ended(stopped, run, null);
    if ('kind' in access) return ended(access, run, null);
    calls = createGraphCalls({
      endpoint: access.endpoint,
      accessToken: access.accessToken,
      correlationId: randomUUID() as Guid,
      log: logTo(run.print),
      signal: run.signal,
      ...(run.sleep && { sleep: run.sleep }),
    });
    const failure = await carryOut(options, access, calls, run);
    return failure === null ? 0 : ended(failure, run, calls);
  } catch (error) {
    if (run.signal.aborted) return ended(stopped, run, calls);
    if (error instanceof AppError)
      return ended(stop(error.code === 'configurationInvalid' ? 2 : 1, error.message), run, calls);
    throw error;
  }
}

const stopped = stop(1, 'It was stopped.');

function ended({ why, exitCode }: Stop, { print }: GrantRun, calls: GraphCalls | null): ExitCode {
  const { writes = 0, unanswered = false } = calls ?? {};
  print(why);
  if (writes === 0 && !unanswered) print('Nothing was written.');
  else {
    const open = unanswered ? ', and one more was sent without an answer: it may have taken effect' : '';
    print(
      `${writes} writes were carried out before that${open}. Run the same command again: it goes on from there.`,
    );
  }
  return exitCode;
}

/**
 * GRANT_ACCESS_TOKEN, with GRAPH_ENDPOINT, stands in for the Azure CLI (tests, pipelines). Only then does the endpoint count: a token
 * of the signed-in user goes to the Microsoft Graph of a known cloud, and nowhere else.
 */
export async function readAccess(
  { cloud: name, tenantId }: Pick<GrantOptions, 'cloud' | 'tenantId'>,
  { environment, commands, signal }: Pick<GrantRun, 'environment' | 'commands' | 'signal'>,
): Promise<Access | Stop> {
  const given = environment['GRANT_ACCESS_TOKEN'];
  if (given) {
    const cloud = clouds[name ?? 'global'];
    return { cloud, endpoint: environment['GRAPH_ENDPOINT'] ?? cloud.graph, accessToken: given };
  }
  const cloud = name === null ? await cloudOfSignedIn(commands, signal) : clouds[name];
  if ('kind' in cloud) return cloud;
  const accessToken = await readToken(commands, { graph: cloud.graph, tenantId }, signal);
  return typeof accessToken === 'string' ? { cloud, endpoint: cloud.graph, accessToken } : accessToken;
}

async function cloudOfSignedIn(commands: CommandLine, signal: AbortSignal): Promise<Cloud | Stop> {
  const name = await readCloudName(commands, signal);
  if (typeof name !== 'string') return name;
  return (
    cloudOfAzureCli(name) ??
    stop(
      2,
      `The Azure CLI is set to a cloud that is not known here. Expected one of --cloud ${Object.keys(clouds).join(', ')}.`,
    )
  );
}

const wantedBy = ({ registration, identities, choices }: GrantOptions): Wanted => ({
  registration,
  identities: [...identities.keys()].map(identity => decidePermissions(identity, choices)),
});

async function carryOut(
  options: GrantOptions,
  access: Access,
  calls: GraphCalls,
  run: GrantRun,
): Promise<Stop | null> {
  const { print } = run;
  const name = await readTenantName(calls, options.tenantId);
  if (typeof name !== 'string') return name;
  print(`Tenant ${name} (${options.tenantId}), cloud ${access.cloud.name}.`);
  const { uniqueName } = options.registration;
  const tenant = await readTenant(calls, { uniqueName, identities: options.identities });
  if ('kind' in tenant) return tenant;
  for (const { identity, displayName, grants } of tenant.found.identities)
    print(
      `  ${identityTitles[identity]}: ${displayName}, holds ${grants.map(one => one.permission).join(', ') || 'nothing'}`,
    );

  const planned = options.undo ? planUndo(tenant.found) : plan(wantedBy(options), tenant.found);
  print('Plan:');
  const choices = options.undo ? [] : describeChoices(options);
  for (const text of [...describePlan(planned), ...choices]) print(text);
  if (planned.problems.length > 0) return stop(2, planned.problems.map(describeProblem).join('\n'));
  if (options.whatIf) return said(print, '--what-if: nothing was written.');
  if (options.undo && !options.confirmed)
    return said(print, 'Nothing was written. To remove this, add --yes.');

  const place = placeOf(tenant, uniqueName);
  for (const [at, action] of planned.actions.entries()) {
    const failure = await execute(action, place, calls);
    if (failure !== null)
      return {
        ...failure,
        why: `Step ${at + 1} of ${planned.actions.length} failed:\n${describeAction(action)}\n${failure.why}`,
      };
    print(`${at + 1}/${planned.actions.length} done: ${describeAction(action).trim().replace(/ +/g, ' ')}`);
  }
  return options.undo ? said(print, 'Done.') : await handOver(options, access, place, run);
}

function said(print: GrantRun['print'], text: string): null {
  print(text);
  return null;
}

/** The values that the review part needs of the registration: into azd's environment in its hook, else onto the screen. */
async function handOver(
  { tenantId, inAzd }: GrantOptions,
  { cloud }: Access,
  place: Place,
  { commands, print, signal }: GrantRun,
): Promise<Stop | null> {
  const values = {
    AUTH_AUDIENCE: registrationIn(place).appId,
    AUTH_ISSUER: `${cloud.login}/${tenantId}/v2.0`,
  };
  for (const [name, value] of Object.entries(values)) {
    const failure = inAzd ? await setInAzd(commands, name, value, signal) : null;
    if (failure !== null) return failure;
    print(inAzd ? `azd env: ${name} is set.` : `${name}=${value}`);
  }
  return said(print, 'Done.');
}

/** Retries are worth a line: they take time. */
const logTo = (print: GrantRun['print']): Log => ({
  debug: () => undefined,
  info: print,
  warn: print,
  error: print,
});
