import { z } from 'zod';
import type { FieldError } from './problem';
import type { RouteDescription } from './route';

/** As many errors as one answer holds. */
const mostErrors = 50;
const longestDetail = 200;

/** The parts of a request that a route's schemas check, as they came. */
export interface RawInput {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** Parsed, not checked; null where the method has no body. */
  readonly body: { readonly value: unknown } | null;
}

export type InputReading =
  | { readonly kind: 'valid'; readonly params: unknown; readonly query: unknown; readonly body: unknown }
  | { readonly kind: 'invalid'; readonly errors: readonly FieldError[] };

const nothing = z.strictObject({});

/** Checks path, query and body by the route's schemas, and reports every field that is not valid. */
export function readInput(route: RouteDescription, raw: RawInput): InputReading {
  const errors: FieldError[] = [];
  const check = (part: string, schema: z.ZodType, value: unknown): unknown => {
    const parsed = schema.safeParse(value);
    if (!parsed.success) errors.push(...parsed.error.issues.flatMap(issue => fieldErrors(part, issue)));
    return parsed.data;
  };
  const params = check('path', route.params ?? nothing, raw.params);
  const { single, problems } = singleValues(raw.query, route.query ?? nothing);
  errors.push(...problems);
  const query = check('query', route.query ?? nothing, single);
  const body = raw.body && check('body', route.body ?? nothing, raw.body.value);
  return errors.length === 0
    ? { kind: 'valid', params, query, body }
    : { kind: 'invalid', errors: errors.slice(0, mostErrors) };
}

/** Names that are known, once each; what else the query holds is a problem. */
function singleValues(
  query: URLSearchParams,
  schema: z.ZodObject,
): { readonly single: Record<string, string>; readonly problems: readonly FieldError[] } {
  const single: Record<string, string> = {};
  const problems: FieldError[] = [];
  for (const name of new Set(query.keys())) {
    const [value = '', ...more] = query.getAll(name);
    if (!Object.hasOwn(schema.shape, name)) problems.push(fieldError('query', [name], 'is not known here'));
    else if (more.length > 0) problems.push(fieldError('query', [name], 'is there more than once'));
    // What is not UTF-8 was decoded to U+FFFD.
    else if (/[\p{Cc}\u{FFFD}]/u.test(value)) problems.push(fieldError('query', [name], 'is not text'));
    else single[name] = value;
  }
  return { single, problems };
}

function fieldErrors(part: string, issue: z.core.$ZodIssue): FieldError[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => fieldError(part, [...issue.path, key], 'is not known here'));
  return [fieldError(part, issue.path, issue.message)];
}

const fieldError = (part: string, path: readonly PropertyKey[], detail: string): FieldError => ({
  pointer: ['', part, ...path.map(escape)].join('/').slice(0, longestDetail),
  detail: detail.slice(0, longestDetail),
});

/** RFC 6901, section 3. */
const escape = (step: PropertyKey): string => String(step).replaceAll('~', '~0').replaceAll('/', '~1');
