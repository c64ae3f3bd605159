import { readingRoutes, type ReadingRoutePorts } from '../../functions/httpReading';
import type { CandidateFacts } from '../../shared/core/facts';
import type { SourceName } from '../../shared/core/exportFormat';
import type { Instant } from '../../shared/core/instant';
import { createApi, type Api } from '../../shared/io/http/api';
import { MemoryAuditMirror, MemoryAuditTable } from '../support/memory/memoryAudit';
import { MemoryDecisions } from '../support/memory/memoryDecisions';
import { MemoryDirectory } from '../support/memory/memoryDirectory';
import { MemoryExports } from '../support/memory/memoryExports';
import { MemoryCandidates, MemoryRuns } from '../support/memory/memoryTables';
import { scenarioCloud, scenarioExports, type ScenarioInput } from '../support/scenario';
import { later } from '../shared/core/decisions';
import { authentication, createTokens, recordingLog, systemClock } from '../shared/io/http/sampleApi';
import { aCandidate } from '../shared/io/tables/candidateReaderContract';

/** What the reading routes need, for a test of other routes. */
export const nothingToRead = (): Omit<ReadingRoutePorts, 'decisions' | 'runs' | 'clock'> => ({
  candidates: new MemoryCandidates(),
  auditStore: { table: new MemoryAuditTable(), mirror: new MemoryAuditMirror() },
  directory: new MemoryDirectory([]),
  exports: new MemoryExports([]),
  sources: [],
  log: recordingLog(),
});

/** The reading routes behind the frame, over ports in memory that a test fills. */
export class ReadingApi implements ReadingRoutePorts {
  readonly candidates = new MemoryCandidates();
  readonly decisions = new MemoryDecisions();
  readonly runs = new MemoryRuns();
  readonly auditStore = { table: new MemoryAuditTable(), mirror: new MemoryAuditMirror() };
  readonly log = recordingLog();
  directory = new MemoryDirectory([]);
  exports = new MemoryExports([]);
  sources: readonly SourceName[] = [];
  /** The day after the sample decisions were made. */
  now = later(1) as number;
  readonly clock = { now: () => this.now as Instant };

  private constructor(
    private readonly api: (ports: ReadingRoutePorts) => Api,
    private readonly token: string,
  ) {}

  static async open(roles: readonly string[] = ['Orphans.Reader']): Promise<ReadingApi> {
    const tokens = await createTokens();
    const api = (ports: ReadingRoutePorts): Api =>
      createApi({
        routes: readingRoutes,
        authentication: { status: 'valid', authentication },
        keys: () => tokens.keys,
        clock: systemClock,
        ports: () => ports,
      });
    return new ReadingApi(api, await tokens.sign({ roles: [...roles] }));
  }

  /** Both sides as a scenario has them. */
  shows(scenario: ScenarioInput): this {
    this.directory = new MemoryDirectory(scenarioCloud(scenario));
    this.exports = new MemoryExports(scenarioExports(scenario));
    this.sources = (scenario.expected ?? scenario.exports.map(one => one.source)) as SourceName[];
    return this;
  }

  async has(...facts: readonly Partial<CandidateFacts>[]): Promise<this> {
    const writes = facts.map(each => ({ etag: null, facts: aCandidate(each) }));
    await this.candidates.write(writes, async () => {});
    return this;
  }

  /** `path` is below /api. */
  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const request = new Request(`https://app.example/api${path}`, {
      headers: { ...headers, authorization: `Bearer ${this.token}` },
    });
    const answer = await this.api(this)(request, this.log, AbortSignal.timeout(10_000));
    return new Response(answer.body ?? null, { status: answer.status, headers: answer.headers });
  }
}
