import type { TokenCredential } from '@azure/identity';
import {
  AuthenticationHandler,
  Client,
  GraphClientError,
  HTTPMessageHandler,
  ResponseType,
  type AuthenticationProvider,
  type Context,
  type GraphRequest,
  type Middleware,
} from '@microsoft/microsoft-graph-client';
import { AppError } from '../../core/appError';

/**
 * What reading and writing share: endpoint, token, exact address, no redirect. The verb is its caller's, so that each client names
 * the verbs it can use, and the scan's none but GET.
 */
export interface GraphConnection {
  /** Without a slash at the end: https://graph.microsoft.com. */
  readonly origin: string;
  /**
   * Sends one request with the token, by `verb`, and resolves to the answer, whatever its status. Rejects with what `fetch`
   * rejected with, or with an `AppError`: `graphUnavailable` where the credential gave no token, `graphAnswerInvalid` where `url`
   * is not of the origin; in both cases nothing was sent.
   */
  send(
    url: string,
    headers: Readonly<Record<string, string>>,
    signal: AbortSignal,
    verb: (request: GraphRequest) => Promise<Response>,
  ): Promise<Response>;
}

/**
 * Connects to the Graph service at `endpoint`, an https origin (national clouds have their own). Throws an `AppError` with code
 * `configurationInvalid` where it is none.
 */
export function connectGraph(endpoint: string, credential: TokenCredential): GraphConnection {
  const { origin, hostname } = parseEndpoint(endpoint);
  const scope = `${origin}/.default`;
  return {
    origin,
    async send(url, headers, signal, verb) {
      if (new URL(url).origin !== origin) {
        throw new AppError(
          'graphAnswerInvalid',
          `A request was expected to go to ${origin}; it was not sent elsewhere.`,
        );
      }
      const client = Client.initWithMiddleware({
        baseUrl: origin,
        customHosts: new Set([hostname]),
        middleware: [
          new ExactAddress(url),
          new AuthenticationHandler(tokenProvider(credential, scope, signal)),
          new HTTPMessageHandler(),
        ],
      });
      try {
        return await verb(
          client
            .api('/')
            .headers({ ...headers })
            // A redirect is an answer like any other: followed, it would take the token to where the answer says.
            .options({ signal, redirect: 'manual' })
            .responseType(ResponseType.RAW),
        );
      } catch (error) {
        throw error instanceof GraphClientError ? error.customError : error;
      }
    },
  };
}

/**
 * Sends the request to exactly this address: the SDK takes addresses apart and joins their parameters in an order of its own, but
 * a nextLink is opaque. Errors pass through the SDK only inside a GraphClientError; of others it keeps no cause.
 */
class ExactAddress implements Middleware {
  #next: Middleware | undefined;

  constructor(readonly url: string) {}

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    context.request = this.url;
    try {
      await this.#next?.execute(context);
    } catch (error) {
      throw Object.assign(new GraphClientError('The request failed'), { customError: error });
    }
  }
}

function tokenProvider(
  credential: TokenCredential,
  scope: string,
  signal: AbortSignal,
): AuthenticationProvider {
  return {
    async getAccessToken() {
      try {
        const token = await credential.getToken(scope, { abortSignal: signal });
        if (token) return token.token;
      } catch (error) {
        throw noToken(scope, error instanceof Error ? `: ${error.message}` : '', { cause: error });
      }
      throw noToken(scope, '');
    },
  };
}

const noToken = (scope: string, found: string, options?: ErrorOptions): AppError =>
  new AppError(
    'graphUnavailable',
    `A token for ${scope} was expected, the credential gave none${found}. ` +
      'Check that the managed identity is assigned to this app and belongs to the tenant.',
    options,
  );

function parseEndpoint(endpoint: string): URL {
  const url = URL.canParse(endpoint) ? new URL(endpoint) : null;
  if (url?.protocol === 'https:' && `${url.origin}/` === url.href) return url;
  const found = url ? `${url.protocol}//${url.host}${url.pathname}` : 'something that is no URL';
  throw new AppError(
    'configurationInvalid',
    'The Graph endpoint was expected to be an https origin without path, query or user, such as https://graph.microsoft.com; ' +
      `found ${found}.`,
  );
}
