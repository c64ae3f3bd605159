import type { Brand } from './brand';

/** Milliseconds since 1970-01-01T00:00:00Z. Text dates are parsed at the edge, never compared as text. */
export type Instant = Brand<number, 'Instant'>;

/** The one place of shared/core that touches `Date`; it reads no clock. */
// oxlint-disable-next-line no-restricted-globals
const Calendar = Date;

/** Reads an ISO 8601 / RFC 3339 date and time; null where it is none. */
export function parseInstant(text: string): Instant | null {
  const milliseconds = Calendar.parse(text);
  return Number.isNaN(milliseconds) ? null : (milliseconds as Instant);
}

/** Writes RFC 3339 in UTC with milliseconds. */
export function formatInstant(instant: Instant): string {
  return new Calendar(instant).toISOString();
}
