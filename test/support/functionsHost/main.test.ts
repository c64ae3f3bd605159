import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const fixtures = join(__dirname, 'fixtures');

interface HostProcess {
  readonly child: ChildProcessWithoutNullStreams;
  /** Rejects with the log where the process ends before it serves. */
  readonly ready: Promise<{ readonly url: string; readonly masterKey: string }>;
  readonly ended: Promise<number | null>;
  readonly log: () => string;
  logged(text: string): Promise<void>;
}

const children: ChildProcessWithoutNullStreams[] = [];
afterAll(() => children.forEach(child => child.kill('SIGKILL')));

function start(...args: readonly string[]): HostProcess {
  const child = spawn(
    process.execPath,
    ['--require', join(fixtures, 'requireTypeScript.cjs'), join(__dirname, 'main.ts'), ...args],
    { env: { ...process.env, NIGHTLY_SCHEDULE: '0 30 1 * * *' } },
  );
  children.push(child);
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const failed = ended.then(code => Promise.reject(new Error(`exit code ${code}\n${log}`)));
  const ready = Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => JSON.parse(line as string) as never),
    failed,
  ]);
  ready.catch(() => undefined);
  failed.catch(() => undefined);
  return {
    child,
    ready,
    ended,
    log: () => log,
    async logged(text) {
      while (!log.includes(text)) await Promise.race([once(child.stderr, 'data'), failed]);
    },
  };
}
const app = (name: string, ...more: readonly string[]): HostProcess =>
  start('--app', join(fixtures, name), ...more);

test('serves the built app, runs a timer on demand, and stops cleanly on SIGTERM', async () => {
  const host = app('app');
  const { url, masterKey } = await host.ready;
  expect(await (await fetch(`${url}/api/greeting`)).json()).toEqual({ greeting: 'hello' });
  const demand = await fetch(`${url}/admin/functions/nightly`, {
    method: 'POST',
    headers: { 'x-functions-key': masterKey, 'content-type': 'application/json' },
    body: '{"input":""}',
  });
  expect(demand.status).toBe(202);
  await host.logged("Executed 'Functions.nightly' (Succeeded");
  expect(host.log()).toMatch(
    /^information nightly [0-9a-f-]{36} timer \{.*\}\ninformation nightly [0-9a-f-]{36} second line$/m,
  );
  const slow = fetch(`${url}/api/slow`);
  await host.logged('waiting');
  host.child.kill('SIGTERM');
  expect(await (await slow).text()).toBe('in time');
  expect(await host.ended).toBe(0);
  expect(host.log()).toContain('Stopping, because of SIGTERM.');
  expect(host.log()).toContain('appTerminate ran');
});

test('an unhandled rejection in the app ends the process with its stack and exit code 1', async () => {
  const host = app('app');
  const { url } = await host.ready;
  await fetch(`${url}/api/rejection`).catch(() => undefined);
  expect(await host.ended).toBe(1);
  expect(host.log()).toMatch(/critical host Error: nobody caught this\ncritical host\s+at .*index\.cjs/);
});

test('stops when its parent goes', async () => {
  const host = app('app');
  await host.ready;
  host.child.stdin.end();
  expect(await host.ended).toBe(0);
  expect(host.log()).toContain('Stopping, because of the end of the parent process.');
});

test('stops on SIGINT as on SIGTERM', async () => {
  const host = app('app');
  await host.ready;
  host.child.kill('SIGINT');
  expect(await host.ended).toBe(0);
  expect(host.log()).toContain('Stopping, because of SIGINT.');
});

test('what does not stop within the grace period is named, and the exit code is 1', async () => {
  const host = app('app', '--grace-ms', '200');
  const { url, masterKey } = await host.ready;
  await fetch(`${url}/admin/functions/deaf?code=${masterKey}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  await host.logged('deaf to any stop');
  // Nothing but the grace period keeps the process alive now.
  host.child.stdin.end();
  expect(await host.ended).toBe(1);
  expect(host.log()).toContain('Still running when the grace period was over: deaf.');
});

test('an invocation over functionTimeout ends the process with exit code 1', async () => {
  const host = app('timeout');
  const { url, masterKey } = await host.ready;
  await fetch(`${url}/admin/functions/endless?code=${masterKey}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{}',
  });
  expect(await host.ended).toBe(1);
  expect(host.log()).toContain("Timeout value of 1000 ms exceeded by function 'Functions.endless'");
});

test.each([
  [
    'throws before its first registration',
    () => app('broken'),
    /\(a setting is missing\)[^]*Caused by: Error: a setting is missing\n.*readSettings/,
  ],
  [
    'streams HTTP bodies',
    () => app('streaming'),
    /sets enableHttpStream, which the local host does not support/,
  ],
  [
    'is not built',
    () => app('unbuilt'),
    /names output\/index\.js as main, and that file does not exist\. Build the app first/,
  ],
  ['is not named', () => start(), /--app <directory> is expected/],
])('an app that %s: exit code 1 and the reason', async (_, startHost, reason) => {
  const host = startHost();
  await expect(host.ready).rejects.toThrow(reason);
  expect(await host.ended).toBe(1);
});
