import type { AccessToken, TokenCredential } from '@azure/identity';
import type { Clock } from '../../app/ports';

/** A token is asked for anew when it has less than this to live. */
const renewalMs = 5 * 60_000;

/**
 * The credential with a memory, for each scope: the Azure CLI is a process of its own, half a second long, and would be started for
 * every request.
 */
export function cachedCredential(credential: TokenCredential, clock: Clock): TokenCredential {
  const tokens = new Map<string, AccessToken>();
  return {
    async getToken(scopes, options) {
      const key = [scopes].flat().join(' ');
      const known = tokens.get(key);
      if (known && known.expiresOnTimestamp - clock.now() > renewalMs) return known;
      const token = await credential.getToken(scopes, options);
      if (token) tokens.set(key, token);
      return token;
    },
  };
}
