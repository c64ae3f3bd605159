import type { z } from 'zod';
import { readToken, type CommandLine } from '../grant/azureCli';
import type { Clock } from '../../shared/app/ports';
import { diagnosisSchema, type Diagnosis } from '../../shared/core/doctor/diagnosis';
import type { TokenShape } from '../../shared/core/tenantChecks/tokenJudgements';
import { decodeToken } from '../../shared/io/tenantChecks/decodeToken';
import { discoverySchema, keySetSchema, rulesSchema, scanSchema, scansSchema } from './apiDocuments';
import { createForger, type Forger } from './forgedTokens';
import type { DoctorOptions } from './options';
import { getOutside, type Answer } from './outside';

export interface DeploymentOptions {
  readonly options: DoctorOptions;
  /** The Azure CLI, for tokens of whoever is signed in there. */
  readonly commands: CommandLine;
  readonly clock: Clock;
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
  /** Where the app would answer without TLS; by default port 80 of its host. */
  readonly plainUrl?: string;
}

/** Something that was read, or why not; each is read once. */
export type Reading<Value> =
  { readonly kind: 'read'; readonly value: Value } | { readonly kind: 'notRead'; readonly why: string };

export interface OwnToken {
  readonly token: string;
  readonly shape: TokenShape | null;
}

/** What the checks ask of a deployment. Every request is a GET. */
export interface Deployment extends Omit<DeploymentOptions, 'plainUrl'> {
  readonly plainUrl: string;
  /** A GET from outside. `of`: whose clock the answer tells. */
  readonly get: (url: string, headers?: Readonly<Record<string, string>>, of?: string) => Promise<Answer>;
  /** A GET of the API with a token, or without. `path`: below /api, with the slash. */
  readonly ask: (
    path: string,
    token: string | null,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<Answer>;
  /** The caller's own token for the API. */
  readonly ownToken: () => Promise<Reading<OwnToken>>;
  /** A token of the caller for Microsoft Graph, in this tenant or another. */
  readonly graphToken: (tenantId: string) => Promise<Reading<string>>;
  /** With the caller's own token. */
  readonly read: <Schema extends z.ZodType>(
    path: string,
    schema: Schema,
  ) => Promise<Reading<z.output<Schema>>>;
  readonly me: () => Promise<Answer | null>;
  readonly diagnosis: () => Promise<Reading<Diagnosis>>;
  readonly scans: () => Promise<Reading<z.output<typeof scansSchema>>>;
  /** The newest run that finished; null: none of the newest did. */
  readonly finishedScan: () => Promise<Reading<z.output<typeof scanSchema> | null>>;
  readonly newestScan: () => Promise<Reading<z.output<typeof scanSchema> | null>>;
  readonly rules: () => Promise<Reading<z.output<typeof rulesSchema>>>;
  /** The name of a key that the issuer publishes; null: it could not be read. */
  readonly publishedKeyId: () => Promise<string | null>;
  readonly forger: () => Promise<Forger>;
}

const once = <Value>(make: () => Promise<Value>): (() => Promise<Value>) => {
  let made: Promise<Value> | null = null;
  return () => (made ??= make());
};

export function createDeployment(given: DeploymentOptions): Deployment {
  const { options, commands, clock, signal } = given;
  const { reviewUrl, appId, tenantId, issuer, graphEndpoint } = options;
  const tokenOf = async (resource: string, tenant: string): Promise<Reading<string>> => {
    const token = await readToken(commands, { graph: resource, tenantId: tenant }, signal);
    return typeof token === 'string' ? { kind: 'read', value: token } : { kind: 'notRead', why: token.why };
  };
  const scanById = async (runId: string | undefined): Promise<Reading<z.output<typeof scanSchema> | null>> =>
    runId === undefined
      ? { kind: 'read', value: null }
      : await deployment.read(`/scans/${runId}`, scanSchema);
  const deployment: Deployment = {
    ...given,
    plainUrl: given.plainUrl ?? `http://${new URL(reviewUrl).hostname}`,
    get: (url, headers = {}, of = 'the app') => getOutside(url, headers, { of, clock, signal }),
    ask: (path, token, headers = {}) =>
      deployment.get(
        `${reviewUrl}/api${path}`,
        {
          accept: 'application/json',
          ...headers,
          ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        },
        'the app of the part review',
      ),
    ownToken: once(async () => {
      const reading = await tokenOf(`api://${appId}`, tenantId);
      return reading.kind === 'notRead'
        ? reading
        : { kind: 'read', value: { token: reading.value, shape: decodeToken(reading.value) } };
    }),
    graphToken: tenant => tokenOf(graphEndpoint, tenant),
    read: async (path, schema) => {
      const own = await deployment.ownToken();
      if (own.kind === 'notRead')
        return { kind: 'notRead', why: 'there is no token of your own: see access.ownToken' };
      const answer = await deployment.ask(path, own.value.token);
      return readingOf(path, answer, schema);
    },
    me: once(async () => {
      const own = await deployment.ownToken();
      return own.kind === 'notRead' ? null : await deployment.ask('/me', own.value.token);
    }),
    diagnosis: once(() => deployment.read('/diagnosis', diagnosisSchema)),
    scans: once(() => deployment.read('/scans?limit=100', scansSchema)),
    finishedScan: once(async () => {
      const scans = await deployment.scans();
      if (scans.kind === 'notRead') return scans;
      return await scanById(scans.value.items.find(({ state }) => state === 'finished')?.runId);
    }),
    newestScan: once(async () => {
      const scans = await deployment.scans();
      if (scans.kind === 'notRead') return scans;
      // A run under way, or one that was skipped, has not decided about holds.
      const settled = scans.value.items.find(({ state }) => state === 'finished' || state === 'refused');
      return await scanById(settled?.runId);
    }),
    rules: once(() => deployment.read('/rules', rulesSchema)),
    publishedKeyId: once(async () => {
      const document = await deployment.get(`${issuer}/.well-known/openid-configuration`, {}, 'the issuer');
      const discovery = document.kind === 'answered' ? discoverySchema.safeParse(document.json) : null;
      if (!discovery?.success) return null;
      const answer = await deployment.get(discovery.data.jwks_uri, {}, 'the issuer');
      const keys = answer.kind === 'answered' ? keySetSchema.safeParse(answer.json) : null;
      return keys?.data?.keys.find(({ kty, kid }) => kty === 'RSA' && kid !== undefined)?.kid ?? null;
    }),
    forger: once(createForger),
  };
  return deployment;
}

function readingOf<Schema extends z.ZodType>(
  path: string,
  answer: Answer,
  schema: Schema,
): Reading<z.output<Schema>> {
  const where = `GET /api${path.split('?')[0]}`;
  if (answer.kind === 'failed') return { kind: 'notRead', why: `${where}: no answer (${answer.code})` };
  if (answer.status !== 200)
    return { kind: 'notRead', why: `${where}: status ${answer.status}${hintOf(answer.status)}` };
  const parsed = schema.safeParse(answer.json);
  return parsed.success
    ? { kind: 'read', value: parsed.data }
    : { kind: 'notRead', why: `${where}: an answer of another form; is another version deployed?` };
}

function hintOf(status: number): string {
  if (status === 403) return ', the signed-in account needs the role Orphans.Reader';
  if (status === 404) return ', is an older version deployed?';
  return status >= 500 ? ', the log of the app says why' : '';
}
