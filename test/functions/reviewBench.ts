import { randomUUID } from 'node:crypto';
import type { JWTPayload } from 'jose';
import { reviewRoutes, type ReviewPorts } from '../../functions/httpRoutes';
import type { FactsReader } from '../../shared/app/review/factsReader';
import type { CloudId } from '../../shared/core/cloudObject';
import type { StoredFacts } from '../../shared/core/facts';
import type { Instant } from '../../shared/core/instant';
import type { Guid } from '../../shared/core/keys/guid';
import { versionOf } from '../../shared/core/review/version';
import type { ScanRun } from '../../shared/core/scanRun';
import { createApi } from '../../shared/io/http/api';
import { entityTagOf } from '../../shared/io/http/entityTag';
import { at, evidenceHash, userId } from '../shared/core/decisions';
import { authentication, createTokens, personId, recordingLog } from '../shared/io/http/sampleApi';
import { memoryAuditLog } from '../support/memory/memoryAudit';
import { MemoryDecisions, MemoryRules } from '../support/memory/memoryDecisions';
import { MemoryRuns } from '../support/memory/memoryTables';
import { nothingToRead } from './readingApi';

export const secretName = 'Ada <script>alert(1)</script>';

export const someFacts = (given: Partial<StoredFacts> = {}): StoredFacts => ({
  type: 'user',
  id: userId,
  state: 'candidate',
  outcome: 'absent',
  attention: null,
  withdrawal: null,
  proof: 'absence',
  evidence: { kind: 'inline', json: '{}' },
  evidenceHash,
  waitsFor: [],
  firstObservedRun: 1,
  firstObservedAt: at,
  changedRun: 1,
  changedAt: at,
  displayName: secretName,
  userPrincipalName: 'ada@contoso.example',
  mail: null,
  onPremisesSamAccountName: null,
  onPremisesDomainName: 'contoso.example',
  accountEnabled: true,
  assignedLicenseCount: 0,
  onPremisesLastSyncDateTime: null,
  etag: 'W/"facts-1"',
  ...given,
});

export const aRun = (given: Partial<ScanRun> = {}): ScanRun => ({
  runId: '0f0f0f0f-0000-4000-8000-000000000001',
  runNumber: 1,
  state: 'finished',
  startedAt: at,
  finishedAt: at,
  durations: {},
  reasons: [],
  gates: [],
  exports: [],
  counts: {},
  plan: null,
  planDigest: null,
  fence: 1,
  version: '1',
  acceptedBefore: null,
  holds: [],
  synchronisation: null,
  ...given,
});

/** The API over ports in memory: what a client sees, and what is behind it. */
export class ReviewBench {
  readonly candidates = new Map<string, StoredFacts>();
  readonly decisions = new MemoryDecisions();
  readonly rules = new MemoryRules();
  readonly runs = new MemoryRuns();
  readonly audit = memoryAuditLog('review');
  readonly sent: string[] = [];
  readonly log = recordingLog();
  approval = { approvalDays: 14, contactsThroughBeta: false };
  now: number = at;
  #tokens: Awaited<ReturnType<typeof createTokens>> | null = null;

  readonly facts: FactsReader = {
    read: async (type, id) => this.candidates.get(`${type}/${id}`) ?? null,
  };

  has(facts: StoredFacts = someFacts()): StoredFacts {
    this.candidates.set(`${facts.type}/${facts.id}`, facts);
    return facts;
  }

  /** Ports; a test may replace some, for example with one that fails. */
  ports: () => ReviewPorts = () => this.memoryPorts();

  memoryPorts(): ReviewPorts {
    return {
      ...nothingToRead(),
      facts: this.facts,
      decisions: this.decisions,
      rules: this.rules,
      runs: this.runs,
      audit: this.audit,
      clock: { now: () => this.now as Instant },
      approval: this.approval,
      queue: { send: async runId => void this.sent.push(runId) },
      newRunId: () => randomUUID() as string as Guid,
      rolloutStage: () => 'reportOnly',
      diagnose: () => {
        throw new RangeError('this bench does not diagnose');
      },
      deletions: () => {
        throw new RangeError('this bench does not delete');
      },
    };
  }

  async ask(
    method: string,
    path: string,
    body: unknown,
    { ifMatch, claims }: { readonly ifMatch?: string | undefined; readonly claims?: JWTPayload } = {},
  ): Promise<Response> {
    const tokens = (this.#tokens ??= await createTokens());
    const api = createApi<ReviewPorts>({
      routes: reviewRoutes,
      authentication: { status: 'valid', authentication },
      keys: () => tokens.keys,
      clock: { now: () => Date.now() as Instant },
      ports: () => this.ports(),
    });
    const headers: Record<string, string> = {
      authorization: `Bearer ${await tokens.sign({ name: 'Ada Lovelace', ...claims })}`,
    };
    if (ifMatch !== undefined) headers['if-match'] = ifMatch;
    const init: RequestInit = { method, headers };
    if (method !== 'GET') {
      headers['content-type'] = 'application/json';
      init.body = JSON.stringify(body);
    }
    const request = new Request(`https://app.example/api${path}`, init);
    const answer = await api(request, this.log, AbortSignal.timeout(20_000));
    return new Response(answer.body ?? null, { status: answer.status, headers: answer.headers });
  }

  /** The tag of what a person would read now. */
  tag(type = 'user', id: string = userId): string {
    const key = `${type}/${id}`;
    return entityTagOf(versionOf(this.candidates.get(key) ?? null, this.decisions.rows.get(key) ?? null));
  }

  /** Decides as a person who has just read. */
  decide(
    how: 'approve' | 'reject' | 'reopen',
    body: object = {},
    given: { type?: string; id?: string; ifMatch?: string; claims?: JWTPayload } = {},
  ): Promise<Response> {
    const { type = 'user', id = userId, ...more } = given;
    return this.ask('POST', `/candidates/${type}/${id}/${how}`, body, {
      ifMatch: this.tag(type, id),
      ...more,
    });
  }

  state(type = 'user', id: string = userId): string {
    return this.decisions.rows.get(`${type}/${id}`)?.state ?? 'none';
  }

  audited(): string[] {
    return this.audit.rows.map(row => `${row.action} ${row.object?.type}/${row.object?.id}`);
  }
}

export const groupId = '0b0b0b0b-0000-0000-0000-00000000000a' as CloudId;
export const anotherPerson: JWTPayload = { oid: '9a1f6a52-7f0b-4a3e-9a68-2f4d7b1e0c78' };
export { personId };
