import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { localFiles, type FileSystem } from '../../../../agent/src/io/files/fileSystem';
import { DeliveryJournal } from '../../../../agent/src/io/state/deliveryJournal';
import type { ExportDestination } from '../../../../agent/src/app/exportPorts';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';

const newFolder = temporaryFolders();
const at = (name: string): ExportDestination => ({ name, put: () => Promise.reject(new Error('not used')) });
const azure = at('https://account.blob.core.windows.net/exports');
const folder = at('/mnt/usb');

test('what was noted is known to the next process', async () => {
  const home = newFolder();
  const journal = await DeliveryJournal.open(localFiles, home);
  await Promise.all([
    journal.note(azure, 'part-00000.ndjson.gz', 'attempted'),
    journal.note(azure, 'part-00001.ndjson.gz', 'attempted'),
    journal.note(azure, 'part-00000.ndjson.gz', 'confirmed'),
  ]);
  const again = await DeliveryJournal.open(localFiles, home);
  expect(again.stateOf(azure, 'part-00000.ndjson.gz')).toBe('confirmed');
  expect(again.stateOf(azure, 'part-00001.ndjson.gz')).toBe('attempted');
  expect(again.stateOf(azure, 'part-00002.ndjson.gz')).toBeNull();
});

test('what one destination has, another does not', async () => {
  const journal = await DeliveryJournal.open(localFiles, newFolder());
  await journal.note(folder, 'manifest.json', 'confirmed');
  expect(journal.stateOf(azure, 'manifest.json')).toBeNull();
  expect(journal.isConfirmed('manifest.json')).toBe(true);
  expect(journal.isConfirmed('anifest.json')).toBe(false);
});

test('a name that was taken is neither ours nor untouched', async () => {
  const journal = await DeliveryJournal.open(localFiles, newFolder());
  await journal.note(azure, 'manifest.json', 'taken');
  expect(journal.isConfirmed('manifest.json')).toBe(false);
  expect(journal.isTouched('manifest.json')).toBe(true);
  expect(journal.isTouched('manifest.sig')).toBe(false);
});

test('a line that was cut counts for nothing, and the next one is not added to it', async () => {
  const home = newFolder();
  const file = path.join(home, 'journal.ndjson');
  await (await DeliveryJournal.open(localFiles, home)).note(azure, 'manifest.sig', 'confirmed');
  appendFileSync(file, '{"destination":"https://acc');
  const journal = await DeliveryJournal.open(localFiles, home);
  await journal.note(azure, 'manifest.json', 'attempted');
  const again = await DeliveryJournal.open(localFiles, home);
  expect([again.stateOf(azure, 'manifest.sig'), again.stateOf(azure, 'manifest.json')]).toEqual([
    'confirmed',
    'attempted',
  ]);
  expect(readFileSync(file, 'utf8').split('\n')).toHaveLength(3);
});

test('a whole line that is no entry is a damaged state', async () => {
  const home = newFolder();
  writeFileSync(path.join(home, 'journal.ndjson'), '{"destination":"x"}\n');
  await expect(DeliveryJournal.open(localFiles, home)).rejects.toMatchObject({ code: 'stateInvalid' });
});

test('after a line that could not be written nothing more is', async () => {
  const home = newFolder();
  let fails = true;
  const flaky: FileSystem = {
    ...localFiles,
    open: (file, how) => (fails ? Promise.reject(new Error('no disk')) : localFiles.open(file, how)),
  };
  const journal = await DeliveryJournal.open(flaky, home);
  await expect(journal.note(azure, 'manifest.sig', 'attempted')).rejects.toThrow('no disk');
  fails = false;
  await expect(journal.note(azure, 'manifest.sig', 'attempted')).rejects.toThrow('no disk');
  expect(journal.stateOf(azure, 'manifest.sig')).toBeNull();
});
