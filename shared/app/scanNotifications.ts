import { AppError } from '../core/appError';
import {
  alertOfHold,
  eventsOfRun,
  foundInWrites,
  nothingFound,
  type FoundInRun,
  type RowBefore,
  type ScanEvent,
} from '../core/scanEvents';
import type { ScanRun } from '../core/scanRun';
import type { Notified, Notify } from './notify';
import type { CandidateTable, Log, ScanRunTable } from './ports';

/** What to announce of a closed run; the decision is `eventsOfRun`. `previousAccepted`: the last run accepted before it. */
export const notificationsOf = (
  run: ScanRun,
  previousAccepted: ScanRun | null,
  found: FoundInRun = nothingFound,
): readonly ScanEvent[] => eventsOfRun(run, previousAccepted, found);

/** A table of candidates, and what the run that works with it makes new. */
export interface WatchedCandidates {
  readonly table: CandidateTable;
  /** Of what was written to the end; nothing, where it was not. */
  found(): FoundInRun;
}

/** Looks on while a run reads and writes the table, so that the scan itself knows nothing of announcements. */
export function watchCandidates(table: CandidateTable): WatchedCandidates {
  let rows: RowBefore[] = [];
  let found = nothingFound;
  return {
    table: {
      async *readAll(signal) {
        rows = [];
        for await (const row of table.readAll(signal)) {
          const { type, id, state, attention } = row;
          rows.push({ type, id, state, attention });
          yield row;
        }
      },
      async write(writes, beforeBatch, signal) {
        await table.write(writes, beforeBatch, signal);
        found = foundInWrites(writes, rows);
      },
    },
    found: () => found,
  };
}

export interface AnnounceScanPorts {
  readonly runs: Pick<ScanRunTable, 'read'>;
  readonly notify: Notify;
  readonly log: Log;
}

/**
 * Writes the alert of a hold to the log and announces the events of a closed run, one after the other. To be called when the record
 * is closed and the lease is given back, since a webhook may take its time. It never throws.
 */
export async function announceScan(
  { runs, notify, log }: AnnounceScanPorts,
  run: ScanRun,
  found: FoundInRun,
  signal: AbortSignal,
): Promise<readonly Notified[]> {
  const previous = await acceptedBefore({ runs, log }, run, signal);
  const events = notificationsOf(run, previous, found);
  for (const event of events) if (event.kind === 'hold') log.error(alertOfHold(event));
  const notified: Notified[] = [];
  for (const event of events) notified.push(await notify(event, signal));
  return notified;
}

/** It is for comparing numbers only: where it can not be read, the announcement goes without. */
async function acceptedBefore(
  { runs, log }: Pick<AnnounceScanPorts, 'runs' | 'log'>,
  { acceptedBefore: runId }: ScanRun,
  signal: AbortSignal,
): Promise<ScanRun | null> {
  if (runId === null) return null;
  try {
    return await runs.read(runId, signal);
  } catch (error) {
    log.warn(
      `the run accepted before (${runId}) could not be read: ${error instanceof AppError ? error.code : 'unexpected error'}`,
    );
    return null;
  }
}
