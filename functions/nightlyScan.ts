import { app, type InvocationContext } from '@azure/functions';
import { detectOrphans } from '../shared/app/detectOrphans';
import { announceScan, watchCandidates } from '../shared/app/scanNotifications';
import { AppError } from '../shared/core/appError';
import { readConfiguration } from '../shared/io/configuration/configuration';
import { configurationError } from '../shared/io/configuration/readSetting';
import { defaultScanSchedule } from '../shared/io/configuration/settings';
import { buildNotify } from '../shared/io/notificationWiring';
import { buildScan } from '../shared/io/wiring';
import { invocationLog } from './invocationLog';
import { whileRunning } from './stopping';

/** The scan, every night. Never because a process starts; a night that the host missed is made up for (`isPastDue`). */
export function registerNightlyScan(): void {
  app.timer('nightlyScan', {
    schedule: process.env['SCAN_SCHEDULE']?.trim() || defaultScanSchedule,
    runOnStartup: false,
    handler: (_timer, context) => whileRunning(signal => nightlyScan(context, signal)),
  });
}

/** Throws where the run failed, so that the host counts a failed invocation; a refused run is an answer, not a failure. */
async function nightlyScan(context: InvocationContext, signal: AbortSignal): Promise<void> {
  const reading = readConfiguration(process.env);
  if (reading.status === 'invalid') throw configurationError(reading.problems);
  const log = invocationLog(context);
  const { ports, settings } = buildScan(reading.configuration, log);
  const candidates = watchCandidates(ports.candidates);
  const run = await detectOrphans({ ...ports, candidates: candidates.table }, settings, signal);
  const notify = buildNotify(reading.configuration, log);
  await announceScan({ runs: ports.runs, notify, log }, run, candidates.found, signal);
  if (run.state === 'failed' || run.state === 'aborted')
    throw new AppError('scanFailed', run.reasons.join('\n'));
}
