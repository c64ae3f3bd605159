import { randomUUID } from 'node:crypto';
import { generateKeyPair, SignJWT, type CryptoKey, type JWTPayload } from 'jose';
import { z } from 'zod';
import type { Clock, Log } from '../../../../shared/app/ports';
import { AppError } from '../../../../shared/core/appError';
import type { Instant } from '../../../../shared/core/instant';
import type { Guid } from '../../../../shared/core/keys/guid';
import type { Authentication } from '../../../../shared/io/configuration/authentication';
import { createApi, type Api, type ApiOptions } from '../../../../shared/io/http/api';
import {
  cloudIdParameter,
  objectTypeParameter,
  wholeNumberParameter,
} from '../../../../shared/io/http/parameters';
import { problem } from '../../../../shared/io/http/problem';
import { defineRoute, type Route } from '../../../../shared/io/http/route';
import type { SigningKeys } from '../../../../shared/io/http/signingKeys';

const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d' as Guid;
export const authentication: Authentication = {
  tenantId,
  issuer: `https://login.example/${tenantId}/v2.0`,
  audience: '5f0c7f5e-6d0e-4b57-8a3b-7d1f5d0b9a21' as Guid,
  scope: 'access_as_user',
};

/** What the sample routes need: they answer what a test puts here. */
export interface SamplePorts {
  readonly things: { read(id: string): { readonly version: string; readonly name: string } | null };
}

const thingSchema = z
  .strictObject({ id: z.guid(), type: objectTypeParameter, name: z.string() })
  .meta({ id: 'Thing' });
const params = z.strictObject({ type: objectTypeParameter, id: cloudIdParameter });

export const getThing = defineRoute({
  method: 'GET',
  path: '/things/{type}/{id}',
  operationId: 'getThing',
  summary: 'One thing',
  roles: ['Orphans.Reader'],
  params,
  responses: { 200: { description: 'The thing', json: thingSchema, etag: true } },
  problems: ['notFound'],
}).handledBy(async ({ params: { type, id } }, { things }: SamplePorts) => {
  const thing = things.read(id);
  if (!thing) return problem('notFound', 'No thing has this id.');
  return { status: 200, json: { id, type, name: thing.name }, etag: thing.version };
});

export const listThings = defineRoute({
  method: 'GET',
  path: '/things',
  operationId: 'listThings',
  summary: 'Things',
  roles: ['Orphans.Reader'],
  query: z.strictObject({
    top: wholeNumberParameter(1, 100).optional(),
    type: objectTypeParameter.optional(),
    search: z.string().max(50).optional(),
  }),
  responses: { 200: { description: 'Things', json: z.strictObject({ top: z.int() }), csv: true } },
}).handledBy(async ({ query, accept }) =>
  accept === 'text/csv'
    ? { status: 200, csv: `top\r\n${query.top ?? 10}\r\n` }
    : { status: 200, json: { top: query.top ?? 10 } },
);

export const approveThing = defineRoute({
  method: 'POST',
  path: '/things/{type}/{id}/approve',
  operationId: 'approveThing',
  summary: 'Approves a thing',
  roles: ['Orphans.Approver'],
  person: true,
  ifMatch: true,
  params,
  body: z.strictObject({
    reason: z.string().min(1).max(200),
    until: z.iso.datetime().optional(),
    items: z.array(z.strictObject({ count: z.int().min(0) })).optional(),
  }),
  responses: { 200: { description: 'Approved', json: z.strictObject({ by: z.guid() }), etag: true } },
  problems: ['notFound', 'conflict'],
}).handledBy(async ({ params: { id }, caller, ifMatch }, { things }: SamplePorts) => {
  const thing = things.read(id);
  if (!thing) return problem('notFound', 'No thing has this id.');
  if (thing.version !== ifMatch) return problem('preconditionFailed', 'It was changed. Read it again.');
  return { status: 200, json: { by: caller.objectId }, etag: `${thing.version}+` };
});

export const deleteThings = defineRoute({
  method: 'POST',
  path: '/deletions',
  operationId: 'deleteThings',
  summary: 'Deletes things',
  roles: ['Orphans.Deleter'],
  person: true,
  responses: { 202: { description: 'Begun', location: true } },
}).handledBy(async () => ({ status: 202, location: '/api/deletions/1' }));

export const failing = defineRoute({
  method: 'GET',
  path: '/failing',
  operationId: 'failing',
  summary: 'Fails',
  roles: ['Orphans.Reader'],
  query: z.strictObject({ how: z.enum(['plainly', 'storageUnavailable', 'writeConflict']) }),
  responses: { 204: { description: 'Never' } },
}).handledBy(async ({ query: { how } }) => {
  if (how === 'plainly') throw new TypeError('secret of the installation');
  throw new AppError(how, 'secret of the installation');
});

export const sampleRoutes: readonly Route<SamplePorts>[] = [
  getThing,
  listThings,
  approveThing,
  deleteThings,
  failing,
];

export const thingId = '0d3f1c52-7f0b-4a3e-9a68-2f4d7b1e0c11';
/** The only thing: version `W/"1"`, as a table would say it. */
export const samplePorts: SamplePorts = {
  things: { read: id => (id === thingId ? { version: 'W/"1"', name: 'Ada' } : null) },
};

/** Tokens of a key of its own, and the keys by which the API knows it. */
export interface Tokens {
  readonly keys: SigningKeys;
  sign(claims?: JWTPayload): Promise<string>;
}

export async function createTokens(): Promise<Tokens> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  return {
    keys: { find: () => Promise.resolve({ kind: 'found', key: publicKey }) },
    sign: claims => signWith(privateKey, { ...personClaims(), ...claims }),
  };
}

/** A claim of `undefined` is left out. */
const signWith = (key: CryptoKey, claims: JWTPayload): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ typ: 'JWT', alg: 'ES256', kid: 'key' }).sign(key);

export const personId = '9a1f6a52-7f0b-4a3e-9a68-2f4d7b1e0c77';

function personClaims(): JWTPayload {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: authentication.issuer,
    aud: authentication.audience,
    tid: tenantId,
    ver: '2.0',
    iat: now,
    nbf: now,
    exp: now + 3600,
    azp: randomUUID(),
    oid: personId,
    sub: 'pairwise',
    scp: 'access_as_user',
    roles: ['Orphans.Reader', 'Orphans.Approver', 'Orphans.Deleter'],
  };
}

/** Over the person's claims: an application's token. */
export const asApplication: JWTPayload = { scp: undefined, idtyp: 'app', sub: personId };

export const systemClock: Clock = { now: () => Date.now() as Instant };

/** A log that a test can read. */
export function recordingLog(): Log & { readonly lines: string[] } {
  const lines: string[] = [];
  const note = (level: string) => (message: string) => void lines.push(`${level} ${message}`);
  return { lines, debug: note('debug'), info: note('info'), warn: note('warn'), error: note('error') };
}

export interface SampleApi {
  readonly handle: Api;
  readonly log: ReturnType<typeof recordingLog>;
  readonly tokens: Tokens;
  /** Asks in process; `path` is below /api. Default: a person with every role. */
  ask(path: string, init?: RequestInit & { readonly token?: string | null }): Promise<Response>;
}

export async function createSampleApi(options: Partial<ApiOptions<SamplePorts>> = {}): Promise<SampleApi> {
  const tokens = await createTokens();
  const log = recordingLog();
  const api = createApi({
    routes: sampleRoutes,
    authentication: { status: 'valid', authentication },
    keys: () => tokens.keys,
    clock: systemClock,
    ports: () => samplePorts,
    ...options,
  });
  const everybody = await tokens.sign();
  return {
    handle: api,
    log,
    tokens,
    ask: (path, init = {}) => asking(api, log, path, { token: everybody, ...init }),
  };
}

async function asking(
  api: Api,
  log: Log,
  path: string,
  { token, ...init }: RequestInit & { readonly token?: string | null },
): Promise<Response> {
  const request = new Request(`https://app.example/api${path}`, init);
  if (token) request.headers.set('authorization', `Bearer ${token}`);
  const { status, headers, body } = await api(request, log, AbortSignal.timeout(10_000));
  return new Response(body ?? null, { status, headers });
}
