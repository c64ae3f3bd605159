import type { CloudUser } from '../cloudObject';
import type { DeletedItem } from '../cloudWrites/deletedItem';
import type { Instant } from '../instant';
import { protectionOf } from '../protection';
import { differs, holds, notChecked, type CheckOutcome } from './checkOutcome';

/** A refusal, as far as it is judged. */
export interface RefusalShape {
  readonly status: number;
  /** Graph's error code; null where the body is not Graph's error. */
  readonly code: string | null;
}

/** What a refusal says, for people. */
export const refusalText = ({ status, code }: RefusalShape): string =>
  `status ${status} (${code ?? "without Graph's error body"})`;

/**
 * A refusal where an answer was expected. Without the permission, or a token that counts, nothing is known; what Graph calls a bad request, or does not have
 * (400, 501), is not as assumed; all else may pass.
 */
export function judgeRefusal(what: string, refusal: RefusalShape, permission: string): CheckOutcome {
  const found = `${what}: ${refusalText(refusal)}`;
  switch (refusal.status) {
    case 401:
      return notChecked(`${what}: ${tokenNotAccepted}`, found);
    case 403:
      return notChecked(`${what}: reading it takes the permission ${permission}`, found);
    case 400:
    case 501:
      return differs(found, `${what}: Graph does not take the request as the app makes it`);
    default:
      return notChecked(`${what}: refused`, found);
  }
}

/** What a status of 401 means, and what to do. */
export const tokenNotAccepted =
  'the token was not accepted (it expired, was taken back, or is for another cloud): sign in again';

/** G10: the answer to a read by an id that nobody has; null: Graph answered with an object. */
export function judgeNotFound(what: string, refusal: RefusalShape | null, permission: string): CheckOutcome {
  if (refusal === null) return differs(`${what}: an object`, `${what}: an id that nobody has was answered`);
  if (refusal.status === 401 || refusal.status === 403) return judgeRefusal(what, refusal, permission);
  const found = `${what}: ${refusalText(refusal)}`;
  return refusal.status === 404 && refusal.code === 'Request_ResourceNotFound'
    ? holds(found)
    : differs(found, `${what}: 404 with Request_ResourceNotFound was expected: a run would fail instead`);
}

/** G11: the values of Retry-After that came while the other checks asked, and whether the app can read them. */
export function judgeRetryAfter(
  values: readonly { readonly text: string; readonly readable: boolean }[],
): CheckOutcome {
  if (values.length === 0) return notChecked('Graph did not throttle while the checks were made');
  const shapes = [...new Set(values.map(({ text }) => shapeOf(text)))];
  const unreadable = values.filter(({ readable }) => !readable).length;
  const found = `${values.length} values, of the shapes ${shapes.join(' and ')}`;
  return unreadable === 0
    ? holds(found)
    : differs(found, `${unreadable} can not be read, and count as none: our own backoff applies`);
}

/** Digits as 9, letters as a, so that nothing but the form is told. */
const shapeOf = (text: string): string =>
  `"${text
    .slice(0, 40)
    .replaceAll(/\d+/g, '9')
    .replaceAll(/[A-Za-z]+/g, 'a')}"`;

/** G14: the users that hold a role of synchronisation, as the app reads them, and how many other members there are. */
export function judgeSynchronisationAccounts(
  users: readonly CloudUser[],
  otherMembers: number,
): CheckOutcome {
  const unknown = users.filter(user => protectionOf(user) !== 'synchronisationAccount');
  const found = `${users.length} users hold a role of synchronisation, ${unknown.length} of them not known by name; ${otherMembers} members are no users`;
  const ids = unknown.map(({ id }) => `user/${id}`);
  if (unknown.length > 0) {
    const synced = unknown.filter(user => user.onPremisesSyncEnabled === true).length;
    return differs(found, `they are judged like any other user, if they are synced (${synced} are)`, ids);
  }
  return users.length === 0 ? notChecked('no user holds a role of synchronisation', found) : holds(found);
}

/** G15. `endpoint`: Graph's origin; `others`: the checks that show whether this cloud answers as assumed, by their ids. */
export function judgeNationalCloud(
  endpoint: string,
  others: ReadonlyMap<string, CheckOutcome>,
): CheckOutcome {
  const found = [...others].map(([id, { status }]) => `${id} ${status}`).join(', ');
  if (endpoint === globalGraph) return notChecked(`${globalGraph} is the global cloud`, found);
  const statuses = new Set([...others.values()].map(({ status }) => status));
  if (statuses.has('differs')) return differs(found, 'this cloud does not answer as assumed');
  return statuses.has('notChecked') ? notChecked('not all of them were checked', found) : holds(found);
}

export const globalGraph = 'https://graph.microsoft.com';

const dayMs = 24 * 60 * 60_000;
const keptDays = 30;
/** How far the clocks of Graph and of this machine may be apart. */
const clockSkewMs = 5 * 60_000;

/** G22. `foundById`: whether the newest of them is answered to a read by its id. */
export function judgeDeletedUsers(
  items: readonly DeletedItem[],
  foundById: boolean,
  now: Instant,
): CheckOutcome {
  let [withTime, oldest, newest] = [0, Infinity, -Infinity];
  for (const { deletedDateTime } of items) {
    if (deletedDateTime === null) continue;
    withTime += 1;
    oldest = Math.min(oldest, deletedDateTime);
    newest = Math.max(newest, deletedDateTime);
  }
  const oldestDays = withTime === 0 ? 0 : Math.floor((now - oldest) / dayMs);
  const found = `${items.length} deleted users, ${withTime} with the time of their deletion, the oldest ${oldestDays} days ago`;
  if (items.length === 0) return notChecked('no user was deleted in 30 days', found);
  const problems = [
    withTime < items.length ? 'not all have the time of their deletion' : '',
    // Graph removes what is older at times of its own.
    oldestDays > keptDays + 1 ? 'some are kept for more than 30 days' : '',
    newest > now + clockSkewMs ? 'a time lies more than five minutes ahead of this clock' : '',
    foundById ? '' : 'one of the list is not found by its id',
  ].filter(Boolean);
  return problems.length === 0 ? holds(found) : differs(found, problems.join('; '));
}
