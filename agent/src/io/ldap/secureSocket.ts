import { X509Certificate } from 'node:crypto';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect as connectTls, getCACertificates, type TLSSocket } from 'node:tls';
import { LdapFault } from './ldapFault';

/** Whom to believe that it is the domain controller. */
export interface Trust {
  /** PEM. The only authorities that count; without it, those of the system and of Node. */
  readonly ca?: string | undefined;
  /** No check of the certificate at all: whoever answers gets the password. */
  readonly dangerouslyAcceptAnyCertificate?: boolean | undefined;
}

/** Resolves when the connection stands; the caller's signal ends the wait. */
export async function openTcp(host: string, port: number, signal: AbortSignal): Promise<Socket> {
  const socket = connectTcp({ host, port });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 30_000);
  await ready(socket, 'connect', signal);
  return socket;
}

/**
 * TLS over a connection that stands. The certificate has to be for `host`, the host of the URL, which may be an address: it is
 * handed in by itself because a socket that was given does not tell Node whom it was opened to.
 */
export async function secure(
  socket: Socket,
  host: string,
  trust: Trust,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const secured = connectTls({
    socket,
    host,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ca: trust.ca === undefined ? knownAuthorities() : checkAuthority(trust.ca),
    minVersion: 'TLSv1.2',
    rejectUnauthorized: trust.dangerouslyAcceptAnyCertificate !== true,
  });
  // From here on its errors are those of the TLS above it, and must not end the process a second time.
  socket.on('error', () => {});
  try {
    await ready(secured, 'secureConnect', signal);
  } catch (error) {
    socket.destroy();
    signal.throwIfAborted();
    // Node sets it, to the error's code, where the handshake went well and the certificate did not.
    if (secured.authorizationError) throw untrusted(host, error);
    throw error;
  }
  return secured;
}

/** Node leaves out without a word what it can not read as a certificate. */
function checkAuthority(pem: string): string {
  try {
    // Looks at the first certificate.
    void new X509Certificate(pem);
    return pem;
  } catch (error) {
    throw new LdapFault(
      'final',
      `expected certificates in PEM as ca, found something else (${messageOf(error)})`,
      { cause: error },
    );
  }
}

const untrusted = (host: string, error: unknown): LdapFault =>
  new LdapFault(
    'final',
    `expected a certificate for ${host} from an authority that is trusted, found: ${messageOf(error)}. ` +
      "Name the host as the certificate does, or the certificate's authority as ca",
    { cause: error },
  );

let authorities: string[] | null = null;

/** Those of Node, of NODE_EXTRA_CA_CERTS and of the system, where a domain's own authority usually is. */
const knownAuthorities = (): string[] =>
  (authorities ??= [...new Set([...getCACertificates('default'), ...getCACertificates('system')])]);

/** Waits for the event. On anything else the socket is destroyed. */
function ready(socket: Duplex, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): void => {
      socket.off(event, onReady).off('error', fail).off('close', onClose);
      signal.removeEventListener('abort', onAbort);
    };
    const onReady = (): void => {
      settle();
      resolve();
    };
    const fail = (error: Error): void => {
      settle();
      // Later errors of a socket that nobody looks at any more must not end the process.
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const onClose = (): void =>
      fail(new LdapFault('passing', 'expected the connection to be made, found it closed'));
    const onAbort = (): void => fail(signal.reason as Error);
    if (signal.aborted) return onAbort();
    socket.once(event, onReady).once('error', fail).once('close', onClose);
    signal.addEventListener('abort', onAbort, { once: true });
  });
}

/** What an error says. */
export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
