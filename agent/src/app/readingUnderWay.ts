import type { ByteKeyTable } from '../../../shared/core/byteKeyTable';
import type { Instant } from '../../../shared/core/instant';
import type { SecondCount } from '../core/secondCount';
import type { noLines, ReadingProblem, ReadingSettings } from './directoryReading';
import type { ObjectList, ObjectListWriter, PartWriter } from './exportPorts';
import type {
  Clock,
  Directory,
  DirectoryDescription,
  NamingContextFacts,
  Progress,
  UnreadDomain,
} from './ports';

export interface ReadDirectoryOptions {
  readonly directory: Directory;
  readonly settings: ReadingSettings;
  /** What the directory said of itself before the export's start. */
  readonly description: DirectoryDescription;
  readonly sink: PartWriter;
  /** Gets the objectGUID of every line that is an object. */
  readonly objects: Pick<ObjectListWriter, 'add' | 'drained'>;
  /** null: there is none, or it is not comparable; then nothing can be said of what vanished. */
  readonly lastObjects: ObjectList | null;
  readonly clock: Clock;
  readonly progress: Progress;
  readonly startedAt: Instant;
  readonly signal: AbortSignal;
}

/** What the steps of a reading share. */
export interface ReadingUnderWay extends ReadDirectoryOptions {
  readonly namingContexts: readonly NamingContextFacts[];
  readonly unreadDomains: readonly UnreadDomain[];
  readonly counts: readonly ReturnType<typeof noLines>[];
  /** The two readings of each naming context, as far as they were made. */
  readonly secondCounts: SecondCount[];
  /** objectGUID of every tombstone, also of one whose object was still alive when it was read. */
  readonly buried: ByteKeyTable;
  /** `dnKey` of every live entry that was seen, exported or not. */
  readonly seenNames: ByteKeyTable;
  readonly isUnchecked: (distinguishedName: string) => boolean;
  readonly problems: ReadingProblem[];
}

/** Whether a live object is in the export, from whichever naming context. */
export const isExported = (
  { secondCounts }: Pick<ReadingUnderWay, 'secondCounts'>,
  objectGUID: Uint8Array,
): boolean => secondCounts.some(count => count.exportedClass(objectGUID) !== null);
