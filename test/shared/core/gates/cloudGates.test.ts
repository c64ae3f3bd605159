import type { CloudId } from '../../../../shared/core/cloudObject';
import {
  deletedItemsRead,
  graphListComplete,
  matchRate,
  tenantAgrees,
} from '../../../../shared/core/gates/cloudGates';
import type { GateResult } from '../../../../shared/core/gates/gate';
import { defaultGateLimits as limits, type GateLimits } from '../../../../shared/core/gates/limits';
import type { Guid } from '../../../../shared/core/keys/guid';
import type { ObjectType } from '../../../../shared/core/objectType';
import { instant } from '../../../support/builders';
import { expectSound, unsaid } from './expectBreach';

const list = (distinct: number, countBefore: number, countAfter = countBefore): GateResult =>
  graphListComplete('user', { status: 'read', distinct, countBefore, countAfter });

describe('graphListComplete', () => {
  test.each<[string, GateResult, number]>([
    ['at the lower limit of a small tenant', list(90, 100), 0],
    ['below it', list(89, 100), 1],
    ['at the upper limit', list(110, 100), 0],
    ['above it', list(112, 100), 2],
    ['at 0.1 % of a large tenant', list(99_900, 100_000), 0],
    ['below it', list(99_899, 100_000), 1],
    ['between two counts of a tenant that grows', list(150, 100, 200), 0],
    ['below the first of them', list(89, 100, 200), 1],
    ['above the last of a tenant that shrinks', list(211, 200, 100), 1],
    ['an empty list of an empty tenant', list(0, 0), 0],
    ['an empty list of a tenant that counts no more than the tolerance', list(0, 10), 0],
    ['an empty list of a tenant that counts more', list(0, 11), 1],
  ])('%s', (_, gate, severity) => {
    expect(gate).toMatchObject({ kind: 'evidence', type: 'user', severity, holds: false });
    expectSound(gate);
  });

  test('a breach says what was expected, what was found and what to do', () => {
    expect(list(50, 100)).toMatchObject({ found: '50', limit: '90 to 110' });
    expect(
      unsaid(list(50, 100), '90 to 110 distinct ids were expected', '50 were found', 'Run the scan again'),
    ).toEqual([]);
  });

  test('a list that was not read is a breach with its reason, and holds nobody', () => {
    const gate = graphListComplete('device', { status: 'failed', reason: 'Graph answered 403.' });
    expect(gate).toMatchObject({
      passed: false,
      type: 'device',
      found: 'not read',
      reason: 'Graph answered 403.',
      severity: 1,
      holds: false,
    });
  });
});

describe('tenantAgrees', () => {
  const ours = '11111111-2222-4333-8444-555555555555' as Guid;
  const others = '22222222-2222-4333-8444-555555555555' as Guid;

  test('the configured tenant', () => {
    const gate = tenantAgrees({ tenantId: ours }, '', ours);
    expect(gate).toMatchObject({ passed: true, found: ours, limit: ours });
    expectSound(gate);
  });

  test('another tenant holds', () => {
    const gate = tenantAgrees({ tenantId: others }, '', ours);
    expect(gate).toMatchObject({ passed: false, found: others, holds: true });
    expectSound(gate);
    expect(unsaid(gate, ours, others, 'TENANT_ID', 'Correct the setting')).toEqual([]);
  });

  test('a tenant that nobody told is not ours, and holds nobody', () => {
    const gate = tenantAgrees(null, 'Graph answered 503.', ours);
    expect(gate).toMatchObject({
      passed: false,
      found: 'not read',
      holds: false,
      reason: 'Graph answered 503.',
    });
    expectSound(gate);
  });
});

describe('matchRate', () => {
  const floor = (percent: number): GateLimits => ({
    ...limits,
    matchRateFloorPercent: { user: percent, group: percent, contact: percent, device: percent },
  });
  const rate = (
    outcomes: Readonly<Record<string, number>>,
    of: GateLimits = limits,
    type: ObjectType = 'user',
  ): GateResult => matchRate(type, { outcomes }, of);

  test.each<[string, GateResult, boolean, string]>([
    ['nothing to compare', rate({}), true, '100.0 % of 0'],
    ['everything is alive', rate({ live: 10 }), true, '100.0 % of 10'],
    ['above the floor', rate({ live: 71, absent: 29 }), true, '71.0 % of 100'],
    ['at the floor', rate({ live: 70, absent: 30 }), true, '70.0 % of 100'],
    ['below the floor', rate({ live: 69, absent: 31 }), false, '69.0 % of 100'],
    [
      'just below it, which must not look as if it were at it',
      rate({ live: 69_999, absent: 30_001 }),
      false,
      '69.9 % of 100000',
    ],
    [
      'at a floor that has no exact quotient',
      rate({ live: 57, absent: 43 }, floor(57)),
      true,
      '57.0 % of 100',
    ],
    ['devices, at their own floor', rate({ live: 5, absent: 5 }, limits, 'device'), true, '50.0 % of 10'],
    ['devices, below it', rate({ live: 4, absent: 5 }, limits, 'device'), false, '44.4 % of 9'],
    ['what was made again counts as missing', rate({ live: 6, reCreated: 4 }), false, '60.0 % of 10'],
    [
      'what has any trace on-premises counts as found',
      rate({ outOfScope: 2, reAnchored: 2, duplicate: 2, deleted: 1, absent: 3 }),
      true,
      '70.0 % of 10',
    ],
    [
      'what is not covered or unknown counts on neither side',
      rate({ live: 7, absent: 3, unknown: 90, notCovered: 90 }),
      true,
      '70.0 % of 10',
    ],
    ['two missing say nothing, where anything was found', rate({ live: 1, absent: 2 }), true, '33.3 % of 3'],
    ['three do', rate({ live: 1, absent: 3 }), false, '25.0 % of 4'],
    ['where nothing was found at all, one says enough', rate({ absent: 1 }), false, '0.0 % of 1'],
  ])('%s', (_, gate, passed, found) => {
    expect(gate).toMatchObject({ kind: 'evidence', passed, found, holds: !passed });
    expectSound(gate);
  });

  test('a breach says what was expected, what was found and what to do', () => {
    const gate = rate({ live: 60, absent: 40 });
    expect(gate).toMatchObject({
      severity: 10,
      type: 'user',
      limit: '70 % or more, or fewer than 3 missing of some',
    });
    expect(
      unsaid(
        gate,
        'users:',
        '70 % or more of the 100',
        '60.0 % were found',
        'Check the declared anchor',
        'one run',
      ),
    ).toEqual([]);
  });
});

describe('deletedItemsRead', () => {
  const at = instant('2026-11-20T02:00:00Z');
  const memory = { completeSince: null, readAt: at, deleted: new Set(['x' as CloudId]), left: new Map() };

  test('is passed where they were read, and says since when they are remembered', () => {
    expect(deletedItemsRead({ status: 'read', memory })).toMatchObject({
      gate: 'deletedItemsRead',
      kind: 'evidence',
      passed: true,
      found: '1 deleted users',
      limit: 'read to its end',
    });
    expect(deletedItemsRead({ status: 'read', memory: { ...memory, completeSince: at } }).found).toBe(
      '1 deleted users, remembered since 2026-11-20T02:00:00.000Z',
    );
  });

  test('is breached where they were not, and holds nobody', () => {
    expect(deletedItemsRead({ status: 'failed', reason: 'no permission' })).toMatchObject({
      passed: false,
      found: 'not read',
      reason: 'no permission',
      holds: false,
    });
  });
});
