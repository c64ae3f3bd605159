import tls from 'node:tls';

/**
 * Makes `fetch` and `node:https` of this process accept certificates of a local authority (PEM), in addition to those that it
 * accepts already. A child process gets the same by NODE_EXTRA_CA_CERTS in its environment. Call it before the first connection:
 * a client that made its own TLS context earlier keeps it.
 */
export function trustAuthority(cert: string): void {
  tls.setDefaultCACertificates([...tls.getCACertificates('default'), cert]);
}
