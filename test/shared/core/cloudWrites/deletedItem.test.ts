import { restorableUntil } from '../../../../shared/core/cloudWrites/deletedItem';
import type { CloudId } from '../../../../shared/core/cloudObject';
import type { Instant } from '../../../../shared/core/instant';

const id = '00000000-0000-4000-8000-000000000001' as CloudId;
const deletedDateTime = Date.UTC(2026, 0, 1) as Instant;

test('a user can be restored for 30 days', () => {
  expect(restorableUntil('user', { id, deletedDateTime })).toBe(Date.UTC(2026, 0, 31));
});

test('nothing else is promised', () => {
  expect(restorableUntil('user', { id, deletedDateTime: null })).toBeNull();
  for (const type of ['group', 'device', 'contact'] as const) {
    expect(restorableUntil(type, { id, deletedDateTime })).toBeNull();
  }
});
