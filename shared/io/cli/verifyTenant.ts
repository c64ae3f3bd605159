import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import { ContainerClient } from '@azure/storage-blob';
import type { Clock, ExportStore, Log } from '../../app/ports';
import { AppError } from '../../core/appError';
import type { Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import { withoutIds, type ExitCode } from '../../core/tenantChecks/checkOutcome';
import type { Environment } from '../configuration/readSetting';
import { createExportStore } from '../exports/exportStore';
import { createGraphClient, type GraphClient } from '../graph/graphClient';
import type { RequestLimits } from '../graph/graphRequests';
import { containerNames } from '../storageNames';
import { allChecks } from '../tenantChecks/allChecks';
import { cachedCredential } from '../tenantChecks/cachedCredential';
import { readAssumptions } from '../tenantChecks/assumptionsDocument';
import { readExportsIndexed, type ExportsReading } from '../tenantChecks/exportsReading';
import { readOptions, type VerifyTenantOptions } from '../tenantChecks/options';
import { linesOf, reportOf, type Report } from '../tenantChecks/report';
import { runChecks } from '../tenantChecks/runChecks';
import { credentialFor, signInToGraph, tokenFor } from '../tenantChecks/signIn';
import { createTenant, type Sleep, type Tenant } from '../tenantChecks/tenant';
import { readTenantFacts } from '../tenantChecks/tenantFacts';
import { runAsProgram } from './runAsProgram';

const usage = `Usage: npm run verify:tenant -- --tenant <id> [options]

Looks at a real tenant, with GET requests alone, and says which entries of docs/assumptions.md hold there. It tells counts and
shapes; no name, no address, no key. Exit code 0: nothing differs, 1: something differs, 2: nothing of Graph could be checked.

  --tenant <id>              the tenant; otherwise the setting TENANT_ID
  --sign-in az | identity    az (default): whoever is signed in to the Azure CLI. identity: a managed identity, in Azure
  --client-id <id>           of that identity; otherwise the setting READER_CLIENT_ID
  --cloud <name>             global (default), usGov, usGovDod, china
  --graph-endpoint <origin>  another endpoint of Microsoft Graph; otherwise the setting GRAPH_ENDPOINT
  --authority <origin>       another origin of the issuer of tokens
  --data-blob-endpoint <url> compares with the newest exports there (or DATA_BLOB_ENDPOINT); the setting EXPORT_SOURCES names their
                             public keys, and the sign-in needs Storage Blob Data Reader. Without: G2, G3, G12 are not checked
  --api <id>                 application id (URI) of the app's own API: looks at the claims of a token for it (I2)
  --object <type>/<id>       looks closer at this object, too; may be repeated. Types: user, group, contact, device
  --minutes <n>              goes on counting for n minutes (G4)
  --json                     the report as JSON
  --verbose                  ids of objects and requests, too
  --help                     this text

It reads with User.Read.All, Group.Read.All, OrgContact.Read.All, Device.Read.All and Organization.Read.All; with Directory.Read.All,
AuditLog.Read.All and RoleManagement.Read.Directory it checks more. What it may not read is not checked, and said so.`;

export interface VerifyTenantRun {
  readonly args: readonly string[];
  readonly environment: Environment;
  /** The report. */
  readonly print: (line: string) => void;
  /** What is being done, for whoever waits. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
  /** Replaced by tests. */
  readonly replaced?: Partial<Replaceable>;
}

/** What leads outside. */
export interface Replaceable {
  readonly credential: TokenCredential;
  readonly connect: (endpoint: string, credential: TokenCredential) => GraphClient;
  readonly exportStore: ExportStore;
  readonly limits: Partial<RequestLimits>;
  readonly clock: Clock;
  readonly sleep: Sleep;
}

const systemClock: Clock = { now: () => Date.now() as Instant };
const patience: Partial<RequestLimits> = { attempts: 5, longestWaitMs: 5 * 60_000 };

/** Checks the assumptions on a tenant, read-only. */
export async function verifyTenant(run: VerifyTenantRun): Promise<ExitCode> {
  const reading = readOptions(run.args, run.environment);
  if (reading.kind === 'help') {
    run.print(usage);
    return 0;
  }
  if (reading.kind === 'invalid') {
    const { problems } = reading;
    // Whatever is wrong with the others.
    if (run.args.includes('--json')) run.print(failure(problems.join('; ')));
    else for (const line of [...problems, 'Nothing was checked. --help lists the options.']) run.print(line);
    return 2;
  }
  const { options } = reading;
  const progress = (line: string): void => run.progress(options.verbose ? line : withoutIds(line));
  try {
    const report = await verify({ ...run, progress }, options);
    if (options.json) run.print(JSON.stringify(report, null, 2));
    else for (const line of linesOf(report)) run.print(line);
    return report.exitCode;
  } catch (error) {
    run.signal.throwIfAborted();
    if (!(error instanceof AppError)) throw error;
    run.print(options.json ? failure(error.message) : nothingChecked(error.message));
    return 2;
  }
}

const nothingChecked = (why: string): string => `Nothing was checked. ${why}`;

/** What stands in for a report, as JSON. */
const failure = (why: string): string => JSON.stringify({ exitCode: 2, error: nothingChecked(why) });

async function verify(run: VerifyTenantRun, options: VerifyTenantOptions): Promise<Report> {
  const { signal, replaced = {} } = run;
  const entries = await readAssumptions();
  const credential = cachedCredential(
    replaced.credential ?? credentialFor(options.signIn),
    replaced.clock ?? systemClock,
  );
  const tenant = await openTenant(run, options, credential);
  const facts = await readTenantFacts(tenant, signal);
  const outcomes = await runChecks(allChecks, tenant, signal);
  const { tenantId, verbose } = options;
  return reportOf({ tenantId, facts, entries, checks: allChecks, outcomes, verbose });
}

async function openTenant(
  { signal, progress, replaced = {} }: VerifyTenantRun,
  options: VerifyTenantOptions,
  credential: TokenCredential,
): Promise<Tenant> {
  const { graphEndpoint, tenantId, authority, api, wanted, minutes } = options;
  const connect = replaced.connect ?? createGraphClient;
  const client = connect(graphEndpoint, credential);
  const signedIn = await signInToGraph(credential, client.origin, tenantId, signal);
  return createTenant({
    client,
    tenantId,
    issuer: `${authority}/${tenantId}/v2.0`,
    signedIn,
    wanted,
    minutes,
    readExports: exportsReader(options, credential, progress, replaced.exportStore),
    readApiToken: api === null ? null : apiSignal => tokenFor(credential, api, apiSignal),
    correlationId: randomUUID() as string as Guid,
    clock: replaced.clock ?? systemClock,
    sleep:
      replaced.sleep ??
      ((milliseconds, sleepSignal) => wait(milliseconds, undefined, { signal: sleepSignal })),
    progress,
    limits: { ...patience, ...replaced.limits },
  });
}

function exportsReader(
  { exports: uploaded, tenantId }: VerifyTenantOptions,
  credential: TokenCredential,
  progress: (line: string) => void,
  given: ExportStore | undefined,
): (signal: AbortSignal) => Promise<ExportsReading> {
  if (uploaded === null) {
    const why = 'only an export can tell: --data-blob-endpoint, with EXPORT_SOURCES';
    return () => Promise.resolve({ kind: 'notRead', why });
  }
  const { blobEndpoint, sources } = uploaded;
  const log: Log = { debug: () => {}, info: progress, warn: progress, error: progress };
  const container = new ContainerClient(`${blobEndpoint}/${containerNames.exports}`, credential);
  const store = given ?? createExportStore({ container, tenantId, sources, log });
  return signal => readExportsIndexed({ store, sources: sources.map(({ source }) => source) }, signal);
}

/** As a program. */
export const main = (args: readonly string[]): Promise<void> => runAsProgram(verifyTenant, args);

if (require.main === module) void main(process.argv.slice(2));
