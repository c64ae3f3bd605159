import type { Guid } from './keys/guid';
import { formatInstant, type Instant } from './instant';
import { missedWorkAfterHours, type MissedWork } from './missedWork';
import { objectTypes, type ObjectType } from './objectType';

/** What is announced; at most one of each a night. */
export const notificationEvents = ['newCandidates', 'hold', 'missedWork', 'deletions', 'madeAgain'] as const;
export type NotificationKind = (typeof notificationEvents)[number];

export type CountsByType = Readonly<Partial<Record<ObjectType, number>>>;

/** A gate that was breached, as it is announced. */
export interface BreachedGate {
  readonly gate: string;
  readonly source: string | null;
  readonly type: ObjectType | null;
  readonly found: string;
  readonly limit: string;
}

/** A breach of an earlier run that still holds. */
export interface EarlierHold extends Pick<BreachedGate, 'gate' | 'source' | 'type'> {
  readonly runId: string;
}

/** What became of the objects of one call, in numbers. */
export interface DeletionCounts {
  readonly deleted: number;
  readonly quarantined: number;
  readonly manual: number;
  readonly failed: number;
  readonly refused: number;
  readonly gone: number;
}

/** One thing to announce: counts, types, ids and gates; nobody's name. `at` tells the night. */
export type NotificationEvent =
  | {
      readonly kind: 'newCandidates';
      readonly at: Instant;
      readonly runId: string;
      /** That became candidates since the last accepted run. */
      readonly added: CountsByType;
      /** Missing on-premises in this run and in the last accepted one, whatever they still wait for. */
      readonly missing: CountsByType;
      readonly missingBefore: CountsByType | null;
    }
  | {
      readonly kind: 'hold';
      readonly at: Instant;
      readonly runId: string;
      /** true: the run changed nothing but its record. false: it lists what it found, locked. */
      readonly refused: boolean;
      readonly gates: readonly BreachedGate[];
      /** Breaches of earlier runs that nobody has released. */
      readonly earlier: readonly EarlierHold[];
    }
  | { readonly kind: 'missedWork'; readonly at: Instant; readonly missed: MissedWork }
  | {
      readonly kind: 'deletions';
      readonly at: Instant;
      readonly callId: Guid;
      readonly counts: DeletionCounts;
      readonly deleted: CountsByType;
      /** Objects of the call that were not begun. */
      readonly remaining: number;
    }
  | {
      readonly kind: 'madeAgain';
      readonly at: Instant;
      readonly runId: string;
      readonly objects: CountsByType;
    };

/** The date in UTC, `yyyy-MM-dd`, to which an event belongs: a run's beginning, or the time of a call or a check. */
export const nightOf = ({ at }: Pick<NotificationEvent, 'at'>): string => formatInstant(at).slice(0, 10);

/** The name of the blob that marks an event of a night as announced: `2026-11-20/hold.json`. */
export const markerNameOf = (event: Pick<NotificationEvent, 'at' | 'kind'>): string =>
  `${nightOf(event)}/${event.kind}.json`;

/** An event in words, as every format shows it. */
export interface Announcement {
  readonly title: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
  /** One line each; where there are too many, the last ones are left out and counted. */
  readonly lines: readonly string[];
  /** What to do next. */
  readonly next: string;
}

/** Says an event in words. */
export function announce(event: NotificationEvent): Announcement {
  switch (event.kind) {
    case 'newCandidates':
      return {
        title: `${objects(event.added)} became candidates for deletion`,
        facts: [
          fact('Run', event.runId),
          fact('New', byType(event.added)),
          fact('Missing in all', byType(event.missing)),
          ...(event.missingBefore ? [fact('Missing before', byType(event.missingBefore))] : []),
        ],
        lines: [],
        next: 'Look at the evidence of each, and approve or reject it. Nothing is deleted without an approval.',
      };
    case 'hold':
      return {
        title: event.refused
          ? 'A scan was refused or held: nothing was changed'
          : 'A scan breached a gate: approving and deleting are locked',
        facts: [fact('Run', event.runId), fact('Gates breached', String(event.gates.length))],
        lines: [...event.gates.map(lineOfGate), ...event.earlier.map(lineOfHold)],
        next: `Read the reasons at GET /api/scans/${event.runId}, and find the cause first: an export that is too short makes live people look deleted.`,
      };
    case 'missedWork':
      return {
        title: `Nothing came for ${missedWorkAfterHours} hours`,
        facts: [
          ...(event.missed.scan
            ? [fact('Last finished scan', timeOf(event.missed.scan.lastFinishedAt))]
            : []),
          ...(event.missed.exports.length > 0
            ? [fact('Sources without an export', String(event.missed.exports.length))]
            : []),
        ],
        lines: event.missed.exports.map(
          ({ source, lastFinishedAt }) => `${source}: last accepted export of ${timeOf(lastFinishedAt)}`,
        ),
        next: 'Look at GET /api/scans for the reasons, then at the timer of the part scan and the agent of each source.',
      };
    case 'deletions':
      return {
        title: `A call to delete: ${event.counts.deleted} deleted, ${event.counts.failed} failed`,
        facts: [
          fact('Call', event.callId),
          fact('Deleted', byType(event.deleted)),
          ...(['quarantined', 'manual', 'failed', 'refused', 'gone'] as const)
            .filter(kind => event.counts[kind] > 0)
            .map(kind => fact(labels[kind], String(event.counts[kind]))),
          ...(event.remaining > 0 ? [fact('Not begun', String(event.remaining))] : []),
        ],
        lines: [],
        next: 'Who, what and why is in the audit log, also of later calls of this day, which are not announced. A user can be restored within 30 days.',
      };
    case 'madeAgain':
      return {
        title: `${objects(event.objects)} made again after the app had deleted them`,
        facts: [fact('Run', event.runId), fact('Made again', byType(event.objects))],
        lines: [],
        next: 'Stop deleting (ROLLOUT_STAGE reportOnly) and find their source: something on-premises still feeds them.',
      };
  }
}

const labels = {
  quarantined: 'Put into quarantine',
  manual: 'Left to a person',
  failed: 'Failed',
  refused: 'Refused',
  gone: 'Gone before',
} as const;

const fact = (label: string, value: string): Announcement['facts'][number] => ({ label, value });

const lineOfGate = (breach: BreachedGate): string =>
  `${subjectOf(breach)}: found ${breach.found}, limit ${breach.limit}`;

const lineOfHold = (hold: EarlierHold): string =>
  `${subjectOf(hold)}: a breach of run ${hold.runId} that nobody has released`;

function subjectOf({ gate, source, type }: Pick<BreachedGate, 'gate' | 'source' | 'type'>): string {
  const about = [source, type].filter(one => one !== null).join(', ');
  return about === '' ? gate : `${gate} (${about})`;
}

const nouns: Readonly<Record<ObjectType, readonly [one: string, many: string]>> = {
  user: ['user', 'users'],
  group: ['group', 'groups'],
  contact: ['contact', 'contacts'],
  device: ['device', 'devices'],
};

/** All types with their counts, without those of which there is none. */
function byType(counts: CountsByType): string {
  const parts = objectTypes.flatMap(type => {
    const count = counts[type] ?? 0;
    return count === 0 ? [] : [`${count} ${nouns[type][count === 1 ? 0 : 1]}`];
  });
  return parts.join(', ') || 'none';
}

function objects(counts: CountsByType): string {
  const total = totalOf(counts);
  return total === 1 ? '1 object' : `${total} objects`;
}

/** Over all types. */
export const totalOf = (counts: CountsByType): number =>
  objectTypes.reduce((sum, type) => sum + (counts[type] ?? 0), 0);

const timeOf = (at: Instant | null): string => (at === null ? 'none is known' : formatInstant(at));
