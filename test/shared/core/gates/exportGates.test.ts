import type { SourceName } from '../../../../shared/core/exportFormat';
import {
  canariesVisible,
  exportClock,
  exportDrop,
  exportFloor,
  exportFollows,
  exportFresh,
  exportNotReplayed,
  exportPresent,
  exportVerified,
  judgedExportGates,
  replicationFresh,
  sourceExpected,
} from '../../../../shared/core/gates/exportGates';
import type { GateResult } from '../../../../shared/core/gates/gate';
import { defaultGateLimits as limits } from '../../../../shared/core/gates/limits';
import type { Instant } from '../../../../shared/core/instant';
import { expectSound, unsaid } from './expectBreach';
import { anExport, before, contoso, hourMs, judged, lineCounts, minuteMs, now } from './judgedExport';

const source = 'contoso' as SourceName;
const other = 'e'.repeat(64);
const last = anExport();
const next = { sequence: 8, manifestHash: other };
const after = (ms: number): Instant => (now + ms) as Instant;

const fresh = (ageMs: number): GateResult => exportFresh(judged({ startedAt: before(ageMs) }), limits, now);
const clock = (startMs: number, endMs: number, seenAt: Instant | null = null): GateResult =>
  exportClock({ ...judged({ startedAt: after(startMs), finishedAt: after(endMs) }), seenAt }, limits, now);
const floor = (...contexts: number[]): GateResult =>
  exportFloor(
    judged({
      namingContexts: contexts.map((user, at) => ({
        distinguishedName: `DC=d${at}`,
        counts: lineCounts({ user, tombstone: 1_000 }),
      })),
    }),
    limits,
  );
const canaries = (unseen: number, most = 0): GateResult =>
  canariesVisible(
    judged(
      {},
      {
        canaries: [0, 1, 2].map(at => ({
          distinguishedName: `CN=canary${at},${contoso}`,
          seen: at >= unseen,
        })),
      },
    ),
    { ...limits, canariesUnseenObjects: most },
  );
const replication = (lagMs: number | null): GateResult => {
  const { manifest } = judged();
  const [context] = manifest.namingContexts;
  const oldestInboundSuccess = lagMs === null ? null : ((anExport().startedAt - lagMs) as Instant);
  const domainController = { ...context!.domainController, oldestInboundSuccess };
  const [gate] = replicationFresh(
    judged({}, { namingContexts: [{ ...context!, domainController }] }),
    limits,
  );
  return gate!;
};
const users = (was: number, is: number): GateResult => {
  const namingContexts = (user: number) => [{ distinguishedName: contoso, counts: lineCounts({ user }) }];
  const all = exportDrop(
    judged({ namingContexts: namingContexts(is) }, {}, anExport({ namingContexts: namingContexts(was) })),
    limits,
  );
  expect(all.filter(gate => gate.type !== 'user').every(gate => gate.passed)).toBe(true);
  return all.find(gate => gate.type === 'user')!;
};

interface Expected {
  readonly passed: boolean;
  readonly holds?: boolean;
  readonly severity?: number;
  readonly found?: string;
  readonly limit?: string;
}
const pass: Expected = { passed: true, holds: false, severity: 0 };
const waits = { passed: false, holds: false };
const holds = { passed: false, holds: true };

test.each<[string, GateResult, Expected]>([
  [
    'sourceExpected: one that is expected',
    sourceExpected(anExport(), new Set([source])),
    { ...pass, found: 'expected' },
  ],
  [
    'sourceExpected: one of another name',
    sourceExpected(anExport(), new Set(['other' as SourceName])),
    { ...holds, severity: 1, found: 'not expected' },
  ],

  [
    'exportPresent: an accepted export',
    exportPresent(source, { status: 'accepted', sequence: 4, lines: 20 }),
    pass,
  ],
  [
    'exportPresent: a refused export is there',
    exportPresent(source, { status: 'refused', reason: 'x' }),
    pass,
  ],
  [
    'exportPresent: none',
    exportPresent(source, { status: 'missing', reason: 'no export' }),
    { ...waits, found: 'missing', severity: 1 },
  ],
  [
    'exportPresent: what can not be read is not called present',
    exportPresent(source, { status: 'unreadable', reason: 'no right' }),
    { ...waits, found: 'unreadable' },
  ],
  [
    'exportVerified: an accepted export',
    exportVerified(source, { status: 'accepted', sequence: 4, lines: 20 }),
    { ...pass, found: 'sequence 4, 20 lines' },
  ],
  [
    'exportVerified: a refused export holds',
    exportVerified(source, { status: 'refused', reason: 'bad hash' }),
    { ...holds, severity: 1, found: 'refused' },
  ],
  [
    'exportVerified: what is not there was not altered',
    exportVerified(source, { status: 'missing', reason: 'no export' }),
    { ...waits, found: 'missing' },
  ],

  ['exportFresh: of now', fresh(0), pass],
  ['exportFresh: of the future, which exportClock judges', fresh(-hourMs), pass],
  ['exportFresh: below 36 hours', fresh(36 * hourMs - 1), pass],
  ['exportFresh: at 36 hours', fresh(36 * hourMs), { ...pass, limit: 'begun in the last 36 hours' }],
  ['exportFresh: above 36 hours', fresh(36 * hourMs + 1), waits],
  [
    'exportFresh: a day above',
    fresh(60 * hourMs),
    { ...waits, severity: 24, found: '2026-11-17T14:00:00.000Z' },
  ],

  ['exportClock: ended before now', clock(-hourMs, -minuteMs), pass],
  ['exportClock: at 5 minutes ahead', clock(0, 5 * minuteMs), pass],
  ['exportClock: above 5 minutes', clock(0, 5 * minuteMs + 1), holds],
  [
    'exportClock: a start that is ahead of its end counts too',
    clock(6 * minuteMs, 0),
    { ...holds, severity: 1 },
  ],
  ['exportClock: a day ahead', clock(0, 24 * hourMs), { ...holds, severity: 24 * 60 - 5 }],
  [
    'exportClock: a day ahead when it was seen, though its time has come',
    clock(-hourMs, -hourMs, before(25 * hourMs)),
    { ...holds, severity: 24 * 60 - 5 },
  ],
  ['exportClock: in time when it was seen', clock(-hourMs, -hourMs, before(hourMs)), pass],
  ['exportClock: seen at a time that has not come', clock(0, 6 * minuteMs, after(hourMs)), holds],

  [
    'exportNotReplayed: the first of its source',
    exportNotReplayed(judged()),
    { ...pass, limit: 'the first of this source' },
  ],
  ['exportNotReplayed: the same export again', exportNotReplayed(judged({}, {}, last)), pass],
  ['exportNotReplayed: the next', exportNotReplayed(judged(next, {}, last)), pass],
  [
    'exportNotReplayed: the next, begun at the same time',
    exportNotReplayed(judged({ ...next, startedAt: last.startedAt }, {}, last)),
    pass,
  ],
  [
    'exportNotReplayed: a later number, begun before',
    exportNotReplayed(judged({ ...next, startedAt: before(hourMs + 1) }, {}, last)),
    { ...holds, severity: 1 },
  ],
  [
    'exportNotReplayed: another export with the same number',
    exportNotReplayed(judged({ manifestHash: other }, {}, last)),
    { ...holds, severity: 1, limit: 'sequence 7 or later, begun at 2026-11-20T01:00:00.000Z or later' },
  ],
  [
    'exportNotReplayed: an older number',
    exportNotReplayed(judged({ sequence: 3, manifestHash: other }, {}, last)),
    { ...holds, severity: 5, found: 'sequence 3, begun at 2026-11-20T01:00:00.000Z' },
  ],

  ['exportFollows: the first of its source', exportFollows(judged()), pass],
  [
    'exportFollows: not right after',
    exportFollows(judged({ sequence: 9 }, { previousManifest: other }, last)),
    pass,
  ],
  [
    'exportFollows: right after, and names the last accepted one',
    exportFollows(judged(next, { previousManifest: last.manifestHash }, last)),
    pass,
  ],
  [
    'exportFollows: right after, and names another',
    exportFollows(judged(next, { previousManifest: other }, last)),
    { ...holds, severity: 1, found: other },
  ],
  [
    'exportFollows: right after, and names none',
    exportFollows(judged(next, { previousManifest: null }, last)),
    { ...holds, found: 'no previous manifest' },
  ],

  ['exportFloor: above 25', floor(26), pass],
  ['exportFloor: at 25', floor(25), pass],
  [
    'exportFloor: below 25',
    floor(24),
    { ...holds, severity: 1, found: '24 live objects', limit: '25 or more' },
  ],
  ['exportFloor: naming contexts count together', floor(13, 12), pass],
  ['exportFloor: tombstones do not count', floor(0, 0), { ...holds, severity: 25 }],

  ['exportDrop: more than before', users(1_000, 1_001), pass],
  ['exportDrop: at 5 % of many', users(1_000, 950), { ...pass, limit: '950 or more, 1000 before' }],
  ['exportDrop: below it', users(1_000, 949), { ...holds, severity: 51, found: '949' }],
  ['exportDrop: at 10 of few', users(100, 90), pass],
  ['exportDrop: below it', users(100, 89), { ...holds, severity: 11 }],
  ['exportDrop: a share is rounded down', users(219, 209), pass],
  ['exportDrop: a share is rounded down', users(219, 208), holds],
  ['exportDrop: a context of 10 may go', users(10, 0), { ...pass, limit: '0 or more, 10 before' }],
  ['exportDrop: one of 11 may not', users(11, 0), { ...holds, severity: 11 }],
  ['exportDrop: one page of 500 of a large tenant', users(30_000, 500), { ...holds, severity: 29_500 }],

  ['canariesVisible: all', canaries(0), { ...pass, found: '0 of 3 out of sight' }],
  ['canariesVisible: at the limit', canaries(1, 1), pass],
  ['canariesVisible: above it', canaries(2, 1), { ...holds, severity: 1, limit: 'at most 1' }],
  ['canariesVisible: one is enough', canaries(1), { ...holds, severity: 1 }],
  ['canariesVisible: none are configured', canariesVisible(judged({}, { canaries: [] }), limits), pass],

  [
    'replicationFresh: one domain controller alone',
    replication(null),
    { ...pass, found: 'one domain controller' },
  ],
  ['replicationFresh: after the export began', replication(-hourMs), pass],
  ['replicationFresh: at 24 hours', replication(24 * hourMs), pass],
  ['replicationFresh: above 24 hours', replication(24 * hourMs + 1), waits],
  [
    'replicationFresh: a day above',
    replication(48 * hourMs),
    { ...waits, severity: 24, found: '2026-11-18T01:00:00.000Z' },
  ],
])('%s', (_, gate, expected) => {
  expect(gate).toMatchObject({ kind: 'evidence', source, ...expected });
  expectSound(gate);
});

describe('a reason says what was expected, what was found and what to do', () => {
  test.each<[string, GateResult, (string | RegExp)[]]>([
    [
      'sourceExpected',
      sourceExpected(anExport({ lines: 17 }), new Set()),
      [
        'source contoso',
        'expected in EXPORT_SOURCES',
        '17 lines',
        'Put it back, in both parts',
        'on purpose',
      ],
    ],
    ['exportPresent', exportPresent(source, { status: 'missing', reason: 'no export' }), [/^no export$/]],
    ['exportVerified', exportVerified(source, { status: 'refused', reason: 'bad hash' }), [/^bad hash$/]],
    [
      'exportFresh',
      fresh(60 * hourMs),
      ['of contoso', 'begun in the last 36 hours', '2026-11-17T14:00', 'Look after its agent'],
    ],
    [
      'exportClock',
      clock(0, 24 * hourMs),
      ['2026-11-21T02:00', 'here it was seen at 2026-11-20T02:00', 'at most 5 minutes', 'Set the clock'],
    ],
    [
      'exportNotReplayed',
      exportNotReplayed(judged({ sequence: 3, manifestHash: other }, {}, last)),
      ['sequence 7 or later', 'found sequence 3', 'Find out which before you release'],
    ],
    [
      'exportFollows',
      exportFollows(judged(next, { previousManifest: other }, last)),
      ['Export 8 of contoso', `manifest ${last.manifestHash}`, `it follows ${other}`, 'Two agents export'],
    ],
    ['exportFloor', floor(24), ['25 live objects or more', 'found 24', 'Check what the agent']],
    [
      'exportDrop',
      users(1_000, 900),
      [
        `contoso, ${contoso}`,
        '950 objects of the class user or more',
        'had 1000; found 900',
        'Find out what became of 100 objects',
      ],
    ],
    [
      'canariesVisible',
      canaries(2),
      ['its 3 canaries; 2 were out of sight', 'Check what its account may read'],
    ],
    [
      'replicationFresh',
      replication(48 * hourMs),
      ['dc1.contoso.example', '24 hours before the export', '2026-11-18T01:00', 'Repair replication'],
    ],
  ])('%s', (_, gate, parts) => expect(unsaid(gate, ...parts)).toEqual([]));

  test('exportVerified does not repeat what exportPresent says', () =>
    expect(exportVerified(source, { status: 'missing', reason: 'no export' }).reason).toBe(''));
});

describe('exportDrop compares each naming context and each class', () => {
  const counts = lineCounts({
    user: 100,
    group: 100,
    contact: 100,
    computer: 100,
    other: 100,
    tombstone: 100,
  });
  const was = anExport({
    namingContexts: [
      { distinguishedName: contoso, counts },
      { distinguishedName: 'DC=emea,DC=contoso,DC=example', counts },
    ],
  });
  const breachesOf = (namingContexts: typeof was.namingContexts) =>
    exportDrop(judged({ namingContexts }, {}, was), limits)
      .filter(gate => !gate.passed)
      .map(({ type, context, found }) => ({ type, context, found }));

  test('the first of its source has nothing to be compared with', () =>
    expect(exportDrop(judged(), limits)).toMatchObject([
      { passed: true, type: null, context: null, limit: 'the first of this source' },
    ]));

  test('all classes that live, in every context; tombstones are none', () => {
    expect(breachesOf(was.namingContexts)).toEqual([]);
    expect(exportDrop(judged({ namingContexts: was.namingContexts }, {}, was), limits)).toHaveLength(10);
    const gone = { ...counts, tombstone: 0 };
    expect(breachesOf(was.namingContexts.map(one => ({ ...one, counts: gone })))).toEqual([]);
  });

  test('a context that is gone is a drop to nothing of every class', () => {
    const context = 'DC=emea,DC=contoso,DC=example';
    expect(breachesOf(was.namingContexts.slice(0, 1))).toEqual([
      { type: 'user', context, found: '0' },
      { type: 'group', context, found: '0' },
      { type: 'contact', context, found: '0' },
      { type: 'device', context, found: '0' },
      { type: null, context: `other classes of ${context}`, found: '0' },
    ]);
  });

  test('a small domain is not lost in the sum of a large forest', () => {
    const [large, small] = was.namingContexts;
    const many = { ...large!, counts: { ...counts, user: 100_000 } };
    const fewer = { ...small!, counts: { ...counts, user: 50 } };
    expect(breachesOf([many, fewer])).toEqual([
      { type: 'user', context: small!.distinguishedName, found: '50' },
    ]);
  });

  test('a context that is new, or that another spelling names, is no drop', () => {
    const renamed = was.namingContexts.map(one => ({
      ...one,
      distinguishedName: one.distinguishedName.toLowerCase(),
    }));
    expect(breachesOf([...renamed, { distinguishedName: 'DC=new', counts: lineCounts() }])).toEqual([]);
  });
});

test('of one export every gate is evaluated, whatever the others found', () => {
  const worst = judged(
    {
      sequence: 1,
      startedAt: before(1_000 * hourMs),
      finishedAt: after(hourMs),
      manifestHash: other,
      namingContexts: [],
    },
    { canaries: [{ distinguishedName: 'CN=canary', seen: false }] },
    last,
  );
  const gates = judgedExportGates(worst, limits, now);
  expect([...new Set(gates.filter(gate => !gate.passed).map(gate => gate.gate))]).toEqual([
    'exportFresh',
    'exportClock',
    'exportNotReplayed',
    'exportFloor',
    'exportDrop',
    'canariesVisible',
  ]);
  expect([...new Set(gates.map(gate => gate.gate))]).toHaveLength(8);
});
