import type { Hold } from '../holds';
import { formatInstant, type Instant } from '../instant';
import { missedWorkAfterHours } from '../missedWork';
import type { RunState } from '../scanRun';
import { allOf, differs, holds, notChecked, type CheckOutcome } from '../tenantChecks/checkOutcome';

const hourMs = 60 * 60 * 1_000;
/** After this, the record of a run that still says running was left by a process that ended, hours: `functionTimeout` and a half. */
export const longestRunHours = 1.5;
/** The part scan looks at itself every hour; its note may be so old, hours. */
export const oldestNoteHours = 3;

export interface RunSeen {
  readonly runId: string;
  readonly state: RunState;
  readonly startedAt: Instant;
  readonly finishedAt: Instant | null;
}

const hoursText = (from: Instant, to: Instant): string => `${((to - from) / hourMs).toFixed(1)} hours`;

/** The newest run that was not skipped, and what became of it. */
export function judgeLastScan(runs: readonly RunSeen[], now: Instant): CheckOutcome {
  const last = runs.find(({ state }) => state !== 'skipped');
  if (!last)
    return differs('no scan', 'none has run yet: wait for the schedule, or ask for one (POST /api/scans)');
  const found = `${last.state}, begun ${formatInstant(last.startedAt)}, ${hoursText(last.startedAt, now)} ago`;
  switch (last.state) {
    case 'finished':
      return holds(found);
    case 'running':
      return now - last.startedAt <= longestRunHours * hourMs
        ? holds(found)
        : differs(found, 'it seems to have ended without a word: see the log of the app that scans');
    default:
      return differs(found, `see why: GET /api/scans/${last.runId} (reasons, gates)`);
  }
}

export interface ExportSeen {
  readonly source: string;
  /** When its agent finished it. */
  readonly finishedAt: Instant;
}

const remedy = (source: string): string =>
  `at most ${missedWorkAfterHours} hours were expected: see the agent of ${source} (docs/agent.md), its schedule and its log`;

/** The exports that the newest finished scan used, by their age, and the sources that it lacks. */
export function judgeExports(
  used: readonly ExportSeen[],
  missedSources: readonly string[],
  now: Instant,
): CheckOutcome {
  const absent = missedSources.filter(source => !used.some(one => one.source === source));
  return allOf([
    ...used.map(({ source, finishedAt }) => {
      const found = `${source}: ${hoursText(finishedAt, now)} old`;
      return now - finishedAt <= missedWorkAfterHours * hourMs
        ? holds(found)
        : differs(found, remedy(source));
    }),
    ...absent.map(source => differs(`${source}: none was accepted`, remedy(source))),
  ]);
}

/** What should have happened and did not, as the app says it. */
export function judgeMissedWork(scanIsMissed: boolean, missedSources: readonly string[]): CheckOutcome {
  if (!scanIsMissed && missedSources.length === 0)
    return holds(`a scan and an export of every source within ${missedWorkAfterHours} hours`);
  return allOf([
    ...(scanIsMissed
      ? [
          differs(
            `no scan has finished for ${missedWorkAfterHours} hours`,
            'see the log of the app that scans, and that it runs',
          ),
        ]
      : []),
    ...missedSources.map(source =>
      differs(
        `no export of ${source} was accepted for ${missedWorkAfterHours} hours`,
        'see its agent: its schedule, and its log',
      ),
    ),
  ]);
}

/** Breaches that wait for a person. */
export function judgeHolds(open: readonly Pick<Hold, 'gate' | 'kind' | 'runId' | 'since'>[]): CheckOutcome {
  if (open.length === 0) return holds('none is open');
  return allOf(
    open.map(({ gate, kind, runId, since }) =>
      differs(
        `${gate} (${kind}) since ${formatInstant(since)}`,
        `look at GET /api/scans/${runId}, then release it with a reason: POST /api/scans/${runId}/release`,
      ),
    ),
  );
}

/** Whether the part scan looks at itself, and its note is fresh. `at`: null where there is no note. */
export function judgeNote(at: Instant | null, now: Instant): CheckOutcome {
  if (at === null)
    return notChecked(
      'the app that scans has not looked at itself yet: it does every hour, and needs its settings and the container evidence for it',
    );
  const found = `written ${hoursText(at, now)} ago`;
  return now - at <= oldestNoteHours * hourMs
    ? holds(found)
    : differs(
        found,
        `at most ${oldestNoteHours} hours were expected: see that the app that scans runs, and its log`,
      );
}
