import { verifyAudit } from '../../../shared/app/verifyAudit';
import type { AuditPart, AuditRow } from '../../../shared/core/audit';
import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import type { StoredDecision } from '../../../shared/core/decision';
import { endingOfDetails } from '../../../shared/core/review/deletionEnding';
import { quarantineOperation } from '../../../shared/core/review/deletionOperation';
import type { StoredFacts } from '../../../shared/core/facts';
import type { StoredRule } from '../../../shared/core/rule';
import type { ScanRun } from '../../../shared/core/scanRun';
import type { Member } from './cast';
import { unfitEvidence } from './evidenceOracle';
import type { KeptExport } from './forest';
import { holdersOf } from './heldBy';
import { HoldsOracle } from './holdsOracle';
import type { Asking, HistoryWorld, Watch } from './historyWorld';
import type { Statistics } from './statistics';
import { dayMs, minuteMs } from './steps';
import { recordsOf, tooEarly, type Observation } from './timeOracle';

const restoredMs = 30 * dayMs;
/** How long Graph's lists may still show what is deleted. */
const listLagMs = 60 * minuteMs;

/** Everything that a run must leave alone, unless it is accepted, and the tenant as the run found it. */
interface Before {
  readonly rows: ReadonlyMap<string, string>;
  readonly decisions: number;
  readonly asked: number;
  readonly reviewed: number;
  readonly writes: number;
  readonly runs: ReadonlyMap<string, ScanRun>;
  readonly clouds: ReadonlyMap<string, CloudObject>;
  readonly deletedItems: ReadonlySet<string>;
  /** Calls to the part review that had begun; null: some had not ended. */
  readonly reviews: number | null;
}

/** What decisions about an object depend on, at a moment. */
export interface DecisionGround {
  readonly now: number;
  readonly facts: StoredFacts | null;
  readonly rules: readonly StoredRule[];
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
  readonly #holds = new HoldsOracle();
  readonly #observations: Observation[] = [];
  readonly #processed = new Set<string>();
  readonly #deletionsOf = new Map<number, number>();
  #audited: ReadonlySet<AuditRow> = new Set();
  #reviews = 0;
  #reviewsOpen = 0;
  #scans = 0;

  constructor(
    private readonly world: HistoryWorld,
    private readonly statistics: Statistics,
  ) {
    world.watch = asking => this.#watch(asking);
  }

  #expect(holds: boolean, what: string): void {
    if (!holds) this.breaches.push(what);
  }

  get rules(): readonly StoredRule[] {
    return inForce([...this.world.rules.rows.values()], this.world.now);
  }

  get auditRows(): readonly AuditRow[] {
    return [...this.world.auditTable.chains]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([, { rows }]) => rows.flatMap(({ row }) => row ?? []));
  }

  #rowsOf(part: AuditPart): number {
    return this.auditRows.filter(row => row.part === part).length;
  }

  /** What is in force about the object now. */
  ground(member: Member): DecisionGround {
    return { now: this.world.now, facts: this.world.facts(member), rules: this.rules };
  }

  #clouds(): Map<string, CloudObject> {
    const { world } = this;
    return new Map(
      world.members.flatMap(({ name, cloud }) => {
        const now = world.tenant.find(cloud.type, cloud.id);
        return now ? [[name, now] as const] : [];
      }),
    );
  }

  // ---- scans

  /** Around a call to the part review: a scan answers only for what happens while there is none. */
  async reviewing(call: () => Promise<void>): Promise<void> {
    this.#reviews += 1;
    this.#reviewsOpen += 1;
    await call();
    this.#reviewsOpen -= 1;
  }

  scanBegins(): Before {
    const { candidates, decisions, tenant, runs } = this.world;
    this.#scans += 1;
    return {
      rows: new Map([...candidates.rows].map(([key, { etag }]) => [key, etag])),
      decisions: decisions.written,
      asked: this.#rowsOf('scan'),
      reviewed: this.#rowsOf('review'),
      writes: tenant.writes.length,
      runs: new Map(runs.runs.map(run => [run.runId, run])),
      clouds: this.#clouds(),
      deletedItems: new Set(tenant.bin.keys()),
      reviews: this.#reviewsOpen > 0 ? null : this.#reviews,
    };
  }

  /** After a scan; of several at once, after the last one. */
  scanEnded(before: Before): void {
    this.#scans -= 1;
    if (this.#scans > 0) return;
    const { world, statistics } = this;
    const { candidates, decisions, tenant, runs } = world;
    if (this.#reviews === before.reviews) {
      this.#expect(decisions.written === before.decisions, 'a scan decides nothing (8)');
      this.#expect(tenant.writes.length === before.writes, 'a scan changes nothing in the tenant (8)');
      this.#expect(
        this.#rowsOf('review') === before.reviewed,
        'a scan adds nothing to the log of the review (8)',
      );
    }
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
          before,
        ) ?? accepted;
    world.directory.shortList = null;
    const changed = [...candidates.rows].filter(([key, { etag }]) => before.rows.get(key) !== etag);
    this.#expect(before.rows.size <= candidates.rows.size, 'no row vanishes (4)');
    statistics.count('rows written', changed.length);
    for (const [, row] of changed) statistics.count(`rows written: ${row.state}`);
    if (accepted === null) {
      this.#expect(changed.length === 0, 'a run that was not accepted writes no row (4)');
      // One that a crash ended may have been about to be accepted, and asks before it writes.
      const judged = records.every(run => run.state !== 'running' && run.state !== 'aborted');
      this.#expect(
        !judged || this.#rowsOf('scan') === before.asked,
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
    const restoredAt = this.#restoredAt(cloud.id);
    // A restoration has its audit row before its decision: until that is written, nobody can decide about it either.
    if (decision?.state === 'deleted')
      expect(at - decision.deletedAt < listLagMs, 'the app deleted it, and it was made again');
    else expect(restoredAt === null || at - restoredAt >= restoredMs, 'the app restored it');
    const seen = this.#observations.findLast(({ deletedItems }) => deletedItems.has(cloud.id));
    expect(!seen || at - seen.at >= restoredMs, 'it was restored in the cloud');
  }

  /** When the app restored it last, or found it restored, as it wrote down then; null: never. */
  #restoredAt(id: string): number | null {
    const row = this.auditRows.findLast(({ action, object }) => action === 'restored' && object?.id === id);
    return row?.at ?? null;
  }

  /**
   * The observation of a run that passed its gates; null: it changed nothing. One that was `overtaken` while it hung lost its lease:
   * whoever took it has judged the same by itself, and goes on from there.
   */
  #take(run: ScanRun, overtaken: boolean, { clouds, deletedItems }: Before): Observation | null {
    const { world, statistics } = this;
    this.#processed.add(run.runId);
    statistics.count(`runs ${run.state}`);
    if (run.fence === null) return null;
    const passed = run.plan !== null && run.state !== 'refused' && run.state !== 'held';
    for (const gate of run.gates) if (!gate.passed) statistics.count(`breaches of ${gate.gate}`);
    // As it read them: they may be others since.
    const rules = inForce(world.rulesReadBy.get(run.runId) ?? [...world.rules.rows.values()], run.startedAt);
    if (!overtaken) this.breaches.push(...this.#holds.take(run, passed, rules));
    if (!passed) return null;
    const exports = this.#exportsOf(run);
    const before = this.#observations.findLast(one => one.finished)?.exports ?? [];
    for (const fault of unfitEvidence(world, { now: run.startedAt, exports, before, rules }))
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
      // What was deleted since was there, and what was restored since may have been seen.
      clouds: new Map([...this.#clouds(), ...clouds]),
      deletedItems: new Set([...deletedItems].filter(id => world.tenant.bin.has(id as CloudId))),
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

  /**
   * After a step that may have approved. `ground`: at its beginning, since what changes while somebody decides may not be seen. A
   * delete is not begun by an approval that was overtaken so.
   */
  decided(member: Member, earlier: StoredDecision | null, ground: DecisionGround): void {
    const { world } = this;
    const decision = world.decision(member);
    if (earlier?.state === 'restored' && decision && decision.state !== 'restored') {
      this.statistics.count(`decisions after a restoration: ${decision.state}`);
      const since = decision.changedAt - earlier.restoration.at;
      this.#expect(since >= restoredMs, `decided about ${member.name}: restored less than 30 days ago`);
    }
    if (decision?.state !== 'approved' || decision.etag === earlier?.etag) return;
    if (decision.approval.at !== decision.changedAt) return;
    const { evidenceHash } = decision.approval;
    const grounds = [ground, this.ground(member)];
    const expect = (holds: (one: DecisionGround) => boolean, promise: string): void =>
      this.#expect(grounds.some(holds), `approved ${member.name}: ${promise}`);
    const { type } = member.cloud;
    expect(({ facts }) => facts?.state === 'candidate', 'a candidate (2)');
    expect(({ facts }) => facts?.evidenceHash === evidenceHash, 'the evidence of now (1)');
    expect(({ rules }) => this.#holds.locks(type, rules).length === 0, 'no lock is in force (4)');
    expect(({ rules }) => !excludes(rules, member), 'no rule keeps it');
    expect(() => type !== 'contact' || world.settings.contactsThroughBeta, 'contacts are for people');
  }

  // ---- what is written to the tenant

  /** Stands before and behind the ports of one process of the part review. */
  #watch(asking: Asking | null): Watch {
    const begun = { now: this.world.now, rules: this.rules };
    // At the last look at what the app knows: nothing can be asked of what comes between that and the request.
    const looked = new Map<string, LastLook>();
    const look = (id: string, state: 'deleting' | 'quarantined'): void =>
      this.#look({ id, state, asking, begun, looked: looked.get(id) ?? null });
    return {
      facts: reader => ({
        read: (type, id, signal) => {
          const member = this.world.members.find(({ cloud }) => cloud.id === id);
          if (member) looked.set(id, { ...this.ground(member), open: this.#holds.open(this.rules) });
          return reader.read(type, id, signal);
        },
      }),
      deleter: deleter => ({
        restore: (...all) => deleter.restore(...all),
        release: (...all) => deleter.release(...all),
        block: (...all) => {
          look(all[0].id, 'quarantined');
          this.statistics.count('blocks');
          return deleter.block(...all);
        },
        delete: (...all) => {
          look(all[0].id, 'deleting');
          this.statistics.count('DELETE requests');
          return deleter.delete(...all);
        },
      }),
    };
  }

  #look({ id, state, asking, begun, looked }: Request): void {
    const { world } = this;
    const member = world.members.find(({ cloud }) => cloud.id === id);
    if (!member) return void this.breaches.push(`${id} is nobody's`);
    const { name } = member;
    const { type } = member.cloud;
    const expect = (holds: boolean, promise: string): void =>
      this.#expect(holds, `${state} ${name}: ${promise}`);
    if (asking === null) return expect(false, 'an explicit request (6)');
    const { stage, testObjects } = asking.settings.rollout;
    expect(stage !== 'reportOnly', 'report-only is the default (6)');
    expect(stage === 'normal' || testObjects.has(`${type}/${id}`), 'one of the test objects (6)');
    const decision = world.decision(member);
    expect(decision?.state === state, 'deleted is reached through deleting only (1)');
    const approval = decision && 'approval' in decision ? decision.approval : null;
    const now: LastLook = { ...this.ground(member), open: this.#holds.open(this.rules) };
    const looks = looked ? [looked, now] : [now];
    const eitherTime = (holds: (one: LastLook) => boolean, promise: string): void =>
      expect(looks.some(holds), promise);
    if (!approval || !decision) return expect(false, 'an approval (1)');
    eitherTime(({ facts }) => facts?.state === 'candidate', 'a candidate (1)');
    eitherTime(({ facts }) => facts?.evidenceHash === approval.evidenceHash, 'the same evidence (1)');
    eitherTime(one => one.now < approval.expiresAt, 'unexpired (1)');
    eitherTime(({ rules }) => !excludes(rules, member), 'no rule keeps it');
    const holding = ({ open }: LastLook) =>
      open.filter(hold => hold.kind === 'evidence' || (hold.type ?? type) === type);
    eitherTime(
      one => holding(one).length === 0,
      `${holding(now)
        .map(({ gate, runId }) => `${gate} of ${runId}`)
        .join(', ')} holds (4)`,
    );
    const audited = this.auditRows.some(
      row => row.object?.id === id && row.action === 'candidateApproved' && row.at === approval.at,
    );
    expect(audited, 'an approval that is audited (7)');
    const restoredAt = this.#restoredAt(id);
    expect(restoredAt === null || approval.at - restoredAt >= restoredMs, 'approved anew since restored (1)');
    this.#lookAtEvidence(member, approval.at, begun, expect);
    const live = world.tenant.find(type, member.cloud.id);
    if (live) this.#lookAtObject(member, live, approval.at, now.facts?.changedAt ?? 0, expect);
    if (decision.state !== 'deleting') return;
    expect(
      this.auditRows.some(row => row.operationId === decision.operationId),
      'a beginning that is audited (7)',
    );
    const fourEyes = asking.settings.fourEyesTypes.has(type);
    expect(!fourEyes || asking.by !== approval.by.id, 'four eyes (1)');
    expect(!decision.quarantine || world.now >= decision.quarantine.until, 'the quarantine is over (1)');
    if (live && type !== 'contact') this.#countDeletion(decision.deletion.at, expect);
  }

  /** The day of a delete is the one on which it was begun. */
  #countDeletion(begunAt: number, expect: Expect): void {
    const day = Math.floor(begunAt / dayMs);
    const before = this.#deletionsOf.get(day) ?? 0;
    expect(before < this.world.settings.deletionsPerDay, 'the cap of the day');
    this.#deletionsOf.set(day, before + 1);
  }

  #lookAtEvidence(
    member: Member,
    approvedAt: number,
    begun: Pick<DecisionGround, 'now' | 'rules'>,
    expect: Expect,
  ): void {
    const { world } = this;
    const newest = world.forests.flatMap(forest => forest.newest ?? []);
    const last = this.#observations.findLast(one => one.finished);
    expect(last !== undefined, 'a scan was accepted (5)');
    const ground = { ...begun, exports: newest, before: last?.exports ?? [] };
    // The exports are read once a call.
    const later = unfitEvidence(world, { ...ground, now: world.now, rules: this.rules });
    for (const fault of unfitEvidence(world, ground)) expect(!later.includes(fault), `${fault} (5)`);
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

  /** Nothing that was recorded is lost or changed, and nobody but us blocks anybody. */
  stepped(): void {
    for (const member of this.world.members) {
      const live = this.world.tenant.find('user', member.cloud.id);
      if (live?.type === 'user' && live.accountEnabled === false)
        this.#expect(
          (this.world.decision(member)?.quarantine ?? null) !== null,
          `${member.name}: nobody is locked out without a decision that says so (7)`,
        );
    }
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
    for (const { action, operationId, details } of auditRows)
      if (action === 'quarantineReleased' && (details as { enabledNow?: unknown }).enabledNow === true)
        this.#expect(
          operations.has(operationId.replace(/^release\./, 'quarantine.')),
          `the block before ${operationId} is audited (7)`,
        );
    for (const member of world.members) this.#endOf(member, operations);
  }

  #endOf(member: Member, operations: ReadonlySet<string>): void {
    const { world, statistics } = this;
    const { cloud, name } = member;
    const key = `${cloud.type}/${cloud.id}`;
    const times = world.tenant.deletions.filter(one => one === key).length;
    statistics.count('deletes', times);
    const about = this.auditRows.filter(row => row.object?.id === cloud.id);
    const count = (action: string): number => about.filter(row => row.action === action).length;
    const expect = (holds: boolean, promise: string): void => this.#expect(holds, `${name}: ${promise}`);
    // Each restoration may be followed by a new approval, and that by a delete of its own.
    const restored = count('restored');
    expect(times < 2 + restored, 'never two deletes (7)');
    const succeeded = count('deletionSucceeded');
    // Whether a DELETE arrived of which nobody saw the answer, nothing tells once somebody has restored what it deleted.
    const unconfirmed = about.filter(row => saysUnconfirmed(row)).length;
    const told = succeeded + (this.revived.has(name) ? unconfirmed : 0);
    expect(
      this.vanished.has(name)
        ? succeeded >= times && succeeded < 2 + restored
        : succeeded <= times && times <= told,
      `a delete is recorded once (7): ${times}, ${succeeded}`,
    );
    const live = world.tenant.find(cloud.type, cloud.id);
    const decision = world.decision(member);
    expect(decision?.state !== 'deleting', 'every delete comes to its end (7)');
    const done = decision?.state === 'deleted' || decision?.state === 'restored';
    expect(
      restored === 0 ? done === succeeded > 0 : !done || succeeded > 0,
      `the decision says what happened (7): ${decision?.state}`,
    );
    if (!this.vanished.has(name))
      expect(
        restored === 0
          ? (live === undefined) === (times === 1 && !this.revived.has(name))
          : live !== undefined || times > 1,
        'it is there, or we deleted it',
      );
    const attempts = count('deletionStarted');
    const ends = about.filter(row => row.operationId.endsWith('.end')).length;
    expect(ends === attempts, `every attempt has its end (7): ${attempts}, ${ends}`);
    if (live?.type === 'user' && live.accountEnabled === false && decision?.state !== 'restored') {
      const blocked = quarantineOperation(cloud.id, decision?.quarantine?.at ?? 0);
      expect(operations.has(blocked), 'its block is audited (7)');
      expect(world.facts(member)?.state !== 'withdrawn', 'nobody who lives stays locked out');
    }
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

type LastLook = DecisionGround & { readonly open: ReturnType<HoldsOracle['open']> };

/** What is about to be sent to the tenant, and for whom. */
interface Request {
  readonly id: string;
  readonly state: 'deleting' | 'quarantined';
  readonly asking: Asking | null;
  /** When the process began. */
  readonly begun: Pick<DecisionGround, 'now' | 'rules'>;
  readonly looked: LastLook | null;
}

const inForce = (rules: readonly StoredRule[], now: number): readonly StoredRule[] =>
  rules.filter(({ expiresAt }) => expiresAt === null || now < expiresAt);

const excludes = (rules: readonly StoredRule[], { cloud }: Member): boolean =>
  rules.some(
    ({ content }) =>
      content.kind === 'exclusion' && content.excludes.by === 'id' && content.excludes.id === cloud.id,
  );
