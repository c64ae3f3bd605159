import { formatInstant, type Instant } from '../../../../shared/core/instant';
import { parseGeneralizedTime } from '../../../../agent/src/io/ldap/generalizedTime';

describe('parseGeneralizedTime', () => {
  test.each(['20260102030405.0Z', '20260102030405Z', '20260102030405,7Z'])('%s is a time', text => {
    expect(formatInstant(parseGeneralizedTime(text) as Instant)).toBe('2026-01-02T03:04:05.000Z');
  });

  test.each(['', '20260102030405', '20260102030405.0+0100', '2026-01-02T03:04:05Z', '20261302030405.0Z'])(
    '%s is none',
    text => expect(parseGeneralizedTime(text)).toBeNull(),
  );
});
