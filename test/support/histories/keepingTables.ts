import type { CloudDirectory, FactsWrite, ListReading, ListSink } from '../../../shared/app/ports';
import type { Decision, StoredDecision } from '../../../shared/core/decision';
import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import { MemoryDecisions } from '../memory/memoryDecisions';
import { MemoryDirectory } from '../memory/memoryDirectory';
import { MemoryCandidates } from '../memory/memoryTables';

/** The table Decisions, which remembers everything that was ever written to it. */
export class KeepingDecisions extends MemoryDecisions {
  readonly everything: StoredDecision[] = [];

  override async write(decision: Decision, etag: string | null): Promise<StoredDecision> {
    const before = this.written;
    const stored = await super.write(decision, etag);
    if (this.written > before) this.everything.push(stored);
    return stored;
  }
}

/** The table OrphanCandidates, which is written partition by partition, as the service does: a process may end in between. */
export class PartitionedCandidates extends MemoryCandidates {
  override async write(writes: readonly FactsWrite[], beforeBatch: () => Promise<void>): Promise<void> {
    for (const type of objectTypes) {
      const batch = writes.filter(({ facts }) => facts.type === type);
      if (batch.length > 0) await super.write(batch, beforeBatch);
    }
  }
}

/** More than the tolerance of a list that changes while it is read. */
const lostObjects = 50;

/** The directory, whose lists may come back shorter than Graph counts. */
export class CountingDirectory extends MemoryDirectory implements CloudDirectory {
  shortList: ObjectType | null = null;

  override async readSynced<Type extends ObjectType, Sink extends ListSink<Type>>(
    type: Type,
    openSink: () => Sink,
  ): Promise<ListReading<Sink>> {
    const reading = await super.readSynced(type, openSink);
    if (type !== this.shortList) return reading;
    return {
      ...reading,
      countBefore: reading.countBefore + lostObjects,
      countAfter: reading.countAfter + lostObjects,
    };
  }
}
