import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 60 * 60 * 1000;

/** A server certificate with its key, PEM. */
export interface ServerCertificate {
  readonly cert: string;
  readonly key: string;
}

/** Names that a server is reached by. */
export interface ServerNames {
  readonly addresses?: readonly string[];
  readonly dnsNames?: readonly string[];
}

/** A certificate authority of the stack's own; it lives as long as the process. */
export interface CertificateAuthority {
  /** PEM, for NODE_EXTRA_CA_CERTS. */
  readonly cert: string;
  /** A certificate for 127.0.0.1 and localhost, or, where names are given, for these alone. `expired`: since an hour. */
  issue(names?: ServerNames, options?: { readonly expired?: boolean }): Promise<ServerCertificate>;
}

const randomHex = (): string => Buffer.from(webcrypto.getRandomValues(new Uint8Array(8))).toString('hex');

const pemOf = async (key: webcrypto.CryptoKey): Promise<string> =>
  x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', key), 'PRIVATE KEY');

export async function createCertificateAuthority(): Promise<CertificateAuthority> {
  const validity = { notBefore: new Date(Date.now() - day), notAfter: new Date(Date.now() + 7 * day) };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    // Its own name: of two trusted authorities with one name, OpenSSL tries one only.
    name: `CN=entra-orphans local CA ${randomHex()}`,
    ...validity,
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  return {
    cert: authority.toString('pem'),
    async issue({ addresses, dnsNames }: ServerNames = {}, { expired = false } = {}) {
      const [ips, names] =
        addresses || dnsNames ? [addresses ?? [], dnsNames ?? []] : [['127.0.0.1'], ['localhost']];
      const server = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
      const certificate = await x509.X509CertificateGenerator.create({
        serialNumber: randomHex(),
        subject: `CN=${ips[0] ?? names[0]}`,
        issuer: authority.subject,
        ...validity,
        ...(expired && { notAfter: new Date(Date.now() - day / 24) }),
        signingAlgorithm: algorithm,
        signingKey: keys.privateKey,
        publicKey: server.publicKey,
        extensions: [
          new x509.SubjectAlternativeNameExtension([
            ...ips.map(value => ({ type: 'ip', value }) as const),
            ...names.map(value => ({ type: 'dns', value }) as const),
          ]),
          new x509.ExtendedKeyUsageExtension(['1.3.6.1.5.5.7.3.1']),
        ],
      });
      return { cert: certificate.toString('pem'), key: await pemOf(server.privateKey) };
    },
  };
}
