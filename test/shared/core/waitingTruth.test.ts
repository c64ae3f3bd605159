import fc from 'fast-check';
import type { AcceptedRun } from '../../../shared/core/acceptedRun';
import type { Correlation } from '../../../shared/core/correlate';
import type { StoredFacts } from '../../../shared/core/facts';
import type { Instant } from '../../../shared/core/instant';
import {
  defaultWaitingRules,
  replicationMarginHours,
  waitsOf,
  type WaitingContext,
} from '../../../shared/core/waiting';
import {
  absent,
  ada,
  after,
  dayMs,
  hourMs,
  night,
  ofContoso,
  rowAfter,
  syncRun,
  tombstoneOf,
} from './waitingBench';

/** What happens in one day, and what the night's export sees of it. */
interface Day {
  /** bounce: undeleted, and deleted again a minute later. */
  readonly inDirectory: 'nothing' | 'delete' | 'undelete' | 'bounce' | 'recycle';
  readonly atHour: number;
  readonly synchronisation: 'succeeds' | 'fails' | 'rests';
  readonly syncHour: number;
  readonly exported: boolean;
  /** Hours by which the domain controller of the night heard of it later. */
  readonly heardLater: number;
  /** Whether the agent's account sees deleted objects. */
  readonly seesDeleted: boolean;
  /** Whether the agent tells the history of synchronisation. */
  readonly tellsHistory: boolean;
}

const quiet: Day = {
  inDirectory: 'nothing',
  atHour: 1,
  synchronisation: 'succeeds',
  syncHour: 2,
  exported: true,
  heardLater: 0,
  seesDeleted: true,
  tellsHistory: true,
};
const often = <Value>(usual: Value, ...others: Value[]): fc.Arbitrary<Value> =>
  fc.constantFrom(usual, usual, usual, usual, ...others);
const hour = fc.integer({ min: 0, max: 23 });
const events = ['delete', 'delete', 'delete', 'undelete', 'bounce', 'recycle'] as const;
const changeOfDirectory = fc.nat({ max: 80 }).map((n): Day['inDirectory'] => events[n] ?? 'nothing');
const day: fc.Arbitrary<Day> = fc.record({
  inDirectory: changeOfDirectory,
  atHour: hour,
  synchronisation: often<Day['synchronisation']>('succeeds', 'fails', 'rests'),
  syncHour: hour,
  exported: often(true, false),
  heardLater: fc.integer({ min: 0, max: replicationMarginHours }),
  seesDeleted: often(true, false),
  tellsHistory: fc.boolean(),
});
const world = fc.record({
  days: fc.array(day, { minLength: 40, maxLength: 100 }),
  /** Whether a tombstone proves the deletion; else it has another key of the object. */
  proves: fc.boolean(),
  tellsHistory: fc.boolean(),
  /** How many runs, and runs of synchronisation, are still known. */
  window: fc.integer({ min: 8, max: 100 }),
});

/** Active Directory and synchronisation, as they really were. */
class Truth {
  state: 'alive' | 'inBin' | 'recycled' = 'alive';
  deletedAt = night(1);
  recycledAt = night(1);
  readonly syncs: ReturnType<typeof syncRun>[] = [];
  tenantLastSync: Instant | null = null;

  live({ inDirectory, atHour, synchronisation, syncHour }: Day, from: Instant): void {
    const at = after(from, atHour * hourMs + 1);
    const syncAt = after(from, syncHour * hourMs);
    if (syncAt < at) this.#synchronise(synchronisation, syncAt);
    this.#change(inDirectory, at);
    if (syncAt >= at) this.#synchronise(synchronisation, syncAt);
  }

  /** What an export that is begun now finds of it; null: it is alive. */
  seenBy({ seesDeleted, heardLater }: Day, proves: boolean, now: Instant): Correlation | null {
    if (this.state === 'alive') return null;
    if (!seesDeleted) return absent;
    const isRecycled = this.state === 'recycled';
    const dated = after(isRecycled ? this.recycledAt : this.deletedAt, heardLater * hourMs);
    const tombstone = tombstoneOf({ whenChanged: Math.min(dated, now) as Instant, isRecycled });
    if (proves) return { kind: 'deleted', tombstone };
    return isRecycled ? absent : { kind: 'absent', inRecycleBin: tombstone };
  }

  #change(what: Day['inDirectory'], at: Instant): void {
    if (what === 'delete' && this.state === 'alive') [this.state, this.deletedAt] = ['inBin', at];
    if (this.state !== 'inBin') return;
    if (what === 'undelete') this.state = 'alive';
    if (what === 'bounce') this.deletedAt = after(at, 60_000);
    if (what === 'recycle') [this.state, this.recycledAt] = ['recycled', at];
  }

  #synchronise(how: Day['synchronisation'], at: Instant): void {
    if (how === 'rests') return;
    this.syncs.push(syncRun(at, { succeeded: how === 'succeeds' }));
    if (how === 'succeeds') this.tenantLastSync = at;
  }
}

/** An accepted night: what was true as the export of a night was made, and what the run over it made of the object. */
interface Judged {
  readonly now: Instant;
  readonly isCandidate: boolean;
  readonly state: Truth['state'];
  readonly deletedAt: Instant;
  /** Whether some export showed that deletion by a tombstone. */
  readonly wasSeen: boolean;
  readonly syncedSince: boolean;
}

function* nightsOf({ days, proves, tellsHistory, window }: World): Generator<Judged> {
  const truth = new Truth();
  const runs: AcceptedRun[] = [];
  const seenDeleted = new Set<Instant>();
  let row: StoredFacts | null = null;
  let exported = {
    found: null as Correlation | null,
    state: truth.state,
    deletedAt: truth.deletedAt,
    key: '',
  };
  for (const [index, one] of days.entries()) {
    const now = night(index + 2);
    truth.live(one, after(now, -26 * hourMs));
    if (one.exported || index === 0) {
      const found = truth.seenBy(one, proves, after(now, -hourMs));
      exported = { found, state: truth.state, deletedAt: truth.deletedAt, key: `exports ${index}` };
    }
    // The gate `synchronisationFresh` refuses the run; a run that is refused changes nothing.
    if (truth.tenantLastSync === null || now - truth.tenantLastSync > dayMs) continue;
    const { found, state, deletedAt, key } = exported;
    const runNumber = index + 1;
    runs.unshift({ runNumber, startedAt: now, exportsKey: key, tenantLastSync: truth.tenantLastSync });
    const history = tellsHistory && one.tellsHistory ? truth.syncs.slice(-window) : null;
    const context: WaitingContext = {
      rules: defaultWaitingRules,
      now,
      runNumber,
      runs: runs.slice(0, window),
      sources: [ofContoso(history)],
    };
    row = rowOf(found, row, context);
    if (found !== null && found !== absent) seenDeleted.add(deletedAt);
    const syncedSince = truth.syncs.some(run => run.succeeded && run.startedAt > deletedAt);
    const isCandidate = row?.state === 'candidate';
    const wasSeen = seenDeleted.has(deletedAt);
    yield { now, isCandidate, state, deletedAt, wasSeen, syncedSince };
  }
}
function rowOf(
  found: Correlation | null,
  row: StoredFacts | null,
  context: WaitingContext,
): StoredFacts | null {
  if (found === null) return row && { ...row, state: 'withdrawn', waitsFor: [] };
  return rowAfter(context.runNumber, found, waitsOf(ada, found, row, context), row, context.now);
}

type World = typeof world extends fc.Arbitrary<infer Value> ? Value : never;

describe('the rules of time against what was true', () => {
  test('nothing that may still come back, or that synchronisation may still delete, is a candidate', () => {
    fc.assert(
      fc.property(world, given => {
        for (const { now, isCandidate, state, deletedAt, wasSeen, syncedSince } of nightsOf(given)) {
          if (!isCandidate) continue;
          expect(state).not.toBe('alive');
          // What no tombstone has shown yet, nobody can know; what is recycled does not come back.
          if (state !== 'inBin' || !wasSeen) continue;
          expect(syncedSince).toBe(true);
          // Domain controllers date a deletion within the margin.
          const days = (now - deletedAt) / dayMs + replicationMarginHours / 24;
          expect(days).toBeGreaterThanOrEqual(30);
        }
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });

  test('every object that is gone for good is found, whatever the nights before brought', () => {
    fc.assert(
      fc.property(world, given => {
        const days = [...given.days, ...Array.from({ length: 33 }, () => quiet)];
        const last = [...nightsOf({ ...given, days })].at(-1)!;
        expect(last.isCandidate).toBe(last.state !== 'alive');
      }),
      { numRuns: 200, endOnFailure: true },
    );
  });
});
