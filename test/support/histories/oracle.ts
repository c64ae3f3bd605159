import type { CloudDeleter } from '../../../shared/app/deletionPorts';
import { verifyAudit } from '../../../shared/app/verifyAudit';
import type { AuditPart, AuditRow } from '../../../shared/core/audit';
import type { CloudObject } from '../../../shared/core/cloudObject';
import type { StoredDecision } from '../../../shared/core/decision';
import type { ObjectType } from '../../../shared/core/objectType';
import { endingOfDetails } from '../../../shared/core/review/deletionEnding';
import type { StoredRule } from '../../../shared/core/rule';
import type { ScanRun } from '../../../shared/core/scanRun';
import type { Member } from './cast';
import { unfitEvidence } from './evidenceOracle';
import type { KeptExport } from './forest';
import { holdersOf } from './heldBy';
import { HoldsOracle } from './holdsOracle';
import type { HistoryWorld } from './historyWorld';
import type { Statistics } from './statistics';
import { dayMs, minuteMs } from './steps';
import { recordsOf, tooEarly, type Observation } from './timeOracle';

const restoredMs = 30 * dayMs;
/** How long Graph's lists may still show what is deleted. */
const listLagMs = 60 * minuteMs;

/** Everything that a run must leave alone, unless it is accepted. */
interface Before {
  readonly rows: ReadonlyMap<string, string>;
  readonly decisions: number;
  readonly audited: number;
  readonly reviewed: number;
  readonly writes: number;
  readonly runs: ReadonlyMap<string, ScanRun>;
}

/**
 * Knows the truth of a world and looks at everything that the app does in it: at the moment of every scan, decision, block and DELETE,
 * and at the end. What it knows it takes from the forests, the tenant and the past, never from the code under test. The numbers are
 * those of the promises in the design.
 */
export class Oracle {
  readonly breaches: string[] = [];
  /** When somebody changed the object, as a person in the tenant does. */
  readonly edited = new Map<string, number>();
  /** Objects that somebody else deleted in the cloud. */
  readonly vanished = new Set<string>();
  /** Objects that came back from the cloud's deleted items, by us or by somebody else. */
  readonly revived = new Set<string>();
  /** Who asks for a delete now; null: nobody. */
  asking: string | null = null;
  readonly #holds = new HoldsOracle();
  readonly #observations: Observation[] = [];
  readonly #processed = new Set<string>();
  readonly #deletionsOf = new Map<string, number>();
  #audited: ReadonlySet<AuditRow> = new Set();

  constructor(
    private readonly world: HistoryWorld,
    private readonly statistics: Statistics,
  ) {
    world.watch = deleter => this.#watched(deleter);
  }

  #expect(holds: boolean, what: string): void {
    if (!holds) this.breaches.push(what);
  }

  get rules(): readonly StoredRule[] {
    const { rules, now } = this.world;
    return [...rules.rows.values()].filter(({ expiresAt }) => expiresAt === null || now < expiresAt);
  }

  get auditRows(): readonly AuditRow[] {
    return [...this.world.auditTable.chains]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { rows }]) => rows.flatMap(({ row }) => row ?? []));
  }

  #rowsOf(part: AuditPart): number {
    return this.auditRows.filter(row => row.part === part).length;
  }

  /** Whether anything that nobody released keeps objects of the type from being decided about. */
  isLocked(type: ObjectType): boolean {
    return this.#holds.locks(type, this.rules).length > 0;
  }

  #excludes({ cloud }: Member): boolean {
    return this.rules.some(
      ({ content }) =>
        content.kind === 'exclusion' && content.excludes.by === 'id' && content.excludes.id === cloud.id,
    );
  }

  // ---- scans

  before(): Before {
    const { candidates, decisions, tenant, runs } = this.world;
    return {
      rows: new Map([...candidates.rows].map(([key, { etag }]) => [key, etag])),
      decisions: decisions.written,
      audited: this.auditRows.length,
      reviewed: this.#rowsOf('review'),
      writes: tenant.writes.length,
      runs: new Map(runs.runs.map(run => [run.runId, run])),
    };
  }

  /** After one scan, or two at once. */
  scanned(before: Before): void {
    const { world, statistics } = this;
    const { candidates, decisions, tenant, runs } = world;
    this.#expect(decisions.written === before.decisions, 'a scan decides nothing (8)');
    this.#expect(tenant.writes.length === before.writes, 'a scan changes nothing in the tenant (8)');
    this.#expect(
      this.#rowsOf('review') === before.reviewed,
      'a scan adds nothing to the log of the review (8)',
    );
    for (const [runId, run] of before.runs) {
      const now = runs.runs.find(one => one.runId === runId);
      const closed = run.state === 'running' && now?.state === 'aborted';
      this.#expect(now === run || closed, `the record of ${runId} stays as it is (4)`);
    }
    const records = runs.runs.filter(run => !this.#processed.has(run.runId));
    const inOrder = records.toSorted((a, b) => a.runNumber - b.runNumber || (a.fence ?? 0) - (b.fence ?? 0));
    let accepted: Observation | null = null;
    for (const run of inOrder)
      accepted =
        this.#take(
          run,
          inOrder.some(other => isAfter(other, run)),
        ) ?? accepted;
    const changed = [...candidates.rows].filter(([key, { etag }]) => before.rows.get(key) !== etag);
    this.#expect(before.rows.size <= candidates.rows.size, 'no row vanishes (4)');
    statistics.count('rows written', changed.length);
    for (const [, row] of changed) statistics.count(`rows written: ${row.state}`);
    if (accepted === null) {
      this.#expect(changed.length === 0, 'a run that was not accepted writes no row (4)');
      // One that a crash ended may have been about to be accepted, and asks before it writes.
      const judged = records.every(run => run.state !== 'running' && run.state !== 'aborted');
      this.#expect(
        !judged || this.auditRows.length === before.audited,
        'a run that was not accepted asks for nothing (4)',
      );
      return;
    }
    const written = new Set(changed.map(([key]) => key));
    for (const [key, facts] of candidates.rows) {
      if (facts.state !== 'candidate' || !(accepted.finished || written.has(key))) continue;
      const member = world.members.find(({ cloud }) => cloud.id === facts.id);
      if (!member) {
        this.breaches.push(`${key} is nobody's`);
        continue;
      }
      this.#lookAtPast(member, accepted);
      for (const fault of tooEarly(member, facts, this.#observations, world))
        this.breaches.push(`${member.name} is a candidate of ${accepted.runId}: ${fault}`);
    }
  }

  /** What came back in the cloud is for people: for 30 days, or for ever where the app had deleted it. */
  #lookAtPast({ name, cloud }: Member, { runId, at }: Observation): void {
    const expect = (holds: boolean, what: string): void =>
      this.#expect(holds, `${name} is a candidate of ${runId}: ${what}`);
    const decision = this.world.decisions.rows.get(`${cloud.type}/${cloud.id}`);
    if (decision?.state === 'deleted')
      expect(at - decision.deletedAt < listLagMs, 'the app deleted it, and it was made again');
    if (decision?.state === 'restored')
      expect(at - decision.restoration.at >= restoredMs, 'the app restored it');
    const seen = this.#observations.findLast(({ deletedItems }) => deletedItems.has(cloud.id));
    expect(!seen || at - seen.at >= restoredMs, 'it was restored in the cloud');
  }

  /**
   * The observation of a run that passed its gates; null: it changed nothing. One that was `overtaken` while it hung lost its lease:
   * whoever took it has judged the same by itself, and goes on from there.
   */
  #take(run: ScanRun, overtaken: boolean): Observation | null {
    const { world, statistics } = this;
    this.#processed.add(run.runId);
    statistics.count(`runs ${run.state}`);
    if (run.fence === null) return null;
    const passed = run.plan !== null && run.state !== 'refused' && run.state !== 'held';
    for (const gate of run.gates) if (!gate.passed) statistics.count(`breaches of ${gate.gate}`);
    if (!overtaken) this.breaches.push(...this.#holds.take(run, passed, this.rules));
    if (!passed) return null;
    const exports = this.#exportsOf(run);
    const before = this.#observations.findLast(one => one.finished)?.exports ?? [];
    for (const fault of unfitEvidence(world, { now: run.startedAt, exports, before, rules: this.rules }))
      this.breaches.push(`${run.runId} was accepted although: ${fault} (4)`);
    this.#expect(
      world.forests.every(({ storageFault }) => storageFault === null),
      'what can not be read (3)',
    );
    this.#expect(world.directory.shortList === null, 'a list that is not complete (3)');
    const observation: Observation = {
      runId: run.runId,
      at: run.startedAt,
      finished: run.state === 'finished',
      exports,
      clouds: new Map(
        world.members.flatMap(({ name, cloud }) => {
          const now = world.tenant.find(cloud.type, cloud.id);
          return now ? [[name, now] as const] : [];
        }),
      ),
      deletedItems: new Set(world.tenant.bin.keys()),
      tenantLastSync: world.synchronisation.state.lastSyncDateTime,
    };
    this.#observations.push(observation);
    return observation;
  }

  #exportsOf(run: ScanRun): readonly KeptExport[] {
    return run.exports.flatMap(used =>
      this.world.forests.flatMap(({ archive }) =>
        archive.filter(({ manifestHash }) => manifestHash === used.manifestHash),
      ),
    );
  }

  // ---- decisions

  /** After a step that may have approved. */
  decided(member: Member, earlier: StoredDecision | null): void {
    const { world } = this;
    const decision = world.decision(member);
    if (decision?.state !== 'approved' || decision.etag === earlier?.etag) return;
    if (decision.approval.at !== decision.changedAt) return;
    const facts = world.facts(member);
    const expect = (holds: boolean, promise: string): void =>
      this.#expect(holds, `approved ${member.name}: ${promise}`);
    expect(facts?.state === 'candidate', 'a candidate (2)');
    expect(facts?.evidenceHash === decision.approval.evidenceHash, 'the evidence of now (1)');
    expect(!this.isLocked(member.cloud.type), 'no lock is in force (4)');
    expect(!this.#excludes(member), 'no rule keeps it');
    expect(member.cloud.type !== 'contact' || world.settings.contactsThroughBeta, 'contacts are for people');
  }

  // ---- what is written to the tenant

  #watched(deleter: CloudDeleter): CloudDeleter {
    return {
      restore: (...all) => deleter.restore(...all),
      release: (...all) => deleter.release(...all),
      block: (...all) => {
        this.#look(all[0].id, 'quarantined');
        this.statistics.count('blocks');
        return deleter.block(...all);
      },
      delete: (...all) => {
        this.#look(all[0].id, 'deleting');
        this.statistics.count('DELETE requests');
        return deleter.delete(...all);
      },
    };
  }

  #look(id: string, state: 'deleting' | 'quarantined'): void {
    const { world } = this;
    const { now } = world;
    const member = world.members.find(({ cloud }) => cloud.id === id);
    if (!member) return void this.breaches.push(`${id} is nobody's`);
    const { name } = member;
    const { type } = member.cloud;
    const expect = (holds: boolean, promise: string): void =>
      this.#expect(holds, `${state} ${name}: ${promise}`);
    const { stage, testObjects } = world.deletion.rollout;
    expect(this.asking !== null && stage !== 'reportOnly', 'report-only is the default (6)');
    expect(stage === 'normal' || testObjects.has(`${type}/${id}`), 'one of the test objects (6)');
    const decision = world.decision(member);
    const facts = world.facts(member);
    expect(decision?.state === state, 'deleted is reached through deleting only (1)');
    const approval = decision && 'approval' in decision ? decision.approval : null;
    if (!approval || !facts) return expect(false, 'an approval and facts (1)');
    expect(facts.state === 'candidate', 'a candidate (1)');
    expect(approval.evidenceHash === facts.evidenceHash, 'the same evidence (1)');
    expect(now < approval.expiresAt, 'unexpired (1)');
    const audited = this.auditRows.some(
      row => row.object?.id === id && row.action === 'candidateApproved' && row.at === approval.at,
    );
    expect(audited, 'an approval that is audited (7)');
    if (state === 'deleting') {
      expect(
        this.auditRows.some(row => row.operationId === decision?.operationId),
        'a beginning that is audited (7)',
      );
      expect(!world.deletion.fourEyesTypes.has(type) || this.asking !== approval.by.id, 'four eyes (1)');
      const day = Math.floor(now / 86_400_000);
      const today = this.#deletionsOf.get(String(day)) ?? 0;
      expect(today < world.settings.deletionsPerDay, 'the cap of the day');
    }
    expect(!this.#excludes(member), 'no rule keeps it');
    for (const hold of this.#holds.open(this.rules))
      if (hold.kind === 'evidence' || (hold.type ?? type) === type)
        expect(false, `${hold.gate} of ${hold.runId} holds (4)`);
    this.#lookAtEvidence(member, approval.at, expect);
    const live = world.tenant.find(type, member.cloud.id);
    if (!live) return;
    this.#lookAtObject(member, live, approval.at, facts.changedAt, expect);
    if (state === 'deleting') {
      expect(!decision?.quarantine || now >= decision.quarantine.until, 'the quarantine is over (1)');
      if (type !== 'contact') this.#countDeletion();
    }
  }

  #countDeletion(): void {
    const day = String(Math.floor(this.world.now / 86_400_000));
    this.#deletionsOf.set(day, (this.#deletionsOf.get(day) ?? 0) + 1);
  }

  #lookAtEvidence(member: Member, approvedAt: number, expect: Expect): void {
    const { world } = this;
    const newest = world.forests.flatMap(forest => forest.newest ?? []);
    const last = this.#observations.findLast(one => one.finished);
    expect(last !== undefined, 'a scan was accepted (5)');
    const ground = { now: world.now, exports: newest, before: last?.exports ?? [], rules: this.rules };
    for (const fault of unfitEvidence(world, ground)) expect(false, `${fault} (5)`);
    expect(
      world.forests.every(({ storageFault }) => storageFault === null),
      'what can be read (3)',
    );
    for (const { source, manifest } of newest)
      expect(manifest.startedAt > approvedAt, `an export of ${source} begun after the approval (5)`);
    const runs = world.runs.runs.filter(({ finishedAt }) => finishedAt !== null && finishedAt <= approvedAt);
    const seen = new Set(runs.flatMap(run => run.exports.map(({ manifestHash }) => manifestHash)));
    for (const { source, manifestHash } of newest)
      expect(!seen.has(manifestHash), `an export of ${source} that was not there at the approval (5)`);
    const live = world.tenant.find(member.cloud.type, member.cloud.id);
    if (live)
      expect(holdersOf(live, recordsOf({ exports: newest })).length === 0, 'not alive by any key (2, 5)');
  }

  #lookAtObject(
    member: Member,
    live: CloudObject,
    approvedAt: number,
    judgedAt: number,
    expect: Expect,
  ): void {
    expect(live.onPremisesSyncEnabled === true, 'still synced (5)');
    expect((live.onPremisesLastSyncDateTime ?? 0) <= approvedAt, 'not synchronised since (5)');
    expect((this.edited.get(member.name) ?? 0) <= judgedAt, 'the object as it was judged (5)');
  }

  // ---- after every step, and at the end

  /** Nothing that was recorded is lost or changed. */
  stepped(): void {
    const rows = new Set(this.auditRows);
    this.#expect(
      [...this.#audited].every(row => rows.has(row)),
      'an audit row was lost or changed (7)',
    );
    this.#audited = rows;
  }

  /** When everything has come to its end. */
  async ended(): Promise<void> {
    const { world, auditRows } = this;
    const report = await verifyAudit(
      { table: world.auditTable, mirror: world.auditMirror },
      ['review', 'scan'],
      world.stop.signal,
    );
    this.#expect(report.status === 'whole', `the audit log is whole (7): ${JSON.stringify(report.findings)}`);
    const operations = new Set(auditRows.map(row => row.operationId));
    this.#expect(operations.size === auditRows.length, 'every operation is recorded once (7)');
    for (const decision of world.decisions.everything) {
      const { state, operationId, changedAt } = decision;
      const at =
        (state === 'approved' && decision.approval.at) ||
        (state === 'rejected' && decision.rejection.at) ||
        (state === 'lapsed' && decision.lapse.at);
      if (at === changedAt || state === 'deleting')
        this.#expect(operations.has(operationId), `${state} of ${decision.id} is audited (7)`);
    }
    for (const member of world.members) this.#endOf(member);
  }

  #endOf(member: Member): void {
    const { world, statistics } = this;
    const { cloud, name } = member;
    const key = `${cloud.type}/${cloud.id}`;
    const times = world.tenant.deletions.filter(one => one === key).length;
    statistics.count('deletes', times);
    const about = this.auditRows.filter(row => row.object?.id === cloud.id);
    const count = (action: string): number => about.filter(row => row.action === action).length;
    const expect = (holds: boolean, promise: string): void => this.#expect(holds, `${name}: ${promise}`);
    expect(times < 2, 'never two deletes (7)');
    const succeeded = count('deletionSucceeded');
    // Whether a DELETE arrived of which nobody saw the answer, nothing tells once somebody has restored what it deleted.
    const unconfirmed = about.filter(row => saysUnconfirmed(row)).length;
    const told = succeeded + (this.revived.has(name) ? unconfirmed : 0);
    expect(
      this.vanished.has(name) ? succeeded >= times && succeeded < 2 : succeeded <= times && times <= told,
      `a delete is recorded once (7): ${times}, ${succeeded}`,
    );
    const live = world.tenant.find(cloud.type, cloud.id);
    const decision = world.decision(member);
    expect(decision?.state !== 'deleting', 'every delete comes to its end (7)');
    const done = decision?.state === 'deleted' || decision?.state === 'restored';
    expect(done === succeeded > 0, `the decision says what happened (7): ${decision?.state}`);
    if (!this.vanished.has(name))
      expect(
        (live === undefined) === (times === 1 && !this.revived.has(name)),
        'it is there, or we deleted it',
      );
    const attempts = count('deletionStarted');
    const ends = about.filter(row => row.operationId.endsWith('.end')).length;
    expect(ends === attempts, `every attempt has its end (7): ${attempts}, ${ends}`);
    if (live?.type === 'user' && live.accountEnabled === false)
      expect(
        (decision?.quarantine ?? null) !== null,
        'nobody is locked out without a decision that says so (7)',
      );
    if (decision) statistics.count(`decisions ended ${decision.state}`);
  }
}

/** Whether a run took the lease from another one, which had read before that what the next number is. */
const isAfter = (other: ScanRun, run: ScanRun): boolean =>
  (other.fence ?? 0) > (run.fence ?? 0) && other.runNumber === run.runNumber;

type Expect = (holds: boolean, promise: string) => void;

const saysUnconfirmed = ({ details }: AuditRow): boolean => {
  const ending = endingOfDetails(details);
  return ending?.kind === 'failed' && ending.mayHaveTakenEffect;
};
