import { BerCursor, tags } from './ber';
import type { LdapConnection, SearchAnswer } from './ldapConnection';
import { LdapFault } from './ldapFault';
import type { LdapResult } from './ldapMessage';
import { resultCodes } from './resultCodes';
import { EntryReader, type ReceivedEntry } from './searchEntry';
import { controlTypes, pageOf, type Search } from './searchRequest';

/** As many as Active Directory hands over at most, unless its policy MaxPageSize was changed. */
const entriesPerPage = 1_000;

/** So many pages in a row without any entry, and the search goes nowhere. Empty pages as such are allowed (RFC 2696). */
const mostEmptyPages = 1_000;

/**
 * Reads every entry of a search, a page at a time, until the server says by an empty cookie that there is no more. Whatever else ends
 * it is an `LdapFault`, never a shorter list: `passing` ones may be tried again from the beginning, on a new connection.
 *
 * While `visit` works on a page the server works on the next one, which was asked for before: one page ahead at most, so that
 * memory stays flat. `visit` is awaited before a page is handed over.
 */
export async function pagedSearch(
  connection: LdapConnection,
  search: Search,
  visit: (entries: readonly ReceivedEntry[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const reader = new EntryReader();
  let emptyPages = 0;
  let answer = await askForPage(connection, search, Buffer.alloc(0), signal);
  for (;;) {
    emptyPages = answer.entries.length === 0 ? emptyPages + 1 : 0;
    if (emptyPages > mostEmptyPages) {
      throw new LdapFault('passing', `expected entries, found ${emptyPages} pages in a row without one`);
    }
    const cookie = cookieOf(answer.result);
    const next = cookie.length > 0 ? askForPage(connection, search, cookie, signal) : null;
    // It is awaited below; where `visit` fails it is not, and must not end the process.
    next?.catch(() => {});
    if (answer.entries.length > 0) await visit(answer.entries.map(entry => reader.read(entry)));
    if (!next) return;
    answer = await next;
  }
}

async function askForPage(
  connection: LdapConnection,
  search: Search,
  cookie: Buffer,
  signal: AbortSignal,
): Promise<SearchAnswer> {
  const controls = [...search.controls, pageOf(search.pageSize ?? entriesPerPage, cookie)];
  try {
    return await connection.search({ ...search, controls }, signal);
  } catch (error) {
    throw cookie.length > 0 ? lostCookie(error) : error;
  }
}

/**
 * Active Directory refuses a cookie that it no longer knows with one of these codes. It took the same request for the first page, so
 * what it does not take is the cookie, and from the beginning it may go well.
 */
function lostCookie(error: unknown): unknown {
  const refusals: readonly (number | null)[] = [
    resultCodes.unavailableCriticalExtension,
    resultCodes.unwillingToPerform,
  ];
  if (!(error instanceof LdapFault) || !refusals.includes(error.resultCode)) return error;
  return new LdapFault('passing', `${error.message} (to a page after the first)`, { cause: error });
}

function cookieOf(result: LdapResult): Buffer {
  const value = result.controls.get(controlTypes.pagedResults);
  if (!value) {
    throw new LdapFault(
      'final',
      'expected to be told whether more pages follow, found an answer without the paged results control: ' +
        'what came may not be all',
    );
  }
  const cursor = new BerCursor(value);
  const end = cursor.open(tags.sequence);
  cursor.integer();
  const cookie = cursor.octets();
  cursor.close(end);
  return cookie;
}
