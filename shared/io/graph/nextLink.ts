import { z } from 'zod';
import { AppError } from '../../core/appError';

/** A page of a list of Graph, its items unread. */
export const pageSchema = z.object({ value: z.array(z.unknown()), '@odata.nextLink': z.string().optional() });

const longestNextLink = 16 * 1024;

/**
 * Follows a list from page to page. An address is let through only where the token may go: this list at this origin, and not
 * one that was asked before, which would go on for ever.
 */
export class PageTrail {
  readonly #first: URL;
  readonly #seen: Set<string>;

  constructor(first: string) {
    this.#first = new URL(first);
    this.#seen = new Set([this.#first.href]);
  }

  /** The address to ask next. Throws an `AppError` with code `graphAnswerInvalid`; `trace` identifies the answer with the link. */
  next(nextLink: string, trace: string): string {
    const problem = this.#problemOf(nextLink);
    if (problem === null) {
      const { href } = new URL(nextLink);
      this.#seen.add(href);
      return href;
    }
    const { origin, pathname } = this.#first;
    throw new AppError(
      'graphAnswerInvalid',
      `A nextLink of ${origin}${pathname} was expected, found one that ${problem}. It was not followed. ` +
        `Check the Graph endpoint and any proxy. (${trace})`,
    );
  }

  #problemOf(nextLink: string): string | null {
    if (nextLink.length > longestNextLink) return `is longer than ${longestNextLink} characters`;
    if (!URL.canParse(nextLink)) return 'is no absolute URL';
    const url = new URL(nextLink);
    if (url.protocol !== 'https:') return 'is not https';
    if (url.username !== '' || url.password !== '') return 'carries a user name';
    if (url.origin !== this.#first.origin) return `leads to ${url.host}`;
    if (url.pathname !== this.#first.pathname) return 'leads to another path';
    if (this.#seen.has(url.href)) return 'was followed before in the same list';
    return null;
  }
}
