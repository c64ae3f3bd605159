import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { LogLevel } from './functionsCore';

/** How messages of queues are taken. */
export interface QueueConfiguration {
  readonly maxDequeueCount: number;
  /** How long a message waits after its function failed. */
  readonly visibilityTimeoutSeconds: number;
  readonly messageEncoding: 'base64' | 'none';
}

/** What the host reads of host.json. */
export interface HostConfiguration {
  readonly routePrefix: string;
  /** Milliseconds; null: no limit. */
  readonly functionTimeoutMs: number | null;
  readonly lowestLogLevel: LogLevel;
  readonly queues: QueueConfiguration;
}

const logLevels = {
  Trace: 'trace',
  Debug: 'debug',
  Information: 'information',
  Warning: 'warning',
  Error: 'error',
  Critical: 'critical',
  None: 'none',
} as const satisfies Record<string, LogLevel>;

const timeSpan = z.string().transform((text, context) => {
  if (text === '-1') return null;
  const [, days, hours, minutes, seconds] =
    /^(?:(\d+)\.)?(\d{1,2}):([0-5]\d):([0-5]\d)$/.exec(text)?.map(part => Number(part ?? 0)) ?? [];
  if (days === undefined || hours === undefined || minutes === undefined || seconds === undefined) {
    context.addIssue('hh:mm:ss is expected, or "-1" for none');
    return z.NEVER;
  }
  return (((days * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000;
});

const hostSchema = z.object({
  version: z.literal('2.0'),
  functionTimeout: timeSpan.default(30 * 60 * 1000),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
      queues: z
        .object({
          maxDequeueCount: z.int().min(1).default(5),
          visibilityTimeout: timeSpan.default(0),
          messageEncoding: z.enum(['base64', 'none']).default('base64'),
        })
        .prefault({}),
    })
    .prefault({}),
  logging: z
    .object({
      logLevel: z
        .object({
          default: z.enum(Object.keys(logLevels) as (keyof typeof logLevels)[]).default('Information'),
        })
        .prefault({}),
    })
    .prefault({}),
});

/** Reads host.json; the defaults are those of Azure Functions 4 (functionTimeout: 30 minutes, routePrefix: api; queues: base64, 5 tries). */
export function readHostConfiguration(appDirectory: string): HostConfiguration {
  const file = join(appDirectory, 'host.json');
  const reading = hostSchema.safeParse(JSON.parse(readFileSync(file, 'utf8')));
  if (!reading.success) throw new Error(`${file} is not usable: ${z.prettifyError(reading.error)}`);
  const { functionTimeout, extensions, logging } = reading.data;
  return {
    routePrefix: extensions.http.routePrefix.replace(/^\/+|\/+$/g, ''),
    functionTimeoutMs: functionTimeout,
    lowestLogLevel: logLevels[logging.logLevel.default],
    queues: {
      maxDequeueCount: extensions.queues.maxDequeueCount,
      visibilityTimeoutSeconds: (extensions.queues.visibilityTimeout ?? 0) / 1000,
      messageEncoding: extensions.queues.messageEncoding,
    },
  };
}
