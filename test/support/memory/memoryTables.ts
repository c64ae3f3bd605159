import type {
  CandidatePage,
  CandidateQuery,
  CandidateReader,
  CandidateTable,
  FactsWrite,
  ScanRunTable,
} from '../../../shared/app/ports';
import { AppError } from '../../../shared/core/appError';
import { referenceKey } from '../../../shared/core/duplicates';
import type { EvidenceText, StoredFacts } from '../../../shared/core/facts';
import type { ObjectType } from '../../../shared/core/objectType';
import type { RunState, ScanRun } from '../../../shared/core/scanRun';

const batchSize = 100;

/** The ports CandidateTable and CandidateReader over a map, with ETags that change at every write. */
export class MemoryCandidates implements CandidateTable, CandidateReader {
  readonly rows = new Map<string, StoredFacts>();
  /** Rows written since the table was made. */
  written = 0;

  /** Blobs of evidence by name. */
  readonly blobs = new Map<string, string>();
  /** A page has no more than this, as the service may do it; then it gives a token of its own. */
  pageSize = 1_000;

  async read(type: ObjectType, id: string): Promise<StoredFacts | null> {
    return this.rows.get(`${type}/${id}`) ?? null;
  }

  async list({ type, state, from, limit }: CandidateQuery): Promise<CandidatePage> {
    if (from.token !== null && !/^skip:\d+$/.test(from.token)) return { kind: 'continuationInvalid' };
    const skip = Number(from.token?.slice('skip:'.length) ?? 0);
    const found = [...this.rows.values()]
      .filter(row => row.type === type && (state === null || row.state === state))
      .filter(row => from.after === null || row.id > from.after)
      .toSorted((a, b) => (a.id < b.id ? -1 : 1));
    const end = skip + Math.min(limit, this.pageSize);
    return {
      kind: 'page',
      facts: found.slice(skip, end).map(({ evidence: _, ...facts }) => facts),
      next: found.length > end ? { after: from.after, token: `skip:${end}` } : null,
    };
  }

  async readEvidence(evidence: EvidenceText): Promise<string> {
    const json = evidence.kind === 'inline' ? evidence.json : this.blobs.get(evidence.blob);
    if (json === undefined) throw new AppError('rowInvalid', 'there is no such blob');
    return json;
  }

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

  async read(runId: string): Promise<ScanRun | null> {
    const records = this.runs.filter(run => run.runId === runId);
    return records.find(run => run.fence !== null) ?? records[0] ?? null;
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
