import { randomUUID } from 'node:crypto';
import { holds, type Caller } from '../../app/caller';
import type { Clock, Log } from '../../app/ports';
import { AppError } from '../../core/appError';
import type { AuthenticationReading } from '../configuration/authentication';
import { verifyAccessToken } from './accessToken';
import { readCredentials } from './bearerToken';
import { entityTagOf, readIfMatch, type IfMatch } from './entityTag';
import { chooseType, isJson, type OfferedType } from './mediaType';
import {
  problem,
  problemDocument,
  problemKinds,
  problemOfError,
  type FieldError,
  type Problem,
} from './problem';
import { largestBody, parseStrictJson, readBody } from './requestBody';
import { readInput } from './requestInput';
import type { Answer, Route } from './route';
import { createRouter } from './router';
import type { SigningKeys } from './signingKeys';

/** The longest address of a request, characters. */
const longestTarget = 4096;

/** A request as the platform hands it over. */
export interface IncomingRequest {
  readonly method: string;
  /** Absolute. */
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  readonly body: AsyncIterable<Uint8Array> | null;
}

export interface OutgoingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What use cases need of one request, for the wiring of their ports. */
export interface RequestContext {
  readonly correlationId: string;
  readonly log: Log;
}

export interface ApiOptions<Ports> {
  readonly routes: readonly Route<Ports>[];
  readonly authentication: AuthenticationReading;
  readonly keys: (issuer: string) => SigningKeys;
  readonly clock: Clock;
  /** Called for a request that may act; what it throws is answered as a problem. */
  readonly ports: (context: RequestContext) => Ports;
}

/** Answers one request, always: what goes wrong is a problem document, and in the log under its id. */
export type Api = (request: IncomingRequest, log: Log, signal: AbortSignal) => Promise<OutgoingAnswer>;

/**
 * The HTTP edge (docs/http-api.md). In this order: is authentication configured, who calls, is there such a route, may the caller act,
 * is the request valid; then the route's handler. Nothing of the request but its Authorization header says who calls.
 */
export function createApi<Ports>(options: ApiOptions<Ports>): Api {
  const router = createRouter(options.routes);
  const identify = createIdentification(options);

  async function handle(
    request: IncomingRequest,
    context: RequestContext,
    signal: AbortSignal,
  ): Promise<Answer | Problem | Options> {
    const caller = await identify(request, context);
    if (caller.kind === 'problem') return caller;
    if (request.url.length > longestTarget)
      return problem('targetTooLong', `At most ${longestTarget} characters are expected.`);
    const url = URL.parse(request.url);
    const path = url && pathBelowApi(url);
    if (url === null || path === null)
      return problem('requestInvalid', 'The path was expected to be percent-encoded UTF-8.');
    const match = router(request.method, path);
    if (match.kind === 'none') return problem('notFound', 'No route has this path: see /api/openapi.json.');
    if (match.kind === 'otherMethods') {
      const allow = match.allow.join(', ');
      if (request.method === 'OPTIONS') return { kind: 'options', allow };
      return problem('methodNotAllowed', `Expected is one of ${allow}.`, { headers: { allow } });
    }
    const { route, params } = match;
    const refusal = refusalOfRights(caller, route);
    if (refusal) return refusal;
    const accept = chooseType(request.headers.get('accept'), offeredBy(route));
    if (accept === null)
      return problem('notAcceptable', `This route answers ${offeredBy(route).join(' or ')}.`);
    const body =
      route.method === 'GET' ? null : await readJsonBody(request, route.largestBody ?? largestBody);
    if (body?.kind === 'problem') return body;
    const ifMatch = route.ifMatch ? request.headers.get('if-match') : null;
    if (route.ifMatch && ifMatch === null)
      return problem('preconditionRequired', 'Send the ETag of what you have read as If-Match.');
    const version: IfMatch | null = ifMatch === null ? null : readIfMatch(ifMatch);
    const input = readInput(route, { params, query: url.searchParams, body: body?.json ?? null });
    const errors: FieldError[] = [
      ...(body?.errors ?? []),
      ...(input.kind === 'invalid' ? input.errors : []),
      ...(version?.kind === 'malformed'
        ? [{ pointer: '/header/If-Match', detail: 'one strong entity tag is expected' }]
        : []),
    ];
    if (input.kind === 'invalid' || errors.length > 0)
      return problem('requestInvalid', 'Correct the fields that errors names.', { errors });
    if (version?.kind === 'noMatch')
      return problem('preconditionFailed', 'If-Match is not an ETag of this API. Read it again.');
    context.log.debug(`${route.operationId}, asked by ${caller.kind} ${caller.objectId}`);
    return await route.handler(
      {
        caller,
        params: input.params,
        query: input.query,
        body: input.body,
        ifMatch: version?.kind === 'version' ? version.version : null,
        accept,
        correlationId: context.correlationId,
        log: context.log,
        signal,
      },
      options.ports(context),
    );
  }

  return async (request, log, signal) => {
    // A new one: what a client sends could repeat another's, or be no id at all.
    const correlationId = randomUUID();
    const context = { correlationId, log: withId(log, correlationId) };
    let answer: Answer | Problem | Options;
    try {
      answer = await handle(request, context, signal);
    } catch (error) {
      answer = problemOfThrown(error, context.log);
    }
    const outgoing = write(answer, correlationId);
    return request.method === 'HEAD' ? { status: outgoing.status, headers: outgoing.headers } : outgoing;
  };
}

interface Options {
  readonly kind: 'options';
  readonly allow: string;
}

const bearer = 'Bearer realm="entra-orphans"';
const challenge = (error?: 'invalid_token' | 'insufficient_scope'): Readonly<Record<string, string>> => ({
  'www-authenticate': error === undefined ? bearer : `${bearer}, error="${error}"`,
});

/** Who calls, or why nobody may: RFC 6750's codes to the caller, the reason to the log. */
function createIdentification<Ports>({
  authentication: reading,
  keys: keysOf,
  clock,
}: ApiOptions<Ports>): (request: IncomingRequest, context: RequestContext) => Promise<Caller | Problem> {
  if (reading.status === 'invalid') {
    const names = [...new Set(reading.problems.map(one => one.setting))].join(', ');
    const answer = problem(
      'authenticationNotConfigured',
      `Nothing but health is answered until these app settings are right: ${names}.`,
    );
    return () => Promise.resolve(answer);
  }
  const { authentication } = reading;
  const keys = keysOf(authentication.issuer);
  return async (request, { log }) => {
    const credentials = readCredentials(request.headers.get('authorization'));
    // RFC 6750, section 3.1: no error code where nothing was tried.
    if (credentials.kind === 'none')
      return problem('tokenRequired', 'Send an access token for this API: Authorization: Bearer …', {
        headers: challenge(),
      });
    const verification =
      credentials.kind === 'malformed'
        ? ({ kind: 'refused', reason: 'malformed' } as const)
        : await verifyAccessToken(credentials.token, { authentication, keys, clock });
    switch (verification.kind) {
      case 'caller':
        return verification.caller;
      case 'keysUnavailable':
        log.error(`The keys of the token issuer can not be read: ${verification.why}`);
        return problem('signingKeysUnavailable', 'The keys of the issuer can not be read. Try again later.', {
          headers: { 'retry-after': '30' },
        });
      case 'refused':
        log.warn(`An access token was refused: ${verification.reason}`);
        return verification.reason === 'scope'
          ? problem('scopeMissing', `The token was expected to hold the scope ${authentication.scope}.`, {
              headers: challenge('insufficient_scope'),
            })
          : problem('tokenInvalid', 'Sign in again, and send a token for this API.', {
              headers: challenge('invalid_token'),
            });
    }
  };
}

function refusalOfRights<Ports>(caller: Caller, route: Route<Ports>): Problem | null {
  if (!route.roles.some(role => holds(caller, role)))
    return problem('roleMissing', `Expected is the role ${route.roles.join(' or ')}.`, {
      headers: challenge('insufficient_scope'),
    });
  if (route.person === true && caller.kind !== 'person')
    return problem('personRequired', 'Sign in as a user: a token of an application is not enough here.');
  return null;
}

/** Decoded segments below /api; null where they are not UTF-8. A slash at the end makes another path. */
function pathBelowApi(url: URL): readonly string[] | null {
  try {
    return url.pathname.split('/').slice(2).map(decodeURIComponent);
  } catch {
    return null;
  }
}

function offeredBy<Ports>(route: Route<Ports>): readonly OfferedType[] {
  return Object.values(route.responses).some(response => response.csv)
    ? ['application/json', 'text/csv']
    : ['application/json'];
}

interface JsonBody {
  readonly kind: 'body';
  /** null where it is not JSON, and then `errors` says so. */
  readonly json: { readonly value: unknown } | null;
  readonly errors: readonly FieldError[];
}

async function readJsonBody(request: IncomingRequest, largest: number): Promise<JsonBody | Problem> {
  const { headers } = request;
  if (!isJson(headers.get('content-type')) || headers.get('content-encoding') !== null)
    return problem('mediaTypeUnsupported', 'Content-Type: application/json is expected, without encoding.');
  const reading = await readBody(request.body, headers.get('content-length'), largest);
  if (reading.kind === 'tooLarge') return problem('bodyTooLarge', `At most ${largest} bytes are expected.`);
  const parsed = parseStrictJson(reading.bytes);
  return parsed.kind === 'json'
    ? { kind: 'body', json: { value: parsed.value }, errors: [] }
    : { kind: 'body', json: null, errors: [{ pointer: '/body', detail: parsed.why }] };
}

function problemOfThrown(error: unknown, log: Log): Problem {
  log.error(String((error as Partial<Error> | undefined)?.stack ?? error));
  return error instanceof AppError
    ? problemOfError(error)
    : problem('unexpected', 'The reason is in the log of the app, under the id of this problem.');
}

const commonHeaders = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  // A browser that is led here shows nothing and runs nothing.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
} as const;

function write(answer: Answer | Problem | Options, correlationId: string): OutgoingAnswer {
  const headers = { ...commonHeaders, 'x-correlation-id': correlationId };
  if (!('kind' in answer)) return writeAnswer(answer, headers);
  switch (answer.kind) {
    case 'options':
      return { status: 204, headers: { ...headers, allow: answer.allow } };
    case 'problem':
      return {
        status: problemKinds[answer.code].status,
        headers: { ...headers, ...answer.headers, 'content-type': 'application/problem+json' },
        body: JSON.stringify(problemDocument(answer, correlationId)),
      };
  }
}

function writeAnswer(
  { status, json, csv, etag, location }: Answer,
  common: Readonly<Record<string, string>>,
): OutgoingAnswer {
  const headers = {
    ...common,
    ...(etag === undefined ? {} : { etag: entityTagOf(etag) }),
    ...(location === undefined ? {} : { location }),
  };
  if (csv !== undefined)
    return { status, headers: { ...headers, 'content-type': 'text/csv; charset=utf-8' }, body: csv };
  if (json === undefined) return { status, headers };
  return { status, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(json) };
}

/** Each line of a request's log begins with its id. */
const withId = (log: Log, correlationId: string): Log => ({
  debug: message => log.debug(`${correlationId} ${message}`),
  info: message => log.info(`${correlationId} ${message}`),
  warn: message => log.warn(`${correlationId} ${message}`),
  error: message => log.error(`${correlationId} ${message}`),
});
