import { detectOrphans, type DetectOrphansPorts } from '../../../shared/app/detectOrphans';
import { approveMany } from '../../../shared/app/review/approveMany';
import { releaseHold, type ReleasedHold } from '../../../shared/app/review/releaseHold';
import { removeRule } from '../../../shared/app/review/rules';
import type { GateLimits } from '../../../shared/core/gates/limits';
import type { Instant } from '../../../shared/core/instant';
import type { ScanRun } from '../../../shared/core/scanRun';
import { memoryAsking, memoryHistory } from '../../support/memory/memoryHistory';
import { MemoryLock } from '../../support/memory/memoryLock';
import { memoryFactsReader } from '../../support/memory/memoryDeletions';
import { scanSettings } from '../../support/scanDefaults';
import { approver, dayMs, DeletionWorld, minuteMs } from './review/deletionWorld';

/** The whole app in memory, night by night: each begins with a fresh export, and ends with the record of its scan. */
export class HoldWorld extends DeletionWorld {
  readonly lock = new MemoryLock();
  #nights = 0;

  constructor() {
    super();
    // The scan and the deletion go by the same limits, as they do in the app. Users, of which there are 40.
    this.limit({ exportDropPercent: 5, exportDropObjects: 0 });
  }

  limit(limits: Partial<GateLimits>): this {
    this.settings = { ...this.settings, limits: { ...this.settings.limits, ...limits } };
    return this;
  }

  /** At most so many users may be missing. */
  limitCandidates(users: number): this {
    const { candidatesObjects } = this.settings.limits;
    return this.limit({ candidatesObjects: { ...candidatesObjects, user: users } });
  }

  limitNewMissing(users: number): this {
    const { newMissingObjects } = this.settings.limits;
    return this.limit({ newMissingObjects: { ...newMissingObjects, user: users } });
  }

  async night(ports: Partial<DetectOrphansPorts> = {}): Promise<ScanRun> {
    if (this.#nights > 0) this.advance(dayMs).newExport();
    this.advance(minuteMs);
    return this.scanNow(ports);
  }

  /** A scan without a new export. */
  scanNow(ports: Partial<DetectOrphansPorts> = {}): Promise<ScanRun> {
    const { directory, exports, candidates, runs, rules, synchronisation, lock, log } = this;
    const { deletedUsers, decisions, tenant: deletedItems } = this;
    deletedUsers.readLastAt((this.now - dayMs) as Instant);
    return detectOrphans(
      {
        directory,
        exports,
        candidates,
        runs,
        rules,
        synchronisation,
        history: memoryHistory({ deletedItems, deletedUsers, decisions, evidence: candidates }),
        asking: memoryAsking(),
        lock,
        log,
        clock: { now: () => this.now as Instant },
        newRunId: () => `night-${(this.#nights += 1)}`,
        ...ports,
      },
      scanSettings(this.settings.sources, { limits: this.settings.limits }),
      this.stop.signal,
    );
  }

  /** Half of the forest is out of sight, as one broken permission does it; `restore` gives it back. */
  loseHalf(): this {
    return this.loseRecords(20);
  }

  restore(): this {
    for (let n = 20; n < 40; n += 1) this.comeBack(`colleague${n}`, 1107 + n * 1_000);
    return this;
  }

  /** An administrator lets a breach go, an hour later. */
  async release(runId: string, gate: string, statement = { runId, gate }): Promise<ReleasedHold> {
    this.advance(minuteMs);
    return releaseHold(
      { ...this.ports(), rules: this.rules },
      {
        runId,
        gate,
        statement,
        reason: 'The OU was moved on purpose.',
        by: approver,
        correlationId: null,
      },
      this.stop.signal,
    );
  }

  async removeReleases(): Promise<void> {
    for (const { content, ruleId, etag } of this.rules.rows.values())
      await removeRule(
        { ...this.ports(), rules: this.rules },
        { kind: content.kind, ruleId, version: etag, by: approver, correlationId: null },
        this.stop.signal,
      );
  }

  /** Approves by the use case, as the page does; `approved`, or why not. */
  async tryToApprove(name: string): Promise<string> {
    this.advance(minuteMs);
    const facts = this.facts(name);
    if (!facts) return 'no row';
    const [outcome] = await approveMany(
      { ...this.ports(), facts: memoryFactsReader(this.candidates), decisions: this.decisions },
      { approvalDays: 14, contactsThroughBeta: false },
      {
        items: [{ type: facts.type, id: facts.id, evidenceHash: facts.evidenceHash }],
        by: approver,
        comment: null,
        correlationId: null,
      },
      this.stop.signal,
    );
    return outcome?.status === 'refused' ? outcome.because : (outcome?.status ?? 'nothing');
  }

  /** Deletes by the use case, over an export that was begun after the approval; `deleted`, or why not. */
  async tryToDelete(name: string): Promise<string> {
    this.advance(minuteMs).newExport().advance(minuteMs);
    const outcome = await this.deleteOne(name);
    return outcome.kind === 'refused' ? outcome.refusal : outcome.kind;
  }

  /** Names of the users on record, with the state of their rows. */
  users(): Record<string, string> {
    const rows = [...this.candidates.rows.values()].filter(row => row.type === 'user');
    return Object.fromEntries(rows.map(row => [row.displayName ?? row.id, row.state]));
  }
}

/** Names of the gates that stand in the way. */
export const breachesOf = (run: ScanRun): string[] => [
  ...new Set(run.gates.filter(gate => !gate.passed && gate.releasedBy === null).map(({ gate }) => gate)),
];
