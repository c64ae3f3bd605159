import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { localFiles } from '../../../../agent/src/io/files/fileSystem';
import {
  acquireStateLock,
  localProcesses,
  type ProcessIdentity,
  type Processes,
} from '../../../../agent/src/io/state/stateLock';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';

const newFolder = temporaryFolders();
const locksIn = (folder: string): string[] => readdirSync(path.join(folder, 'lock'));

const self: ProcessIdentity = { host: 'agent', pid: 4711, start: 'boot 100', uptime: 5000 };
/** A machine on which our process and one more are running. */
const machine = (other: { readonly pid: number; readonly start: string | null }, me = self): Processes => ({
  self: () => me,
  isRunning: pid => pid === me.pid || pid === other.pid,
  startOf: pid => (pid === other.pid ? other.start : me.start),
});
const nobodyElse = machine({ pid: -1, start: null });

function leaveLock(folder: string, content: unknown): void {
  mkdirSync(path.join(folder, 'lock'), { recursive: true });
  writeFileSync(
    path.join(folder, 'lock', 'left.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  );
}

const refused = { code: 'stateInvalid', message: expect.stringContaining('only agent') };

test('a second agent on the same state is refused, until the first has ended', async () => {
  const folder = newFolder();
  const first = await acquireStateLock(localFiles, folder);
  await expect(acquireStateLock(localFiles, folder)).rejects.toMatchObject(refused);
  expect(locksIn(folder)).toHaveLength(1);
  await first.release();
  await (await acquireStateLock(localFiles, folder)).release();
  expect(locksIn(folder)).toEqual([]);
});

test('of many agents that start at once never two hold it', async () => {
  for (let round = 0; round < 10; round += 1) {
    const folder = newFolder();
    const starts = await Promise.allSettled(
      Array.from({ length: 6 }, () => acquireStateLock(localFiles, folder)),
    );
    const held = starts.filter(start => start.status === 'fulfilled');
    expect(held.length).toBeLessThanOrEqual(1);
    expect(locksIn(folder)).toHaveLength(held.length);
  }
});

test('a lock of a process that was killed is taken over', async () => {
  const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' });
  await once(child, 'exit');
  const folder = newFolder();
  leaveLock(folder, { ...localProcesses.self(), pid: child.pid });
  await acquireStateLock(localFiles, folder);
  expect(locksIn(folder)).not.toContain('left.json');
});

test('a lock of a process that runs is respected', async () => {
  const child = spawn(process.execPath, ['-e', 'process.stdin.resume()'], {
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  await once(child, 'spawn');
  const folder = newFolder();
  leaveLock(folder, { ...localProcesses.self(), pid: child.pid, start: localProcesses.startOf(child.pid!) });
  await expect(acquireStateLock(localFiles, folder)).rejects.toThrow(`process ${child.pid} on`);
  child.stdin.end();
  await once(child, 'exit');
  await acquireStateLock(localFiles, folder);
});

const left = (changes: Partial<ProcessIdentity>): ProcessIdentity => ({
  ...self,
  pid: 12,
  start: 'boot 50',
  uptime: 4000,
  ...changes,
});
test.each([
  ['its process is dead', left({}), nobodyElse],
  ['its number is that of a later process', left({}), machine({ pid: 12, start: 'boot 70' })],
  ['the machine was booted since', left({ uptime: 5001, start: null }), machine({ pid: 12, start: null })],
  [
    'its number is our own, in an earlier container',
    left({ pid: self.pid, start: null }),
    machine({ pid: -1, start: null }, { ...self, start: null }),
  ],
])('a lock is taken over where %s', async (_, holder, processes) => {
  const folder = newFolder();
  leaveLock(folder, holder);
  await acquireStateLock(localFiles, folder, processes);
  expect(locksIn(folder)).toHaveLength(1);
});

test.each([
  ['its process runs', left({}), machine({ pid: 12, start: 'boot 50' })],
  [
    'nobody knows when the process of its number started',
    left({ start: null }),
    machine({ pid: 12, start: 'boot 50' }),
  ],
  ['the system does not say when it started', left({}), machine({ pid: 12, start: null })],
  [
    'the machine runs as long as then',
    left({ uptime: 5000, start: null }),
    machine({ pid: 12, start: null }),
  ],
  ['it is of another machine, whose processes nobody sees', left({ host: 'other' }), nobodyElse],
  ['it can not be read', '{"pid":', nobodyElse],
])('a lock is respected where %s', async (_, holder, processes) => {
  const folder = newFolder();
  leaveLock(folder, holder);
  await expect(acquireStateLock(localFiles, folder, processes)).rejects.toMatchObject(refused);
  expect(locksIn(folder)).toEqual(['left.json']);
});

test('a lock that is just being written does not count yet, and one that goes meanwhile not any more', async () => {
  const folder = newFolder();
  leaveLock(folder, 'gone');
  writeFileSync(path.join(folder, 'lock', 'new.json.tmp'), '{');
  const files = {
    ...localFiles,
    read: (file: string) => (file.endsWith('left.json') ? Promise.resolve(null) : localFiles.read(file)),
  };
  const lock = await acquireStateLock(files, folder, nobodyElse);
  await lock.release();
  expect(locksIn(folder)).toEqual(['left.json', 'new.json.tmp']);
});

test('the operating system is asked about processes', () => {
  const me = localProcesses.self();
  expect(localProcesses.isRunning(me.pid)).toBe(true);
  // Of root; asking for it is not permitted to others, and tells as much.
  expect(localProcesses.isRunning(1)).toBe(true);
  expect(localProcesses.isRunning(2 ** 22 + 1)).toBe(false);
  expect(localProcesses.startOf(2 ** 22 + 1)).toBeNull();
});
