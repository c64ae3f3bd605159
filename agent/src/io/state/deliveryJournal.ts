import path from 'node:path';
import { z } from 'zod';
import type { ExportDestination } from '../../app/exportPorts';
import { replaceFile, writeDurably, type FileSystem } from '../files/fileSystem';
import { stateInvalid } from './stateError';

const journalFileName = 'journal.ndjson';

/**
 * What is known of a file at a destination. `attempted`: it may be there. `confirmed`: it is there, and it is ours. `taken`: its name
 * was taken before we ever tried.
 */
const deliveryStates = ['attempted', 'confirmed', 'taken'] as const;
export type DeliveryState = (typeof deliveryStates)[number];

const entrySchema = z.strictObject({
  destination: z.string(),
  file: z.string(),
  state: z.enum(deliveryStates),
});
type Entry = z.output<typeof entrySchema>;

/**
 * Which files of one export were attempted and which are confirmed, by destination: another destination has none of them. A line
 * is durable before what it announces is begun.
 */
export class DeliveryJournal {
  readonly #files: FileSystem;
  readonly #file: string;
  readonly #states: Map<string, DeliveryState>;
  #tail: Promise<void> = Promise.resolve();

  private constructor(files: FileSystem, file: string, entries: readonly Entry[]) {
    this.#files = files;
    this.#file = file;
    this.#states = new Map(entries.map(entry => [keyOf(entry.destination, entry.file), entry.state]));
  }

  /** The journal in an export's folder, or an empty one. Throws an `AgentError`, `stateInvalid`. */
  static async open(files: FileSystem, folder: string): Promise<DeliveryJournal> {
    const file = path.join(folder, journalFileName);
    const text = String((await files.read(file)) ?? '');
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    // A line that was cut is one whose act was not begun, or whose end is not certain: both are what the lines before it say.
    if (whole.length < text.length) await replaceFile(files, file, Buffer.from(whole));
    return new DeliveryJournal(files, file, parseEntries(whole, file));
  }

  /** null: never attempted. */
  stateOf(destination: ExportDestination, file: string): DeliveryState | null {
    return this.#states.get(keyOf(destination.name, file)) ?? null;
  }

  /** Whether some destination has this file. */
  isConfirmed(file: string): boolean {
    return this.#statesOf(file).includes('confirmed');
  }

  /** Whether some destination may have this file. */
  isTouched(file: string): boolean {
    return this.#statesOf(file).length > 0;
  }

  /** Resolves when the line is on the disk. Lines are written one after the other. */
  note(destination: ExportDestination, file: string, state: DeliveryState): Promise<void> {
    // After a failure nothing more is written: the line may have been cut, and the next one would be added to it.
    this.#tail = this.#append(this.#tail, { destination: destination.name, file, state });
    return this.#tail;
  }

  async #append(before: Promise<void>, entry: Entry): Promise<void> {
    await before;
    await writeDurably(
      this.#files,
      this.#file,
      'append',
      Buffer.from(`${JSON.stringify(entry)}
`),
    );
    await this.#files.syncFolder(path.dirname(this.#file));
    this.#states.set(keyOf(entry.destination, entry.file), entry.state);
  }

  #statesOf(file: string): readonly DeliveryState[] {
    return [...this.#states].filter(([key]) => key.endsWith(keyOf('', file))).map(([, state]) => state);
  }
}

const keyOf = (destination: string, file: string): string => `${destination}\n${file}`;

function parseEntries(text: string, file: string): readonly Entry[] {
  try {
    return text
      .split('\n')
      .slice(0, -1)
      .map(line => entrySchema.parse(JSON.parse(line)));
  } catch (error) {
    throw stateInvalid(`one entry in each line of ${file}`, 'a line that is none', undefined, {
      cause: error,
    });
  }
}
