import { isNativeError } from 'node:util/types';
import { AzureCliCredential, ManagedIdentityCredential, type TokenCredential } from '@azure/identity';
import { AppError } from '../../core/appError';
import type { Guid } from '../../core/keys/guid';
import { signedInBy, type SignedIn } from '../../core/tenantChecks/tokenJudgements';
import { decodeToken } from './decodeToken';

/** Who signs in: whoever `az login` signed in, or one user-assigned managed identity; never a chain that picks one in silence. */
export type SignInAs =
  { readonly kind: 'az'; readonly tenantId: Guid } | { readonly kind: 'identity'; readonly clientId: Guid };

export const credentialFor = (as: SignInAs): TokenCredential =>
  as.kind === 'az'
    ? new AzureCliCredential({ tenantId: as.tenantId })
    : new ManagedIdentityCredential({ clientId: as.clientId });

/** A token for `<resource>/.default`. Throws an `AppError` with code `configurationInvalid`. */
export async function tokenFor(
  credential: TokenCredential,
  resource: string,
  signal: AbortSignal,
): Promise<string> {
  const scope = `${resource}/.default`;
  try {
    const token = await credential.getToken(scope, { abortSignal: signal });
    if (token) return token.token;
  } catch (error) {
    signal.throwIfAborted();
    throw noToken(scope, isNativeError(error) ? `: ${error.message.replace(/\.+$/, '')}` : '', {
      cause: error,
    });
  }
  throw noToken(scope, '');
}

const noToken = (scope: string, found: string, options?: ErrorOptions): AppError =>
  new AppError(
    'configurationInvalid',
    `A token for ${scope} was expected, there is none${found}. Sign in (az login --tenant …), or check that the identity is assigned here.`,
    options,
  );

/**
 * Who is signed in to Graph, as far as the token tells (null: it does not). Throws an `AppError` with code `configurationInvalid`
 * where there is no token, or it is another tenant's: its objects would be judged as those of this one.
 */
export async function signInToGraph(
  credential: TokenCredential,
  endpoint: string,
  tenantId: Guid,
  signal: AbortSignal,
): Promise<SignedIn | null> {
  const signedIn = signedInBy(decodeToken(await tokenFor(credential, endpoint, signal)));
  if (signedIn?.tenantId && signedIn.tenantId !== tenantId) {
    throw new AppError(
      'configurationInvalid',
      `A token of the tenant ${tenantId} was expected, found one of ${signedIn.tenantId}. Sign in to the tenant that --tenant names.`,
    );
  }
  return signedIn;
}
