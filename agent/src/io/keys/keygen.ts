import { createPublicKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import path from 'node:path';
import { formatInstant, type Instant } from '../../../../shared/core/instant';
import { AgentError } from '../../core/agentError';
import { failedWith, replaceFile, writeDurably, type FileSystem } from '../files/fileSystem';
import {
  keyIdPattern,
  publicKeyOf,
  readSigningKey,
  writeSigningKey,
  type PublicKey,
  type SigningKey,
} from './signingKey';

export interface KeygenOptions {
  readonly files: FileSystem;
  /** The key file of the configuration. */
  readonly file: string;
  readonly source: string;
  readonly now: Instant;
  /** Default: the day, and six random digits. */
  readonly keyId?: string;
}

/** What the administrator puts into the app's settings. */
export interface KeyAnnouncement {
  /** The key that was made, or is current now. */
  readonly key: PublicKey;
  /** The source's element of EXPORT_SOURCES, in an array: every key that may sign from now on. */
  readonly exportSources: string;
}

/** The key that is made ready while the current one goes on signing. */
const nextOf = (file: string): string => `${file}.next`;
const retiredOf = (file: string, keyId: string): string => `${file}.${keyId}`;

/** Makes a source's first key. An existing file is never touched: throws an `AgentError`, `configurationInvalid`. */
export async function generateKey(options: KeygenOptions): Promise<KeyAnnouncement> {
  const { files, file, source } = options;
  if (await files.stat(nextOf(file)))
    throw refused(`no key ${nextOf(file)}`, 'one', 'Activate it with keygen --activate, or delete it first.');
  const made = await makeKey(options, file, 'Use keygen --rotate to replace the key, or another file.');
  return announce(source, made, [made]);
}

/** Makes the next key beside the current one, which goes on signing until `activateNextKey`. */
export async function rotateKey(options: KeygenOptions): Promise<KeyAnnouncement> {
  const { files, file, source } = options;
  const current = await loadSigningKey(files, file);
  const advice = 'Put its public key into the app, and run keygen --activate; or delete it first.';
  if (options.keyId === current.keyId)
    throw refused(`another key id than that of the current key`, current.keyId, 'Choose another one.');
  const next = await makeKey(options, nextOf(file), advice);
  return announce(source, next, [current, next]);
}

/**
 * Makes the next key the current one, and keeps the old as `<file>.<key id>`. Both steps are single renames, in this order: the old
 * key is kept, the next takes its place. So there is a current key at any moment; called again after a crash, it goes on.
 */
export async function activateNextKey(
  options: Pick<KeygenOptions, 'files' | 'file' | 'source'>,
): Promise<KeyAnnouncement> {
  const { files, file, source } = options;
  const next = (await files.stat(nextOf(file))) && (await readSigningKey(files, nextOf(file)));
  if (next === null)
    throw refused(`the next key in ${nextOf(file)}`, 'no such file', 'Make it with keygen --rotate.');
  // Without a current file there is nothing to keep: it was moved away by hand.
  if (await files.stat(file)) await keepAsRetired(files, file, await readSigningKey(files, file));
  await files.rename(nextOf(file), file);
  await files.syncFolder(path.dirname(file));
  return announce(source, next, [next]);
}

/**
 * The key that signs now. An activation that broke off half-way (the old key is kept already, the next one waits) is finished first.
 * Throws an `AgentError`, `configurationInvalid`.
 */
export async function loadSigningKey(files: FileSystem, file: string): Promise<SigningKey> {
  const hasNext = (await files.stat(nextOf(file))) !== null;
  if (hasNext && !(await files.stat(file)))
    throw refused(
      `the key that signs in ${file}`,
      `none, but the next one beside it`,
      'Run keygen --activate.',
    );
  const current = await readSigningKey(files, file);
  if (!hasNext || !(await files.stat(retiredOf(file, current.keyId)))) return current;
  await activateNextKey({ files, file, source: '' });
  return readSigningKey(files, file);
}

async function keepAsRetired(files: FileSystem, file: string, current: SigningKey): Promise<void> {
  const retired = retiredOf(file, current.keyId);
  if (await files.stat(retired)) {
    const kept = await readSigningKey(files, retired);
    if (isSameKey(kept, current)) return;
    throw refused(`no other key under the name ${retired}`, 'one', 'Move it away, then activate again.');
  }
  await replaceFile(files, retired, writeSigningKey(current));
}

const isSameKey = (one: SigningKey, other: SigningKey): boolean =>
  createPublicKey(one.privateKey).equals(createPublicKey(other.privateKey));

async function makeKey(options: KeygenOptions, file: string, advice: string): Promise<SigningKey> {
  const {
    files,
    now,
    keyId = `${formatInstant(now).slice(0, 10)}-${randomBytes(3).toString('hex')}`,
  } = options;
  if (!keyIdPattern.test(keyId))
    throw refused(
      'a key id of letters, digits, dots, hyphens and underscores, at most 100, a letter or a digit at both ends, and not "next"',
      JSON.stringify(keyId),
      'Choose another.',
    );
  // A retired key of this name beside a next one means an activation that broke off.
  if (await files.stat(retiredOf(options.file, keyId)))
    throw refused('a key id that no earlier key had', keyId, 'Choose another.');
  const key = { keyId, privateKey: generateKeyPairSync('ed25519').privateKey };
  await files.makeFolder(path.dirname(file));
  const temporary = `${file}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeDurably(files, temporary, 'new', writeSigningKey(key));
    // A plain rename would replace a key that is there.
    await files.claim(temporary, file);
    await files.syncFolder(path.dirname(file));
  } catch (error) {
    if (failedWith(error, 'EEXIST')) throw refused(`no file ${file}`, 'one', advice);
    throw error;
  } finally {
    await files.remove(temporary);
  }
  return key;
}

const announce = (source: string, made: SigningKey, valid: readonly SigningKey[]): KeyAnnouncement => ({
  key: publicKeyOf(made),
  exportSources: JSON.stringify([{ source, publicKeys: valid.map(publicKeyOf) }]),
});

const refused = (expected: string, found: string, advice: string): AgentError =>
  new AgentError('configurationInvalid', `Expected ${expected}, found ${found}. ${advice}`);
