import fc from 'fast-check';
import { formatInstant, parseInstant } from '../../../shared/core/instant';
import { parseGeneralizedTime } from '../../../agent/src/core/generalizedTime';

describe('a generalized time', () => {
  test.each([
    ['20261127074100.0Z', '2026-11-27T07:41:00.000Z'],
    ['20261127074100Z', '2026-11-27T07:41:00.000Z'],
    ['20261127074100.1234567Z', '2026-11-27T07:41:00.123Z'],
    ['20261127074100,5Z', '2026-11-27T07:41:00.500Z'],
    ['16010101000000.0Z', '1601-01-01T00:00:00.000Z'],
    ['20240229000000.0Z', '2024-02-29T00:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    const instant = parseGeneralizedTime(text);
    expect(instant === null ? null : formatInstant(instant)).toBe(expected);
  });

  test.each([
    '',
    '20261127074100.0',
    '202611270741Z',
    '20261127074100.0+0100',
    '20260230000000.0Z',
    '20261301000000.0Z',
    '20261127240000.0Z',
    '20261127076000.0Z',
    '2026-11-27T07:41:00Z',
  ])('%p is none', text => {
    expect(parseGeneralizedTime(text)).toBeNull();
  });

  test('is read as it was written', () => {
    fc.assert(
      fc.property(
        fc.date({ min: new Date('1601-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }),
        date => {
          const text = date.toISOString().replaceAll(/[-:T]/g, '');
          expect(parseGeneralizedTime(text)).toBe(parseInstant(date.toISOString()));
        },
      ),
    );
  });
});
