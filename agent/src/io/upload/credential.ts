import {
  ClientCertificateCredential,
  ManagedIdentityCredential,
  type TokenCredential,
} from '@azure/identity';
import { AgentError } from '../../core/agentError';
import type { FileSystem } from '../files/fileSystem';
import { readPrivateFile } from '../keys/privateFile';

/** Who the agent is towards the storage account. */
export type CredentialOptions =
  | {
      /** A service principal of the tenant, with a certificate. */
      readonly kind: 'certificate';
      readonly tenantId: string;
      readonly clientId: string;
      /** PEM: the certificate and its private key (RSA), without a password. */
      readonly certificateFile: string;
      /** Origin of the cloud's authority; default: that of the public cloud. */
      readonly authorityHost?: string;
    }
  | {
      /** The machine's own identity: Azure Arc's, or another one that @azure/identity finds on it. */
      readonly kind: 'managedIdentity';
      /** A user-assigned identity; default: the system-assigned one. */
      readonly clientId?: string;
    };

/**
 * Hosts that Microsoft's instance discovery knows. Asking login.microsoft.com about any other authority (a private cloud) fails, so
 * for those the configured host is taken at its word.
 */
const knownHosts: ReadonlySet<string> = new Set([
  'login.microsoftonline.com',
  'login.microsoft.com',
  'login.windows.net',
  'sts.windows.net',
  'login.microsoftonline.us',
  'login.partner.microsoftonline.cn',
  'login.chinacloudapi.cn',
]);

/** Whether Microsoft's instance discovery knows the authority's host. */
export const isKnownAuthority = (authorityHost: string): boolean =>
  knownHosts.has(new URL(authorityHost).host);

/**
 * The credential that the options name, and no other: a chain of credentials would pick another identity in silence. The certificate
 * is read here, so that a wrong path is found before an hour of reading. Throws an `AgentError`, `configurationInvalid`.
 */
export async function createCredential(
  options: CredentialOptions,
  files: FileSystem,
): Promise<TokenCredential> {
  if (options.kind === 'managedIdentity')
    return new ManagedIdentityCredential(
      options.clientId === undefined ? {} : { clientId: options.clientId },
    );
  const { tenantId, clientId, certificateFile, authorityHost } = options;
  const pem = String(
    await readPrivateFile(files, certificateFile, "the agent's certificate and its private key"),
  );
  for (const block of ['CERTIFICATE', 'PRIVATE KEY']) {
    if (pem.includes(`${block}-----`)) continue;
    throw new AgentError(
      'configurationInvalid',
      `Expected PEM of a certificate and of its private key in ${certificateFile}, found no ${block}. Put both into the one file.`,
    );
  }
  return new ClientCertificateCredential(
    tenantId,
    clientId,
    { certificate: pem },
    {
      // Whoever asks for the token tries again, and says so.
      retryOptions: { maxRetries: 0 },
      ...(authorityHost !== undefined && {
        authorityHost,
        disableInstanceDiscovery: !isKnownAuthority(authorityHost),
      }),
    },
  );
}
