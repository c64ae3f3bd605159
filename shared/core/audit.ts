import { canonicalHash, canonicalJson, type Json } from './canonicalJson';
import type { Brand } from './brand';
import { formatInstant, type Instant } from './instant';
import { objectTypes } from './objectType';

/** Each part of the app writes chains of its own. */
export const auditParts = ['scan', 'review'] as const;
export type AuditPart = (typeof auditParts)[number];

/** Everything that is audited. The list is closed: a row with another action is refused when it is read. */
export const auditActions = [
  'candidateApproved',
  'candidateRejected',
  'candidateReopened',
  'decisionLapsed',
  'deletionStarted',
  'deletionSucceeded',
  'deletionFailed',
  'deletionManual',
  'deletionGone',
  'quarantined',
  'quarantineReleased',
  'restored',
  'holdReleased',
  'ruleAdded',
  'ruleRemoved',
  'scanRequested',
  'scanFinished',
  'scanRefused',
  'exportRequested',
  'synchronisationRequested',
  'deletedObjectReappeared',
] as const;
export type AuditAction = (typeof auditActions)[number];

/** Who did it. person: a signed-in user. app: another application's own token. system: this app by itself, for example its timer. */
export const actorKinds = ['person', 'app', 'system'] as const;
export interface Actor {
  readonly kind: (typeof actorKinds)[number];
  /** Object id in Microsoft Entra ID; of the system, the name of what acted. */
  readonly id: string;
  /** As the token gave it: personal data. */
  readonly name: string | null;
}

/** What it was done to. */
export const auditedTypes = [...objectTypes, 'rule', 'scan', 'source'] as const;
export interface Audited {
  readonly type: (typeof auditedTypes)[number];
  readonly id: string;
}

/** One thing that happened, as its author tells it. */
export interface AuditEntry {
  /** Chosen by the author, the same at every attempt: an operation is recorded once. */
  readonly operationId: string;
  readonly at: Instant;
  readonly actor: Actor;
  readonly action: AuditAction;
  readonly object: Audited | null;
  readonly evidenceHash: string | null;
  readonly runId: string | null;
  readonly correlationId: string | null;
  readonly details: Json;
}

/** A month of UTC, `yyyyMM`: text order is order in time. */
export type AuditMonth = Brand<string, 'AuditMonth'>;
export const auditMonthPattern = /^\d{4}(?:0[1-9]|1[0-2])$/;
export const auditMonthOf = (at: Instant): AuditMonth =>
  formatInstant(at).slice(0, 7).replace('-', '') as AuditMonth;

/** One chain: all rows of a part that were written in a month. */
export interface AuditChain {
  readonly part: AuditPart;
  readonly month: AuditMonth;
}

/** One row of a chain. */
export interface AuditRow extends AuditEntry, AuditChain {
  /** 1 for a chain's first row, without gaps. */
  readonly sequence: number;
  /** Hash of the row before; of a month's first row, the last hash of the month before. */
  readonly previousHash: string;
  /** SHA-256 over canonical JSON of everything else. */
  readonly hash: string;
}

/** What a chain's head says of it. */
export interface AuditHead {
  /** Of the last row. */
  readonly sequence: number;
  readonly hash: string;
  /** The chain that this one goes on from; null: it is the part's first. */
  readonly previous: AuditMonth | null;
  /** The chain that goes on from this one, which then takes no more rows; null: it is open. */
  readonly next: AuditMonth | null;
}

/** The last row of an earlier chain, from which the next one goes on. */
export interface AuditLink {
  readonly month: AuditMonth;
  readonly hash: string;
}

/** What the first row of a part's first chain goes on from. */
export const genesisHash = '0'.repeat(64);

/** Bounds in UTF-16 units. Escaped for a column, which makes six of one at worst, all fit without being cut. */
export const longestDetails = 5_000;
export const longestAuditName = 256;
const identifier = /^[A-Za-z0-9._:-]{1,200}$/;

/**
 * The entry as it is recorded: a long name is cut, long details are replaced by their length and hash, since no operation may go
 * unrecorded for what a message says. Throws a RangeError for an id that cannot be a key: ids are the app's own.
 */
export function boundedEntry(entry: AuditEntry): AuditEntry {
  const { operationId, actor, object, evidenceHash, runId, correlationId } = entry;
  for (const id of [operationId, actor.id, object?.id, evidenceHash, runId, correlationId]) {
    if (typeof id === 'string' && !identifier.test(id))
      throw new RangeError(
        `an id for the audit log was expected: 1 to 200 of A-Z a-z 0-9 . _ : -, found ${id.length} characters`,
      );
  }
  return {
    ...entry,
    actor: { ...actor, name: actor.name === null ? null : cutName(actor.name) },
    details: boundedDetails(entry.details),
  };
}

function cutName(name: string): string {
  if (name.length <= longestAuditName) return name;
  // Not through a pair of surrogates.
  return `${name.slice(0, longestAuditName - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}

function boundedDetails(details: Json): Json {
  const { length } = canonicalJson(details);
  if (length <= longestDetails) return details;
  return { omitted: { characters: length, sha256: canonicalHash(details) } };
}

/** The row that follows `head` (or, where it is null, opens the chain after `link`), and the head after it. */
export function nextAuditRow(
  chain: AuditChain,
  entry: AuditEntry,
  head: AuditHead | null,
  link: AuditLink | null,
): { readonly row: AuditRow; readonly head: AuditHead } {
  const unsealed: Omit<AuditRow, 'hash'> = {
    ...entry,
    ...chain,
    sequence: (head?.sequence ?? 0) + 1,
    previousHash: head?.hash ?? link?.hash ?? genesisHash,
  };
  const hash = auditHash(unsealed);
  const previous = head ? head.previous : (link?.month ?? null);
  return {
    row: { ...unsealed, hash },
    head: { sequence: unsealed.sequence, hash, previous, next: null },
  };
}

/** What a row's hash has to be. */
export const auditHash = (row: Omit<AuditRow, 'hash'>): string => canonicalHash(record(row));

/** The row as a line of the mirror, without the line feed: canonical JSON, which has none inside. */
export const mirrorLineOf = (row: AuditRow): string => canonicalJson({ ...record(row), hash: row.hash });

function record(row: Omit<AuditRow, 'hash'>): { readonly [key: string]: Json } {
  const { kind, id, name } = row.actor;
  return {
    version: 1,
    part: row.part,
    month: row.month,
    sequence: row.sequence,
    operationId: row.operationId,
    at: formatInstant(row.at),
    actor: { kind, id, name },
    action: row.action,
    object: row.object && { type: row.object.type, id: row.object.id },
    evidenceHash: row.evidenceHash,
    runId: row.runId,
    correlationId: row.correlationId,
    details: row.details,
    previousHash: row.previousHash,
  };
}

/** A sequence as text of a fixed length, so that text order is the chain's order. */
export const sequenceKey = (sequence: number): string => String(sequence).padStart(10, '0');

/** Whether a recorded row is about the same thing as an entry: otherwise its operation id was used for two. */
export const isSameOperation = (row: AuditRow, entry: AuditEntry): boolean =>
  row.action === entry.action &&
  row.object?.type === entry.object?.type &&
  row.object?.id === entry.object?.id;
