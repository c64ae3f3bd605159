import { createPublicKey, type KeyObject } from 'node:crypto';
import { AppError } from '../../core/appError';
import { bytesFromBase64 } from '../../core/keys/base64';

const keyBytes = 32;

/**
 * Reads an Ed25519 public key as it stands in the configuration: base64 of its 32 raw bytes (RFC 8032, section 5.1.5). Throws an
 * `AppError` with code `configurationInvalid`; the caller knows the setting's name.
 */
export function publicKeyFromBase64(text: string): KeyObject {
  const bytes = bytesFromBase64(text);
  if (bytes?.length !== keyBytes) {
    throw invalid(bytes === null ? 'text that is not base64' : `base64 of ${bytes.length} bytes`);
  }
  // Ed25519 would take zeros for a key, under which anybody can make signatures.
  if (bytes.every(byte => byte === 0)) throw invalid('a placeholder of zeros');
  return createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(bytes).toString('base64url') },
    format: 'jwk',
  });
}

const invalid = (found: string): AppError =>
  new AppError(
    'configurationInvalid',
    `A public key was expected, as base64 of the ${keyBytes} raw bytes of an Ed25519 key (44 characters); found ${found}. ` +
      'Use the line that the agent prints for its key, not a PEM file or a private key.',
  );
