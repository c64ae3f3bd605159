import { parseInstant, type Instant } from '../../../../shared/core/instant';

const pattern = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.(\d{1,3})\d*)?Z$/;

/** Reads AD's generalized time, `20260102030405.0Z`, always UTC ([MS-ADTS] 3.1.1.2.2.2.4); null where it is none. */
export function parseGeneralizedTime(text: string): Instant | null {
  const match = pattern.exec(text);
  if (!match) return null;
  const [, year, month, day, hour, minute, second, fraction = '0'] = match;
  return parseInstant(`${year}-${month}-${day}T${hour}:${minute}:${second}.${fraction.padEnd(3, '0')}Z`);
}
