import { sameSubject, type GateKind, type GateResult, type GateSubject } from './gates/gate';
import type { Instant } from './instant';
import type { ObjectType } from './objectType';
import { releaseOf, type ActiveRules } from './rule';

/**
 * A breach that holds until a person releases it, for this run and this gate (ADR 0017). Every run's record carries on the holds that
 * are in force, so that the newest record alone tells them.
 */
export interface Hold extends GateSubject {
  readonly kind: GateKind;
  /** The run whose gate was breached: what a release names, with the gate's name. */
  readonly runId: string;
  readonly since: Instant;
  readonly severity: number;
}

/** How much worse (per cent) a breach may have become and still be the one that was released: a directory changes from night to night. */
export const releaseSlackPercent = 10;
/** Of one subject, this many holds are carried on: the newest, and the worst of those before. A release of that covers what is left out. */
export const holdsPerSubject = 10;
/** How far a release reaches beyond the run that it names: to the same breach of later and of earlier runs, where nothing is said here. */
const narrowReach: ReadonlyMap<string, 'earlier' | 'itself'> = new Map([
  // No run can rest on an export that does not verify, so there is nothing to let through; and the next one is altered in its own way.
  ['exportVerified', 'earlier'],
  // Nor on the lists of another tenant: every object on record would be gone.
  ['tenantAgrees', 'earlier'],
  // Every night loses other objects.
  ['newMissing', 'itself'],
]);

/** What was decided about the gates of a run, and about those before it. */
export interface HoldDecision {
  /** The gates, each breach that a release covers marked with it. */
  readonly gates: readonly GateResult[];
  /** Holds of earlier runs that nobody has released; of the kind evidence they hold this run. */
  readonly open: readonly Hold[];
  /** What the next runs have to know, as this run ends, or does not end at all. */
  readonly carried: {
    readonly accepted: readonly Hold[];
    /** While it writes: what locks the new list, and all that held before, since nothing is used up by a run that is not accepted. */
    readonly whileWritten: readonly Hold[];
    readonly notAccepted: readonly Hold[];
  };
}

/** The rule that lets a hold go; null: it is in force. */
const releaseOfHold = (hold: Hold, rules: ActiveRules): string | null =>
  releaseOf(rules, hold.runId, hold.gate)?.ruleId ?? null;

/**
 * Holds that are in force: nobody has released them, and nothing that goes as far was released of the same subject. Oldest first, by
 * the order in which they came, since clocks differ.
 */
export function openHolds(holds: readonly Hold[], rules: ActiveRules): readonly Hold[] {
  const released = [...holds.entries()].filter(([, hold]) => releaseOfHold(hold, rules) !== null);
  return holds.filter(
    (hold, at) =>
      !released.some(
        ([otherAt, other]) =>
          otherAt === at || (reaches(other.gate, at < otherAt ? 'earlier' : 'later') && covers(other, hold)),
      ),
  );
}

function reaches(gate: string, where: 'earlier' | 'later'): boolean {
  const reach = narrowReach.get(gate);
  return reach === undefined || reach === where;
}

/** The holds in force that lock approval and deletion of objects of this type. */
export const locksOf = (type: ObjectType, holds: readonly Hold[], rules: ActiveRules): readonly Hold[] =>
  openHolds(holds, rules).filter(
    hold => hold.kind === 'volume' && (hold.type === null || hold.type === type),
  );

/** Why nobody approves or deletes, for the people who try. */
export const lockReason = ({ gate, runId }: Hold): string =>
  `The breach of ${gate} of run ${runId} locks approval and deletion until an administrator releases it with a reason: ` +
  `POST /api/scans/${runId}/release.`;

/** Why no run is accepted and nothing deleted, for the people who try. */
export const holdReason = ({ gate, runId }: Hold): string =>
  `The breach of ${gate} of run ${runId} holds until an administrator releases it.`;

const covers = (released: Hold, breach: GateSubject & { readonly severity: number }): boolean =>
  sameSubject(released, breach) &&
  breach.severity <= released.severity + (released.severity * releaseSlackPercent) / 100;

/**
 * Decides about the breaches of a run and the holds that were carried to it. A release covers the breach of the run that it names, and
 * the same breach of later runs while it goes on and is not worse; it loosens no limit. Holds of evidence end with the run that is
 * accepted in spite of them; holds of volume end with a release and a run that breaches the gate no more.
 */
export function decideHolds(
  run: { readonly runId: string; readonly startedAt: Instant },
  gates: readonly GateResult[],
  before: readonly Hold[],
  rules: ActiveRules,
): HoldDecision {
  const open = openHolds(before, rules);
  const released = before.filter(hold => releaseOfHold(hold, rules) !== null);
  const reusable = released.filter(hold => reaches(hold.gate, 'later'));
  const marked = gates.map(gate => {
    if (gate.passed) return gate;
    const [release] = reusable.flatMap(hold => {
      const ruleId = covers(hold, gate) ? releaseOfHold(hold, rules) : null;
      return ruleId === null ? [] : { ruleId, severity: hold.severity };
    });
    return release ? { ...gate, releasedBy: release } : gate;
  });
  const own = marked
    .filter(gate => !gate.passed && gate.releasedBy === null && gate.holds)
    .map(({ gate, source, type, context, kind, severity }): Hold => ({
      gate,
      source,
      type,
      context,
      kind,
      severity,
      runId: run.runId,
      since: run.startedAt,
    }));
  const goesOn = (hold: Hold): boolean =>
    reusable.includes(hold) && marked.some(gate => !gate.passed && sameSubject(gate, hold));
  const volume = before.filter(hold => hold.kind === 'volume');
  const locks = own.filter(hold => hold.kind === 'volume');
  return {
    gates: marked,
    open,
    carried: {
      accepted: bounded([...volume.filter(hold => open.includes(hold) || goesOn(hold)), ...locks]),
      whileWritten: bounded([...before, ...locks]),
      // A run that was not accepted saw nothing that counts: what was released stays released until one is.
      notAccepted: bounded([...before, ...own.filter(hold => hold.kind === 'evidence')]),
    },
  };
}

function bounded(holds: readonly Hold[]): readonly Hold[] {
  return holds.filter(hold => {
    const same = holds.filter(other => sameSubject(other, hold));
    if (same.length <= holdsPerSubject) return true;
    const older = same.slice(0, 1 - holdsPerSubject);
    const worst = older.reduce((one, other) => (other.severity >= one.severity ? other : one));
    return hold === worst || !older.includes(hold);
  });
}
