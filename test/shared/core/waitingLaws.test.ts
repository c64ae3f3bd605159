import fc from 'fast-check';
import type { AcceptedRun } from '../../../shared/core/acceptedRun';
import type { CloudObject } from '../../../shared/core/cloudObject';
import type { Correlation } from '../../../shared/core/correlate';
import type { StoredFacts, Wait } from '../../../shared/core/facts';
import type { Instant } from '../../../shared/core/instant';
import {
  replicationMarginHours,
  waitsOf,
  type WaitingContext,
  type WaitingRules,
  type WaitingSource,
} from '../../../shared/core/waiting';
import { aContact, aDevice, aGroup, aUser } from '../../support/builders';
import {
  absent,
  after,
  contosoSid,
  dayMs,
  deleted,
  fabrikam,
  hourMs,
  idOfAda,
  kinds,
  night,
  ofContoso,
  ofFabrikam,
  rowAfter,
  syncRun,
  tombstoneOf,
} from './waitingBench';

const marginMs = replicationMarginHours * hourMs;

const rules: fc.Arbitrary<WaitingRules> = fc.record({
  consecutiveRuns: fc.integer({ min: 1, max: 6 }),
  graceDays: fc.integer({ min: 0, max: 10 }),
  recycleBinDays: fc.integer({ min: 0, max: 40 }),
  synchronisation: fc.constantFrom('proved' as const, 'notAsked' as const),
});

const cloud = fc.constantFrom<CloudObject>(
  aUser({ id: idOfAda, onPremisesSecurityIdentifier: `${contosoSid}-1105` }),
  aUser({ id: idOfAda, onPremisesDomainName: 'fabrikam.example' }),
  aGroup({
    id: idOfAda,
    onPremisesSecurityIdentifier: `${contosoSid}-1106`,
    onPremisesDomainName: 'fabrikam.example',
  }),
  aContact({ id: idOfAda }),
  aDevice({ id: idOfAda }),
);

const correlation: fc.Arbitrary<Correlation> = fc.oneof(
  fc.constant(absent),
  fc
    .record({
      days: fc.integer({ min: -60, max: 2 }),
      isRecycled: fc.boolean(),
      ofFabrikam: fc.boolean(),
      proves: fc.boolean(),
    })
    .map(({ days, isRecycled, ofFabrikam: foreign, proves }): Correlation => {
      const tombstone = tombstoneOf({
        whenChanged: after(night(1), days * dayMs),
        isRecycled,
        ...(foreign ? { source: fabrikam } : {}),
      });
      if (proves) return { kind: 'deleted', tombstone };
      return isRecycled ? absent : { kind: 'absent', inRecycleBin: tombstone };
    }),
);

/** What one night brings: how the exports and synchronisation moved since the night before. */
interface Night {
  /** Hours since the night before. */
  readonly hours: number;
  readonly accepted: boolean;
  readonly newExports: boolean;
  readonly tenantSynced: boolean;
  /** Whether a run of synchronisation succeeded, for each source; null: none began. */
  readonly synced: readonly (boolean | null)[];
  /** Hours by which the domain controller of the night dates a deletion later than the first one did. */
  readonly datesLater: number;
}

const oneNight: fc.Arbitrary<Night> = fc.record({
  hours: fc.integer({ min: 1, max: 72 }),
  accepted: fc.boolean(),
  newExports: fc.boolean(),
  tenantSynced: fc.boolean(),
  synced: fc.array(fc.option(fc.boolean()), { minLength: 2, maxLength: 2 }),
  datesLater: fc.integer({ min: 0, max: replicationMarginHours }),
});
const nights = fc.array(oneNight, { minLength: 1, maxLength: 40 });

const hasHistory = fc.constantFrom<readonly boolean[]>(
  [true],
  [false],
  [true, true],
  [true, false],
  [false, false],
);

interface World {
  readonly cloud: CloudObject;
  readonly correlation: Correlation;
  readonly rules: WaitingRules;
  readonly nights: readonly Night[];
  /** For each source, whether its agent knows of synchronisation. */
  readonly hasHistory: readonly boolean[];
  /** How many runs, and runs of synchronisation, are still known. */
  readonly window: number;
}
const world: fc.Arbitrary<World> = fc.record({
  cloud,
  correlation,
  rules,
  nights,
  hasHistory,
  window: fc.integer({ min: 1, max: 30 }),
});

/** The evaluations of the accepted nights, each with the row that it found. */
interface Evaluation {
  readonly context: WaitingContext;
  readonly row: StoredFacts | null;
  readonly correlation: Correlation;
  readonly waits: readonly Wait[];
}

function* replay(given: World): Generator<Evaluation> {
  let now = night(1);
  let row: StoredFacts | null = null;
  let tenantLastSync: Instant | null = null;
  const runs: AcceptedRun[] = [];
  const histories = given.hasHistory.map(() => [] as ReturnType<typeof syncRun>[]);
  let exportsKey = 'exports 0';
  for (const [index, one] of given.nights.entries()) {
    now = after(now, one.hours * hourMs);
    const before = after(now, -hourMs / 2);
    if (one.newExports) exportsKey = `exports ${index + 1}`;
    if (one.tenantSynced) tenantLastSync = before;
    for (const [source, history] of histories.entries()) {
      const succeeded = one.synced[source] ?? null;
      if (succeeded !== null) history.push(syncRun(before, { succeeded }));
    }
    if (!one.accepted) continue;
    const run: AcceptedRun = { runNumber: index + 1, startedAt: now, exportsKey, tenantLastSync };
    runs.unshift(run);
    const sources: WaitingSource[] = [ofContoso(null), ofFabrikam(null)]
      .slice(0, given.hasHistory.length)
      .map((source, at) => ({
        ...source,
        synchronisationRuns: given.hasHistory[at] ? histories[at]!.slice(-given.window) : null,
      }));
    const context = {
      rules: given.rules,
      now,
      runNumber: run.runNumber,
      runs: runs.slice(0, given.window),
      sources,
    };
    const tonight = datedLater(given.correlation, one.datesLater);
    const waits = waitsOf(given.cloud, tonight, row, context);
    yield { context, row, correlation: tonight, waits };
    row = rowAfter(run.runNumber, tonight, waits, row, now, given.cloud);
  }
}

const datedLater = (found: Correlation, hours: number): Correlation =>
  found.kind === 'deleted' && !found.tombstone.isRecycled && found.tombstone.whenChanged < night(1) - marginMs
    ? deleted({ ...found.tombstone, whenChanged: after(found.tombstone.whenChanged, hours * hourMs) })
    : found;

/** Whether all that is waited for on the left is waited for on the right, and there at least as long. */
const noLongerThan = (left: readonly Wait[], right: readonly Wait[]): boolean =>
  left.every(wait =>
    right.some(other => other.for === wait.for && (wait.until ?? 0) <= (other.until ?? Infinity)),
  );

describe('laws of waiting', () => {
  test('what was met once stays met while the object stays missing, whatever the nights bring', () => {
    fc.assert(
      fc.property(world, given => {
        const all = [...replay(given)].map(({ waits }) => kinds(waits));
        for (const [index, waits] of all.slice(1).entries())
          expect(all[index]).toEqual(expect.arrayContaining(waits));
      }),
      { numRuns: 500 },
    );
  });

  test('planning twice adds nothing: a second look at the same time waits for the same', () => {
    fc.assert(
      fc.property(world, given => {
        for (const { context, row, correlation: found, waits } of replay(given)) {
          const written = rowAfter(context.runs[0]!.runNumber, found, waits, row, context.now, given.cloud);
          const again = waitsOf(given.cloud, found, written, context);
          expect(again).toEqual(waits);
          expect(rowAfter(99, found, again, written, after(context.now, 1), given.cloud)).toBe(written);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('time alone never adds to what is waited for', () => {
    fc.assert(
      fc.property(world, fc.nat({ max: 90 * dayMs }), (given, ms) => {
        for (const { context, row, correlation: found, waits } of replay(given)) {
          if (row === null) continue;
          const later = waitsOf(given.cloud, found, row, { ...context, now: after(context.now, ms) });
          expect(noLongerThan(later, waits)).toBe(true);
        }
      }),
    );
  });

  test('stricter rules never wait less', () => {
    const more = fc.record({
      consecutiveRuns: fc.nat({ max: 3 }),
      graceDays: fc.nat({ max: 5 }),
      recycleBinDays: fc.nat({ max: 20 }),
      proved: fc.boolean(),
    });
    fc.assert(
      fc.property(world, more, (given, add) => {
        const stricter: WaitingRules = {
          consecutiveRuns: given.rules.consecutiveRuns + add.consecutiveRuns,
          graceDays: given.rules.graceDays + add.graceDays,
          recycleBinDays: given.rules.recycleBinDays + add.recycleBinDays,
          synchronisation: add.proved ? 'proved' : given.rules.synchronisation,
        };
        for (const { context, row, correlation: found, waits } of replay(given))
          expect(noLongerThan(waits, waitsOf(given.cloud, found, row, { ...context, rules: stricter }))).toBe(
            true,
          );
      }),
    );
  });

  test('the order of the runs, of the sources and of their histories is of no matter', () => {
    fc.assert(
      fc.property(world, given => {
        for (const { context, row, correlation: found, waits } of replay(given)) {
          const reversed = {
            ...context,
            runs: context.runs.toReversed(),
            sources: context.sources.toReversed().map(source => ({
              ...source,
              synchronisationRuns: source.synchronisationRuns?.toReversed() ?? null,
            })),
          };
          expect(waitsOf(given.cloud, found, row, reversed)).toEqual(waits);
        }
      }),
    );
  });

  test('nothing is a candidate before its grace period and, in the Recycle Bin, its thirty days', () => {
    fc.assert(
      fc.property(world, given => {
        const found = [...replay(given)];
        const first = found[0]?.context.now ?? night(1);
        for (const { context, correlation: missing, waits } of found) {
          if (waits.length > 0) continue;
          expect(context.now - first).toBeGreaterThanOrEqual(given.rules.graceDays * dayMs);
          const inBin =
            missing.kind === 'deleted' && !missing.tombstone.isRecycled
              ? missing.tombstone
              : missing.kind === 'absent' && missing.inRecycleBin;
          expect(context.now - (inBin ? inBin.whenChanged : -Infinity)).toBeGreaterThanOrEqual(
            given.rules.recycleBinDays * dayMs - marginMs,
          );
        }
      }),
    );
  });
});
