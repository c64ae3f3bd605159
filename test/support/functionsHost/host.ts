import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { builtApp } from './builtApp';
import { createFrontDoor, timerInput } from './frontDoor';
import { defineFunctions } from './functionDefinition';
import type { FunctionDefinition } from './functionDefinition';
import { readHostConfiguration } from './hostConfiguration';
import { messageOf, stackOf } from './hostLog';
import type { TypedData } from './functionsCore';
import type { HostLog } from './hostLog';
import { createInvocations } from './invocations';
import { createKeys } from './keys';
import { loadApp } from './loadApp';
import { listenToQueue, queueConnection, queueInput } from './queueListener';
import type { QueueListener } from './queueListener';
import type { AppLoader } from './loadApp';
import { late, within } from './timeLimit';

export interface HostOptions {
  /** Where host.json and package.json are. */
  readonly appDirectory: string;
  readonly log: HostLog;
  /** App settings for `%NAME%` in schedules and for the connections of queues; default: process.env, which the app itself reads, as it does in Azure. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Default: the built app, by the `main` of its package.json. In Jest: `jestApp`. */
  readonly loadApp?: AppLoader;
  /** Default: any. Another one is taken where this one is not free. */
  readonly port?: number;
  /** Azure's load balancer gives an HTTP function 230 s (the default); a later answer is lost. Milliseconds. */
  readonly httpAnswerLimitMs?: number;
  /** The grace period that the Functions host gives its worker: 5 s (the default). Milliseconds. */
  readonly stopLimitMs?: number;
  /** Between two looks into an empty queue. Milliseconds; default: 250. */
  readonly queuePollMs?: number;
  /** Called when an invocation lasts longer than functionTimeout: Azure ends the worker process then, whatever it does. */
  readonly endWorker: (reason: Error) => void;
}

/** A Functions host with its app loaded, serving. */
export interface FunctionsHost {
  /** `http://127.0.0.1:<port>` */
  readonly url: string;
  /** Opens every function and `/admin`, as header `x-functions-key` or as `?code=`. */
  readonly masterKey: string;
  functionKey(name: string): string;
  /** Runs a timer to its end; throws what it throws. `POST /admin/functions/<name>` does not wait. */
  runTimer(name: string): Promise<void>;
  /** Runs the function of a queue with a message, as if it had been taken from there; throws what it throws. */
  runQueue(name: string, message: string): Promise<void>;
  /**
   * Takes no more requests and messages, runs the appTerminate hooks, and waits for what runs. Answers the names of the functions that were still
   * running when the grace period was over: `[]` is a clean stop.
   */
  stop(): Promise<readonly string[]>;
}

/**
 * Starts a local Functions host around the app, in this process. Where Azure would show a function or the whole app as missing, this
 * throws. It keeps the rules of the Functions host 4.x that can break an app: routes by order of function name, 404 for a wrong
 * method, keys, time limits, the worker's hooks. It listens to queues where the settings have their connection. It has no schedule: timers run on demand only. The lock that keeps a timer from
 * running twice belongs to the schedule, in Azure as well, so two demands run side by side.
 */
export async function createHost(options: HostOptions): Promise<FunctionsHost> {
  const { appDirectory, log, endWorker } = options;
  const { routePrefix, functionTimeoutMs, queues } = readHostConfiguration(appDirectory);
  const app = await loadApp(options.loadApp ?? builtApp(appDirectory), log);
  const settings = options.env ?? process.env;
  const functions = defineFunctions(app.registrations, { routePrefix, settings });
  const keys = createKeys(functions.map(({ name }) => name));
  const invocations = createInvocations({ app, log, functionTimeoutMs, endWorker });
  const say = (level: 'information' | 'warning' | 'error', message: string): void =>
    log({ level, functionName: null, invocationId: null, message });

  const hookData = {};
  await app.runHooks('appStart', { hookData, functionAppDirectory: appDirectory });

  let stopped: Promise<readonly string[]> | null = null;
  const frontDoor = createFrontDoor({
    functions,
    invocations,
    keys,
    answerLimitMs: options.httpAnswerLimitMs ?? 230_000,
    isStopping: () => stopped !== null,
    reportError: message => say('error', message),
  });
  const server = createServer((request, response) => void frontDoor(request, response));
  const port = await listen(server, options.port ?? 0, message => say('warning', message));
  const url = `http://127.0.0.1:${port}`;
  for (const definition of functions) say('information', describe(definition, url));
  const listeners = functions.flatMap(listenersOf);

  /** As in Azure, a queue whose connection is not in the settings is an error of that function alone. */
  function listenersOf(definition: FunctionDefinition): QueueListener[] {
    if (definition.kind !== 'queue') return [];
    const connection = queueConnection(definition, settings);
    if (connection) {
      const run = (input: TypedData): Promise<unknown> => invocations.run(definition, input);
      const pollMs = options.queuePollMs ?? 250;
      return [listenToQueue({ definition, connection, configuration: queues, run, say, pollMs })];
    }
    say(
      'warning',
      `${definition.name}: nobody listens to the queue ${definition.queueName}. Expected are the settings ` +
        `${definition.connection}__queueServiceUri, …__clientId and …__credential (managedidentity).`,
    );
    return [];
  }

  async function stop(): Promise<readonly string[]> {
    const closed = once(server, 'close');
    server.close();
    const quiet = Promise.all(listeners.map(listener => listener.stop()));
    const ended = app
      .runHooks('appTerminate', { hookData })
      .catch((error: unknown) => say('error', `A hook of appTerminate failed: ${stackOf(error)}`))
      .then(() => invocations.allEnded())
      .then(() => quiet)
      .then(() => server.closeIdleConnections())
      .then(() => closed);
    const outcome = await within(options.stopLimitMs ?? 5_000, ended, { keepsProcessAlive: true });
    server.closeAllConnections();
    return outcome === late ? invocations.running() : [];
  }

  return {
    url,
    masterKey: keys.master,
    functionKey: name => keys.forFunction(name),
    async runTimer(name) {
      const definition = functions.find(candidate => candidate.name === name);
      if (definition?.kind !== 'timer') throw new Error(`There is no timer ${name}.`);
      await invocations.run(definition, timerInput);
    },
    async runQueue(name, message) {
      const definition = functions.find(candidate => candidate.name === name);
      if (definition?.kind !== 'queue') throw new Error(`There is no function ${name} of a queue.`);
      await invocations.run(definition, queueInput(message));
    },
    stop: () => (stopped ??= stop()),
  };
}

async function listen(server: Server, port: number, warn: (message: string) => void): Promise<number> {
  server.listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch (error) {
    if (port === 0) throw error;
    warn(`Port ${port} can not be used (${messageOf(error)}); another one is taken.`);
    return listen(server, 0, warn);
  }
  return (server.address() as AddressInfo).port;
}

function describe(definition: FunctionDefinition, url: string): string {
  switch (definition.kind) {
    case 'http':
      return `${definition.name}: [${[...definition.methods].join(',')}] ${url}/${definition.route.text} (${definition.authLevel})`;
    case 'timer':
      return `${definition.name}: timer, ${definition.schedule}; here on demand only`;
    case 'queue':
      return `${definition.name}: queue, ${definition.queueName}`;
  }
}
