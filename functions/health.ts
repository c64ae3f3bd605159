import { app, type HttpResponseInit, type InvocationContext } from '@azure/functions';
import { AppError } from '../shared/core/appError';
import { formatInstant } from '../shared/core/instant';
import { version } from '../shared/core/version';
import { configurationError, readConfiguration, type Configuration } from '../shared/io/configuration';
import { buildScanRuns } from '../shared/io/wiring';
import { invocationLog } from './invocationLog';

/** What health may say to anybody: no names, no ids, no values of settings. */
interface Health {
  readonly status: 'ok' | 'degraded';
  readonly version: string;
  readonly part: string | null;
  readonly problems: readonly string[];
  readonly lastScan: { readonly state: string; readonly startedAt: string } | null;
}

export function registerHealth(): void {
  app.http('health', {
    route: 'health',
    methods: ['GET'],
    authLevel: 'anonymous',
    handler: (_request, context) => health(context),
  });
}

async function health(context: InvocationContext): Promise<HttpResponseInit> {
  const reading = readConfiguration(process.env);
  const answer: Health =
    reading.status === 'valid'
      ? await configured(reading.configuration, context)
      : {
          status: 'degraded',
          version,
          part: process.env['APP_PART'] ?? null,
          problems: reading.problems.map(problem => `setting ${problem.setting} ${problem.problem}`),
          lastScan: null,
        };
  if (reading.status === 'invalid') context.error(configurationError(reading.problems).message);
  return {
    status: answer.status === 'ok' ? 200 : 503,
    jsonBody: answer,
    headers: { 'cache-control': 'no-store' },
  };
}

async function configured(configuration: Configuration, context: InvocationContext): Promise<Health> {
  const common = { version, part: configuration.part };
  try {
    const [last] = await buildScanRuns(configuration, invocationLog(context)).newest(
      1,
      AbortSignal.timeout(10_000),
    );
    const lastScan = last ? { state: last.state, startedAt: formatInstant(last.startedAt) } : null;
    return { ...common, status: 'ok', problems: [], lastScan };
  } catch (error) {
    context.error(error instanceof Error ? error.message : String(error));
    const code = error instanceof AppError ? error.code : 'unexpected error';
    return {
      ...common,
      status: 'degraded',
      problems: [`the run records can not be read: ${code}`],
      lastScan: null,
    };
  }
}
