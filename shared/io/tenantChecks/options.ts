import { parseArgs } from 'node:util';
import { isNativeError } from 'node:util/types';
import { parseGuid, type Guid } from '../../core/keys/guid';
import { objectTypes, type ObjectType } from '../../core/objectType';
import { globalGraph } from '../../core/tenantChecks/answerJudgements';
import type { Environment } from '../configuration/readSetting';
import { settings } from '../configuration/settings';
import type { ExpectedSource } from '../exports/exportStore';
import type { SignInAs } from './signIn';

/** Graph's endpoint and the authority of each cloud (https://learn.microsoft.com/graph/deployments). */
const clouds = {
  global: { graph: globalGraph, authority: 'https://login.microsoftonline.com' },
  usGov: { graph: 'https://graph.microsoft.us', authority: 'https://login.microsoftonline.us' },
  usGovDod: { graph: 'https://dod-graph.microsoft.us', authority: 'https://login.microsoftonline.us' },
  china: {
    graph: 'https://microsoftgraph.chinacloudapi.cn',
    authority: 'https://login.partner.microsoftonline.cn',
  },
} as const;

export interface VerifyTenantOptions {
  readonly tenantId: Guid;
  readonly signIn: SignInAs;
  readonly graphEndpoint: string;
  /** Without a slash at the end. */
  readonly authority: string;
  /** null: exports are not looked at. */
  readonly exports: { readonly blobEndpoint: string; readonly sources: readonly ExpectedSource[] } | null;
  /** The resource of our own API; null: no token for it is asked for. */
  readonly api: string | null;
  readonly wanted: Readonly<Record<ObjectType, ReadonlySet<string>>>;
  readonly minutes: number;
  readonly json: boolean;
  readonly verbose: boolean;
}

export type OptionsReading =
  | { readonly kind: 'options'; readonly options: VerifyTenantOptions }
  | { readonly kind: 'help' }
  /** All that is wrong. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

const mostMinutes = 60;

/** Reads the options; the app's settings in the environment stand in for those that are not given. */
export function readOptions(args: readonly string[], environment: Environment): OptionsReading {
  const given = parse(args);
  if (isNativeError(given)) return { kind: 'invalid', problems: [given.message] };
  if (given.help) return { kind: 'help' };
  const problems: string[] = [];
  const known = <Value>(value: Value | null, problem: string): Value => {
    if (value === null) problems.push(problem);
    return value as Value;
  };
  const setting = (name: keyof typeof settings): string | undefined => environment[name]?.trim() || undefined;

  const tenantId = known(
    parseGuid(given.tenant ?? setting('TENANT_ID') ?? ''),
    '--tenant (or TENANT_ID) must be the id of the tenant',
  );
  const named = known(
    Object.entries(clouds).find(([name]) => name === (given.cloud ?? 'global'))?.[1] ?? null,
    `--cloud must be one of ${Object.keys(clouds).join(', ')}`,
  );
  const graphEndpoint = known(
    originOf(
      given['graph-endpoint'] ??
        (given.cloud === undefined ? setting('GRAPH_ENDPOINT') : null) ??
        named?.graph ??
        '',
    ),
    '--graph-endpoint (or GRAPH_ENDPOINT) must be an https origin',
  );
  // An endpoint alone names its cloud, too: the issuer of another one would seem to differ.
  const ofEndpoint = Object.values(clouds).find(({ graph }) => graph === graphEndpoint);
  const cloud = given.cloud === undefined && ofEndpoint ? ofEndpoint : named;
  const blobEndpoint = given['data-blob-endpoint'] ?? setting('DATA_BLOB_ENDPOINT');
  const options: VerifyTenantOptions = {
    tenantId,
    signIn: known(signInOf(given, setting('READER_CLIENT_ID'), tenantId), signInProblem),
    graphEndpoint,
    authority: known(
      originOf(given.authority ?? cloud?.authority ?? ''),
      '--authority must be an https origin',
    ),
    exports: blobEndpoint === undefined ? null : readStore(blobEndpoint, setting('EXPORT_SOURCES'), problems),
    api: given.api ?? null,
    wanted: wantedOf(given.object ?? [], problems),
    minutes: known(
      minutesOf(given.minutes ?? '0'),
      `--minutes must be a whole number from 0 to ${mostMinutes}`,
    ),
    json: given.json ?? false,
    verbose: given.verbose ?? false,
  };
  return problems.length === 0 ? { kind: 'options', options } : { kind: 'invalid', problems };
}

const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      strict: true,
      allowPositionals: false,
      options: {
        'sign-in': text,
        tenant: text,
        'client-id': text,
        cloud: text,
        'graph-endpoint': text,
        authority: text,
        'data-blob-endpoint': text,
        api: text,
        object: { type: 'string', multiple: true },
        minutes: text,
        json: flag,
        verbose: flag,
        help: flag,
      },
    }).values;
  } catch (error) {
    if (isNativeError(error)) return error;
    throw error;
  }
}

const signInProblem = '--sign-in must be az, or identity with --client-id (or READER_CLIENT_ID)';

function signInOf(
  given: { readonly 'sign-in'?: string; readonly 'client-id'?: string },
  readerClientId: string | undefined,
  tenantId: Guid,
): SignInAs | null {
  switch (given['sign-in'] ?? 'az') {
    case 'az':
      return { kind: 'az', tenantId };
    case 'identity': {
      const clientId = parseGuid(given['client-id'] ?? readerClientId ?? '');
      return clientId === null ? null : { kind: 'identity', clientId };
    }
    default:
      return null;
  }
}

function originOf(address: string): string | null {
  const url = URL.parse(address);
  return url?.protocol === 'https:' && `${url.origin}/` === url.href ? url.origin : null;
}

function minutesOf(digits: string): number | null {
  return /^\d{1,2}$/.test(digits) && Number(digits) <= mostMinutes ? Number(digits) : null;
}

function readStore(
  blobEndpoint: string,
  sources: string | undefined,
  problems: string[],
): VerifyTenantOptions['exports'] {
  const endpoint = settings.DATA_BLOB_ENDPOINT.schema.safeParse(blobEndpoint);
  if (!endpoint.success)
    problems.push('--data-blob-endpoint (or DATA_BLOB_ENDPOINT) must be an https address');
  const expected = settings.EXPORT_SOURCES.schema.safeParse(sources ?? '');
  if (!expected.success)
    problems.push(
      'EXPORT_SOURCES must name every source with its public keys: an export is read only where its signature holds',
    );
  return endpoint.success && expected.success
    ? { blobEndpoint: endpoint.data.replace(/\/$/, ''), sources: expected.data }
    : null;
}

function wantedOf(objects: readonly string[], problems: string[]): VerifyTenantOptions['wanted'] {
  const wanted: Record<ObjectType, Set<string>> = {
    user: new Set(),
    group: new Set(),
    contact: new Set(),
    device: new Set(),
  };
  for (const object of objects) {
    const [typeText, idText = ''] = object.split('/');
    const type = objectTypes.find(one => one === typeText);
    const id = parseGuid(idText);
    if (type && id) wanted[type].add(id);
    else
      problems.push(
        `--object must be a type and an id, such as user/<id>; types are ${objectTypes.join(', ')}`,
      );
  }
  return wanted;
}
