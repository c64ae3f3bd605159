import { formatInstant, parseInstant, type Instant } from '../../../shared/core/instant';

/** One inbound replication neighbour of a naming context (msDS-NCReplInboundNeighbors, [MS-ADTS] DS_REPL_NEIGHBORW). */
export interface InboundNeighbour {
  /** Distinguished name of the source's NTDS Settings object. */
  readonly source: string;
  /** null: never. */
  readonly lastSuccess: Instant | null;
  readonly consecutiveFailures: number;
}

/** What is known of a naming context's inbound replication. */
export type InboundReplication =
  /** The naming context has one writable domain controller: there is nobody to lag behind. */
  | { readonly kind: 'alone' }
  | { readonly kind: 'neighbours'; readonly neighbours: readonly InboundNeighbour[] }
  /** There are other domain controllers, and the account may not read the state. */
  | { readonly kind: 'notReadable'; readonly otherDomainControllers: number };

/** What is judged of a domain controller, and of the naming context that it serves. */
export interface JudgedNamingContext {
  readonly distinguishedName: string;
  readonly domainController: {
    /** How the configuration names it. */
    readonly name: string;
    readonly isReadOnly: boolean;
    readonly isGlobalCatalogPort: boolean;
    /** Its own clock. */
    readonly currentTime: Instant;
    readonly inboundReplication: InboundReplication;
  };
}

export interface DomainControllerLimits {
  /** Hours since the last success of every inbound neighbour. */
  readonly maxReplicationAgeHours: number;
}

/** Minutes between the clocks of the domain controller and this machine; Kerberos has the same limit. */
const maxClockSkewMinutes = 5;
const minute = 60_000;
const hour = 60 * minute;

/**
 * Everything because of which a domain controller must not be read: what it returns may lack objects that others have, or hold
 * objects that are deleted. `now` is the clock of this machine.
 */
export function domainControllerProblems(
  { distinguishedName, domainController }: JudgedNamingContext,
  limits: DomainControllerLimits,
  now: Instant,
): readonly string[] {
  const { name, isReadOnly, isGlobalCatalogPort, currentTime, inboundReplication } = domainController;
  const problems: string[] = [];
  if (isReadOnly)
    problems.push(
      'it is read-only, and such a one need not have every object and attribute; name a writable domain controller',
    );
  if (isGlobalCatalogPort)
    problems.push('this is the port of the global catalog, which lacks attributes; use port 636 or 389');
  const skew = Math.abs(currentTime - now);
  if (skew > maxClockSkewMinutes * minute)
    problems.push(
      `its clock and the one of this machine were expected to agree within ${maxClockSkewMinutes} minutes, found ` +
        `${Math.ceil(skew / minute)}: it says ${formatInstant(currentTime)}, this machine ${formatInstant(now)}; correct the clock`,
    );
  problems.push(...replicationProblems(distinguishedName, inboundReplication, limits, now));
  return problems.map(problem => `${name} (${distinguishedName}): ${problem}.`);
}

function replicationProblems(
  distinguishedName: string,
  inbound: InboundReplication,
  { maxReplicationAgeHours }: DomainControllerLimits,
  now: Instant,
): string[] {
  if (inbound.kind === 'alone') return [];
  if (inbound.kind === 'notReadable')
    return [
      `${distinguishedName} has ${inbound.otherDomainControllers} other domain controllers, and the account may not read whether ` +
        'this one is up to date; grant it the right "Monitor Active Directory Replication" there: ' +
        `dsacls "${distinguishedName}" /G "DOMAIN\\account:CA;Monitor Active Directory Replication"`,
    ];
  if (inbound.neighbours.length === 0)
    return [
      'there are other domain controllers, but it replicates from none of them; look at repadmin /showrepl',
    ];
  return inbound.neighbours
    .filter(({ lastSuccess }) => lastSuccess === null || !isRecent(lastSuccess, maxReplicationAgeHours, now))
    .map(({ source, lastSuccess, consecutiveFailures }) => {
      const found = lastSuccess === null ? 'never' : `at ${formatInstant(lastSuccess)}`;
      const failures = consecutiveFailures === 0 ? '' : `, ${consecutiveFailures} failures in a row`;
      return (
        `it was expected to have replicated from ${source} in the last ${maxReplicationAgeHours} hours, ` +
        `found: ${found}${failures}; look at repadmin /showrepl`
      );
    });
}

/** A success in the future (beyond the skew that is allowed) was written by a clock that is wrong: it says nothing. */
const isRecent = (lastSuccess: Instant, hours: number, now: Instant): boolean =>
  now - lastSuccess <= hours * hour && lastSuccess - now <= maxClockSkewMinutes * minute;

/** The oldest last success of the inbound neighbours; null: there is none to tell, or a neighbour never succeeded. */
export function oldestInboundSuccess(inbound: InboundReplication): Instant | null {
  if (inbound.kind !== 'neighbours') return null;
  let oldest: Instant | null = null;
  for (const { lastSuccess } of inbound.neighbours) {
    if (lastSuccess === null) return null;
    if (oldest === null || lastSuccess < oldest) oldest = lastSuccess;
  }
  return oldest;
}

export type ParsedNeighbour =
  | { readonly kind: 'neighbour'; readonly neighbour: InboundNeighbour }
  | { readonly kind: 'invalid'; readonly problem: string };

/**
 * Reads one value of msDS-NCReplInboundNeighbors: an XML fragment with a flat element for each field of DS_REPL_NEIGHBORW, times in
 * RFC 3339 (1601-01-01: never), ended by a NUL at times. The order of the elements and those that are not needed do not matter.
 */
export function parseInboundNeighbour(xml: string): ParsedNeighbour {
  const [, content] = /^\s*<DS_REPL_NEIGHBOR>([\s\S]*)<\/DS_REPL_NEIGHBOR>[\s\0]*$/.exec(xml) ?? [];
  if (content === undefined)
    return invalid('<DS_REPL_NEIGHBOR>…</DS_REPL_NEIGHBOR> was expected, found something else');
  const source = elementText(content, 'pszSourceDsaDN');
  if (!source) return invalid('pszSourceDsaDN was expected once, with a distinguished name');
  const lastSuccess = parseSuccess(elementText(content, 'ftimeLastSyncSuccess') ?? '');
  if (lastSuccess === undefined) return invalid('ftimeLastSyncSuccess was expected once, with a time');
  const failures = elementText(content, 'cNumConsecutiveSyncFailures') ?? '';
  if (!/^\d{1,10}$/.test(failures))
    return invalid('cNumConsecutiveSyncFailures was expected once, with a number');
  return { kind: 'neighbour', neighbour: { source, lastSuccess, consecutiveFailures: Number(failures) } };
}

const invalid = (problem: string): ParsedNeighbour => ({ kind: 'invalid', problem });

/** The element's text; null where it is not there exactly once. */
function elementText(content: string, name: string): string | null {
  const [before, after, ...more] = content.split(`<${name}>`);
  const end = after?.indexOf(`</${name}>`) ?? -1;
  if (before === undefined || after === undefined || end === -1 || more.length > 0) return null;
  return after
    .slice(0, end)
    .trim()
    .replaceAll(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(\w+));/gi, characterOf);
}

const entities: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function characterOf(reference: string, decimal?: string, hexadecimal?: string, name = ''): string {
  const code = decimal ? Number(decimal) : hexadecimal ? Number.parseInt(hexadecimal, 16) : null;
  if (code === null) return entities[name] ?? reference;
  return code <= 0x10_ffff ? String.fromCodePoint(code) : reference;
}

const timePattern = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;

/** null: never. undefined: no time. */
function parseSuccess(text: string): Instant | null | undefined {
  if (!timePattern.test(text)) return undefined;
  return text.startsWith('1601-01-01T') ? null : (parseInstant(text) ?? undefined);
}
