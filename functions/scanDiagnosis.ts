import { app, type InvocationContext } from '@azure/functions';
import { noteScanDiagnosis } from '../shared/io/diagnosis/diagnosisWiring';
import { invocationLog } from './invocationLog';
import { whileRunning } from './stopping';

/** Every hour, between the hours at which scans begin as a rule. */
const schedule = '0 25 * * * *';

/**
 * Nobody can ask the part scan anything from outside. So it looks at itself and writes down what it found, where the part review can
 * read it, for `GET /api/diagnosis`. A function of its own: whatever goes wrong here, the scan runs.
 */
export function registerScanDiagnosis(): void {
  app.timer('scanDiagnosis', {
    schedule,
    runOnStartup: false,
    handler: (_timer, context) => whileRunning(signal => note(context, signal)),
  });
}

async function note(context: InvocationContext, signal: AbortSignal): Promise<void> {
  const { identities } = await noteScanDiagnosis(process.env, signal);
  invocationLog(context).info(`Looked at ${identities.length} identity of this part.`);
}
