import { lostAnswerDays, type AnsweredRequest, type ExportRequest } from '../../../shared/core/exportRequest';
import type { Instant } from '../../../shared/core/instant';
import {
  synchronisationToAsk,
  waitingSinceOf,
  type LastRequest,
} from '../../../shared/core/synchronisationRequest';
import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import type { ExportManifest, SourceName } from '../../../shared/core/exportFormat';
import type { FactState, StoredFacts } from '../../../shared/core/facts';
import type { Guid } from '../../../shared/core/keys/guid';
import { aContact, aDevice, aGroup, aUser, instant } from '../../support/builders';

const at = instant('2026-11-20T02:00:00Z');
const days = (number: number, ms = 0): Instant => (at + number * 24 * 60 * 60 * 1000 + ms) as Instant;
const id = '0a0a0a0a-0000-4000-8000-000000000001' as Guid;
const last = (requestedAt: Instant, outcome: AnsweredRequest['outcome'] | null = null): LastRequest => ({
  request: { schemaVersion: 1, id, kind: 'synchronisation', requestedAt } satisfies ExportRequest,
  outcome,
});

test.each<[string, LastRequest | null, Instant | null, ReturnType<typeof synchronisationToAsk>]>([
  ['nothing waits, and nobody asked: nothing', null, null, null],
  ['something waits, and nobody asked: ask', null, days(-3), 'ask'],
  ['it was asked, and not answered: wait', last(days(-1)), days(-3), { id, status: 'waiting' }],
  [
    'not answered, and something newer waits as well: still wait',
    last(days(-1)),
    at,
    { id, status: 'waiting' },
  ],
  [
    'answered, for the same evidence: not again',
    last(days(-1), 'started'),
    days(-1),
    { id, status: 'started' },
  ],
  ['answered, and something newer waits: ask', last(days(-1), 'started'), days(-1, 1), 'ask'],
  [
    'the command failed, for the same evidence: not again',
    last(days(-1), 'failed'),
    days(-3),
    { id, status: 'failed' },
  ],
  ['there is no command, and something newer waits: ask', last(days(-1), 'notConfigured'), at, 'ask'],
  [
    'answered, and nothing waits: as it was answered',
    last(days(-1), 'started'),
    null,
    { id, status: 'started' },
  ],
  ['no answer for seven days: wait', last(days(-lostAnswerDays)), at, { id, status: 'waiting' }],
  ['no answer for longer, and something newer waits: ask', last(days(-lostAnswerDays, -1)), at, 'ask'],
  [
    'no answer for longer, and nothing newer: wait',
    last(days(-lostAnswerDays, -1)),
    days(-9),
    { id, status: 'waiting' },
  ],
  ['from the future: ask', last(days(0, 1)), days(-3), 'ask'],
  ['from the future, and nothing waits: nothing', last(days(0, 1)), null, null],
  ['asked a moment ago: wait', last(at), at, { id, status: 'waiting' }],
])('%s', (_, request, waitingSince, expected) => {
  expect(synchronisationToAsk(request, waitingSince, at)).toEqual(expected);
});

describe('since when objects wait, by source', () => {
  const idOfUser = (n: number): CloudId =>
    `0b0b0b0b-0000-4000-8000-${String(n).padStart(12, '0')}` as CloudId;
  const [contoso, fabrikam] = ['contoso', 'fabrikam'].map((source, n) => ({
    source: source as SourceName,
    namingContexts: [
      { domain: null },
      { domain: { dnsName: `${source}.example`, sid: `S-1-5-21-${n + 1}-2-3` } },
    ] as ExportManifest['namingContexts'],
    synchronisationRuns: null as ExportManifest['synchronisationRuns'],
    answeredRequests: [],
  })) as readonly Manifest[] as [Manifest, Manifest];
  type Manifest = Parameters<typeof waitingSinceOf>[2][number];
  const waitsFor = [{ for: 'synchronisation', until: null }] as const;
  const rowOf = (n: number, state: FactState, firstObservedAt: Instant): StoredFacts =>
    ({ type: 'user', id: idOfUser(n), state, firstObservedAt }) as StoredFacts;
  const since = (
    findings: Parameters<typeof waitingSinceOf>[0],
    previous: readonly StoredFacts[] = [],
    manifests = [contoso, fabrikam],
  ) => Object.fromEntries(waitingSinceOf(findings, previous, manifests, at));

  test('nothing waits where nobody waits for synchronisation', () => {
    expect(since([])).toEqual({});
    expect(since([{ cloud: aUser({ id: idOfUser(1) }), waitsFor: [{ for: 'grace', until: at }] }])).toEqual(
      {},
    );
  });

  test.each<[string, CloudObject, object]>([
    [
      'the SID',
      aUser({ id: idOfUser(1), onPremisesSecurityIdentifier: 'S-1-5-21-2-2-3-1105' }),
      { fabrikam: at },
    ],
    [
      'the name of the domain',
      aGroup({ id: idOfUser(1), onPremisesDomainName: 'Contoso.example' }),
      { contoso: at },
    ],
    ['nothing', aContact({ id: idOfUser(1) }), { contoso: at, fabrikam: at }],
    [
      'a domain of nobody',
      aUser({ id: idOfUser(1), onPremisesDomainName: 'x' }),
      { contoso: at, fabrikam: at },
    ],
    [
      'a device by its SID',
      aDevice({ id: idOfUser(1), onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1' }),
      { contoso: at },
    ],
  ])('an object that names %s waits for that', (_, cloud, expected) => {
    expect(since([{ cloud, waitsFor }])).toEqual(expected);
  });

  test('the newest of several counts, since its row was first missing', () => {
    const users = [1, 2, 3].map(n => ({ cloud: aUser({ id: idOfUser(n) }), waitsFor }));
    const rows = [
      rowOf(1, 'observed', days(-3)),
      rowOf(2, 'candidate', days(-2)),
      rowOf(3, 'observed', days(-4)),
    ];
    expect(since(users, rows)).toEqual({ contoso: days(-2), fabrikam: days(-2) });
    for (const state of ['attention', 'withdrawn'] as const)
      expect(since(users, [...rows, rowOf(3, state, days(-4))])).toEqual({ contoso: at, fabrikam: at });
  });

  test('a source whose own history shows a synchronisation since is not waited for', () => {
    const run = { startedAt: days(-1), finishedAt: days(-1), succeeded: true, exportedDeletes: null };
    const told = { ...contoso, synchronisationRuns: [run] };
    const users = [{ cloud: aUser({ id: idOfUser(1) }), waitsFor }];
    expect(since(users, [rowOf(1, 'observed', days(-1))], [told])).toEqual({ contoso: days(-1) });
    expect(since(users, [rowOf(1, 'observed', days(-1, -1))], [told])).toEqual({});
    const failed = { ...contoso, synchronisationRuns: [{ ...run, succeeded: false }] };
    expect(since(users, [rowOf(1, 'observed', days(-2))], [failed])).toEqual({ contoso: days(-2) });
  });
});
