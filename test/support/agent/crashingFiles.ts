import { localFiles, type FileSystem, type WritableFile } from '../../../agent/src/io/files/fileSystem';

/** The process is dead: nothing that it wanted to do afterwards is done. */
export class Crash extends Error {
  constructor() {
    super('the process was killed');
    this.name = 'Crash';
  }
}

/** Counts the steps of a process that change something, and kills it at one of them. */
export class Mortality {
  #left: number;
  #steps = 0;
  /** What was done, for a look at the order. */
  readonly trace: string[] = [];

  /** The step, from 1, at which the process dies; Infinity: it lives. */
  constructor(crashAt = Infinity) {
    this.#left = crashAt;
  }

  get steps(): number {
    return this.#steps;
  }

  get isDead(): boolean {
    return this.#left <= 0;
  }

  /** Does the step, or dies at it, and before it. `torn` is what of the step is done before the death. */
  async step<Value>(name: string, act: () => Promise<Value>, torn?: () => Promise<unknown>): Promise<Value> {
    if (this.isDead) throw new Crash();
    this.#left -= 1;
    this.#steps += 1;
    if (this.isDead) {
      await torn?.();
      throw new Crash();
    }
    const done = await act();
    this.trace.push(name);
    return done;
  }
}

/**
 * The file system of a process that can die at any step. Of what is being written at that moment half is written. Nothing is forced to
 * the disk, which the death of a process does not need, and which takes most of the time.
 */
export function crashingFiles(mortality: Mortality, files: FileSystem = localFiles): FileSystem {
  return {
    makeFolder: folder => mortality.step(`makeFolder ${folder}`, () => files.makeFolder(folder)),
    open: (file, how) =>
      mortality.step(`open ${file}`, async () => crashingFile(mortality, file, await files.open(file, how))),
    rename: (from, to) => mortality.step(`rename ${from} > ${to}`, () => files.rename(from, to)),
    claim: (from, to) => mortality.step(`claim ${from} > ${to}`, () => files.claim(from, to)),
    remove: target => mortality.step(`remove ${target}`, () => files.remove(target)),
    syncFolder: folder => mortality.step(`syncFolder ${folder}`, async () => {}),
    // Reading changes nothing, but the dead do not read either.
    read: async file => (await alive(mortality), files.read(file)),
    list: async folder => (await alive(mortality), files.list(folder)),
    stat: async file => (await alive(mortality), files.stat(file)),
  };
}

function crashingFile(mortality: Mortality, file: string, open: WritableFile): WritableFile {
  return {
    append: bytes =>
      mortality.step(
        `append ${file}`,
        () => open.append(bytes),
        () => open.append(bytes.subarray(0, bytes.length / 2)),
      ),
    writeAt: (position, bytes) =>
      mortality.step(
        `writeAt ${file}`,
        () => open.writeAt(position, bytes),
        () => open.writeAt(position, bytes.subarray(0, bytes.length / 2)),
      ),
    sync: () => mortality.step(`sync ${file}`, async () => {}),
    // The system closes the files of the dead.
    close: () => open.close(),
  };
}

async function alive(mortality: Mortality): Promise<void> {
  if (mortality.isDead) throw new Crash();
}
