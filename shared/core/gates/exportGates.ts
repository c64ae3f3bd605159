import type { ExportManifest, LineCounts, SourceName } from '../exportFormat';
import { formatInstant, type Instant } from '../instant';
import type { ObjectType } from '../objectType';
import type { ExportUsed } from '../scanRun';
import { breachedGate, passedGate, subjectOf, type Breach, type GateResult, type GateSubject } from './gate';
import type { GateLimits } from './limits';

/** What became of the newest export of one expected source. */
export type ExportOutcome =
  | { readonly status: 'accepted'; readonly sequence: number; readonly lines: number }
  | { readonly status: 'missing' | 'unreadable' | 'refused'; readonly reason: string };

/** An export that was verified. */
export interface JudgedExport {
  readonly used: ExportUsed;
  readonly manifest: ExportManifest;
  /** What the last accepted run used of the same source; null: it used none. */
  readonly before: ExportUsed | null;
  /** When an earlier run had this very export already, by our clock; null: none is known to. */
  readonly seenAt: Instant | null;
}

const hourMs = 60 * 60 * 1000;

const evidence = (subject: GateSubject, found: string, limit: string, breach: Breach | null): GateResult =>
  breach === null
    ? passedGate('evidence', subject, { found, limit })
    : breachedGate('evidence', subject, { found, limit }, breach);

/**
 * Every source that the last accepted run used must still be expected: whoever lives in the forest of one that was taken out, or left out
 * in one of both parts, is out of sight like behind a broken permission (domain.md, cases 5, 7 and 17). `before`: what that run used.
 */
export function sourceExpected(before: ExportUsed, expected: ReadonlySet<SourceName>): GateResult {
  const { source } = before;
  const passed = expected.has(source);
  return evidence(
    subjectOf('sourceExpected', { source }),
    passed ? 'expected' : 'not expected',
    'expected, since the last accepted run used it',
    passed
      ? null
      : {
          reason:
            `The source ${source} was expected in EXPORT_SOURCES, since the last accepted run used an export of it (${before.lines} ` +
            'lines); it is not there. Put it back, in both parts of the app, unless it was taken out, or renamed, on purpose; and ' +
            'release this breach.',
          severity: 1,
          holds: true,
        },
  );
}

/** Every expected source must have an export (domain.md, case 8). It holds nobody: the next export is judged by itself. */
export function exportPresent(source: SourceName, outcome: ExportOutcome): GateResult {
  const passed = outcome.status === 'accepted' || outcome.status === 'refused';
  return evidence(
    subjectOf('exportPresent', { source }),
    passed ? 'present' : outcome.status,
    'one complete export',
    passed ? null : { reason: outcome.reason, severity: 1, holds: false },
  );
}

/** Signature, manifest, hashes, counts and end marker of a source's newest export must hold (domain.md, case 8). */
export function exportVerified(source: SourceName, outcome: ExportOutcome): GateResult {
  const passed = outcome.status === 'accepted';
  return evidence(
    subjectOf('exportVerified', { source }),
    passed ? `sequence ${outcome.sequence}, ${outcome.lines} lines` : outcome.status,
    'signature, hashes and counts hold',
    passed
      ? null
      : {
          reason: outcome.status === 'refused' ? outcome.reason : '',
          severity: 1,
          // What is not there was not altered.
          holds: outcome.status === 'refused',
        },
  );
}

/** A stale agent: everybody who joined since looks missing tomorrow, and who left is not seen today. It holds nobody. */
export function exportFresh({ used }: JudgedExport, limits: GateLimits, now: Instant): GateResult {
  const ageHours = Math.max(0, now - used.startedAt) / hourMs;
  const passed = ageHours <= limits.exportAgeHours;
  const limit = `begun in the last ${limits.exportAgeHours} hours`;
  return evidence(
    subjectOf('exportFresh', { source: used.source }),
    formatInstant(used.startedAt),
    limit,
    passed
      ? null
      : {
          reason:
            `The newest export of ${used.source} was expected to be ${limit}; it was begun at ${formatInstant(used.startedAt)}. ` +
            'Look after its agent: whether it runs, and what its log says.',
          severity: ageHours - limits.exportAgeHours,
          holds: false,
        },
  );
}

/**
 * Clocks agree: an export from the future would outlive every age limit, and every approval. It is one for ever: when its time has come,
 * it is no younger than when it was seen first.
 */
export function exportClock({ used, seenAt }: JudgedExport, limits: GateLimits, now: Instant): GateResult {
  const here = seenAt === null || now < seenAt ? now : seenAt;
  const aheadMinutes = (Math.max(used.startedAt, used.finishedAt) - here) / 60_000;
  const passed = aheadMinutes <= limits.clockAheadMinutes;
  return evidence(
    subjectOf('exportClock', { source: used.source }),
    `ended at ${formatInstant(used.finishedAt)}`,
    `at most ${limits.clockAheadMinutes} minutes ahead of this app`,
    passed
      ? null
      : {
          reason:
            `The newest export of ${used.source} says that it ended at ${formatInstant(used.finishedAt)}, and here it was seen at ` +
            `${formatInstant(here)}: at most ${limits.clockAheadMinutes} minutes were expected. Set the clock of the agent's server, ` +
            'export again, and release this breach.',
          severity: aheadMinutes - limits.clockAheadMinutes,
          holds: true,
        },
  );
}

/** An export must not be older than the last accepted one: not in its sequence, and not in its time (replay). */
export function exportNotReplayed({ used, before }: JudgedExport): GateResult {
  const subject = subjectOf('exportNotReplayed', { source: used.source });
  const found = `sequence ${used.sequence}, begun at ${formatInstant(used.startedAt)}`;
  if (before === null) return evidence(subject, found, 'the first of this source', null);
  const limit = `sequence ${before.sequence} or later, begun at ${formatInstant(before.startedAt)} or later`;
  const same = used.manifestHash === before.manifestHash;
  const newer = used.sequence > before.sequence && used.startedAt >= before.startedAt;
  return evidence(
    subject,
    found,
    limit,
    same || newer
      ? null
      : {
          reason:
            `The newest export of ${used.source} was expected to follow the one of the last accepted run (${limit}); found ${found}. ` +
            "Somebody put an old export back, or removed newer ones; or the agent lost its state (docs/agent.md, 'Repair'). Find out " +
            'which before you release this breach.',
          severity: Math.max(1, before.sequence - used.sequence + 1),
          holds: true,
        },
  );
}

/** Where an export comes right after the last accepted one, it must name that one's manifest. */
export function exportFollows({ used, manifest, before }: JudgedExport): GateResult {
  const subject = subjectOf('exportFollows', { source: used.source });
  const found = manifest.previousManifest ?? 'no previous manifest';
  if (before === null || used.sequence !== before.sequence + 1)
    return evidence(subject, found, 'not right after the last accepted one', null);
  const passed = manifest.previousManifest === before.manifestHash;
  return evidence(
    subject,
    found,
    before.manifestHash,
    passed
      ? null
      : {
          reason:
            `Export ${used.sequence} of ${used.source} was expected to follow the manifest ${before.manifestHash}, which the last ` +
            `accepted run used; it follows ${found}. Two agents export under one source name, or an export was replaced.`,
          severity: 1,
          holds: true,
        },
  );
}

const liveClasses = ['user', 'group', 'contact', 'computer', 'other'] as const satisfies (keyof LineCounts)[];
type LiveClass = (typeof liveClasses)[number];

const liveLines = (counts: LineCounts): number =>
  liveClasses.reduce((total, each) => total + counts[each], 0);

/** No Active Directory is as small as this: what is, was cut off, or shows the account almost nothing. */
export function exportFloor({ used }: JudgedExport, limits: GateLimits): GateResult {
  const live = used.namingContexts.reduce((total, { counts }) => total + liveLines(counts), 0);
  const passed = live >= limits.exportFloorObjects;
  return evidence(
    subjectOf('exportFloor', { source: used.source }),
    `${live} live objects`,
    `${limits.exportFloorObjects} or more`,
    passed
      ? null
      : {
          reason:
            `The newest export of ${used.source} was expected to have ${limits.exportFloorObjects} live objects or more; found ` +
            `${live}. Check what the agent's account may read, and the configured naming contexts.`,
          severity: limits.exportFloorObjects - live,
          holds: true,
        },
  );
}

const typeOfClass: Readonly<Record<LiveClass, ObjectType | null>> = {
  user: 'user',
  group: 'group',
  contact: 'contact',
  computer: 'device',
  other: null,
};

/**
 * An export that is much smaller than the one of the last accepted run makes the living look deleted: one page of 500, an OU that was
 * renamed out of the base, a permission that was taken away. Per naming context and class, since a small domain would be lost in a
 * large forest's sum.
 */
export function exportDrop({ used, before }: JudgedExport, limits: GateLimits): readonly GateResult[] {
  if (before === null) {
    const subject = subjectOf('exportDrop', { source: used.source });
    return [evidence(subject, 'no accepted run to compare with', 'the first of this source', null)];
  }
  const now = new Map(used.namingContexts.map(one => [one.distinguishedName.toLowerCase(), one.counts]));
  return before.namingContexts.flatMap(({ distinguishedName, counts }) =>
    liveClasses.map(each => {
      const found = now.get(distinguishedName.toLowerCase())?.[each] ?? 0;
      return dropOf(used.source, distinguishedName, each, counts[each], found, limits);
    }),
  );
}

function dropOf(
  source: SourceName,
  distinguishedName: string,
  each: LiveClass,
  before: number,
  found: number,
  limits: GateLimits,
): GateResult {
  const allowed = Math.max(limits.exportDropObjects, Math.floor((before * limits.exportDropPercent) / 100));
  const least = Math.max(0, before - allowed);
  const subject = subjectOf('exportDrop', {
    source,
    type: typeOfClass[each],
    context: each === 'other' ? `other classes of ${distinguishedName}` : distinguishedName,
  });
  return evidence(
    subject,
    String(found),
    `${least} or more, ${before} before`,
    found >= least
      ? null
      : {
          reason:
            `${source}, ${distinguishedName}: ${least} objects of the class ${each} or more were expected, since the last accepted run ` +
            `had ${before}; found ${found}. Find out what became of ${before - found} objects (deleted on purpose, moved, or hidden ` +
            "from the agent's account) before you release this breach.",
          severity: before - found,
          holds: true,
        },
  );
}

/** Canaries are objects that the agent's account must see: where one is out of sight, others may be as well (domain.md, case 9). */
export function canariesVisible({ used, manifest }: JudgedExport, limits: GateLimits): GateResult {
  const unseen = manifest.canaries.filter(canary => !canary.seen);
  const passed = unseen.length <= limits.canariesUnseenObjects;
  return evidence(
    subjectOf('canariesVisible', { source: used.source }),
    `${unseen.length} of ${manifest.canaries.length} out of sight`,
    `at most ${limits.canariesUnseenObjects}`,
    passed
      ? null
      : {
          reason:
            `The agent of ${used.source} was expected to see its ${manifest.canaries.length} canaries; ${unseen.length} were out of ` +
            'sight, the manifest names them. Check what its account may read; other objects may be hidden, too.',
          severity: unseen.length - limits.canariesUnseenObjects,
          holds: true,
        },
  );
}

/** A domain controller that replication does not reach tells yesterday's truth (domain.md, case 28). It holds nobody. */
export function replicationFresh(
  { used, manifest }: JudgedExport,
  limits: GateLimits,
): readonly GateResult[] {
  return manifest.namingContexts.map(({ distinguishedName, domainController }) => {
    const { oldestInboundSuccess, dnsHostName } = domainController;
    const lagHours =
      oldestInboundSuccess === null ? 0 : Math.max(0, used.startedAt - oldestInboundSuccess) / hourMs;
    const passed = lagHours <= limits.replicationLagHours;
    const found =
      oldestInboundSuccess === null ? 'one domain controller' : formatInstant(oldestInboundSuccess);
    return evidence(
      subjectOf('replicationFresh', { source: used.source, context: distinguishedName }),
      found,
      `at most ${limits.replicationLagHours} hours before the export`,
      passed
        ? null
        : {
            reason:
              `${used.source}: inbound replication of ${distinguishedName} was expected to have reached ${dnsHostName} in the ` +
              `${limits.replicationLagHours} hours before the export; the oldest success was ${found}. ` +
              'Repair replication (repadmin /showrepl), or let the agent ask another domain controller.',
            severity: lagHours - limits.replicationLagHours,
            holds: false,
          },
    );
  });
}

/** Every gate of one verified export. */
export const judgedExportGates = (
  judged: JudgedExport,
  limits: GateLimits,
  now: Instant,
): readonly GateResult[] => [
  exportFresh(judged, limits, now),
  exportClock(judged, limits, now),
  exportNotReplayed(judged),
  exportFollows(judged),
  exportFloor(judged, limits),
  ...exportDrop(judged, limits),
  canariesVisible(judged, limits),
  ...replicationFresh(judged, limits),
];
