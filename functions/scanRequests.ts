import { app, type InvocationContext } from '@azure/functions';
import { runRequestedScan } from '../shared/app/detectOrphans';
import { announceScan, watchCandidates } from '../shared/app/scanNotifications';
import { AppError } from '../shared/core/appError';
import { parseScanRequest, scanQueueName } from '../shared/core/scanRequest';
import { readConfiguration } from '../shared/io/configuration/configuration';
import { configurationError } from '../shared/io/configuration/readSetting';
import { buildNotify } from '../shared/io/notificationWiring';
import { buildScan } from '../shared/io/wiring';
import { invocationLog } from './invocationLog';
import { whileRunning } from './stopping';

/** Beginning of the settings by which the host finds the queue: `SCAN_REQUESTS__queueServiceUri` and so on. */
export const scanQueueConnection = 'SCAN_REQUESTS';

/**
 * Scans that were asked for (`POST /api/scans`). The host keeps a message hidden for as long as the function runs and deletes it when
 * it succeeds. What decides is the run's record, not the message: docs/adr/0015.
 */
export function registerScanRequests(): void {
  app.storageQueue('scanRequests', {
    queueName: scanQueueName,
    connection: scanQueueConnection,
    handler: (message, context) => whileRunning(signal => scanRequest(message, context, signal)),
  });
}

/** Throws where the run failed now, so that the host counts a failed invocation; the message then comes again, and finds the record. */
async function scanRequest(message: unknown, context: InvocationContext, signal: AbortSignal): Promise<void> {
  const log = invocationLog(context);
  const runId = parseScanRequest(message);
  if (runId === null) {
    // Never its content, which anybody could have written.
    log.error(
      'A message of the queue of scan requests was dropped: expected was {"runId": <GUID>} and nothing else.',
    );
    return;
  }
  const reading = readConfiguration(process.env);
  if (reading.status === 'invalid') throw configurationError(reading.problems);
  const { ports, settings } = buildScan(reading.configuration, log, runId);
  const candidates = watchCandidates(ports.candidates);
  const watching = { ...ports, candidates: candidates.table };
  const { kind, run } = await runRequestedScan(watching, settings, runId, signal);
  if (kind === 'known') {
    log.info(`scan ${run.runNumber} (${runId}) was asked for once more: it is ${run.state} already`);
    return;
  }
  const notify = buildNotify(reading.configuration, log);
  await announceScan({ runs: ports.runs, notify, log }, run, candidates.found, signal);
  if (run.state === 'failed' || run.state === 'aborted')
    throw new AppError('scanFailed', run.reasons.join('\n'));
}
