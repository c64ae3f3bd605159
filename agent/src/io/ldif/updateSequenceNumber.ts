/**
 * An update sequence number in the text that AD returns; null where it is none. As a number: a domain controller that makes a
 * thousand changes a second needs 285,000 years to get beyond 2^53.
 */
export function parseUsn(value: Buffer): number | null {
  const text = value.toString('latin1');
  const usn = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return Number.isSafeInteger(usn) ? usn : null;
}
