/** Stable codes of the errors that the app raises by itself. Expected outcomes are return values, not errors. */
export const errorCodes = [
  'configurationInvalid',
  'exportMissing',
  'exportRefused',
  'graphUnavailable',
  'graphRefused',
  'graphAnswerInvalid',
  'storageUnavailable',
  'writeConflict',
  'rowInvalid',
  'lockLost',
  'stopped',
  'scanFailed',
] as const;
export type ErrorCode = (typeof errorCodes)[number];

/** The one error class. The message says what was expected, what was found and what to do; it never holds a secret. */
export class AppError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'AppError';
  }
}

const graphCodes: ReadonlySet<ErrorCode> = new Set([
  'graphUnavailable',
  'graphRefused',
  'graphAnswerInvalid',
]);

/** Whether Microsoft Graph did not tell: no answer after all attempts, a refusal, or an answer that it does not document. */
export const isGraphError = (error: unknown): error is AppError =>
  error instanceof AppError && graphCodes.has(error.code);
