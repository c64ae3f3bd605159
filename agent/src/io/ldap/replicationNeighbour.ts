import { parseInstant, type Instant } from '../../../../shared/core/instant';
import type { InboundNeighbour } from '../../core/domainController';

/** FILETIME 0: no replication succeeded yet. */
const never = '1601-01-01T00:00:00Z';

/**
 * Reads one value of msDS-NCReplInboundNeighbors: a fragment of XML with the fields of DS_REPL_NEIGHBORW ([MS-DRSR] 4.1.13.1.7), one
 * element each, without attributes, ended by a NUL. null where it is not that.
 */
export function readNeighbour(value: string): InboundNeighbour | null {
  if (!/^\s*<DS_REPL_NEIGHBOR>[^]*<\/DS_REPL_NEIGHBOR>[\s\0]*$/.test(value)) return null;
  const source = fieldOf(value, 'pszSourceDsaDN');
  const success = fieldOf(value, 'ftimeLastSyncSuccess');
  const failures = fieldOf(value, 'cNumConsecutiveSyncFailures');
  if (!source || success === null || failures === null || !/^\d{1,10}$/.test(failures)) return null;
  const lastSuccess: Instant | null = success === never ? null : parseInstant(success);
  if (lastSuccess === null && success !== never) return null;
  return { source, lastSuccess, consecutiveFailures: Number(failures) };
}

function fieldOf(value: string, name: string): string | null {
  const match = new RegExp(`<${name}>([^<]*)</${name}>`).exec(value);
  return match ? plain((match[1] as string).trim()) : null;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const plain = (text: string): string =>
  text.replaceAll(
    /&(?:#(\d{1,7})|#x([\da-f]{1,6})|(lt|gt|quot|apos|amp));/gi,
    (whole, decimal, hex, name) => {
      if (name !== undefined) return entities[String(name).toLowerCase()] as string;
      const code = decimal === undefined ? Number.parseInt(String(hex), 16) : Number(decimal);
      return code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    },
  );
