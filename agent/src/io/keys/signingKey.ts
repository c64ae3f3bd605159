import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { AgentError } from '../../core/agentError';
import type { FileSystem } from '../files/fileSystem';
import { readPrivateFile } from './privateFile';

/** The key that signs a source's exports. */
export interface SigningKey {
  readonly keyId: string;
  /** Ed25519. */
  readonly privateKey: KeyObject;
}

/** What the app needs to know of a key: base64 of the 32 raw bytes (RFC 8032). */
export interface PublicKey {
  readonly keyId: string;
  readonly publicKey: string;
}

/** What a key may be called: it is also the end of a file's name. */
export const keyIdPattern = /^(?!next$)[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?$/;

const keyIdLine = /^Key-Id: (.*)$/m;

/**
 * A key file: PKCS#8 PEM, with its id in a line in front of it. RFC 7468 (section 2) lets text stand there, and OpenSSL and Node read
 * over it; so key and id are one file, which is replaced as one.
 */
export const writeSigningKey = ({ keyId, privateKey }: SigningKey): Buffer =>
  Buffer.from(
    `The private key that signs the exports of entra-orphans. Keep it secret.\nKey-Id: ${keyId}\n` +
      privateKey.export({ type: 'pkcs8', format: 'pem' }),
  );

/** Throws an `AgentError`, `configurationInvalid`. */
export async function readSigningKey(
  files: FileSystem,
  file: string,
  platform: NodeJS.Platform = process.platform,
): Promise<SigningKey> {
  const text = String(await readPrivateFile(files, file, 'the key that signs exports', platform));
  const keyId = keyIdLine.exec(text)?.[1]?.trim();
  const privateKey = parsePrivateKey(text);
  if (privateKey === null) throw invalidKey(file, 'no PEM of a private key without a password');
  if (privateKey.asymmetricKeyType !== 'ed25519')
    throw invalidKey(file, `a key of the type ${privateKey.asymmetricKeyType}`);
  if (keyId === undefined || !keyIdPattern.test(keyId))
    throw invalidKey(file, 'no line "Key-Id: <id>" in front of the key');
  return { keyId, privateKey };
}

export const publicKeyOf = ({ keyId, privateKey }: SigningKey): PublicKey => ({
  keyId,
  // The raw bytes are the end of the SubjectPublicKeyInfo (RFC 8410, section 4).
  publicKey: createPublicKey(privateKey)
    .export({ type: 'spki', format: 'der' })
    .subarray(-32)
    .toString('base64'),
});

function parsePrivateKey(pem: string): KeyObject | null {
  try {
    return createPrivateKey(pem);
  } catch {
    return null;
  }
}

const invalidKey = (file: string, found: string): AgentError =>
  new AgentError(
    'configurationInvalid',
    `Expected an Ed25519 key that keygen made in ${file}, found ${found}. Restore the file, or make a new key under another name.`,
  );
