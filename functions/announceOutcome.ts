import type { ScanOutcome } from '../shared/app/detectOrphans';
import type { Log } from '../shared/app/ports';
import { announceScan } from '../shared/app/scanNotifications';
import type { Configuration } from '../shared/io/configuration';
import { buildNotify } from '../shared/io/notificationWiring';

/** Tells whoever wants to know what became of a run that has just ended: its record is closed, and the lease given back. */
export async function announceOutcome(
  configuration: Configuration,
  log: Log,
  { run, found }: ScanOutcome,
  signal: AbortSignal,
): Promise<void> {
  if (found === null) return;
  const { accepted, ...told } = found;
  await announceScan({ notify: buildNotify(configuration, log), log }, run, accepted, told, signal);
}
