/** An answer of Graph that is an error: `code` and `message` as in its body. */
export class GraphError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.name = 'GraphError';
  }
}

/** Graph's error body: https://learn.microsoft.com/graph/errors. */
export function errorBody(
  { code, message }: { readonly code: string; readonly message: string },
  { requestId, clientRequestId, date }: { requestId: string; clientRequestId: string; date: Date },
): object {
  const innerError = {
    date: date.toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length),
    'request-id': requestId,
    'client-request-id': clientRequestId,
  };
  return { error: { code, message, innerError } };
}
