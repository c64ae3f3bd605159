import { AppError } from '../core/appError';
import {
  alertOfHold,
  eventsOfRun,
  foundInWrites,
  holdOfRun,
  nothingFound,
  type FoundInRun,
  type RowSeen,
} from '../core/scanEvents';
import type { ScanRun } from '../core/scanRun';
import type { Notified, Notify } from './notify';
import type { CandidateTable, FactsWrite, Log, ScanRunTable } from './ports';

/** A table of candidates, and what the run that works with it makes new. */
export interface WatchedCandidates {
  readonly table: CandidateTable;
  /** Since the run with the number `lastAccepted`, where all was written to the end; else nothing. */
  readonly found: (lastAccepted: number) => FoundInRun;
}

/** Looks on while a run reads and writes the table, so that the scan itself knows nothing of announcements. */
export function watchCandidates(table: CandidateTable): WatchedCandidates {
  let rows: RowSeen[] = [];
  let written: readonly FactsWrite[] | null = null;
  return {
    table: {
      async *readAll(signal) {
        rows = [];
        written = null;
        for await (const row of table.readAll(signal)) {
          const { type, id, state, attention, changedRun } = row;
          rows.push({ type, id, state, attention, changedRun });
          yield row;
        }
      },
      async write(writes, beforeBatch, signal) {
        await table.write(writes, beforeBatch, signal);
        written = writes;
      },
    },
    found: lastAccepted => (written === null ? nothingFound : foundInWrites(written, rows, lastAccepted)),
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
  found: WatchedCandidates['found'],
  signal: AbortSignal,
): Promise<readonly Notified[]> {
  // First: nothing that has to answer may keep an alert back.
  const hold = holdOfRun(run);
  if (hold !== null) log.error(alertOfHold(hold));
  const previous = await acceptedBefore({ runs, log }, run, signal);
  // Where the record can not be read, only what this run itself made new is known to be.
  const lastAccepted = previous?.runNumber ?? (run.acceptedBefore === null ? 0 : Infinity);
  const notified: Notified[] = [];
  for (const event of eventsOfRun(run, previous, found(lastAccepted)))
    notified.push(await notify(event, signal));
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
