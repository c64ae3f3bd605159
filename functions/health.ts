import { app, type HttpResponseInit, type InvocationContext } from '@azure/functions';
import { runsForMissedWork } from '../shared/app/readMissedWork';
import { AppError } from '../shared/core/appError';
import { formatInstant } from '../shared/core/instant';
import { missedWork, missedWorkAfterHours, type MissedWork } from '../shared/core/missedWork';
import { version } from '../shared/core/version';
import {
  readCommonConfiguration,
  readConfiguration,
  readPart,
  toleratedProblems,
  type Configuration,
} from '../shared/io/configuration/configuration';
import { configurationError } from '../shared/io/configuration/readSetting';
import { buildScanRuns, systemClock } from '../shared/io/wiring';
import { invocationLog } from './invocationLog';

/** What health may say to anybody: no names, no ids, no values of settings. */
interface Health {
  readonly status: 'ok' | 'degraded';
  readonly version: string;
  readonly part: string | null;
  readonly problems: readonly string[];
  readonly lastScan: { readonly state: string; readonly startedAt: string } | null;
}

/** What was found beside the settings. works: false where the app can not do its work, which a monitor sees as 503. */
interface Found extends Pick<Health, 'part' | 'problems' | 'lastScan'> {
  readonly works: boolean;
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
  const tolerated = toleratedProblems(process.env);
  // Also beside settings of its own part that are wrong: what is missed shows all the same.
  const common = readCommonConfiguration(process.env);
  const found: Found =
    common.status === 'valid'
      ? await configured(common.configuration, context)
      : { works: false, part: readPart(process.env), problems: [], lastScan: null };
  const ofSettings = [...(reading.status === 'invalid' ? reading.problems : []), ...tolerated];
  if (ofSettings.length > 0) context.error(configurationError(ofSettings).message);
  const problems = [
    ...ofSettings.map(problem => `setting ${problem.setting} ${problem.problem}`),
    ...found.problems,
  ];
  const answer: Health = {
    status: problems.length === 0 ? 'ok' : 'degraded',
    version,
    part: found.part,
    problems,
    lastScan: found.lastScan,
  };
  return {
    status: reading.status === 'valid' && found.works ? 200 : 503,
    jsonBody: answer,
    headers: { 'cache-control': 'no-store' },
  };
}

async function configured(configuration: Configuration, context: InvocationContext): Promise<Found> {
  const { part } = configuration;
  try {
    const table = buildScanRuns(configuration, invocationLog(context));
    const runs = await runsForMissedWork(table, AbortSignal.timeout(10_000));
    const [last] = runs;
    const sources = configuration.sources.map(({ source }) => source);
    const problems = problemsOf(missedWork(runs, sources, systemClock.now()), sources.length);
    const lastScan = last ? { state: last.state, startedAt: formatInstant(last.startedAt) } : null;
    return { works: true, part, problems, lastScan };
  } catch (error) {
    context.error(error instanceof Error ? error.message : String(error));
    const code = error instanceof AppError ? error.code : 'unexpected error';
    return { works: false, part, problems: [`the run records can not be read: ${code}`], lastScan: null };
  }
}

/** Anybody may read this: how many sources, never which. */
function problemsOf({ scan, exports: missing }: MissedWork, sources: number): readonly string[] {
  const late = `for more than ${missedWorkAfterHours} hours`;
  const ofScan =
    scan === null
      ? []
      : [scan.lastFinishedAt === null ? 'no scan has finished yet' : `no scan has finished ${late}`];
  const ofExports =
    missing.length === 0 ? [] : [`${missing.length} of ${sources} sources: no export was accepted ${late}`];
  return [...ofScan, ...ofExports];
}
