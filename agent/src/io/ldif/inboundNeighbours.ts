import { parseInstant } from '../../../../shared/core/instant';
import type { InboundNeighbour } from '../../core/domainController';

/** A time that means "never" in replication data: the beginning of FILETIME. */
const never = '1601-01-01T00:00:00Z';

/**
 * Reads one value of msDS-NCReplInboundNeighbors: a DS_REPL_NEIGHBOR element ([MS-ADTS] 3.1.1.4.5.27), which may end in a NUL.
 * null where an element that is needed is missing or makes no sense.
 */
export function readInboundNeighbour(value: Buffer): InboundNeighbour | null {
  const xml = value.toString('utf8').replaceAll('\0', '');
  const source = elementOf(xml, 'pszSourceDsaDN');
  const failures = elementOf(xml, 'cNumConsecutiveSyncFailures');
  const success = elementOf(xml, 'ftimeLastSyncSuccess');
  if (!source || failures === null || !/^\d{1,10}$/.test(failures) || success === null) return null;
  const lastSuccess = success === never ? null : parseInstant(success);
  if (success !== never && lastSuccess === null) return null;
  return { source, lastSuccess, consecutiveFailures: Number(failures) };
}

function elementOf(xml: string, name: string): string | null {
  const match = new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml);
  return match ? withoutEntities((match[1] as string).trim()) : null;
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', quot: '"', apos: "'", amp: '&' };

const withoutEntities = (text: string): string =>
  text.replaceAll(/&(lt|gt|quot|apos|amp);/g, (_, name: string) => entities[name] as string);
