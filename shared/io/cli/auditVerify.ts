import { TableClient } from '@azure/data-tables';
import { AzureCliCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { verifyAudit, type AuditReport } from '../../app/verifyAudit';
import { AppError } from '../../core/appError';
import { auditParts, type AuditPart } from '../../core/audit';
import { createAuditMirror } from '../audit/auditMirror';
import { createAuditTable } from '../audit/auditTable';
import { configurationError, type Environment, type SettingProblem } from '../configuration/readSetting';
import { settings, type SettingName } from '../configuration/settings';
import { containerNames, tableNames } from '../storageNames';

/** 0: the log is whole. 1: it is not. 2: it could not be verified, so nothing is known. */
export type ExitCode = 0 | 1 | 2;

export interface AuditVerifyRun {
  /** Parts to verify; none: all. */
  readonly args: readonly string[];
  readonly environment: Environment;
  readonly print: (line: string) => void;
  readonly signal: AbortSignal;
}

const usage = `Usage: npm run audit:verify [-- ${auditParts.join(' | ')}]

Compares the audit log with itself and with its mirror, and prints what is wrong. Exit code 0: whole, 1: damaged, 2: not verified.
Reads the app's settings TENANT_ID, DATA_TABLE_ENDPOINT and DATA_BLOB_ENDPOINT from the environment. Signs in as whoever is signed
in to the Azure CLI, who needs Storage Table Data Reader and Storage Blob Data Reader; in Azure as READER_CLIENT_ID.`;

/** Verifies the audit log of an installation, without the limit of time that an HTTP request has. */
export async function auditVerify({ args, environment, print, signal }: AuditVerifyRun): Promise<ExitCode> {
  const parts = auditParts.filter(part => args.length === 0 || args.includes(part));
  const unknown = args.filter(arg => !auditParts.some(part => part === arg));
  if (unknown.length > 0) {
    print(usage);
    return args.length === 1 && args[0] === '--help' ? 0 : 2;
  }
  try {
    return report(await verify(environment, parts, signal), print);
  } catch (error) {
    print(`Not verified. ${error instanceof AppError ? error.message : String(error)}`);
    return 2;
  }
}

async function verify(
  environment: Environment,
  parts: readonly AuditPart[],
  signal: AbortSignal,
): Promise<AuditReport> {
  const { tableEndpoint, blobEndpoint, credential } = readStore(environment);
  const blobs = new BlobServiceClient(blobEndpoint, credential);
  const store = {
    table: createAuditTable(new TableClient(tableEndpoint, tableNames.audit, credential)),
    mirror: createAuditMirror({ container: blobs.getContainerClient(containerNames.audit) }),
  };
  return await verifyAudit(store, parts, signal);
}

function report({ status, chains, rows, findings }: AuditReport, print: (line: string) => void): ExitCode {
  for (const { fault, row, message } of findings) print(`${fault} ${row}: ${message}`);
  const amount = `${chains} chains with ${rows} rows`;
  if (status === 'whole') {
    print(`The audit log is whole: ${amount}.`);
    return 0;
  }
  print(`The audit log is damaged: ${findings.length} findings in ${amount}.`);
  return 1;
}

interface Store {
  readonly tableEndpoint: string;
  readonly blobEndpoint: string;
  readonly credential: TokenCredential;
}

/** Of the app's settings those that this needs. Throws `configurationInvalid` with every problem at once. */
function readStore(environment: Environment): Store {
  const problems: SettingProblem[] = [];
  const read = (setting: SettingName): string => {
    const text = environment[setting]?.trim() ?? '';
    if (text === '') problems.push({ setting, problem: 'is missing' });
    else if (!settings[setting].schema.safeParse(text).success)
      problems.push({ setting, problem: 'is not valid' });
    return text;
  };
  const tenantId = read('TENANT_ID');
  const tableEndpoint = read('DATA_TABLE_ENDPOINT');
  const blobEndpoint = read('DATA_BLOB_ENDPOINT');
  const clientId = inAzure(environment) ? read('READER_CLIENT_ID') : null;
  if (problems.length > 0) throw configurationError(problems);
  return { tableEndpoint, blobEndpoint, credential: credentialFor(tenantId, clientId) };
}

const inAzure = (environment: Environment): boolean => Boolean(environment['IDENTITY_ENDPOINT']);

/** The one credential that fits the place: a chain of them would pick another identity in silence. */
export const credentialFor = (tenantId: string, clientId: string | null): TokenCredential =>
  clientId === null ? new AzureCliCredential({ tenantId }) : new ManagedIdentityCredential({ clientId });

async function main(): Promise<void> {
  process.exitCode = await auditVerify({
    args: process.argv.slice(2),
    environment: process.env,
    print: line => void process.stdout.write(`${line}\n`),
    signal: new AbortController().signal,
  });
}

if (require.main === module) void main();
