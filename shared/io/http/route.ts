import type { z } from 'zod';
import type { Caller, Person, Role } from '../../app/caller';
import type { Log } from '../../app/ports';
import type { OfferedType } from './mediaType';
import type { Problem, ProblemCode } from './problem';

const routeMethods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
export type RouteMethod = (typeof routeMethods)[number];

/** One answer of a route, other than a problem. Without `json` and `csv` it has no body. */
export interface ResponseDescription {
  readonly description: string;
  readonly json?: z.ZodType;
  /** The answer exists as text/csv, too, for who prefers it. */
  readonly csv?: true;
  /** The answer has an ETag, for If-Match. */
  readonly etag?: true;
  /** The answer has a Location. */
  readonly location?: true;
}
export type Responses = Readonly<Record<number, ResponseDescription>>;

/** Lists and objects of the domain are readonly; those that zod makes are not. */
type Readonlike<Value> = unknown extends Value
  ? Value
  : Value extends string | number | boolean | null | undefined
    ? Value
    : { readonly [Key in keyof Value]: Readonlike<Value[Key]> };

type BodyOf<Description> =
  | (Description extends { readonly json: infer Schema extends z.ZodType }
      ? { readonly json: Readonlike<z.output<Schema>> }
      : { readonly json?: never })
  | (Description extends { readonly csv: true } ? { readonly csv: string } : never);

/** What a handler may answer: one of the statuses that its route declares, with the body and the headers declared for it. */
export type AnswerOf<Declared extends Responses> = {
  [Status in keyof Declared & number]: { readonly status: Status } & BodyOf<Declared[Status]> &
    // The version, not the tag: the frame makes the tag.
    (Declared[Status] extends { readonly etag: true } ? { readonly etag: string } : unknown) &
    (Declared[Status] extends { readonly location: true } ? { readonly location: string } : unknown);
}[keyof Declared & number];

/** An answer as the frame sees it. */
export interface Answer {
  readonly status: number;
  readonly json?: unknown;
  readonly csv?: string;
  readonly etag?: string;
  readonly location?: string;
}

/** What a handler learns of a request: all of it verified and validated. */
export interface RouteRequest<
  Params = unknown,
  Query = unknown,
  Body = unknown,
  By = Caller,
  Version = string | null,
> {
  readonly caller: By;
  readonly params: Params;
  readonly query: Query;
  readonly body: Body;
  /** The version (not the tag) that the caller has read. Where it is not the present one: `problem('preconditionFailed', …)`. */
  readonly ifMatch: Version;
  readonly accept: OfferedType;
  /** Id of this request, for Graph's client-request-id and the audit row. Never the caller's. */
  readonly correlationId: string;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** What the document and the frame need to know of a route. */
export interface RouteDescription {
  readonly method: RouteMethod;
  /** Below /api: literal segments and `{name}`, each name a property of `params`. */
  readonly path: string;
  /** Unique; the name of the route in the log and in the document. */
  readonly operationId: string;
  readonly summary: string;
  /** Any of these is enough. */
  readonly roles: readonly [Role, ...Role[]];
  /** An application's token is refused. */
  readonly person?: boolean;
  /** If-Match is required. */
  readonly ifMatch?: boolean;
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  /** Of changes only. Objects must be strict, at every level. */
  readonly body?: z.ZodType;
  /** Bytes; where the largest body of all routes is too small. */
  readonly largestBody?: number;
  readonly responses: Responses;
  /** Problems beyond those that the frame answers by itself. */
  readonly problems?: readonly ProblemCode[];
}

/** A route that needs `Ports` of the app. */
export interface Route<in Ports = unknown> extends RouteDescription {
  readonly handler: (request: RouteRequest, ports: Ports) => Promise<Answer | Problem>;
}

/** What a schema makes of its input; where a route has none, there is nothing to use. */
type OutputOf<Schema> = Schema extends z.ZodType ? z.output<Schema> : null;

interface TypedDescription<
  Params extends z.ZodObject | null,
  Query extends z.ZodObject | null,
  Body extends z.ZodType | null,
  Declared extends Responses,
  Codes extends ProblemCode,
  ByPerson extends boolean,
  Matching extends boolean,
> extends Omit<RouteDescription, 'params' | 'query' | 'body'> {
  readonly params?: Params & z.ZodObject;
  readonly query?: Query & z.ZodObject;
  readonly body?: Body & z.ZodType;
  readonly responses: Declared;
  readonly problems?: readonly Codes[];
  readonly person?: ByPerson;
  readonly ifMatch?: Matching;
}

/** A description that waits for its handler. */
export interface UnhandledRoute<Request, Reply> {
  readonly handledBy: <Ports = unknown>(
    handler: (request: Request, ports: Ports) => Promise<Reply>,
  ) => Route<Ports>;
}

/**
 * Defines a route. The schemas are the validation, the types of the handler and the OpenAPI document at once. (Handler and description
 * are apart, so that the compiler knows the one when it looks at the other.)
 *
 * ```ts
 * export const candidateRoute = defineRoute({
 *   method: 'GET',
 *   path: '/candidates/{type}/{id}',
 *   operationId: 'getCandidate',
 *   summary: 'One candidate with its evidence',
 *   roles: ['Orphans.Reader'],
 *   params: z.strictObject({ type: objectTypeParameter, id: cloudIdParameter }),
 *   responses: { 200: { description: 'The candidate', json: candidateSchema, etag: true } },
 *   problems: ['notFound'],
 * }).handledBy(async ({ params, signal }, { candidates }: { readonly candidates: CandidateReader }) => {
 *   const found = await candidates.read(params.type, params.id, signal);
 *   if (found === null) return problem('notFound', 'No candidate has this type and id.');
 *   return { status: 200, json: documentOf(found), etag: found.etag };
 * });
 * ```
 */
export const defineRoute = <
  Params extends z.ZodObject | null = null,
  Query extends z.ZodObject | null = null,
  Body extends z.ZodType | null = null,
  const Declared extends Responses = Responses,
  const Codes extends ProblemCode = never,
  const ByPerson extends boolean = false,
  const Matching extends boolean = false,
>(
  description: TypedDescription<Params, Query, Body, Declared, Codes, ByPerson, Matching>,
): UnhandledRoute<
  RouteRequest<
    OutputOf<Params>,
    OutputOf<Query>,
    OutputOf<Body>,
    ByPerson extends true ? Person : Caller,
    Matching extends true ? string : null
  >,
  | AnswerOf<Declared>
  // Those which the frame raises where the route asks for it, the handler may raise, too.
  | Problem<Codes | (Matching extends true ? 'preconditionFailed' : never)>
> => ({
  // The frame hands over what the schemas made of the request, so the handler's own types are the true ones.
  handledBy: handler => ({ ...description, handler }) as never,
});
