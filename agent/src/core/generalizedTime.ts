import { formatInstant, parseInstant, type Instant } from '../../../shared/core/instant';

const pattern = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)(?:[.,](\d{1,9}))?Z$/;

/**
 * A time as AD writes it, `20261127074100.0Z` (generalized time, RFC 4517 section 3.3.13, always in UTC and with seconds), cut to
 * milliseconds; null where the text is none, or a day that no calendar has.
 */
export function parseGeneralizedTime(text: string): Instant | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction = ''] = match;
  const seconds = `${year}-${month}-${day}T${hour}:${minute}:${second}`;
  const instant = parseInstant(`${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}Z`);
  // The 30th of February is read as the 2nd of March.
  return instant !== null && formatInstant(instant).startsWith(seconds) ? instant : null;
}
