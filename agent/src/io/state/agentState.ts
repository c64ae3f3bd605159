import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { exportFolderName, manifestFileName, type SourceName } from '../../../../shared/core/exportFormat';
import { lostAnswerDays, requestKinds, type AnsweredRequest } from '../../../../shared/core/exportRequest';
import { formatInstant, type Instant } from '../../../../shared/core/instant';
import type { LastExport, ObjectList, Wait } from '../../app/exportPorts';
import type { Clock } from '../../app/ports';
import { localFiles, type FileSystem } from '../files/fileSystem';
import type { PartWriterOptions } from '../parts/partWriter';
import { DeliveryJournal } from './deliveryJournal';
import { OutboxDraft } from './exportDraft';
import { objectListFileName, openObjectList } from './objectList';
import {
  discardAdvice,
  isSealed,
  listOutbox,
  openSealed,
  outboxOf,
  removeExport,
  type SealedExport,
} from './outbox';
import { stateInvalid } from './stateError';
import {
  newState,
  readState,
  rememberedRequests,
  reportedRequests,
  writeState,
  type StoredState,
} from './stateFile';
import { acquireStateLock, type Processes, type StateLock } from './stateLock';

export interface AgentStateOptions {
  /** One for each source; made where it is missing. */
  readonly folder: string;
  readonly source: SourceName;
  readonly clock: Clock;
  readonly files?: FileSystem;
  readonly wait?: Wait;
  readonly processes?: Processes;
  readonly partLimits?: Pick<PartWriterOptions, 'maxLines' | 'maxBytes'>;
}

/** How long a new export waits for a second of its own, in milliseconds; a clock that is further behind was set back. */
const longestWaitMs = 5_000;

const waitFor: Wait = async (milliseconds, signal) => {
  await delay(milliseconds, undefined, { signal });
};

/**
 * What the agent remembers of a source between two runs: where the chain of exports stands, the objects of the last export, the
 * export that waits, and which requests were answered. Locked for this process until `close`.
 *
 * The chain moves in `commit` alone, after the export's manifest was delivered. A crash at any step leaves either the chain as it
 * was, or an export in the outbox of which the journal says that it was delivered, which the next run commits.
 */
export class AgentState {
  readonly #folder: string;
  readonly #files: FileSystem;
  readonly #options: AgentStateOptions;
  readonly #lock: StateLock;
  #state: StoredState;

  private constructor(
    options: AgentStateOptions,
    lock: StateLock,
    state: StoredState,
    readonly isNew: boolean,
  ) {
    this.#options = options;
    this.#folder = options.folder;
    this.#files = options.files ?? localFiles;
    this.#lock = lock;
    this.#state = state;
  }

  /**
   * Opens the state of a source, or begins one in an empty folder (`isNew`: a chain of exports begins with it). Throws an
   * `AgentError`, `stateInvalid`, where it is damaged, of another source, or used by another agent.
   */
  static async open(options: AgentStateOptions): Promise<AgentState> {
    const { folder, source, files = localFiles, processes } = options;
    await files.makeFolder(folder);
    const lock = await acquireStateLock(files, folder, processes);
    try {
      const stored = await readState(files, folder);
      if (stored === null) await assertEmpty(files, folder);
      const state = stored ?? newState(source);
      if (state.source !== source) {
        throw stateInvalid(
          `the state of the source ${source} in ${folder}`,
          `that of ${state.source}`,
          'Give each source a state folder of its own.',
        );
      }
      if (stored === null) await writeState(files, folder, state);
      return new AgentState(options, lock, state, stored === null);
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  get source(): SourceName {
    return this.#state.source;
  }

  /** null: no export was delivered yet. */
  get lastExport(): LastExport | null {
    return this.#state.lastExport;
  }

  /** Ids of requests that are not to be answered again. */
  get answeredRequestIds(): readonly string[] {
    const { answeredRequests, answersToTell } = this.#state;
    return [...new Set([...answeredRequests, ...answersToTell.map(answer => answer.id)])];
  }

  /**
   * The live objects of the last export; null where there is none, or where the chain was taken over by hand. To be asked for when
   * nothing waits any more.
   */
  async lastObjects(): Promise<ObjectList | null> {
    const facts = this.#state.lastExport?.objects ?? null;
    return facts && openObjectList(this.#files, path.join(this.#folder, objectListFileName), facts);
  }

  /**
   * The export that is complete and was not delivered, or not to its end; null where nothing waits. Removes what is left of exports
   * that were delivered, and of those that were never completed.
   */
  async waiting(): Promise<SealedExport | null> {
    const sealed: string[] = [];
    for (const folder of await listOutbox(this.#files, this.#folder)) {
      const exportPath = path.join(outboxOf(this.#folder), folder);
      const waits = folder !== this.#state.lastExport?.folder && (await isSealed(this.#files, exportPath));
      if (waits) sealed.push(folder);
      else await this.#files.remove(exportPath);
    }
    const [first, ...others] = sealed;
    if (first === undefined) return null;
    if (others.length > 0)
      throw stateInvalid(
        `one export that waits in ${outboxOf(this.#folder)}`,
        sealed.join(', '),
        discardAdvice,
      );
    return this.#checked(await openSealed(this.#files, this.#folder, this.source, first));
  }

  /**
   * Begins an export: the next of the chain, in a second that no export had before, for which it waits where it must. To be called
   * when nothing waits any more, and before anything is read. Throws an `AgentError`, `stateInvalid`, where the clock was set back.
   */
  async begin(signal: AbortSignal): Promise<OutboxDraft> {
    if ((await this.waiting()) !== null)
      throw new Error('An export waits for its delivery; no other one begins before it.');
    const startedAt = await this.#nextSecond(signal);
    const folder = exportFolderName(startedAt);
    // First the name, then what has it: whatever was uploaded under it, no later export gets it.
    await this.#write({ ...this.#state, lastFolder: folder });
    const exportPath = path.join(outboxOf(this.#folder), folder);
    await this.#files.makeFolder(exportPath);
    const { lastExport, answersToTell } = this.#state;
    return new OutboxDraft({
      files: this.#files,
      stateFolder: this.#folder,
      source: this.source,
      folder,
      path: exportPath,
      startedAt,
      sequence: (lastExport?.sequence ?? 0) + 1,
      previousManifest: lastExport?.manifestHash ?? null,
      journal: await DeliveryJournal.open(this.#files, exportPath),
      answersToTell,
      ...(this.#options.partLimits && { partLimits: this.#options.partLimits }),
    });
  }

  /** Moves the chain to a delivered export. Called again after a crash, it goes on where it stopped. */
  async commit({
    folder,
    path: exportPath,
    journal,
    manifest,
    manifestHash,
    objects,
  }: SealedExport): Promise<void> {
    if (!journal.isConfirmed(manifestFileName))
      throw new Error(`The manifest of ${folder} was not delivered; the chain stays where it is.`);
    const list = path.join(exportPath, objectListFileName);
    const kept = path.join(this.#folder, objectListFileName);
    if (await this.#files.stat(list)) {
      await this.#files.rename(list, kept);
      await this.#files.syncFolder(this.#folder);
    }
    const answered = [...this.#state.answeredRequests, ...manifest.answeredRequests.map(answer => answer.id)];
    const reported = new Set(answered);
    await this.#write({
      ...this.#state,
      lastExport: {
        sequence: manifest.sequence,
        manifestHash,
        folder,
        startedAt: manifest.startedAt,
        objects,
      },
      answeredRequests: [...new Set(answered)].slice(-rememberedRequests),
      answersToTell: this.#state.answersToTell.filter(
        ({ id, answeredAt }) =>
          !reported.has(id) || manifest.startedAt - answeredAt < lostAnswerDays * 24 * 60 * 60 * 1000,
      ),
    });
    await this.#files.remove(exportPath);
  }

  /** Remembers an answer that was given before its export is complete, so that it is given once; the next exports tell it. */
  async noteAnswer(answer: AnsweredRequest): Promise<void> {
    // With room for those of the export itself, one of each kind.
    const answersToTell = [...this.#state.answersToTell, answer].slice(
      requestKinds.length - reportedRequests,
    );
    await this.#write({ ...this.#state, answersToTell });
  }

  /**
   * Throws the waiting export away, on an administrator's order. Not one whose manifest may have been delivered: the chain goes on
   * from it. Throws an `AgentError`, `stateInvalid`.
   */
  async discardWaiting(): Promise<void> {
    for (const folder of await listOutbox(this.#files, this.#folder)) {
      const exportPath = path.join(outboxOf(this.#folder), folder);
      if ((await DeliveryJournal.open(this.#files, exportPath)).isTouched(manifestFileName)) {
        throw stateInvalid(
          'an export whose manifest was not sent yet',
          `that ${folder} may be delivered already`,
          'Run the agent, which finds out and goes on from it.',
        );
      }
      await removeExport(this.#files, exportPath);
    }
  }

  async close(): Promise<void> {
    await this.#lock.release();
  }

  /** A waiting export is the next of this chain, and of no other. */
  #checked(sealed: SealedExport): SealedExport {
    const { lastExport } = this.#state;
    const { sequence, previousManifest } = sealed.manifest;
    if (
      sequence === (lastExport?.sequence ?? 0) + 1 &&
      previousManifest === (lastExport?.manifestHash ?? null)
    )
      return sealed;
    throw stateInvalid(
      `that the export which waits follows number ${lastExport?.sequence ?? 0} of the chain`,
      `that ${sealed.folder} is number ${sequence} of a chain`,
      discardAdvice,
    );
  }

  async #nextSecond(signal: AbortSignal): Promise<Instant> {
    const { clock, wait = waitFor } = this.#options;
    const last = this.#state.lastFolder;
    for (let waited = 0; ;) {
      signal.throwIfAborted();
      const now = clock.now();
      if (last === null || exportFolderName(now) > last) return now;
      if (waited >= longestWaitMs) {
        throw stateInvalid(
          `the clock to be after the last export's start, ${last}`,
          formatInstant(now),
          'Set the clock of this machine right; if it was ahead before, wait until it is past that time.',
        );
      }
      const step = 1000 - (now % 1000);
      await wait(step, signal);
      waited += step;
    }
  }

  async #write(state: StoredState): Promise<void> {
    await writeState(this.#files, this.#folder, state);
    this.#state = state;
  }
}

/** A state that lost its first file is not a new one. */
async function assertEmpty(files: FileSystem, folder: string): Promise<void> {
  const left = (await files.list(folder)).filter(name => name !== 'lock' && !name.endsWith('.tmp'));
  if (left.length > 0)
    throw stateInvalid(`the agent's state in ${folder}`, `no state.json, but ${left.join(', ')}`);
}

/**
 * Takes a chain over in an empty folder, where the agent's state was lost: the next export follows the one that the app accepted last.
 * The comparison with that export's objects is left out once.
 */
export async function adoptChain(options: AgentStateOptions, chain: LastExport): Promise<void> {
  const { folder, source, files = localFiles, processes } = options;
  await files.makeFolder(folder);
  const lock = await acquireStateLock(files, folder, processes);
  try {
    if ((await readState(files, folder)) !== null)
      throw stateInvalid(
        `no state in ${folder}`,
        'one',
        'A state that is whole is not replaced: move the folder away first.',
      );
    await assertEmpty(files, folder);
    await writeState(files, folder, {
      ...newState(source),
      lastFolder: chain.folder,
      lastExport: { ...chain, objects: null },
    });
  } finally {
    await lock.release();
  }
}
