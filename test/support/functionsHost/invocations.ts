import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import type { FunctionDefinition } from './functionDefinition';
import type { TypedData } from './functionsCore';
import { stackOf } from './hostLog';
import type { HostLog } from './hostLog';
import { invoke } from './invocation';
import type { LoadedApp } from './loadApp';

/** The invocations of one host. */
export interface Invocations {
  /** Runs one, from its first to its last log line. Rejects with what the function threw, after that was logged. */
  run(definition: FunctionDefinition, input: TypedData): Promise<TypedData | null>;
  /** The functions that are running now, once for each invocation. */
  running(): readonly string[];
  /** Resolves when nothing runs any more. */
  allEnded(): Promise<void>;
}

export interface InvocationOptions {
  readonly app: LoadedApp;
  readonly log: HostLog;
  /** Milliseconds; null: no limit. */
  readonly functionTimeoutMs: number | null;
  readonly endWorker: (reason: Error) => void;
}

const longestTimer = 2 ** 31 - 1;

/** Log lines are worded as those of Azure Functions, so that a search for them finds the same there. */
export function createInvocations({
  app,
  log,
  functionTimeoutMs,
  endWorker,
}: InvocationOptions): Invocations {
  const running = new Map<string, { readonly name: string; readonly ended: Promise<unknown> }>();

  function limitTime(name: string, invocationId: string): () => void {
    if (functionTimeoutMs === null) return () => undefined;
    const timeout = setTimeout(
      () => {
        const message = `Timeout value of ${functionTimeoutMs} ms exceeded by function 'Functions.${name}' (Id: '${invocationId}'). The worker process is ended.`;
        log({ level: 'error', functionName: name, invocationId, message });
        endWorker(new Error(message));
      },
      Math.min(functionTimeoutMs, longestTimer),
    );
    // The server keeps the process alive; what a stopped host left behind must not.
    timeout.unref();
    return () => clearTimeout(timeout);
  }

  async function runLogged(
    definition: FunctionDefinition,
    input: TypedData,
    invocationId: string,
  ): Promise<TypedData | null> {
    const { name } = definition;
    const say = (level: 'information' | 'error', message: string): void =>
      log({ level, functionName: name, invocationId, message });
    const started = performance.now();
    const summary = (outcome: string): string =>
      `Executed 'Functions.${name}' (${outcome}, Id=${invocationId}, Duration=${Math.round(performance.now() - started)}ms)`;
    say(
      'information',
      `Executing 'Functions.${name}' (Reason='This function was programmatically called via the host APIs.', Id=${invocationId})`,
    );
    const inTime = limitTime(name, invocationId);
    try {
      const value = await invoke(app, definition, invocationId, input, log);
      say('information', summary('Succeeded'));
      return value;
    } catch (error) {
      say('error', `${summary('Failed')}\n${stackOf(error)}`);
      throw error;
    } finally {
      inTime();
      running.delete(invocationId);
    }
  }

  return {
    run(definition, input) {
      const invocationId = randomUUID();
      const ended = runLogged(definition, input, invocationId);
      running.set(invocationId, { name: definition.name, ended });
      return ended;
    },
    running: () => Array.from(running.values(), ({ name }) => name),
    async allEnded() {
      while (running.size > 0) await Promise.allSettled(Array.from(running.values(), ({ ended }) => ended));
    },
  };
}
