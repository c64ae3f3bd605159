import { sameSubject, type GateResult } from '../../../shared/core/gates/gate';
import type { Hold } from '../../../shared/core/holds';
import type { ObjectType } from '../../../shared/core/objectType';
import type { StoredRule } from '../../../shared/core/rule';
import type { ScanRun } from '../../../shared/core/scanRun';

type Seen = Omit<Hold, 'since'>;

/** How much worse a breach may be and still be the one that was released. */
const slack = 1.1;

const keyOf = ({ runId, gate, source, type, context }: Omit<Seen, 'severity' | 'kind'>): string =>
  [runId, gate, source, type, context].join(' ');

/**
 * What must be in force, told again from the gates of the records alone: every breach that holds, from the run that shows it until
 * somebody released it.
 */
export class HoldsOracle {
  #seen: Seen[] = [];

  /** What nobody let go: neither itself, nor the same breach, as bad, of another run. */
  open(rules: readonly StoredRule[]): readonly Seen[] {
    return this.#seen.filter(
      (hold, at) =>
        !this.#seen.some(
          (other, otherAt) =>
            isReleased(other, rules) &&
            (at === otherAt ||
              (reachesTo(other, at < otherAt ? 'earlier' : 'later') && isCovered(hold, other))),
        ),
    );
  }

  locks(type: ObjectType, rules: readonly StoredRule[]): readonly Seen[] {
    return this.open(rules).filter(hold => hold.kind === 'volume' && (hold.type ?? type) === type);
  }

  /** A run that has ended, one way or another. `passed`: its gates, however it went on. */
  take(run: ScanRun, passed: boolean, rules: readonly StoredRule[]): readonly string[] {
    const breaches: string[] = [];
    const open = this.open(rules);
    if (passed)
      for (const hold of open)
        if (hold.kind === 'evidence')
          breaches.push(`${run.runId} was accepted although ${keyOf(hold)} holds`);
    const own = run.gates.filter(gate => !gate.passed && gate.holds && gate.releasedBy === null);
    for (const gate of run.gates)
      if (gate.releasedBy !== null && !this.#covers(gate, rules))
        breaches.push(`${run.runId}: nobody released ${gate.gate}`);
    // What was released is used up by a run that was accepted, and not by one that ended before it was.
    if (run.state === 'finished')
      this.#seen = this.#seen.filter(hold => open.includes(hold) || goesOn(hold, run, rules));
    this.#seen.push(
      ...own
        .filter(gate => (gate.kind === 'volume') === passed)
        .map(gate => ({ ...subject(gate), runId: run.runId, severity: gate.severity, kind: gate.kind })),
    );
    const carried = new Set(run.holds.map(keyOf));
    for (const hold of this.open(rules))
      if (!carried.has(keyOf(hold)) && !manyOf(run.holds, hold))
        breaches.push(`${run.runId} does not carry on ${keyOf(hold)}`);
    return breaches;
  }

  #covers(gate: GateResult, rules: readonly StoredRule[]): boolean {
    return this.#seen.some(
      hold => isReleased(hold, rules) && reachesTo(hold, 'later') && isCovered(gate, hold),
    );
  }
}

type Breach = Pick<GateResult, 'gate' | 'source' | 'type' | 'context' | 'severity'>;

const isCovered = (breach: Breach, released: Seen): boolean =>
  sameSubject(released, breach) && breach.severity <= released.severity * slack;

/** A release of these is about the run that it names, or about what came before it. */
const reachesTo = ({ gate }: Seen, where: 'earlier' | 'later'): boolean => {
  if (gate === 'newMissing') return false;
  return where === 'earlier' || (gate !== 'exportVerified' && gate !== 'tenantAgrees');
};

const subject = ({ gate, source, type, context }: GateResult) => ({ gate, source, type, context });

const isReleased = ({ runId, gate }: Seen, rules: readonly StoredRule[]): boolean =>
  rules.some(
    ({ content }) => content.kind === 'holdRelease' && content.runId === runId && content.gate === gate,
  );

/** A released lock goes on while its figure is above the limit, but for the one that is about a single night. */
const goesOn = (hold: Seen, run: ScanRun, rules: readonly StoredRule[]): boolean =>
  hold.kind === 'volume' &&
  hold.gate !== 'newMissing' &&
  isReleased(hold, rules) &&
  run.gates.some(gate => !gate.passed && sameSubject(gate, hold));

/** Of one subject ten are carried on: an older one says the same. */
const manyOf = (holds: readonly Hold[], hold: Seen): boolean =>
  holds.filter(other => sameSubject(other, hold)).length >= 10;
