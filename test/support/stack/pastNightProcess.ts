import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Clock, Log } from '../../../shared/app/ports';
import { detectOrphans } from '../../../shared/app/detectOrphans';
import type { Instant } from '../../../shared/core/instant';
import type { Guid } from '../../../shared/core/keys/guid';
import { readConfiguration } from '../../../shared/io/configuration/configuration';
import { configurationError } from '../../../shared/io/configuration/readSetting';
import { buildScan } from '../../../shared/io/wiring';

/** A night to scan, as a line of standard input; the answer is a line of standard output. */
export interface PastNight {
  /** What the clock shows as the scan begins: milliseconds since 1970. */
  readonly startedAt: number;
}
export interface PastNightAnswer {
  readonly runId: string;
}

const log: Log = {
  debug: () => {},
  info: line => process.stderr.write(`${line}\n`),
  warn: line => process.stderr.write(`${line}\n`),
  error: line => process.stderr.write(`${line}\n`),
};

/** Runs at the speed of the real clock, from another time on. */
function clockFrom(startedAt: number): Clock {
  const begun = performance.now();
  return { now: () => Math.round(startedAt + performance.now() - begun) as Instant };
}

/** The app's own scan of nights that are over, in its settings and identity, on a clock that was handed in. */
async function main(): Promise<void> {
  const reading = readConfiguration(process.env);
  if (reading.status === 'invalid') throw configurationError(reading.problems);
  for await (const line of createInterface({ input: process.stdin })) {
    const { startedAt } = JSON.parse(line) as PastNight;
    const runId = randomUUID() as string as Guid;
    const { ports, settings } = buildScan(reading.configuration, log, runId, clockFrom(startedAt));
    await detectOrphans(ports, settings, AbortSignal.timeout(10 * 60_000));
    process.stdout.write(`${JSON.stringify({ runId } satisfies PastNightAnswer)}\n`);
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
  // The other side waits for an answer: it must see the end.
  process.stdin.destroy();
});
