import { AgentError } from '../../core/agentError';

/** Where a domain controller answers, and how the connection is encrypted. */
export interface LdapTarget {
  readonly host: string;
  readonly port: number;
  readonly encryption: 'ldaps' | 'startTls';
  /** Asked for by its port: 3268, or 3269 with TLS. */
  readonly globalCatalog: boolean;
}

const standardPorts = { 'ldaps:': 636, 'ldap:': 389 } as const;

/**
 * Reads `ldaps://host[:port]`, or `ldap://host[:port]` where StartTLS is configured. Anything else is `configurationInvalid`: a
 * connection that stays in clear would show the password to the network.
 */
export function readLdapTarget(url: string, startTls: boolean): LdapTarget {
  const address = URL.parse(url);
  const protocol = address?.protocol;
  if (!address || (protocol !== 'ldaps:' && protocol !== 'ldap:') || !isBare(address)) {
    throw new AgentError(
      'configurationInvalid',
      'Expected a domain controller as ldaps://host[:port], or ldap://host[:port] with startTls, ' +
        'found something else. Correct its url; name and password have settings of their own.',
    );
  }
  if (protocol === 'ldap:' && !startTls) {
    throw new AgentError(
      'configurationInvalid',
      `Expected ldaps, or startTls with ldap, found ${url} without: the password would be sent in clear. ` +
        'Use ldaps://, or switch startTls on.',
    );
  }
  if (protocol === 'ldaps:' && startTls) {
    throw new AgentError(
      'configurationInvalid',
      `Expected startTls with ldap:// only, found it with ${url}. Use one of the two.`,
    );
  }
  const port = address.port === '' ? standardPorts[protocol] : Number(address.port);
  return {
    host: address.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    encryption: protocol === 'ldaps:' ? 'ldaps' : 'startTls',
    globalCatalog: port === 3268 || port === 3269,
  };
}

const isBare = (address: URL): boolean =>
  address.hostname !== '' &&
  address.username === '' &&
  address.password === '' &&
  address.search === '' &&
  address.hash === '' &&
  (address.pathname === '' || address.pathname === '/');
