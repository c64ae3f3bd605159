import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomUUID,
  sign,
} from 'node:crypto';
import type { JsonWebKey } from 'node:crypto';
import type { Claims } from './entraClaims';
import type { SigningKey } from './messages';

/** With what a forged token is signed. */
export type Forgery =
  /** The key that the provider signs with at the moment: everything else about the token may be wrong. */
  | 'theKey'
  /** Another key under the same id. */
  | 'anotherKey'
  /** alg none, and no signature. */
  | 'nothing'
  /** HS256 with the provider's public key (PEM) as the secret. */
  | 'thePublicKeyAsSecret';

export const newSigningKey = (): SigningKey => ({
  ...generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({ format: 'jwk' }),
  kid: randomUUID(),
  alg: 'RS256',
  use: 'sig',
});

const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token of exactly these claims, signed with this; the header may be changed, too. */
export function forge(key: SigningKey, claims: Claims, forgery: Forgery, header: Claims = {}): string {
  const input = (alg: string): string =>
    `${encode({ typ: 'JWT', alg, kid: key.kid, ...header })}.${encode(claims)}`;
  switch (forgery) {
    case 'theKey':
      return signed(input('RS256'), key);
    case 'anotherKey':
      return signed(input('RS256'), newSigningKey());
    case 'nothing':
      return `${input('none')}.`;
    case 'thePublicKeyAsSecret': {
      const secret = createPublicKey({ key, format: 'jwk' }).export({ format: 'pem', type: 'spki' });
      return `${input('HS256')}.${createHmac('sha256', secret).update(input('HS256')).digest('base64url')}`;
    }
  }
}

function signed(input: string, key: JsonWebKey): string {
  const privateKey = createPrivateKey({ key, format: 'jwk' });
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}
