/**
 * A local Functions host as a process: `node main.js --app <directory> [--port <n>] [--grace-ms <n>]`.
 * One line of JSON on stdout when it serves, `{"url", "masterKey"}`; the log on stderr. Stops, with exit code 0, on SIGTERM or SIGINT
 * and when its parent goes: when the IPC channel closes, where there is one, else when stdin ends. Exit code 1: the app could not be
 * loaded, broke a rule, had an error that nobody caught, ran into functionTimeout, or did not stop within the grace period.
 */
import { once } from 'node:events';
import { resolve } from 'node:path';
import { finished } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { createHost } from './host';
import { readHostConfiguration } from './hostConfiguration';
import { formatEntry, isKept, stackOf } from './hostLog';
import type { HostLogEntry } from './hostLog';

function exitWith(error: unknown): never {
  process.stderr.write(formatEntry(hostEntry('critical', stackOf(error))));
  process.exit(1);
}

const hostEntry = (level: HostLogEntry['level'], message: string): HostLogEntry => ({
  level,
  functionName: null,
  invocationId: null,
  message,
});

async function parentGone(): Promise<string> {
  if (process.channel) await once(process, 'disconnect');
  else await finished(process.stdin.resume(), { writable: false }).catch(() => undefined);
  return 'the end of the parent process';
}

const signalled = async (signal: NodeJS.Signals): Promise<string> => {
  await once(process, signal);
  return signal;
};

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      app: { type: 'string' },
      port: { type: 'string', default: '0' },
      'grace-ms': { type: 'string', default: '5000' },
    },
  });
  if (values.app === undefined)
    throw new Error('--app <directory> is expected: where host.json and package.json are.');
  const appDirectory = resolve(values.app);
  const { lowestLogLevel } = readHostConfiguration(appDirectory);
  const log = (entry: HostLogEntry): void => {
    if (isKept(entry.level, lowestLogLevel)) process.stderr.write(formatEntry(entry));
  };
  const stopRequested = Promise.race([signalled('SIGTERM'), signalled('SIGINT'), parentGone()]);
  const host = await createHost({
    appDirectory,
    port: Number(values.port),
    stopLimitMs: Number(values['grace-ms']),
    log,
    endWorker: exitWith,
  });
  process.stdout.write(`${JSON.stringify({ url: host.url, masterKey: host.masterKey })}\n`);
  log(hostEntry('information', `Stopping, because of ${await stopRequested}.`));
  const left = await host.stop();
  if (left.length > 0) throw new Error(`Still running when the grace period was over: ${left.join(', ')}.`);
  process.exit(0);
}

// Nobody reads any more when the parent is gone; that is no reason to end in disorder.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
// As in the worker of Azure Functions. An unhandled rejection comes here as well.
process.on('uncaughtException', exitWith);
main().catch(exitWith);
