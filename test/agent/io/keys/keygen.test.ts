import { generateKeyPairSync, sign, verify } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { localFiles, type FileSystem } from '../../../../agent/src/io/files/fileSystem';
import { readPrivateFile } from '../../../../agent/src/io/keys/privateFile';
import {
  activateNextKey,
  generateKey,
  loadSigningKey,
  rotateKey,
} from '../../../../agent/src/io/keys/keygen';
import { readSigningKey } from '../../../../agent/src/io/keys/signingKey';
import type { Instant } from '../../../../shared/core/instant';
import { readConfiguration } from '../../../../shared/io/configuration/configuration';
import { publicKeyFromBase64 } from '../../../../shared/io/exports/publicKey';
import { Crash, crashingFiles, Mortality } from '../../../support/agent/crashingFiles';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';

const newFolder = temporaryFolders();
const now = Date.UTC(2026, 10, 27, 8) as Instant;
const optionsIn = (folder: string, keyId?: string, files: FileSystem = localFiles) => ({
  files,
  file: path.join(folder, 'contoso.key'),
  source: 'contoso',
  now,
  ...(keyId !== undefined && { keyId }),
});
const refused = (message: RegExp) => ({
  code: 'configurationInvalid',
  message: expect.stringMatching(message),
});

test("a new key signs what the app verifies by the key's announcement", async () => {
  const options = optionsIn(path.join(newFolder(), 'keys'));
  const announced = await generateKey(options);
  const { privateKey, keyId } = await loadSigningKey(localFiles, options.file);
  expect(keyId).toMatch(/^2026-11-27-[0-9a-f]{6}$/);
  expect(announced.key.keyId).toBe(keyId);
  const signature = sign(null, Buffer.from('text'), privateKey);
  expect(verify(null, Buffer.from('text'), publicKeyFromBase64(announced.key.publicKey), signature)).toBe(
    true,
  );
  const reading = readConfiguration({ EXPORT_SOURCES: announced.exportSources });
  expect(reading.status === 'invalid' && reading.problems.map(({ setting }) => setting)).not.toContain(
    'EXPORT_SOURCES',
  );
  expect(JSON.parse(announced.exportSources)).toEqual([{ source: 'contoso', publicKeys: [announced.key] }]);
});

test('only its owner may read a new key, and nothing else is left beside it', async () => {
  const folder = path.join(newFolder(), 'keys');
  await generateKey(optionsIn(folder));
  expect(readdirSync(folder)).toEqual(['contoso.key']);
  expect(statSync(path.join(folder, 'contoso.key')).mode & 0o777).toBe(0o600);
  expect(statSync(folder).mode & 0o777).toBe(0o700);
});

test('a key is never overwritten', async () => {
  const options = optionsIn(newFolder(), '1');
  await generateKey(options);
  const before = readFileSync(options.file);
  await expect(generateKey({ ...options, keyId: '2' })).rejects.toMatchObject(refused(/keygen --rotate/));
  expect(readFileSync(options.file)).toEqual(before);
  expect(readdirSync(path.dirname(options.file))).toEqual(['contoso.key']);
});

test('of two that make a key at once one is refused', async () => {
  const options = optionsIn(newFolder());
  const made = await Promise.allSettled([
    generateKey({ ...options, keyId: '1' }),
    generateKey({ ...options, keyId: '2' }),
  ]);
  expect(made.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
});

test.each(['next', '', '../x', 'a b', '-1', '1-', 'x'.repeat(101)])('%j is no key id', async keyId => {
  await expect(generateKey(optionsIn(newFolder(), keyId))).rejects.toMatchObject(
    // Says all that a key id must be, so that whoever reads it sees why also "next" is none.
    refused(/key id of letters.*and not "next"/),
  );
});
test.each(['1', '2026-11', 'x'.repeat(100)])('%j is a key id', async keyId => {
  expect((await generateKey(optionsIn(newFolder(), keyId))).key.keyId).toBe(keyId);
});

describe('rotation', () => {
  test('the current key signs until the next one is activated, and is kept afterwards', async () => {
    const folder = newFolder();
    const file = path.join(folder, 'contoso.key');
    const first = await generateKey(optionsIn(folder, '1'));
    const second = await rotateKey(optionsIn(folder, '2'));
    expect(JSON.parse(second.exportSources)).toEqual([
      { source: 'contoso', publicKeys: [first.key, second.key] },
    ]);
    expect((await loadSigningKey(localFiles, file)).keyId).toBe('1');
    const activated = await activateNextKey(optionsIn(folder));
    expect(activated.key).toEqual(second.key);
    expect((await loadSigningKey(localFiles, file)).keyId).toBe('2');
    expect((await readSigningKey(localFiles, `${file}.1`)).keyId).toBe('1');
    expect(readdirSync(folder)).toEqual(['contoso.key', 'contoso.key.1']);
    await rotateKey(optionsIn(folder, '3'));
    expect((await loadSigningKey(localFiles, file)).keyId).toBe('2');
  });

  test('a next key that waits is not replaced, and no first key is made beside it', async () => {
    const folder = newFolder();
    await generateKey(optionsIn(folder, '1'));
    await rotateKey(optionsIn(folder, '2'));
    await expect(rotateKey(optionsIn(folder, '3'))).rejects.toMatchObject(refused(/keygen --activate/));
    await expect(generateKey(optionsIn(folder, '3'))).rejects.toMatchObject(refused(/keygen --activate/));
  });

  test('a key id comes once', async () => {
    const folder = newFolder();
    await generateKey(optionsIn(folder, '1'));
    await expect(rotateKey(optionsIn(folder, '1'))).rejects.toMatchObject(refused(/another key id/));
    await rotateKey(optionsIn(folder, '2'));
    await activateNextKey(optionsIn(folder));
    await expect(rotateKey(optionsIn(folder, '1'))).rejects.toMatchObject(refused(/no earlier key/));
  });

  test('without a next key nothing is activated', async () => {
    const folder = newFolder();
    await generateKey(optionsIn(folder, '1'));
    await expect(activateNextKey(optionsIn(folder))).rejects.toMatchObject(refused(/keygen --rotate/));
  });

  test('a current key that was moved away stops the agent, until the next one is activated', async () => {
    const folder = newFolder();
    const { file } = optionsIn(folder);
    await generateKey(optionsIn(folder, '1'));
    await rotateKey(optionsIn(folder, '2'));
    rmSync(file);
    await expect(loadSigningKey(localFiles, file)).rejects.toMatchObject(refused(/keygen --activate/));
    await activateNextKey(optionsIn(folder));
    expect((await loadSigningKey(localFiles, file)).keyId).toBe('2');
  });

  test('another key under the name of the old one is not lost', async () => {
    const folder = newFolder();
    const { file } = optionsIn(folder);
    await generateKey(optionsIn(folder, '1'));
    await rotateKey(optionsIn(folder, '2'));
    const other = optionsIn(newFolder(), '1');
    await generateKey(other);
    writeFileSync(`${file}.1`, readFileSync(other.file), { mode: 0o600 });
    await expect(activateNextKey(optionsIn(folder))).rejects.toMatchObject(refused(/Move it away/));
    expect(readFileSync(`${file}.1`)).toEqual(readFileSync(other.file));
  });

  test('a crash at any step of an activation leaves a key that signs, and the activation is finished', async () => {
    for (let crashAt = 1; ; crashAt += 1) {
      const folder = newFolder();
      const { file } = optionsIn(folder);
      await generateKey(optionsIn(folder, '1'));
      await rotateKey(optionsIn(folder, '2'));
      const mortality = new Mortality(crashAt);
      const activation = activateNextKey(optionsIn(folder, undefined, crashingFiles(mortality)));
      const died = await activation.then(
        () => false,
        (error: unknown) => error instanceof Crash,
      );
      const afterCrash = await loadSigningKey(localFiles, file);
      // Begun is finished by whoever reads the key next; not begun is not.
      expect(afterCrash.keyId).toBe(existsSync(`${file}.1`) ? '2' : '1');
      if (existsSync(`${file}.next`)) await activateNextKey(optionsIn(folder));
      expect((await loadSigningKey(localFiles, file)).keyId).toBe('2');
      expect((await readSigningKey(localFiles, `${file}.1`)).keyId).toBe('1');
      if (!died) break;
      expect(crashAt).toBeLessThan(20);
    }
  });

  test('a crash at any step of making a key leaves none, or a whole one', async () => {
    for (let crashAt = 1; ; crashAt += 1) {
      const folder = newFolder();
      const mortality = new Mortality(crashAt);
      const died = await generateKey(optionsIn(folder, '1', crashingFiles(mortality))).then(
        () => false,
        () => true,
      );
      const { file } = optionsIn(folder);
      if (!existsSync(file)) await generateKey(optionsIn(folder, '1'));
      expect((await loadSigningKey(localFiles, file)).keyId).toBe('1');
      if (!died) break;
      expect(crashAt).toBeLessThan(20);
    }
  });
});

describe('a key file', () => {
  const keyFile = (content: string, mode = 0o600): string => {
    const file = path.join(newFolder(), 'contoso.key');
    writeFileSync(file, content, { mode });
    return file;
  };
  const pem = (type: 'ed25519' | 'x25519' = 'ed25519'): string =>
    (type === 'ed25519' ? generateKeyPairSync('ed25519') : generateKeyPairSync('x25519')).privateKey
      .export({ type: 'pkcs8', format: 'pem' })
      .toString();

  test.each([
    ['no key', () => 'text', /no PEM/],
    ['a key of another type', () => `Key-Id: 1\n${pem('x25519')}`, /x25519/],
    ['a key without its id', () => pem(), /Key-Id/],
    ['an id that is none', () => `Key-Id: ../1\n${pem()}`, /Key-Id/],
  ])('with %s is refused', async (_, content, message) => {
    const file = keyFile(content());
    await expect(readSigningKey(localFiles, file)).rejects.toMatchObject(refused(message));
  });

  test('that is missing is refused', async () => {
    await expect(loadSigningKey(localFiles, path.join(newFolder(), 'x'))).rejects.toMatchObject(
      refused(/no such file/),
    );
  });

  test.each([0o640, 0o604, 0o610, 0o602])(
    'that others may use (mode %i) is refused with what to do',
    async mode => {
      const file = keyFile(`Key-Id: 1\n${pem()}`);
      chmodSync(file, mode);
      await expect(readSigningKey(localFiles, file)).rejects.toMatchObject(refused(/chmod 600/));
      // Windows has no modes.
      await expect(readPrivateFile(localFiles, file, 'a key', 'win32')).resolves.toHaveLength(
        statSync(file).size,
      );
    },
  );

  test.each([0o600, 0o400])('that only its owner may use (mode %i) is read', async mode => {
    const file = keyFile(`Key-Id: 1\r\n${pem()}`);
    chmodSync(file, mode);
    expect((await readSigningKey(localFiles, file)).keyId).toBe('1');
  });

  test('no message tells a key', async () => {
    const secret = pem();
    const file = keyFile(secret);
    const message = await readSigningKey(localFiles, file).then(
      () => 'accepted',
      (error: Error) => error.message,
    );
    expect(message).toContain('Key-Id');
    expect(message).not.toContain(secret.split('\n')[1]);
  });
});

test('a folder that can not be written to is named', async () => {
  const folder = newFolder();
  mkdirSync(path.join(folder, 'contoso.key'));
  const options = { ...optionsIn(folder), file: path.join(folder, 'contoso.key', 'x') };
  const broken = { ...localFiles, claim: () => localFiles.rename('/nowhere/a', options.file) };
  await expect(generateKey({ ...options, files: broken })).rejects.toThrow(options.file);
  expect(readdirSync(path.dirname(options.file))).toEqual([]);
});
