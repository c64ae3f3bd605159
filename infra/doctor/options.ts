import { parseArgs } from 'node:util';
import { isNativeError } from 'node:util/types';
import { cloudNames, clouds, type Cloud } from '../grant/clouds';
import type { IdentityName } from '../../shared/core/doctor/diagnosis';
import { parseGuid, type Guid } from '../../shared/core/keys/guid';
import type { Environment } from '../../shared/io/configuration/readSetting';

export interface DoctorOptions {
  /** Of the app of the part review, an https origin. */
  readonly reviewUrl: string;
  /** Of the app that scans; null: it is not looked for. */
  readonly scanUrl: string | null;
  /** Application id of the API. */
  readonly appId: Guid;
  readonly tenantId: Guid;
  /** Microsoft Graph of the cloud. */
  readonly graphEndpoint: string;
  /** Who issues the tokens of the tenant. */
  readonly issuer: string;
  /** null: the storage's clock is not asked from here. */
  readonly blobEndpoint: string | null;
  /** As the deployment made them. */
  readonly clientIds: Readonly<Partial<Record<IdentityName, Guid>>>;
  /** Whether genuine tokens for Microsoft Graph are sent to the app, which must refuse them. */
  readonly sendGraphToken: boolean;
  /** Another tenant, which the user is signed in to as well. */
  readonly otherTenant: Guid | null;
  readonly json: boolean;
  readonly verbose: boolean;
}

export type DoctorOptionsReading =
  | { readonly kind: 'options'; readonly options: DoctorOptions }
  | { readonly kind: 'help' }
  /** All that is wrong. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Suffixes of App Service (infra/shared/clouds.bicep). */
const sites: Readonly<Record<Cloud['name'], string>> = {
  global: 'azurewebsites.net',
  usgov: 'azurewebsites.us',
  'usgov-dod': 'azurewebsites.us',
  china: 'chinacloudsites.cn',
};

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const definitions = {
  'review-url': text,
  'scan-url': text,
  'app-id': text,
  tenant: text,
  cloud: text,
  'send-graph-token': flag,
  'other-tenant': text,
  json: flag,
  verbose: flag,
  help: flag,
} as const;

/** Reads the options; the variables of azd's environment stand in for those that are not given. */
export function readOptions(args: readonly string[], environment: Environment): DoctorOptionsReading {
  const given = parse(args);
  if (isNativeError(given)) return { kind: 'invalid', problems: [given.message] };
  if (given.help) return { kind: 'help' };
  const problems: string[] = [];
  const known = <Value>(value: Value | null | undefined, problem: string): Value => {
    if (value === null || value === undefined) problems.push(problem);
    return value as Value;
  };
  const variable = (...names: readonly string[]): string | undefined =>
    names.map(name => environment[name]?.trim()).find(Boolean);
  const optional = <Value>(
    value: string | undefined,
    read: (value: string) => Value | null,
    problem: string,
  ): Value | null => (value === undefined ? null : known(read(value), problem));

  const cloudName = given.cloud ?? variable('GRANT_CLOUD') ?? 'global';
  const name = known(
    cloudNames.find(one => one === cloudName),
    `--cloud must be one of ${cloudNames.join(', ')}`,
  );
  const cloud = clouds[name ?? 'global'];
  const tenantId = known(
    parseGuid(given.tenant ?? variable('TENANT_ID', 'AZURE_TENANT_ID') ?? ''),
    '--tenant (or TENANT_ID) must be the id of the tenant',
  );
  const scanApp = variable('SCAN_APP_NAME');
  const clientId = (setting: string) => optional(variable(setting), parseGuid, `${setting} must be a GUID`);
  const clientIds = Object.entries({
    scanReader: clientId('SCAN_READER_CLIENT_ID'),
    reviewReader: clientId('REVIEW_READER_CLIENT_ID'),
    deleter: clientId('DELETER_CLIENT_ID'),
  }).filter(([, id]) => id !== null);
  const options: DoctorOptions = {
    reviewUrl: known(
      originOf(given['review-url'] ?? variable('REVIEW_URL') ?? ''),
      '--review-url (or REVIEW_URL) must be the https address of the app of the part review, without a path',
    ),
    scanUrl: optional(
      given['scan-url'] ?? variable('SCAN_URL') ?? (scanApp && `https://${scanApp}.${sites[cloud.name]}`),
      originOf,
      '--scan-url (or SCAN_APP_NAME) must be the https address of the app that scans, without a path',
    ),
    appId: known(
      parseGuid((given['app-id'] ?? variable('AUTH_AUDIENCE') ?? '').replace(/^api:\/\//, '')),
      '--app-id (or AUTH_AUDIENCE) must be the application id of the API',
    ),
    tenantId,
    graphEndpoint: variable('GRAPH_ENDPOINT') ?? cloud.graph,
    issuer: variable('AUTH_ISSUER') ?? `${cloud.login}/${tenantId}/v2.0`,
    blobEndpoint: variable('DATA_BLOB_ENDPOINT') ?? null,
    clientIds: Object.fromEntries(clientIds) as DoctorOptions['clientIds'],
    sendGraphToken: given['send-graph-token'] ?? false,
    otherTenant: optional(given['other-tenant'], parseGuid, '--other-tenant must be the id of a tenant'),
    json: given.json ?? false,
    verbose: given.verbose ?? false,
  };
  if (options.otherTenant !== null && !options.sendGraphToken)
    problems.push('--other-tenant needs --send-graph-token');
  if (options.otherTenant !== null && options.otherTenant === tenantId)
    problems.push('--other-tenant must be another tenant than --tenant');
  return problems.length === 0 ? { kind: 'options', options } : { kind: 'invalid', problems };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({ args: [...args], strict: true, allowPositionals: false, options: definitions }).values;
  } catch (error) {
    if (isNativeError(error)) return error;
    throw error;
  }
}

function originOf(address: string): string | null {
  const url = URL.parse(address);
  return url?.protocol === 'https:' && `${url.origin}/` === url.href ? url.origin : null;
}
