import { alertsOfMissedWork } from '../core/alert';
import type { SourceName } from '../core/exportFormat';
import { isAnyMissed } from '../core/missedWork';
import type { Notified, Notify } from './notify';
import type { Log } from './ports';
import { readMissedWork, type ReadMissedWorkPorts } from './readMissedWork';

export interface AnnounceMissedWorkPorts extends ReadMissedWorkPorts {
  readonly notify: Notify;
  readonly log: Log;
}

/**
 * Looks for a scan or an export that did not come, writes an alert for each to the log, every time, and announces them, once a
 * night. Called by the part review: a scan that does not run can not say so. null: nothing is missed. Throws as the table of runs
 * does.
 */
export async function announceMissedWork(
  ports: AnnounceMissedWorkPorts,
  sources: readonly SourceName[],
  signal: AbortSignal,
): Promise<Notified | null> {
  const missed = await readMissedWork(ports, sources, signal);
  if (!isAnyMissed(missed)) return null;
  for (const line of alertsOfMissedWork(missed)) ports.log.error(line);
  return ports.notify({ kind: 'missedWork', at: ports.clock.now(), missed }, signal);
}
