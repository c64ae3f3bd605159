import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { root, sampleSettings } from './sampleSettings';

export interface WorkerOptions {
  /** Settings of the app and of the platform. Nothing else of this process's environment is passed on but PATH. */
  readonly environment: Readonly<Record<string, string>>;
  readonly port: number;
  /** Where the built app's host.json and package.json are; by default this checkout. */
  readonly appDirectory?: string;
  readonly onLogLine: (line: string) => void;
}

/** The built app in the local Functions host, in a process of its own. */
export interface Worker {
  /** Its address: the routes are under `<url>/api/`. */
  readonly url: string;
  readonly masterKey: string;
  readonly pid: number;
  readonly ended: boolean;
  /** Starts a timer function, as the portal's "run" does. Resolves when the host has accepted it. */
  runTimer(name: string): Promise<void>;
  /** Sends SIGTERM and waits for the end. */
  stop(): Promise<void>;
  /** Sends SIGKILL, which a process can do nothing about, and waits for the end. */
  kill(): Promise<void>;
}

const hostFile = path.join(root, 'dist', 'test', 'support', 'functionsHost', 'main.js');

/** Node's own arguments, as the sample settings tell the Functions host (docs/adr/0011-young-generation.md). */
const nodeArguments = (): string[] => sampleSettings()['languageWorkers__node__arguments']?.split(' ') ?? [];

export async function startWorker({
  environment,
  port,
  appDirectory = root,
  onLogLine,
}: WorkerOptions): Promise<Worker> {
  const child = spawn(
    process.execPath,
    [...nodeArguments(), hostFile, '--app', appDirectory, '--port', String(port)],
    {
      env: { PATH: process.env['PATH'], ...environment },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  createInterface({ input: child.stderr }).on('line', onLogLine);
  const lines = createInterface({ input: child.stdout });
  const exit = once(child, 'exit');
  const first = await Promise.race([once(lines, 'line') as Promise<[string]>, exit.then(() => null)]);
  if (!first)
    throw new Error(`the local Functions host ended with exit code ${child.exitCode} before it was ready`);
  lines.on('line', onLogLine);
  const { url, masterKey } = JSON.parse(first[0]) as { url: string; masterKey: string };
  return {
    url,
    masterKey,
    pid: child.pid ?? 0,
    get ended() {
      return child.exitCode !== null || child.signalCode !== null;
    },
    async runTimer(name) {
      const answer = await fetch(`${url}/admin/functions/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-functions-key': masterKey },
        body: '{"input":""}',
      });
      if (answer.status !== 202)
        throw new Error(`the host answered ${answer.status} to the start of ${name}`);
    },
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
    async kill() {
      child.kill('SIGKILL');
      await exit;
    },
  };
}
