import nodeFs from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { AgentError } from '../../core/agentError';

/** A file that is open for writing. */
export interface WritableFile {
  /** Writes all of it, after what was written before. */
  append(bytes: Uint8Array): Promise<void>;
  writeAt(position: number, bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * The steps on files that the agent's own data is kept by: few and small, so that a test can make each one the last. Folders are
 * made for their owner alone (0700), files too (0600); Windows has no modes, there they inherit the folder's access list.
 */
export interface FileSystem {
  makeFolder(folder: string): Promise<void>;
  /** `new` fails where the name is taken; `replace` empties what is there; `append` adds to it. */
  open(file: string, how: 'new' | 'replace' | 'append'): Promise<WritableFile>;
  rename(from: string, to: string): Promise<void>;
  /** Gives a file another name, which nothing has yet: fails where it is taken, whoever else tries at the same time. */
  claim(from: string, to: string): Promise<void>;
  /** A file or a whole folder; nothing there is no error. */
  remove(target: string): Promise<void>;
  /** Makes names in the folder durable. */
  syncFolder(folder: string): Promise<void>;
  /** null: no such file. */
  read(file: string): Promise<Buffer | null>;
  /** Names in the folder, sorted; none where there is no folder. */
  list(folder: string): Promise<readonly string[]>;
  /** null: no such file. */
  stat(file: string): Promise<{ readonly bytes: number; readonly mode: number } | null>;
}

const openFlags = { new: 'wx', replace: 'w', append: 'a' } as const;
const fileMode = 0o600;

/** What of node:fs/promises is used; a test can have some of it fail. */
export type NodeFiles = Pick<
  typeof nodeFs,
  'mkdir' | 'open' | 'rename' | 'link' | 'rm' | 'readFile' | 'readdir' | 'stat'
>;

/** Answers to `link` where there are no hard links (FAT, some network shares), as the systems word them. */
const noLinks: ReadonlySet<string> = new Set([
  'EPERM',
  'ENOTSUP',
  'EOPNOTSUPP',
  'ENOSYS',
  'EISDIR',
  'EMLINK',
  'UNKNOWN',
]);
/** On Windows a scanner that has the file open makes a rename fail for a moment. */
const passingOnWindows: ReadonlySet<string> = new Set(['EPERM', 'EACCES', 'EBUSY']);
const renameAttempts = 20;
const renamePauseMs = 100;

/** A file system of this machine. What goes wrong is an `AgentError`, `unexpected`, that names the file. */
export function createFileSystem(fs: NodeFiles, platform: NodeJS.Platform): FileSystem {
  const rename = async (from: string, to: string): Promise<void> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        await fs.rename(from, to);
        return;
      } catch (error) {
        const passing = platform === 'win32' && passingOnWindows.has(codeOf(error));
        if (!passing || attempt === renameAttempts) throw error;
        await delay(renamePauseMs);
      }
    }
  };

  const claim = async (from: string, to: string): Promise<void> => {
    try {
      await fs.link(from, to);
    } catch (error) {
      if (!noLinks.has(codeOf(error))) throw error;
      // The name is taken by an empty file first, which only one can make, and then replaced by the whole one.
      await (await fs.open(to, openFlags.new, fileMode)).close();
      await rename(from, to);
      return;
    }
    await fs.rm(from);
  };

  return {
    async makeFolder(folder) {
      await named(folder, () => fs.mkdir(folder, { recursive: true, mode: 0o700 }));
    },
    async open(file, how) {
      const handle = await named(file, () => fs.open(file, openFlags[how], fileMode));
      return {
        append: bytes => named(file, () => handle.writeFile(bytes)),
        async writeAt(position, bytes) {
          await named(file, () => handle.write(bytes, 0, bytes.length, position));
        },
        sync: () => named(file, () => handle.sync()),
        close: () => named(file, () => handle.close()),
      };
    },
    rename: (from, to) => named(to, () => rename(from, to)),
    claim: (from, to) => named(to, () => claim(from, to)),
    remove: target => named(target, () => fs.rm(target, { recursive: true, force: true })),
    async syncFolder(folder) {
      // Windows opens no folder for this; NTFS journals names by itself.
      if (platform === 'win32') return;
      await named(folder, async () => {
        const handle = await fs.open(folder, 'r');
        try {
          await handle.sync();
        } finally {
          await handle.close();
        }
      });
    },
    read: file => unlessMissing(() => named(file, () => fs.readFile(file)), null),
    list: folder => unlessMissing(async () => (await named(folder, () => fs.readdir(folder))).toSorted(), []),
    stat: file =>
      unlessMissing(async () => {
        const { size, mode } = await named(file, () => fs.stat(file));
        return { bytes: size, mode };
      }, null),
  };
}

export const localFiles: FileSystem = createFileSystem(nodeFs, process.platform);

/** Replaces a file as a whole: after a crash it has its old content or the new one. */
export async function replaceFile(files: FileSystem, file: string, content: Uint8Array): Promise<void> {
  const temporary = `${file}.tmp`;
  await writeDurably(files, temporary, 'replace', content);
  await files.rename(temporary, file);
  await files.syncFolder(path.dirname(file));
}

/** Writes a file to its end and to the disk. The name itself is durable after `syncFolder`. */
export async function writeDurably(
  files: FileSystem,
  file: string,
  how: 'new' | 'replace' | 'append',
  content: Uint8Array,
): Promise<void> {
  const open = await files.open(file, how);
  try {
    await open.append(content);
    await open.sync();
  } finally {
    await open.close();
  }
}

/** Whether a step failed for this reason of the operating system, such as EEXIST. */
export const failedWith = (error: unknown, ...codes: readonly string[]): boolean => {
  const { code } = ((error as Error | undefined)?.cause ?? {}) as { readonly code?: unknown };
  return typeof code === 'string' && codes.includes(code);
};

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? 'an unknown error';

async function named<Value>(file: string, step: () => Promise<Value>): Promise<Value> {
  try {
    return await step();
  } catch (error) {
    const code = codeOf(error);
    throw new AgentError(
      'unexpected',
      `Expected to read and write ${file}, found ${code}. ${remedies[code] ?? 'Check the disk and the folder.'}`,
      { cause: error },
    );
  }
}

const remedies: Readonly<Record<string, string>> = {
  ENOSPC: 'The disk is full: make room, then run again.',
  EACCES: "Give the agent's account full access to it.",
  EPERM: "Give the agent's account full access to it.",
  EROFS: 'The disk can not be written to: choose another folder.',
  EEXIST: 'It is there already, and is not overwritten.',
  ENOENT: 'It is not there.',
};

async function unlessMissing<Value, Missing>(
  step: () => Promise<Value>,
  missing: Missing,
): Promise<Value | Missing> {
  try {
    return await step();
  } catch (error) {
    if (failedWith(error, 'ENOENT')) return missing;
    throw error;
  }
}
