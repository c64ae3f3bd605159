import fc from 'fast-check';
import type { GateKind, GateResult, GateSubject } from '../../../shared/core/gates/gate';
import { blocks, breachedGate, passedGate, sameSubject, subjectOf } from '../../../shared/core/gates/gate';
import {
  decideHolds,
  holdsPerSubject,
  holdReason,
  lockReason,
  locksOf,
  openHolds,
  releaseSlackPercent,
  type Hold,
} from '../../../shared/core/holds';
import type { Instant } from '../../../shared/core/instant';
import { objectTypes } from '../../../shared/core/objectType';
import { activeRules, type ActiveRules } from '../../../shared/core/rule';
import { instant } from '../../support/builders';
import { aRelease } from '../../support/scanDefaults';

const start = instant('2026-11-20T02:00:00Z');
const figures = { found: 'found', limit: 'limit' };

const drop = subjectOf('exportDrop', { source: 'contoso', type: 'user', context: 'DC=contoso,DC=example' });
const many = subjectOf('candidates', { type: 'user' });
const newOnes = subjectOf('newMissing', { type: 'user' });
const otherTenant = subjectOf('tenantAgrees');
const altered = subjectOf('exportVerified', { source: 'contoso' });

const kindOf = ({ gate }: GateSubject): GateKind =>
  ['candidates', 'newMissing', 'pendingDeletions'].includes(gate) ? 'volume' : 'evidence';
const breach = (subject: GateSubject, severity: number, holds = true): GateResult =>
  breachedGate(kindOf(subject), subject, figures, { reason: 'why', severity, holds });
const within = (subject: GateSubject): GateResult => passedGate(kindOf(subject), subject, figures);

type End = 'finished' | 'refused' | 'held' | 'aborted';

/** The nights of one app, each with the holds that the one before left. */
class Nights {
  holds: readonly Hold[] = [];
  last: End = 'finished';
  readonly released = new Set<string>();
  night = 0;

  rules(): ActiveRules {
    return activeRules(
      [...this.released].map(key => {
        const [runId = '', gate = ''] = key.split('/');
        return aRelease(runId, gate);
      }),
      start,
    );
  }

  release(night: number, gate: string): this {
    this.released.add(`run-${night}/${gate}`);
    return this;
  }

  removeRule(night: number, gate: string): this {
    this.released.delete(`run-${night}/${gate}`);
    return this;
  }

  /** What became of a night: as detectOrphans decides it. `crash`: it ended while it wrote. */
  pass(gates: readonly GateResult[], { crash = false } = {}): End {
    this.night += 1;
    const run = { runId: `run-${this.night}`, startedAt: start };
    const decided = decideHolds(run, gates, this.holds, this.rules());
    const { accepted, whileWritten, notAccepted } = decided.carried;
    if (decided.gates.some(gate => gate.kind === 'evidence' && blocks(gate))) this.last = 'refused';
    else if (decided.open.some(hold => hold.kind === 'evidence')) this.last = 'held';
    else this.last = crash ? 'aborted' : 'finished';
    this.holds = { finished: accepted, aborted: whileWritten, held: notAccepted, refused: notAccepted }[
      this.last
    ];
    return this.last;
  }

  open(): string[] {
    return openHolds(this.holds, this.rules()).map(({ gate, runId }) => `${gate} of ${runId}`);
  }

  locked(): boolean {
    return locksOf('user', this.holds, this.rules()).length > 0;
  }
}

describe('a breach of evidence holds', () => {
  test('its own run, and every later one, although they pass their own gates', () => {
    const nights = new Nights();
    expect(nights.pass([breach(drop, 100)])).toBe('refused');
    for (let night = 0; night < 30; night += 1) expect(nights.pass([within(drop)])).toBe('held');
    expect(nights.open()).toEqual(['exportDrop of run-1']);
  });

  test('until it is released: then the next run is accepted, and nothing is left', () => {
    const nights = new Nights();
    nights.pass([breach(drop, 100)]);
    nights.release(1, 'exportDrop');
    expect(nights.pass([breach(drop, 100)])).toBe('finished');
    expect(nights.holds).toEqual([]);
  });

  test('not where evidence is merely not there', () => {
    const nights = new Nights();
    expect(nights.pass([breach(drop, 100, false)])).toBe('refused');
    expect(nights.holds).toEqual([]);
    expect(nights.pass([within(drop)])).toBe('finished');
  });

  test('is used up by the run that is accepted in spite of it: the next breach holds again', () => {
    const nights = new Nights();
    nights.pass([breach(drop, 100)]);
    nights.release(1, 'exportDrop').pass([breach(drop, 100)]);
    expect(nights.pass([breach(drop, 100)])).toBe('refused');
    expect(nights.open()).toEqual(['exportDrop of run-3']);
  });

  test('is not used up by a run that is refused for another reason', () => {
    const nights = new Nights();
    nights.pass([breach(drop, 100)]);
    nights.release(1, 'exportDrop');
    const absent = subjectOf('exportPresent', { source: 'fabrikam' });
    expect(nights.pass([breach(drop, 100), breach(absent, 1, false)])).toBe('refused');
    expect(nights.pass([breach(drop, 100), within(absent)])).toBe('finished');
  });

  test('is not used up by a run that ends while it writes', () => {
    const nights = new Nights();
    nights.pass([breach(drop, 100)]);
    nights.release(1, 'exportDrop');
    expect(nights.pass([breach(drop, 100)], { crash: true })).toBe('aborted');
    expect(nights.pass([breach(drop, 100)])).toBe('finished');
  });

  test('holds again where the rule is removed before a run was accepted', () => {
    const nights = new Nights();
    nights.pass([breach(drop, 100)]);
    nights.release(1, 'exportDrop');
    nights.pass([breach(drop, 100)], { crash: true });
    nights.removeRule(1, 'exportDrop');
    expect(nights.pass([within(drop)])).toBe('held');
  });

  test.each([
    ['an export that does not verify', altered],
    ['another tenant', otherTenant],
  ])('of %s: a release lets go what was, and lets no run through', (_, subject) => {
    const nights = new Nights();
    nights.pass([breach(subject, 1)]);
    nights.pass([breach(subject, 1)]);
    nights.release(2, subject.gate);
    expect(nights.open()).toEqual([]);
    expect(nights.pass([breach(subject, 1)])).toBe('refused');
    expect(nights.open()).toEqual([`${subject.gate} of run-3`]);
    expect(nights.pass([within(subject)])).toBe('held');
    nights.release(3, subject.gate);
    expect(nights.pass([within(subject)])).toBe('finished');
  });
});

describe('a release covers what a person has seen, and no more', () => {
  const slack = (severity: number): number => severity + (severity * releaseSlackPercent) / 100;

  test.each([
    ['less', 1, true],
    ['the same', 100, true],
    ['at the slack', slack(100), true],
    ['above it', slack(100) + 1, false],
    ['what has no figure', Number.NaN, false],
    ['what has no end', Number.POSITIVE_INFINITY, false],
  ])('%s: %d', (_, severity, covered) => {
    for (const subject of [drop, many]) {
      const nights = new Nights();
      nights.pass([breach(subject, 100)]);
      nights.release(1, subject.gate);
      const { gates } = decideHolds(
        { runId: 'run-2', startedAt: start },
        [breach(subject, severity)],
        nights.holds,
        nights.rules(),
      );
      expect(gates).toMatchObject([
        {
          passed: false,
          releasedBy: covered ? { ruleId: `release-run-1-${subject.gate}`, severity: 100 } : null,
        },
      ]);
    }
  });

  test('slack does not add up over the nights: it is measured from what was released', () => {
    const nights = new Nights();
    nights.pass([breach(many, 100)]);
    nights.release(1, 'candidates');
    expect([105, 108, 110].map(severity => nights.pass([breach(many, severity)]) && nights.locked())).toEqual(
      [false, false, false],
    );
    nights.pass([breach(many, 111)]);
    expect(nights.locked()).toBe(true);
    expect(nights.open()).toEqual(['candidates of run-5']);
    nights.pass([breach(many, 100)]);
    expect(nights.locked()).toBe(true);
  });

  test.each<[string, GateSubject]>([
    ['another gate', { ...drop, gate: 'canariesVisible' }],
    ['another source', { ...drop, source: 'fabrikam' }],
    ['another type', { ...drop, type: 'group' }],
    ['another naming context', { ...drop, context: 'DC=emea,DC=contoso,DC=example' }],
  ])('not %s', (_, other) => {
    const nights = new Nights();
    nights.pass([breach(drop, 100)]);
    nights.release(1, 'exportDrop');
    expect(nights.pass([breach(drop, 100), breach(other, 1)])).toBe('refused');
    expect(nights.open()).toEqual([`${other.gate} of run-2`]);
  });

  test('of several subjects that one gate held in one run, each up to its own figure', () => {
    const groups = { ...drop, type: 'group' } as const;
    const nights = new Nights();
    nights.pass([breach(drop, 100), breach(groups, 1_000)]);
    nights.release(1, 'exportDrop');
    expect(nights.pass([breach(drop, 500), breach(groups, 1_000)])).toBe('refused');
    expect(nights.open()).toEqual(['exportDrop of run-2']);
  });

  test('of several runs, what is not worse than the one that was released', () => {
    const nights = new Nights();
    nights.pass([breach(drop, 100)]);
    nights.pass([breach(drop, 200)]);
    nights.pass([breach(drop, 50)]);
    nights.release(1, 'exportDrop');
    expect(nights.open()).toEqual(['exportDrop of run-2']);
    nights.release(2, 'exportDrop');
    expect(nights.open()).toEqual([]);
  });

  test('not the objects of another night: each breach of newMissing has its own', () => {
    const nights = new Nights();
    nights.pass([breach(newOnes, 50)]);
    nights.pass([breach(newOnes, 40)]);
    nights.release(1, 'newMissing');
    expect(nights.open()).toEqual(['newMissing of run-2']);
    nights.removeRule(1, 'newMissing').release(2, 'newMissing');
    expect(nights.open()).toEqual(['newMissing of run-1']);
    nights.release(1, 'newMissing');
    expect(nights.locked()).toBe(false);
    expect(nights.pass([breach(newOnes, 30)])).toBe('finished');
    expect(nights.holds.map(({ runId }) => runId)).toEqual(['run-3']);
    expect(nights.open()).toEqual(['newMissing of run-3']);
  });
});

describe('a breach of volume locks', () => {
  test('from then on, also when the figure falls again by itself', () => {
    const nights = new Nights();
    expect(nights.pass([breach(many, 100)])).toBe('finished');
    expect(nights.pass([within(many)])).toBe('finished');
    expect(nights.locked()).toBe(true);
    nights.release(1, 'candidates');
    expect(nights.locked()).toBe(false);
  });

  test('a release lasts while it goes on, and ends with the run that is within the limit', () => {
    const nights = new Nights();
    nights.pass([breach(many, 100)]);
    nights.release(1, 'candidates');
    for (let night = 0; night < 30; night += 1) nights.pass([breach(many, 100)]);
    expect(nights.locked()).toBe(false);
    nights.pass([within(many)]);
    expect(nights.holds).toEqual([]);
    nights.pass([breach(many, 1)]);
    expect(nights.locked()).toBe(true);
  });

  test('a run within the limit that is not accepted ends nothing', () => {
    const nights = new Nights();
    nights.pass([breach(many, 100)]);
    nights.release(1, 'candidates');
    expect(nights.pass([within(many), breach(drop, 1, false)])).toBe('refused');
    expect(nights.pass([within(many)], { crash: true })).toBe('aborted');
    nights.pass([breach(many, 100)]);
    expect(nights.locked()).toBe(false);
    nights.removeRule(1, 'candidates');
    expect(nights.locked()).toBe(true);
  });

  test('only what was written: a run that is refused or held adds no lock', () => {
    const nights = new Nights();
    expect(nights.pass([breach(many, 100), breach(drop, 1)])).toBe('refused');
    expect(nights.pass([breach(many, 100)])).toBe('held');
    expect(nights.open()).toEqual(['exportDrop of run-1']);
  });

  test('what locks the new list is known while it is written', () => {
    const nights = new Nights();
    nights.pass([breach(many, 100)], { crash: true });
    expect(nights.open()).toEqual(['candidates of run-1']);
  });

  test('the type that it is about; all types, where it is about none', () => {
    const lock = (subject: GateSubject): Hold => ({
      ...subject,
      kind: kindOf(subject),
      runId: 'run-1',
      since: start,
      severity: 1,
    });
    const none = activeRules([], start);
    const typesOf = (hold: Hold, rules = none) =>
      objectTypes.filter(type => locksOf(type, [hold], rules).length > 0);
    expect(typesOf(lock(many))).toEqual(['user']);
    expect(typesOf(lock(subjectOf('pendingDeletions')))).toEqual(objectTypes);
    expect(typesOf(lock(drop))).toEqual([]);
    expect(typesOf(lock(many), activeRules([aRelease('run-1', 'candidates')], start))).toEqual([]);
    expect(typesOf(lock(many), activeRules([aRelease('run-1', 'newMissing')], start))).toEqual(['user']);
    expect(typesOf(lock(many), activeRules([aRelease('run-2', 'candidates')], start))).toEqual(['user']);
  });

  test('a breach of evidence says what holds', () => {
    const nights = new Nights();
    nights.pass([breach(many, 100)]);
    const [hold] = nights.holds;
    expect(hold && holdReason(hold)).toBe(
      'The breach of candidates of run run-1 holds until an administrator releases it.',
    );
  });

  test('a lock says what it is of, and how it is released', () => {
    const nights = new Nights();
    nights.pass([breach(many, 100)]);
    const [hold] = nights.holds;
    expect(hold && lockReason(hold)).toBe(
      'The breach of candidates of run run-1 locks approval and deletion until an administrator releases it with a reason: ' +
        'POST /api/scans/run-1/release.',
    );
  });
});

describe('what is carried stays small, and loses nothing', () => {
  test('of one subject the newest, and the worst of those before', () => {
    const nights = new Nights();
    const severities = [5, 900, 7, ...Array.from({ length: 30 }, (_, at) => 30 - at)];
    for (const severity of severities) nights.pass([breach(drop, severity)]);
    expect(nights.holds).toHaveLength(holdsPerSubject);
    expect(nights.holds.map(({ severity }) => severity)).toEqual([900, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    nights.release(33, 'exportDrop');
    expect(nights.pass([within(drop)])).toBe('held');
    nights.release(2, 'exportDrop');
    expect(nights.pass([within(drop)])).toBe('finished');
  });

  test('the order in which they came counts, and not what the clocks said', () => {
    const at = (hours: number): Instant => (start + hours * 3_600_000) as Instant;
    const run = (runId: string, startedAt: Instant) => ({ runId, startedAt });
    const none = activeRules([], start);
    const first = decideHolds(run('run-1', at(24)), [breach(altered, 1)], [], none).carried.notAccepted;
    const both = decideHolds(run('run-2', at(0)), [breach(altered, 1)], first, none).carried.notAccepted;
    expect(both.map(({ runId }) => runId)).toEqual(['run-1', 'run-2']);
    const rules = activeRules([aRelease('run-1', 'exportVerified')], start);
    expect(openHolds(both, rules).map(({ runId }) => runId)).toEqual(['run-2']);
  });
});

describe('laws, over any nights', () => {
  const subjects = [
    drop,
    { ...drop, source: 'fabrikam' },
    altered,
    otherTenant,
    many,
    { ...many, type: 'group' as const },
    newOnes,
    subjectOf('pendingDeletions'),
  ];
  const severity = fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 1_000 }));
  const gates = fc.tuple(
    ...subjects.map(subject =>
      fc.option(severity, { freq: 2 }).map(of => (of === null ? within(subject) : breach(subject, of))),
    ),
  );
  type Event =
    | { readonly kind: 'night'; readonly gates: readonly GateResult[]; readonly crash: boolean }
    | { readonly kind: 'release' | 'remove'; readonly which: number };
  const event: fc.Arbitrary<Event> = fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('night' as const), gates, crash: fc.boolean() }) },
    {
      weight: 3,
      arbitrary: fc.record({ kind: fc.constantFrom('release' as const, 'remove' as const), which: fc.nat() }),
    },
  );
  const history = fc.array(event, { maxLength: 40 });

  /** Plays a history; `look` sees the nights before and after each event. */
  function play(events: readonly Event[], look: (nights: Nights, before: Nights, of: Event) => void): Nights {
    const nights = new Nights();
    for (const one of events) {
      const before = Object.assign(new Nights(), { holds: nights.holds, night: nights.night });
      nights.released.forEach(key => before.released.add(key));
      if (one.kind === 'night') nights.pass(one.gates, one);
      else {
        const keys = nights.holds.map(({ runId, gate }) => `${runId}/${gate}`);
        const key = keys[one.which % Math.max(1, keys.length)];
        if (key !== undefined && one.kind === 'release') nights.released.add(key);
        else if (key !== undefined) nights.released.delete(key);
      }
      look(nights, before, one);
    }
    return nights;
  }
  const openOf = (nights: Nights): readonly Hold[] => openHolds(nights.holds, nights.rules());

  test('what is open stays open, for its subject and as bad, until a rule releases it: no run ends it', () =>
    fc.assert(
      fc.property(history, events => {
        const lost: Hold[] = [];
        play(events, (nights, before, { kind }) => {
          if (kind !== 'night') return;
          const after = openOf(nights);
          const still = (hold: Hold): boolean =>
            after.some(other => sameSubject(other, hold) && other.severity >= hold.severity) ||
            // newMissing: of more nights than are carried, the oldest are in the newest's shadow.
            after.filter(other => sameSubject(other, hold)).length === holdsPerSubject;
          lost.push(...openOf(before).filter(hold => !still(hold)));
        });
        expect(lost).toEqual([]);
      }),
    ));

  test('a breach that holds is open afterwards, unless a release that a person gave goes as far', () =>
    fc.assert(
      fc.property(history, events => {
        const lost: GateResult[] = [];
        play(events, (nights, before, one) => {
          if (one.kind !== 'night') return;
          const after = openOf(nights);
          const released = before.holds.filter(hold => before.released.has(`${hold.runId}/${hold.gate}`));
          const asFar = (gate: GateResult): boolean =>
            released.some(hold => sameSubject(hold, gate) && gate.severity <= hold.severity * 1.1) &&
            !['newMissing', 'exportVerified', 'tenantAgrees'].includes(gate.gate);
          const written = nights.last === 'finished' || nights.last === 'aborted';
          lost.push(
            ...one.gates
              .filter(gate => !gate.passed && !asFar(gate) && (gate.kind === 'evidence' || written))
              .filter(gate => !after.some(hold => sameSubject(hold, gate) && hold.severity >= gate.severity)),
          );
        });
        expect(lost).toEqual([]);
      }),
    ));

  test('removing every rule opens everything that is carried', () =>
    fc.assert(
      fc.property(history, events => {
        const nights = play(events, () => undefined);
        nights.released.clear();
        expect(openOf(nights)).toEqual(nights.holds);
      }),
    ));

  test('whatever happened, releasing what is open lets the next good night through, and locks nothing', () =>
    fc.assert(
      fc.property(history, events => {
        const nights = play(events, () => undefined);
        for (const { runId, gate } of openOf(nights)) nights.released.add(`${runId}/${gate}`);
        expect(nights.open()).toEqual([]);
        expect(nights.pass(subjects.map(within))).toBe('finished');
        expect(nights.holds).toEqual([]);
      }),
    ));

  test('deciding twice decides the same, and the order of the gates changes nothing', () =>
    fc.assert(
      fc.property(history, gates, (events, tonight) => {
        const nights = play(events, () => undefined);
        const run = { runId: 'tonight', startedAt: start };
        const decide = (of: readonly GateResult[]) => decideHolds(run, of, nights.holds, nights.rules());
        const decided = decide(tonight);
        const turned = decide([...tonight].toReversed());
        expect(decide(tonight)).toEqual(decided);
        expect([...turned.gates].toReversed()).toEqual(decided.gates);
        expect(turned.open).toEqual(decided.open);
        const openAfter = (holds: readonly Hold[]): string[] =>
          openHolds(holds, nights.rules())
            .map(hold => JSON.stringify(hold))
            .toSorted();
        for (const end of ['accepted', 'whileWritten', 'notAccepted'] as const)
          expect(openAfter(turned.carried[end])).toEqual(openAfter(decided.carried[end]));
      }),
    ));

  test('the record stays bounded', () =>
    fc.assert(
      fc.property(fc.array(event, { minLength: 40, maxLength: 120 }), events => {
        expect(play(events, () => undefined).holds.length).toBeLessThanOrEqual(
          subjects.length * holdsPerSubject,
        );
      }),
      { numRuns: 30 },
    ));
});
