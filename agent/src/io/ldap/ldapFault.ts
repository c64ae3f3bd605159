/**
 * What another attempt may do about a fault. `passing`: the search may be started again, from its beginning, on a new connection.
 * `final`: it would be refused again.
 */
export type FaultKind = 'passing' | 'final';

/** What went wrong with one connection, or was answered to one request. The directory turns it into an `AgentError`. */
export class LdapFault extends Error {
  /** The LDAP result code, where the server answered with one that is not success. */
  readonly resultCode: number | null;

  constructor(
    readonly kind: FaultKind,
    message: string,
    options: ErrorOptions & { readonly resultCode?: number } = {},
  ) {
    super(message, options);
    this.name = 'LdapFault';
    this.resultCode = options.resultCode ?? null;
  }
}

/** The bytes are not what LDAP says (RFC 4511): the connection that they came from is of no more use. */
export const brokenMessage = (found: string): LdapFault =>
  new LdapFault('passing', `expected a message of LDAP, found ${found}`);
