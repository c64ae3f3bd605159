import type { CandidateTable, FactsWrite, ScanRunTable } from '../../../shared/app/ports';
import { AppError } from '../../../shared/core/appError';
import { referenceKey } from '../../../shared/core/duplicates';
import type { StoredFacts } from '../../../shared/core/facts';
import type { RunState, ScanRun } from '../../../shared/core/scanRun';

const batchSize = 100;

/** The port CandidateTable over a map, with ETags that change at every write. */
export class MemoryCandidates implements CandidateTable {
  readonly rows = new Map<string, StoredFacts>();
  /** Rows written since the table was made. */
  written = 0;

  async *readAll(): AsyncIterable<StoredFacts> {
    yield* this.rows.values();
  }

  async write(writes: readonly FactsWrite[], beforeBatch: () => Promise<void>): Promise<void> {
    for (let at = 0; at < writes.length; at += batchSize) {
      await beforeBatch();
      for (const write of writes.slice(at, at + batchSize)) this.#put(write);
    }
  }

  #put({ etag, facts }: FactsWrite): void {
    const key = referenceKey(facts);
    if ((this.rows.get(key)?.etag ?? null) !== etag)
      throw new AppError('writeConflict', `${key} is not what was read`);
    this.written += 1;
    this.rows.set(key, { ...facts, etag: `"${this.written}"` });
  }
}

/** The port ScanRunTable over an array. */
export class MemoryRuns implements ScanRunTable {
  runs: ScanRun[] = [];

  async newest(limit: number): Promise<readonly ScanRun[]> {
    return this.runs.toSorted((a, b) => b.startedAt - a.startedAt).slice(0, limit);
  }

  async create(run: ScanRun): Promise<void> {
    this.runs.push(run);
  }

  async replace(run: ScanRun, expected: RunState): Promise<void> {
    const at = this.runs.findIndex(
      candidate => candidate.runId === run.runId && candidate.state === expected,
    );
    if (at < 0) throw new AppError('writeConflict', `run ${run.runId} is not ${expected}`);
    this.runs[at] = run;
  }
}
