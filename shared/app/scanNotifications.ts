import { alertOfScanEvent, eventsOfRun, type FoundInRun, type ScanEvent } from '../core/scanEvents';
import type { ScanRun } from '../core/scanRun';
import type { Notified, Notify } from './notify';
import type { Log } from './ports';

/** What to announce of a closed run; the decision is `eventsOfRun`. `previousAccepted`: the last run that finished before it. */
export const notificationsOf = (
  run: ScanRun,
  previousAccepted: ScanRun | null,
  found?: FoundInRun,
): readonly ScanEvent[] => eventsOfRun(run, previousAccepted, found);

export interface AnnounceScanPorts {
  readonly notify: Notify;
  readonly log: Log;
}

/**
 * Writes the alerts of a closed run to the log and announces its events, one after the other. To be called when the record is
 * closed and the lease is given back, since a webhook may take its time; it never throws.
 */
export async function announceScan(
  { notify, log }: AnnounceScanPorts,
  run: ScanRun,
  previousAccepted: ScanRun | null,
  found: FoundInRun,
  signal: AbortSignal,
): Promise<readonly Notified[]> {
  const events = notificationsOf(run, previousAccepted, found);
  for (const event of events) {
    const alert = alertOfScanEvent(event);
    if (alert !== null) log.error(alert);
  }
  const notified: Notified[] = [];
  for (const event of events) notified.push(await notify(event, signal));
  return notified;
}
