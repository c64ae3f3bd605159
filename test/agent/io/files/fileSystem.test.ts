import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { failedWith, localFiles, replaceFile, writeDurably } from '../../../../agent/src/io/files/fileSystem';
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
