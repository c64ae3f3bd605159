import { randomInt } from 'node:crypto';
import fc from 'fast-check';
import { HistoryWorld } from './historyWorld';
import { Oracle } from './oracle';
import { Statistics } from './statistics';
import { someHistory, type History } from './steps';
import { Narrator } from './takeStep';

export interface CheckOptions {
  readonly runs: number;
  /** Absent: another one each time; a failure names it. */
  readonly seed?: number;
  /** Of a failure that is repeated. */
  readonly path?: string;
  readonly onProgress?: (done: number) => void;
}

export interface CheckReport {
  readonly runs: number;
  readonly seed: number;
  readonly statistics: Statistics;
  /** null: every promise held. */
  readonly failure: {
    readonly path: string;
    /** The smallest history that was found. */
    readonly history: History;
    readonly reason: string;
  } | null;
}

/** What breaks a promise, in one history; empty: nothing. */
export async function breachesOf(
  { world: settings, steps }: History,
  statistics: Statistics,
): Promise<readonly string[]> {
  const world = new HistoryWorld(settings);
  const oracle = new Oracle(world, statistics);
  const narrator = new Narrator(world, oracle, statistics);
  await narrator.take({ do: 'nights', count: settings.nightsBefore });
  for (const step of steps) {
    world.now += 1_000;
    await narrator.take(step);
    statistics.count(`steps: ${step.do}`);
    oracle.stepped();
    if (oracle.breaches.length > 0) return oracle.breaches;
  }
  await narrator.end();
  await oracle.ended();
  return oracle.breaches;
}

/** Random histories, until one breaks a promise; that one is made as small as it gets. */
export async function checkHistories({
  runs,
  // Not below zero: a command line takes a leading minus for an option.
  seed = randomInt(2 ** 31),
  path,
  onProgress,
}: CheckOptions): Promise<CheckReport> {
  const statistics = new Statistics();
  let done = 0;
  const details = await fc.check(
    fc.asyncProperty(someHistory, async history => {
      const breaches = await breachesOf(history, statistics);
      done += 1;
      onProgress?.(done);
      if (breaches.length > 0) throw new Error(breaches.join('\n'));
    }),
    { numRuns: runs, seed, ...(path === undefined ? {} : { path }) },
  );
  const [history] = details.counterexample ?? [];
  return {
    runs: details.numRuns,
    seed: details.seed,
    statistics,
    failure: history
      ? {
          path: details.counterexamplePath ?? '',
          history,
          reason: String(
            details.errorInstance instanceof Error ? details.errorInstance.stack : details.errorInstance,
          ),
        }
      : null,
  };
}
