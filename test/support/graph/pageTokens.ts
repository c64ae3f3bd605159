import { randomBytes } from 'node:crypto';
import { GraphError } from './graphError';

/** Where a page begins in a list that is being read. */
export interface PagePosition {
  /** 1 for the first page. */
  readonly number: number;
  /** The page begins after this id. */
  readonly after: string;
  /** The same of the page before; null for the first page. */
  readonly previous: string | null;
  /** Path and options of the list: a token of one list is no token of another. */
  readonly list: string;
  /** Whether the first page was asked with ConsistencyLevel: then all are. */
  readonly eventual: boolean;
}

interface IssuedToken {
  readonly position: PagePosition;
  readonly expiresAt: number;
}

/** Hands out the opaque values of $skiptoken. Times in milliseconds. */
export class PageTokens {
  readonly #issued = new Map<string, IssuedToken>();

  constructor(
    readonly lifetime: number,
    readonly now: () => number,
  ) {}

  issue(position: PagePosition): string {
    const token = randomBytes(24).toString('base64url');
    this.#issued.set(token, { position, expiresAt: this.now() + this.lifetime });
    return token;
  }

  /** Where the token leads, expired or not. */
  peek(token: string): PagePosition | undefined {
    return this.#issued.get(token)?.position;
  }

  redeem(token: string, list: string): PagePosition {
    const issued = this.#issued.get(token);
    if (issued?.position.list !== list) {
      throw new GraphError(
        400,
        'Request_BadRequest',
        'The specified page token value is not one of this query.',
      );
    }
    if (this.now() >= issued.expiresAt) throw expiredPageToken();
    return issued.position;
  }

  /** From now on, all tokens that were handed out so far are expired. */
  expireAll(): void {
    for (const [token, { position }] of this.#issued) this.#issued.set(token, { position, expiresAt: 0 });
  }
}

export const expiredPageToken = (): GraphError =>
  new GraphError(
    400,
    'Directory_ExpiredPageToken',
    'The specified page token value has expired and can no longer be included in your request.',
  );
