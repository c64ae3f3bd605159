import { parseInstant, type Instant } from '../instant';
import { differs, holds, notChecked, type CheckOutcome } from '../tenantChecks/checkOutcome';
import type { ClockReading } from './diagnosis';

/** How far two clocks may be apart, seconds: what a token's times may be wrong (docs/http-api.md). */
export const clockLimitSeconds = 60;

export interface TimedAnswer {
  /** The header Date; null: there was none. */
  readonly date: string | null;
  readonly sentAt: Instant;
  readonly receivedAt: Instant;
}

/** The clock of whoever answered, compared with ours; null: the answer has no date. A date has whole seconds, cut off. */
export function readClock(of: string, { date, sentAt, receivedAt }: TimedAnswer): ClockReading | null {
  const theirs = date === null ? null : parseInstant(date);
  if (theirs === null) return null;
  const ours = (sentAt + receivedAt) / 2;
  return {
    of,
    offsetSeconds: (theirs + 500 - ours) / 1_000,
    uncertainSeconds: (receivedAt - sentAt) / 2_000 + 0.5,
  };
}

const text = ({ of, offsetSeconds }: ClockReading): string =>
  `${of} ${offsetSeconds < 0 ? '-' : '+'}${Math.abs(Math.round(offsetSeconds))} s`;

/** Whether all clocks agree. A difference counts as far as it is certain. */
export function judgeClocks(readings: readonly ClockReading[]): CheckOutcome {
  if (readings.length === 0) return notChecked('no answer had a date');
  const found = readings.map(text).join(', ');
  const off = readings.filter(
    ({ offsetSeconds, uncertainSeconds }) => Math.abs(offsetSeconds) - uncertainSeconds > clockLimitSeconds,
  );
  if (off.length === 0) return holds(found);
  const where =
    off.length === readings.length && readings.length > 1
      ? 'all are off alike: set the clock of this machine'
      : `set the clock of ${off.map(({ of }) => of).join(', ')}`;
  return differs(found, `at most ${clockLimitSeconds} s were expected; ${where}`);
}
