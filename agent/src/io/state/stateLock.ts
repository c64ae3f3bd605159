import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { z } from 'zod';
import type { FileSystem } from '../files/fileSystem';
import { writeDurably } from '../files/fileSystem';
import { stateInvalid } from './stateError';

/** A process, told apart from a later one with the same number. */
export interface ProcessIdentity {
  readonly host: string;
  readonly pid: number;
  /** When it started, as the kernel says it; null where that is not known (not Linux). */
  readonly start: string | null;
  /** Seconds since the machine was booted. */
  readonly uptime: number;
}

/** What the lock asks the operating system. */
export interface Processes {
  self(): ProcessIdentity;
  /** Whether a process with this number runs here. */
  isRunning(pid: number): boolean;
  /** When the process with this number started; null where that is not known. */
  startOf(pid: number): string | null;
}

export interface StateLock {
  release(): Promise<void>;
}

const holderSchema = z.object({
  host: z.string(),
  pid: z.int().positive(),
  start: z.string().nullable(),
  uptime: z.number(),
});

/** The locks of this process: one of its number that is not among them is of an earlier process. */
const ownLocks = new Set<string>();

/**
 * The right to use a state folder, for one process at a time. Everybody first writes a file of their own, then looks at those of
 * the others: of two who begin at the same time at least one sees the other and steps back. (Both may: then the next attempt
 * gets it.) A file is removed by others only when its process is dead, and no name comes twice, so that nobody can remove the
 * file of somebody who lives. Throws an `AgentError`, `stateInvalid`, where another agent holds it.
 */
export async function acquireStateLock(
  files: FileSystem,
  folder: string,
  processes: Processes = localProcesses,
): Promise<StateLock> {
  const lockFolder = path.join(folder, 'lock');
  const name = `${randomUUID()}.json`;
  const own = path.join(lockFolder, name);
  const release = async (): Promise<void> => {
    await files.remove(own);
    ownLocks.delete(own);
  };
  await files.makeFolder(lockFolder);
  ownLocks.add(own);
  try {
    // Only a whole file has a name that counts.
    await writeDurably(files, `${own}.tmp`, 'new', Buffer.from(JSON.stringify(processes.self())));
    await files.rename(`${own}.tmp`, own);
    for (const other of (await files.list(lockFolder)).filter(file => file !== name)) {
      await removeDead(files, path.join(lockFolder, other), processes);
    }
  } catch (error) {
    await release();
    throw error;
  }
  return { release };
}

async function removeDead(files: FileSystem, file: string, processes: Processes): Promise<void> {
  // One that is being written; its owner will see ours.
  if (file.endsWith('.tmp')) return;
  const content = await files.read(file);
  // Released in the meantime.
  if (content === null) return;
  const holder = parseHolder(content);
  if (holder !== null && isDead(holder, file, processes)) {
    await files.remove(file);
    return;
  }
  const who = holder === null ? 'a lock that can not be read' : `process ${holder.pid} on ${holder.host}`;
  throw stateInvalid(
    'to be the only agent that uses this state folder',
    who,
    `Wait until it has ended. Where no agent runs, delete the file ${file}.`,
  );
}

function isDead(holder: z.output<typeof holderSchema>, file: string, processes: Processes): boolean {
  const self = processes.self();
  if (holder.host !== self.host) return false;
  if (!processes.isRunning(holder.pid)) return true;
  // The machine was booted since.
  if (holder.uptime > self.uptime) return true;
  if (holder.pid === self.pid && !ownLocks.has(file)) return true;
  const start = processes.startOf(holder.pid);
  return start !== null && holder.start !== null && start !== holder.start;
}

function parseHolder(content: Buffer): z.output<typeof holderSchema> | null {
  try {
    return holderSchema.parse(JSON.parse(String(content)));
  } catch {
    return null;
  }
}

export const localProcesses: Processes = {
  self: () => ({
    host: os.hostname(),
    pid: process.pid,
    start: localProcesses.startOf(process.pid),
    uptime: os.uptime(),
  }),
  isRunning(pid) {
    try {
      return process.kill(pid, 0);
    } catch (error) {
      // EPERM: it runs, as somebody else.
      return (error as NodeJS.ErrnoException).code !== 'ESRCH';
    }
  },
  startOf(pid) {
    try {
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
      // proc(5): field 22, counted behind the name in parentheses, which may hold spaces.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
      return ticks === undefined ? null : `${boot} ${ticks}`;
    } catch {
      return null;
    }
  },
};
