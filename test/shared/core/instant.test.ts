import { formatInstant, parseInstant } from '../../../shared/core/instant';

describe('instants', () => {
  test('text dates become milliseconds and back', () => {
    const instant = parseInstant('2026-03-01T02:03:04.5Z');
    expect(instant).toBe(Date.UTC(2026, 2, 1, 2, 3, 4, 500));
    expect(instant && formatInstant(instant)).toBe('2026-03-01T02:03:04.500Z');
  });

  test('what is no date is null', () => {
    expect(parseInstant('yesterday')).toBeNull();
  });
});
