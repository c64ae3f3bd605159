import { randomUUID } from 'node:crypto';
import { app, type InvocationContext } from '@azure/functions';
import { announceMissedWork } from '../shared/app/announceMissedWork';
import type { Log } from '../shared/app/ports';
import { checkQuarantines } from '../shared/app/review/checkQuarantines';
import { reconcileDeletions } from '../shared/app/review/reconcileDeletions';
import { AppError } from '../shared/core/appError';
import { readCommonConfiguration, type Configuration } from '../shared/io/configuration/configuration';
import { configurationError } from '../shared/io/configuration/readSetting';
import { reviewAudit } from '../shared/io/decisionWiring';
import { buildDeletions } from '../shared/io/deletionWiring';
import { buildNotify } from '../shared/io/notificationWiring';
import { buildScanRuns, systemClock } from '../shared/io/wiring';
import { invocationLog } from './invocationLog';
import { whileRunning } from './stopping';

/** Every half hour: nobody's sign-in stays blocked for longer because nobody calls. */
const schedule = '0 10,40 * * * *';

/**
 * What must not wait for the next call of a person, in every stage of the roll-out: what is missed is said; deletes that a crash left
 * under way come to their end, and who does not belong in quarantine any more leaves it. It deletes nothing.
 */
export function registerOpenEnds(): void {
  app.timer('openEnds', {
    schedule,
    runOnStartup: false,
    handler: (_timer, context) => whileRunning(signal => settleOpenEnds(context, signal)),
  });
}

/** First, and by the common settings alone: whatever else is wrong, fails or hangs here, what is missed is said. */
async function lookForMissedWork(configuration: Configuration, log: Log, signal: AbortSignal): Promise<void> {
  const notify = buildNotify(configuration, log);
  const ports = { runs: buildScanRuns(configuration, log), clock: systemClock, notify, log };
  const sources = configuration.sources.map(({ source }) => source);
  await announceMissedWork(ports, sources, signal);
}

/** What a crash left out of the mirror is in it within half an hour; a storage that does not answer now does so next time. */
async function mirrorAudit(configuration: Configuration, log: Log, signal: AbortSignal): Promise<void> {
  try {
    await reviewAudit(configuration, log).catchUp(signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    log.error(`the mirror of the audit log could not be brought up to date: ${error.message}`);
  }
}

/** Throws where the settings are wrong, or something could not be settled now, so that the host counts a failed invocation. */
async function settleOpenEnds(context: InvocationContext, signal: AbortSignal): Promise<void> {
  const log = invocationLog(context);
  const reading = readCommonConfiguration(process.env);
  if (reading.status === 'invalid') throw configurationError(reading.problems);
  try {
    await lookForMissedWork(reading.configuration, log, signal);
  } finally {
    await mirrorAudit(reading.configuration, log, signal);
  }
  const correlationId = randomUUID();
  const { ports } = buildDeletions(process.env, { log, correlationId });
  const reconciled = await reconcileDeletions(ports, correlationId, signal);
  const quarantines = await checkQuarantines(ports, correlationId, signal);
  const left = reconciled.left + quarantines.left;
  if (left > 0)
    throw new AppError(
      'graphUnavailable',
      `${left} open ends could not be settled: the lines above say why. The next run tries again.`,
    );
}
