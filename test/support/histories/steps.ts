import fc from 'fast-check';
import { keyNames, subjectNames, type KeyName, type SubjectName } from './cast';
import type { ExportFault } from './forest';
import { leaseMs } from './leaseLock';

export const minuteMs = 60_000;
export const dayMs = 24 * 60 * minuteMs;

/** Where a process ends, or gets no answer and goes on as it can. */
export interface Crash {
  readonly at: number;
  readonly when: 'before' | 'after' | 'unanswered' | 'notDone';
}

/** How a world is set up. */
export interface WorldSettings {
  readonly sources: 1 | 2;
  /** Whether the agents are told when synchronisation ran. */
  readonly history: boolean;
  /** strict: the default rules of time. short: shorter, so that more comes of a history. */
  readonly waiting: 'strict' | 'short';
  readonly fourEyes: boolean;
  readonly contactsThroughBeta: boolean;
  readonly quarantineDays: 0 | 2;
  readonly deletionsPerDay: 2 | 1_000;
  /** How many nights were scanned before anything happens. */
  readonly nightsBefore: number;
  /** Who was deleted on-premises before the first night, and what that left. */
  readonly leftBefore: readonly { readonly name: SubjectName; readonly leaves: 'tombstone' | 'nothing' }[];
}

/** What one process of the app does, from a call to its answer. */
export type ActStep =
  | { readonly do: 'scan'; readonly crash: Crash | null }
  | { readonly do: 'approve' | 'reject' | 'reopen'; readonly name: SubjectName; readonly crash: Crash | null }
  | { readonly do: 'approveMany'; readonly names: readonly SubjectName[] }
  | {
      readonly do: 'delete';
      readonly names: readonly SubjectName[] | 'all';
      readonly by: 'deleter' | 'approver';
      readonly stage: 'normal' | 'testObjects' | 'reportOnly';
      readonly crash: Crash | null;
    }
  /** Of the users who are deleted, or blocked, the one at this place. */
  | { readonly do: 'restore' | 'releaseQuarantine'; readonly which: number; readonly crash: Crash | null }
  | { readonly do: 'reconcile' }
  | { readonly do: 'releaseHold'; readonly which: number }
  | { readonly do: 'exclude'; readonly name: SubjectName; readonly days: number | null }
  | { readonly do: 'removeRule'; readonly which: number };

/** Two at once. */
export interface Meanwhile {
  readonly do: 'meanwhile';
  /** Whether everything that can be is approved before. */
  readonly approved: boolean;
  /** Both are about the object at this place, of those that are candidates or were decided about. */
  readonly about: number;
  readonly first: ActStep;
  /** again: the same request once more, as a client sends it that got no answer. */
  readonly second: ActStep | 'again';
  /** together: step by step in turn. Else the first hangs before this step of its own, and the second runs whole. */
  readonly how: 'together' | number;
  /** How long (ms) the first hangs before the second begins. */
  readonly pause: number;
  /** Whether the day of UTC ends meanwhile. */
  readonly midnight: boolean;
  /** Where the second ends. */
  readonly crash: Crash | null;
}

/** One thing that happens. */
export type Step =
  | ActStep
  | Meanwhile
  /** Days pass, each with synchronisation that is enabled, an honest export of every source and a scan. */
  | { readonly do: 'nights'; readonly count: number }
  | { readonly do: 'wait'; readonly ms: number }
  | { readonly do: 'export'; readonly source: 'all' | 0 | 1; readonly fault: ExportFault | null }
  | { readonly do: 'storage'; readonly source: 0 | 1; readonly fault: 'missing' | 'altered' | 'unreadable' }
  | { readonly do: 'replay'; readonly source: 0 | 1; readonly back: number }
  | { readonly do: 'synchronise'; readonly succeeds: boolean }
  | { readonly do: 'switchSynchronisation' }
  | { readonly do: 'shortList'; readonly type: 'user' | 'group' | 'contact' | 'device' }
  /** Everything is approved that can be, and every source exported after that: what a delete needs. */
  | { readonly do: 'approveAll' }
  | { readonly do: 'leave'; readonly name: SubjectName; readonly leaves: 'tombstone' | 'nothing' }
  | { readonly do: 'return'; readonly name: SubjectName; readonly key: KeyName }
  /** In the cloud: somebody edits it, something synchronises it, somebody deletes or restores it, or its source of authority is moved. */
  | { readonly do: 'edit' | 'touch' | 'vanish' | 'revive' | 'transfer'; readonly name: SubjectName }
  | { readonly do: 'switchQuarantine' };

const name = fc.constantFrom(...subjectNames);
const names = fc.subarray([...subjectNames], { minLength: 1 });
const someCrash = fc.record({
  at: fc.integer({ min: 1, max: 90 }),
  when: fc.constantFrom('before', 'after', 'unanswered', 'notDone'),
});
const crash: fc.Arbitrary<Crash | null> = fc.option(someCrash, { freq: 1 });
const seldomCrash: fc.Arbitrary<Crash | null> = fc.oneof(
  { weight: 4, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: someCrash },
);
const source = fc.constantFrom(0 as const, 1 as const);
const someSources = fc.constantFrom('all' as const, 0 as const, 1 as const);
const someOrAll = fc.oneof(names, fc.constant('all' as const));
const someStage = fc.constantFrom(
  ...Array.from({ length: 6 }, () => 'normal' as const),
  'testObjects' as const,
  'reportOnly' as const,
);

const aDelete: fc.Arbitrary<ActStep> = fc.record({
  do: fc.constant('delete' as const),
  names: someOrAll,
  by: fc.constantFrom('deleter' as const, 'deleter' as const, 'approver' as const),
  stage: someStage,
  crash: fc.constant(null),
});
/** What may happen at the same time as something else: a call of few steps, or one of many. */
const aShortAct: fc.Arbitrary<ActStep> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom('approve' as const, 'reject' as const, 'reopen' as const),
      name,
      crash: seldomCrash,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('approveMany' as const), names }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('restore' as const, 'releaseQuarantine' as const),
      which: fc.nat(3),
      crash: seldomCrash,
    }),
  },
  { weight: 1, arbitrary: fc.constant({ do: 'reconcile' as const }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('exclude' as const), name, days: fc.constantFrom(null, 1, 10) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('removeRule' as const), which: fc.nat(10) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('releaseHold' as const), which: fc.nat(20) }) },
);
const aScan: fc.Arbitrary<ActStep> = fc.constant({ do: 'scan' as const, crash: null });
/** About few objects, so that what hangs does so where it matters. */
const aSmallDelete: fc.Arbitrary<ActStep> = fc.record({
  do: fc.constant('delete' as const),
  names: fc.subarray([...subjectNames], { maxLength: 1 }),
  by: fc.constantFrom('deleter' as const, 'deleter' as const, 'deleter' as const, 'approver' as const),
  stage: fc.constant('normal' as const),
  crash: seldomCrash,
});
const aLongAct = fc.oneof(
  { weight: 6, arbitrary: aSmallDelete },
  { weight: 1, arbitrary: aDelete },
  { weight: 2, arbitrary: aScan },
);
const someAct = fc.oneof({ weight: 3, arbitrary: aShortAct }, { weight: 2, arbitrary: aLongAct });
const again = fc.constant('again' as const);
const together = fc.constant('together' as const);
const aShortWay = fc.integer({ min: 1, max: 12 });
const aLongWay = fc.integer({ min: 1, max: 60 });
const meanwhile = {
  do: fc.constant('meanwhile' as const),
  approved: fc.constantFrom(true, true, false),
  about: fc.nat(7),
  pause: fc.constantFrom(1, 1, leaseMs + 1),
  midnight: fc.constantFrom(false, false, false, true),
  crash: seldomCrash,
};
/** Step by step in turn only what changes nothing of what the other one rests on: what it saw of that could not be told. */
const someMeanwhile: fc.Arbitrary<Meanwhile> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ ...meanwhile, first: someAct, second: again, how: together }) },
  { weight: 1, arbitrary: fc.record({ ...meanwhile, first: aDelete, second: aDelete, how: together }) },
  {
    weight: 3,
    arbitrary: fc.record({
      ...meanwhile,
      first: aShortAct,
      second: fc.oneof({ weight: 1, arbitrary: again }, { weight: 3, arbitrary: someAct }),
      how: aShortWay,
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      ...meanwhile,
      first: aLongAct,
      second: fc.oneof({ weight: 1, arbitrary: again }, { weight: 3, arbitrary: someAct }),
      how: aLongWay,
    }),
  },
);

const exportFault: fc.Arbitrary<ExportFault> = fc.oneof(
  { weight: 4, arbitrary: name.map(hidden => ({ kind: 'hidden' as const, name: hidden })) },
  {
    weight: 4,
    arbitrary: fc
      .constantFrom(
        'truncated' as const,
        'canaryUnseen' as const,
        'future' as const,
        'replicationLags' as const,
      )
      .map(kind => ({ kind })),
  },
);

/** What may happen, and how often: much of what leads to a delete, since all of it has to come together. */
const weighted: readonly [number, fc.Arbitrary<Step>][] = [
  [10, fc.record({ do: fc.constant('nights' as const), count: fc.integer({ min: 1, max: 7 }) })],
  [
    4,
    fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(
        1,
        minuteMs,
        6 * minuteMs,
        600 * minuteMs,
        dayMs,
        2 * dayMs,
        15 * dayMs,
        40 * dayMs,
      ),
    }),
  ],
  [4, fc.record({ do: fc.constant('export' as const), source: someSources, fault: fc.constant(null) })],
  [2, fc.record({ do: fc.constant('export' as const), source: someSources, fault: exportFault })],
  [
    1,
    fc.record({
      do: fc.constant('storage' as const),
      source,
      fault: fc.constantFrom('missing' as const, 'altered' as const, 'unreadable' as const),
    }),
  ],
  [1, fc.record({ do: fc.constant('replay' as const), source, back: fc.integer({ min: 1, max: 4 }) })],
  [3, fc.record({ do: fc.constant('synchronise' as const), succeeds: fc.constantFrom(true, true, false) })],
  [1, fc.constant({ do: 'switchSynchronisation' as const })],
  [3, fc.record({ do: fc.constant('scan' as const), crash: fc.constant(null) })],
  [3, fc.record({ do: fc.constant('scan' as const), crash: someCrash })],
  [
    1,
    fc.record({
      do: fc.constant('shortList' as const),
      type: fc.constantFrom('user' as const, 'group' as const, 'contact' as const, 'device' as const),
    }),
  ],
  [3, fc.record({ do: fc.constant('approve' as const), name, crash })],
  [3, fc.record({ do: fc.constant('approveMany' as const), names })],
  [14, fc.constant({ do: 'approveAll' as const })],
  [2, fc.record({ do: fc.constantFrom('reject' as const, 'reopen' as const), name, crash })],
  [12, aDelete],
  [
    10,
    fc.record({
      do: fc.constant('delete' as const),
      names: someOrAll,
      by: fc.constant('deleter' as const),
      stage: fc.constant('normal' as const),
      crash: someCrash,
    }),
  ],
  [14, someMeanwhile],
  [
    2,
    fc.record({
      do: fc.constantFrom('restore' as const, 'releaseQuarantine' as const),
      which: fc.nat(3),
      crash,
    }),
  ],
  [1, fc.constant({ do: 'reconcile' as const })],
  [6, fc.record({ do: fc.constant('releaseHold' as const), which: fc.nat(20) })],
  [1, fc.record({ do: fc.constant('exclude' as const), name, days: fc.constantFrom(null, 1, 10) })],
  [1, fc.record({ do: fc.constant('removeRule' as const), which: fc.nat(10) })],
  [
    3,
    fc.record({
      do: fc.constant('leave' as const),
      name,
      leaves: fc.constantFrom('tombstone' as const, 'nothing' as const),
    }),
  ],
  [2, fc.record({ do: fc.constant('return' as const), name, key: fc.constantFrom(...keyNames) })],
  [
    4,
    fc.record({
      do: fc.constantFrom(
        'edit' as const,
        'touch' as const,
        'touch' as const,
        'touch' as const,
        'vanish' as const,
        'revive' as const,
        'revive' as const,
        'transfer' as const,
      ),
      name,
    }),
  ],
  [1, fc.constant({ do: 'switchQuarantine' as const })],
];

const someStep: fc.Arbitrary<Step> = fc.oneof(
  ...weighted.map(([weight, arbitrary]) => ({ weight, arbitrary })),
);

const someWorld: fc.Arbitrary<WorldSettings> = fc.record({
  sources: fc.constantFrom(1 as const, 2 as const),
  history: fc.constantFrom(true, true, false),
  waiting: fc.constantFrom('short' as const, 'short' as const, 'strict' as const),
  fourEyes: fc.constantFrom(false, false, true),
  contactsThroughBeta: fc.constantFrom(true, true, false),
  quarantineDays: fc.constantFrom(0 as const, 0 as const, 2 as const),
  deletionsPerDay: fc.constantFrom(1_000 as const, 1_000 as const, 2 as const),
  nightsBefore: fc.integer({ min: 1, max: 9 }),
  leftBefore: someLeft(1),
});

function someLeft(atLeast: number): fc.Arbitrary<WorldSettings['leftBefore']> {
  return fc.uniqueArray(
    fc.record({ name, leaves: fc.constantFrom('tombstone' as const, 'nothing' as const) }),
    { selector: one => one.name, minLength: atLeast, maxLength: 5 },
  );
}

/** A world where there is something to delete from the beginning. */
const aReadyWorld: fc.Arbitrary<WorldSettings> = fc
  .tuple(someWorld, someLeft(3), fc.integer({ min: 3, max: 5 }))
  .map(([world, leftBefore, nightsBefore]) => ({
    ...world,
    waiting: 'short',
    history: true,
    leftBefore,
    nightsBefore,
  }));

/** A world, and what happens in it. */
export interface History {
  readonly world: WorldSettings;
  readonly steps: readonly Step[];
}

/** Anything in any order, or a few days on which much happens at the same time. */
export const someHistory: fc.Arbitrary<History> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      world: someWorld,
      steps: fc.array(someStep, { minLength: 8, maxLength: 32, size: 'max' }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      world: aReadyWorld,
      steps: fc.array(fc.oneof({ weight: 5, arbitrary: someMeanwhile }, { weight: 2, arbitrary: someStep }), {
        minLength: 3,
        maxLength: 12,
        size: 'max',
      }),
    }),
  },
);
