import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import nodeFs from 'node:fs/promises';
import path from 'node:path';
import {
  createFileSystem,
  failedWith,
  localFiles,
  replaceFile,
  writeDurably,
} from '../../../../agent/src/io/files/fileSystem';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';

const newFolder = temporaryFolders();

test('what is not there is told as that, and removing it is no error', async () => {
  const missing = path.join(newFolder(), 'missing');
  expect(await localFiles.read(missing)).toBeNull();
  expect(await localFiles.stat(missing)).toBeNull();
  expect(await localFiles.list(missing)).toEqual([]);
  await localFiles.remove(missing);
});

test('a file is replaced as a whole, and nothing is left beside it', async () => {
  const folder = newFolder();
  const file = path.join(folder, 'state.json');
  await replaceFile(localFiles, file, Buffer.from('old'));
  await replaceFile(localFiles, file, Buffer.from('new'));
  expect(readFileSync(file, 'utf8')).toBe('new');
  expect(await localFiles.list(folder)).toEqual(['state.json']);
});

test('a new file is never an old one', async () => {
  const file = path.join(newFolder(), 'x');
  await writeDurably(localFiles, file, 'new', Buffer.from('1'));
  const again = writeDurably(localFiles, file, 'new', Buffer.from('2'));
  await expect(again).rejects.toThrow(/not overwritten/);
  const error: unknown = await again.catch((thrown: unknown) => thrown);
  expect([
    failedWith(error, 'EEXIST'),
    failedWith(error, 'ENOENT'),
    failedWith(new Error('x'), 'EEXIST'),
  ]).toEqual([true, false, false]);
  expect(readFileSync(file, 'utf8')).toBe('1');
});

test('what fails is named, with what to do', async () => {
  const file = path.join(newFolder(), 'x');
  writeFileSync(file, '');
  const inFile = path.join(file, 'y');
  await expect(localFiles.read(inFile)).rejects.toMatchObject({
    code: 'unexpected',
    message: expect.stringMatching(new RegExp(`${inFile}, found ENOTDIR`)),
  });
  await expect(localFiles.list(file)).rejects.toMatchObject({ code: 'unexpected' });
  expect(existsSync(inFile)).toBe(false);
});

const failure = (code: string) => Promise.reject(Object.assign(new Error(code), { code }));

describe('a name that is claimed', () => {
  const noLinks = createFileSystem({ ...nodeFs, link: () => failure('ENOTSUP') }, 'linux');
  test.each([
    ['with hard links', localFiles],
    ['without hard links', noLinks],
  ])('is had by one only, %s', async (_, files) => {
    const folder = newFolder();
    const target = path.join(folder, 'target');
    const names = ['a', 'b', 'c'];
    for (const name of names) writeFileSync(path.join(folder, name), name);
    const claims = await Promise.allSettled(names.map(name => files.claim(path.join(folder, name), target)));
    const winners = names.filter((_name, index) => claims[index]!.status === 'fulfilled');
    expect(winners).toHaveLength(1);
    expect(readFileSync(target, 'utf8')).toBe(winners[0]);
    const lost = claims.flatMap(claim =>
      claim.status === 'rejected' ? [failedWith(claim.reason, 'EEXIST')] : [],
    );
    expect(lost).toEqual([true, true]);
    expect(existsSync(path.join(folder, winners[0]!))).toBe(false);
  });

  test('is not had where the file itself is missing', async () => {
    const folder = newFolder();
    const claim = localFiles.claim(path.join(folder, 'missing'), path.join(folder, 'target'));
    await expect(claim).rejects.toMatchObject({ code: 'unexpected' });
  });
});

describe('a rename that a scanner holds up', () => {
  const heldUp = (times: number, platform: NodeJS.Platform) => {
    let left = times;
    return createFileSystem(
      {
        ...nodeFs,
        rename: (from, to) => {
          left -= 1;
          return left >= 0 ? failure('EBUSY') : nodeFs.rename(from, to);
        },
      },
      platform,
    );
  };
  test.each([
    ['is tried again on Windows', 2, 'win32', 'new'],
    ['is given up after twenty times', 20, 'win32', 'old'],
    ['is no such thing elsewhere', 1, 'linux', 'old'],
  ] as const)('%s', async (_, times, platform, content) => {
    const file = path.join(newFolder(), 'state.json');
    writeFileSync(file, 'old');
    await replaceFile(heldUp(times, platform), file, Buffer.from('new')).catch(() => {});
    expect(readFileSync(file, 'utf8')).toBe(content);
  });
});
