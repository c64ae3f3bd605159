import type { CloudId } from '../../../../shared/core/cloudObject';
import type { SourceName } from '../../../../shared/core/exportFormat';
import { deletedItemsRead, graphListComplete } from '../../../../shared/core/gates/cloudGates';
import { exportPresent, exportVerified } from '../../../../shared/core/gates/exportGates';
import type { GateResult } from '../../../../shared/core/gates/gate';
import { instant } from '../../../support/builders';

const source = 'contoso' as SourceName;
const read = (distinct: number, countBefore: number, countAfter = countBefore): GateResult =>
  graphListComplete('user', { status: 'read', distinct, countBefore, countAfter });

describe('graphListComplete', () => {
  test.each([
    ['at the lower limit of a small tenant', 90, 100, 100, true],
    ['below it', 89, 100, 100, false],
    ['at the upper limit', 110, 100, 100, true],
    ['above it', 111, 100, 100, false],
    ['at 0.1 % of a large tenant', 99_900, 100_000, 100_000, true],
    ['below it', 99_899, 100_000, 100_000, false],
    ['between two counts of a tenant that grows', 150, 100, 200, true],
    ['below the first of them', 89, 100, 200, false],
    ['above the last of a tenant that shrinks', 211, 200, 100, false],
    ['an empty list of an empty tenant', 0, 0, 0, true],
    ['an empty list of a small tenant that counts fewer than the tolerance', 0, 10, 10, true],
    ['an empty list of a tenant that counts more', 0, 11, 11, false],
  ])('%s', (_, distinct, before, after, passed) => expect(read(distinct, before, after).passed).toBe(passed));

  test('a breach says what was expected, what was found and what to do', () => {
    const gate = read(50, 100);
    expect(gate).toMatchObject({ gate: 'graphListComplete', type: 'user', found: '50', limit: '90 to 110' });
    expect(gate.reason).toContain('90 to 110 distinct ids were expected');
    expect(gate.reason).toContain('Run the scan again');
    expect(read(100, 100).reason).toBe('');
  });

  test('a list that was not read is a breach with its reason', () => {
    const gate = graphListComplete('device', { status: 'failed', reason: 'Graph answered 403.' });
    expect(gate).toMatchObject({ passed: false, found: 'not read', reason: 'Graph answered 403.' });
  });
});

describe('export gates', () => {
  test('an accepted export passes both', () => {
    const outcome = { status: 'accepted', sequence: 4, lines: 20 } as const;
    expect(exportPresent(source, outcome)).toMatchObject({ passed: true, reason: '' });
    expect(exportVerified(source, outcome)).toMatchObject({
      passed: true,
      found: 'sequence 4, 20 lines',
      reason: '',
    });
  });

  test('a missing export breaches both and gives its reason once', () => {
    const outcome = { status: 'missing', reason: 'no export' } as const;
    expect(exportPresent(source, outcome)).toMatchObject({ passed: false, reason: 'no export' });
    expect(exportVerified(source, outcome)).toMatchObject({ passed: false, found: 'missing', reason: '' });
  });

  test('an export that can not be read is not called present', () => {
    const outcome = { status: 'unreadable', reason: 'no right' } as const;
    expect(exportPresent(source, outcome)).toMatchObject({
      passed: false,
      found: 'unreadable',
      reason: 'no right',
    });
    expect(exportVerified(source, outcome)).toMatchObject({ passed: false, found: 'unreadable', reason: '' });
  });

  test('a refused export is present and breaches the second', () => {
    const outcome = { status: 'refused', reason: 'bad hash' } as const;
    expect(exportPresent(source, outcome)).toMatchObject({ passed: true, reason: '' });
    expect(exportVerified(source, outcome)).toMatchObject({
      passed: false,
      found: 'refused',
      reason: 'bad hash',
    });
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
