import { generateKeyPairSync } from 'node:crypto';
import type { SigningKey } from '../../../agent/src/io/keys/signingKey';

export const testKey = (keyId = '2026-11'): SigningKey => ({
  keyId,
  privateKey: generateKeyPairSync('ed25519').privateKey,
});
