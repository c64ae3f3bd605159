import { formatInstant, type Instant } from './instant';
import { missedWorkAfterHours, type MissedWork } from './missedWork';

/** What somebody has to be told at once. Alert rules of Azure look for these names: they are stable (docs/how-it-works.md, Alerts). */
export const alertEvents = [
  /** No scan has finished for too long. */
  'missedScan',
  /** No export of a source was accepted for too long. */
  'missedExport',
  /** A gate was breached: later runs and approvals wait for a person. */
  'hold',
  /** A delete that was begun did not come to its end. */
  'deletionFailed',
  /** Synchronisation made an object again that the app had deleted. */
  'madeAgain',
] as const;
export type AlertEvent = (typeof alertEvents)[number];

/** The one form of an alert in the log, one line: `alert <event>: <text>`. The text holds counts and ids only. */
export const alertLine = (event: AlertEvent, text: string): string =>
  `alert ${event}: ${text.replaceAll(/\s+/g, ' ').trim()}`;

/** The lines for what is missed: one for the scan, one for each source. */
export function alertsOfMissedWork({ scan, exports: missing }: MissedWork): readonly string[] {
  // Never a local name `exports`: in CommonJS it hides the module's own.
  const ofScan = scan
    ? [
        alertLine(
          'missedScan',
          `no scan has finished for ${missedWorkAfterHours} hours; the last one finished: ${when(scan.lastFinishedAt)}`,
        ),
      ]
    : [];
  const ofExports = missing.map(({ source, lastFinishedAt }) =>
    alertLine(
      'missedExport',
      `no export of ${source} was accepted for ${missedWorkAfterHours} hours; the last one was of: ${when(lastFinishedAt)}`,
    ),
  );
  return [...ofScan, ...ofExports];
}

const when = (at: Instant | null): string => (at === null ? 'none is known' : formatInstant(at));
