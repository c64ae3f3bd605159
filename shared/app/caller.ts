import type { Guid } from '../core/keys/guid';

/** The app roles of the API's application, as they are in a token's `roles` claim. */
export const roles = ['Orphans.Reader', 'Orphans.Approver', 'Orphans.Deleter'] as const;
export type Role = (typeof roles)[number];

interface CallerBase {
  /** Object id of the user or of the application's service principal: stable, and what the audit names. */
  readonly objectId: Guid;
  /** Application id of the client that asked for the token. */
  readonly clientId: Guid;
  /** What was assigned; what a role includes is `holds`. Empty: known, but without any right here. */
  readonly roles: readonly Role[];
}

/** A user, through any client. */
export interface Person extends CallerBase {
  readonly kind: 'person';
  /** For showing only: names change and are given again. */
  readonly name: string | null;
}

/** A client by itself, without a user. */
export interface Application extends CallerBase {
  readonly kind: 'application';
}

/** Who calls, as a verified token says it. Nothing else of a request says who calls. */
export type Caller = Person | Application;

const includedIn: Readonly<Record<Role, readonly Role[]>> = {
  'Orphans.Reader': roles,
  'Orphans.Approver': ['Orphans.Approver'],
  'Orphans.Deleter': ['Orphans.Deleter'],
};

/** Decides whether the caller may act in this role: who approves or deletes may read, and neither includes the other. */
export const holds = (caller: Caller, role: Role): boolean =>
  includedIn[role].some(one => caller.roles.includes(one));
