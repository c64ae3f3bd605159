import { parseInstant, type Instant } from '../../../../shared/core/instant';

const pattern = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:[.,]\d+)?Z$/;

/** A time as Active Directory writes it, `20260102030405.0Z`; null where it is none. Parts of a second are dropped. */
export function parseGeneralizedTime(text: string): Instant | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second] = match;
  return parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
}
