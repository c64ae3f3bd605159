import { expectedConfirmation } from '../../../../shared/core/review/confirmation';
import { userId } from '../decisions';

const expected = (type: 'user' | 'group' | 'contact' | 'device', displayName: string | null): string | null =>
  expectedConfirmation({ type, id: userId, displayName });

test('nothing is typed for what can be restored', () => expect(expected('user', 'Ada')).toBeNull());

test.each(['group', 'contact', 'device'] as const)('for a %s the display name is typed', type =>
  expect(expected(type, ' Staff\u00a0')).toBe('Staff'),
);

test('letters are compared, not their encoding', () => expect(expected('group', 'Cafe\u0301')).toBe('Café'));

test.each([null, '', ' \u00a0\t', 'x'.repeat(257)])('the id is typed where the name is %j', name =>
  expect(expected('device', name)).toBe(userId),
);

test('a name of 256 characters is still one', () =>
  expect(expected('device', 'x'.repeat(256))).toBe('x'.repeat(256)));
