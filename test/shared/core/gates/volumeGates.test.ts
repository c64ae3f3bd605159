import type { GateResult } from '../../../../shared/core/gates/gate';
import { defaultGateLimits as limits } from '../../../../shared/core/gates/limits';
import { candidates, newMissing, pendingDeletions } from '../../../../shared/core/gates/volumeGates';
import type { ObjectType } from '../../../../shared/core/objectType';
import { expectSound, unsaid } from './expectBreach';

const missing = (type: ObjectType, count: number, synced: number): GateResult =>
  candidates(type, { synced, missing: count, newlyMissing: 0 }, limits);
const newly = (type: ObjectType, newlyMissing: number): GateResult =>
  newMissing(type, { synced: 10_000, missing: newlyMissing, newlyMissing }, limits);

test.each<[string, GateResult, number, string]>([
  ['candidates: none', missing('user', 0, 0), 0, '10'],
  ['candidates: below the least share', missing('user', 9, 10), 0, '10'],
  ['candidates: at it', missing('user', 10, 10), 0, '10'],
  ['candidates: above it', missing('user', 11, 10), 1, '10'],
  ['candidates: at the share, rounded down', missing('user', 24, 499), 0, '24'],
  ['candidates: above it', missing('user', 25, 499), 1, '24'],
  ['candidates: at the figure of a large tenant', missing('user', 100, 50_000), 0, '100'],
  ['candidates: above it', missing('user', 101, 50_000), 1, '100'],
  ['candidates: groups', missing('group', 51, 50_000), 1, '50'],
  ['candidates: contacts have 10 %', missing('contact', 25, 249), 1, '24'],
  ['candidates: devices', missing('device', 4_000, 50_000), 3_900, '100'],
  ['newMissing: none', newly('user', 0), 0, '25'],
  ['newMissing: at the limit', newly('user', 25), 0, '25'],
  ['newMissing: above it', newly('user', 26), 1, '25'],
  ['newMissing: at the limit of groups', newly('group', 15), 0, '15'],
  ['newMissing: an OU of 400', newly('group', 400), 385, '15'],
  ['pendingDeletions: none', pendingDeletions(0, limits), 0, '500'],
  ['pendingDeletions: at the limit', pendingDeletions(500, limits), 0, '500'],
  ['pendingDeletions: above it', pendingDeletions(501, limits), 1, '500'],
])('%s', (_, gate, severity, limit) => {
  expect(gate).toMatchObject({ kind: 'volume', source: null, severity, limit, holds: severity > 0 });
  expectSound(gate);
});

test('each type is judged by itself, and pending deletions for the tenant', () => {
  expect(missing('device', 1, 1)).toMatchObject({ type: 'device', found: '1 of 1' });
  expect(newly('contact', 3)).toMatchObject({ type: 'contact', found: '3' });
  expect(pendingDeletions(7, limits)).toMatchObject({ type: null, found: '7' });
});

describe('a reason says what was expected, what was found, and that the list is complete and locked', () => {
  const locked =
    'The list is complete, and nobody can approve or delete from it until an administrator releases';
  test.each<[string, GateResult, string[]]>([
    [
      'candidates',
      missing('user', 300, 1_000),
      ['At most 50 missing users', '100, or 5 % of 1000', 'found 300', locked],
    ],
    ['newMissing', newly('device', 30), ['At most 25 newly missing devices', 'found 30', locked]],
    [
      'pendingDeletions',
      pendingDeletions(600, limits),
      ['At most 500 objects', 'found 600', 'Get-ADSyncExportDeletionThreshold', 'no orphans', locked],
    ],
  ])('%s', (_, gate, parts) => expect(unsaid(gate, ...parts)).toEqual([]));
});
