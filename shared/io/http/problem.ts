import { z } from 'zod';
import type { AppError, ErrorCode } from '../../core/appError';

/** What a problem is called and answered with; docs/http-api.md lists the same (a test compares them). */
interface ProblemKind {
  readonly status: number;
  readonly title: string;
}

/** Problems of the HTTP edge, and those that a use case answers. */
const edgeProblems = {
  requestInvalid: { status: 400, title: 'The request is not valid' },
  tokenRequired: { status: 401, title: 'An access token is required' },
  tokenInvalid: { status: 401, title: 'The access token was not accepted' },
  scopeMissing: { status: 403, title: 'The access token lacks the scope' },
  roleMissing: { status: 403, title: 'The caller lacks the role' },
  personRequired: { status: 403, title: 'Only a person may do this' },
  notAllowed: { status: 403, title: 'A rule does not allow this' },
  deletionDisabled: { status: 403, title: 'Deletion is switched off' },
  notFound: { status: 404, title: 'There is no such thing' },
  methodNotAllowed: { status: 405, title: 'The method is not allowed here' },
  notAcceptable: { status: 406, title: 'No acceptable media type' },
  conflict: { status: 409, title: 'The state does not allow this' },
  preconditionFailed: { status: 412, title: 'It was changed since it was read' },
  bodyTooLarge: { status: 413, title: 'The body is too large' },
  targetTooLong: { status: 414, title: 'The address is too long' },
  mediaTypeUnsupported: { status: 415, title: 'The body is not JSON' },
  preconditionRequired: { status: 428, title: 'If-Match is required' },
  unexpected: { status: 500, title: 'Something unexpected happened' },
  authenticationNotConfigured: { status: 503, title: 'Authentication is not configured' },
  signingKeysUnavailable: { status: 503, title: 'Access tokens can not be verified at the moment' },
} as const satisfies Record<string, ProblemKind>;

/** Every `AppError` as a problem. A code of its own is a line here: the compiler asks for it. */
const errorProblems: Readonly<Record<ErrorCode, ProblemKind>> = {
  configurationInvalid: { status: 503, title: 'The app is not configured' },
  exportMissing: { status: 503, title: 'There is no export to compare with' },
  exportRefused: { status: 503, title: 'An export was refused' },
  graphUnavailable: { status: 503, title: 'Microsoft Graph does not answer' },
  graphRefused: { status: 502, title: 'Microsoft Graph refused' },
  graphAnswerInvalid: { status: 502, title: 'Microsoft Graph answered something unexpected' },
  storageUnavailable: { status: 503, title: 'The storage does not answer' },
  writeConflict: { status: 409, title: 'Somebody else changed it meanwhile' },
  rowInvalid: { status: 500, title: 'A stored row can not be read' },
  lockLost: { status: 503, title: 'Another process took over' },
  stopped: { status: 503, title: 'The app is being stopped' },
  scanFailed: { status: 500, title: 'The scan failed' },
};

export type ProblemCode = keyof typeof edgeProblems | ErrorCode;

export const problemKinds: Readonly<Record<ProblemCode, ProblemKind>> = { ...edgeProblems, ...errorProblems };
export const problemCodes = Object.keys(problemKinds) as readonly ProblemCode[];

/** One field of a request that is not valid. */
export interface FieldError {
  /** JSON pointer (RFC 6901) into the request as `{path, query, header, body}`. */
  readonly pointer: string;
  readonly detail: string;
}

/** An answer that is not what the caller asked for: a value, not an exception. */
export interface Problem<Code extends ProblemCode = ProblemCode> {
  readonly kind: 'problem';
  readonly code: Code;
  /** What was expected, what was found, what to do. No secret, no personal data. */
  readonly detail: string;
  readonly errors?: readonly FieldError[];
  readonly headers?: Readonly<Record<string, string>>;
}

export const problem = <Code extends ProblemCode>(
  code: Code,
  detail: string,
  more: Pick<Problem, 'errors' | 'headers'> = {},
): Problem<Code> => ({ kind: 'problem', code, detail, ...more });

const retryLater = { 'retry-after': '30' };

/**
 * What a caller learns of an error that a use case threw: the code, never the message, which may name addresses of the
 * installation.
 */
export function problemOfError(error: AppError): Problem<ErrorCode> {
  const { code } = error;
  const { status } = errorProblems[code];
  if (code === 'writeConflict')
    return problem(code, 'Read it again, and repeat the request if it still fits.');
  const detail = 'The reason is in the log of the app, under the id of this problem.';
  return problem(code, detail, status === 503 ? { headers: retryLater } : {});
}

/** The type of a problem (RFC 9457, section 3.1.1), relative to the app's address. */
export const problemType = (code: ProblemCode): string => `/problems/${code}`;

/** The media type `application/problem+json`. */
export const problemSchema = z
  .strictObject({
    type: z.enum(problemCodes.map(problemType)),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z
      .string()
      .regex(/^urn:uuid:[0-9a-f-]{36}$/)
      .meta({ description: 'Id of this request; the log of the app has it in each of its lines.' }),
    errors: z
      .array(z.strictObject({ pointer: z.string(), detail: z.string() }))
      .optional()
      .meta({ description: 'Every field that is not valid, by a pointer into {path, query, header, body}.' }),
  })
  .meta({ id: 'Problem', description: 'RFC 9457' });

export type ProblemDocument = z.infer<typeof problemSchema>;

export function problemDocument({ code, detail, errors }: Problem, correlationId: string): ProblemDocument {
  const { status, title } = problemKinds[code];
  return {
    type: problemType(code),
    title,
    status,
    detail,
    instance: `urn:uuid:${correlationId}`,
    ...(errors ? { errors: errors.map(one => ({ ...one })) } : {}),
  };
}
