import type { SampleUserName } from '../openIdProvider/sampleIdentities';
import type { ReviewPart } from './reviewPart';

/** What the API answered. `json` is what the caller of it expects; null where there is no JSON. */
export interface ApiAnswer<Json> {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Json;
}

export interface ApiCall {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Calls the API as one of the sample users, by HTTP and nothing else. */
export type ApiCalls = <Json = Record<string, unknown>>(
  user: SampleUserName,
  method: string,
  path: string,
  call?: ApiCall,
) => Promise<ApiAnswer<Json>>;

/** `path`: below /api, with the slash. */
export function apiCalls(part: ReviewPart): ApiCalls {
  return async (user, method, path, { body, headers } = {}) => {
    const answer = await fetch(`${part.worker.url}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await part.tokenOf(user)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const isJson = /\bjson\b/.test(answer.headers.get('content-type') ?? '');
    const json = isJson ? JSON.parse(text) : null;
    return { status: answer.status, headers: answer.headers, text, json };
  };
}
