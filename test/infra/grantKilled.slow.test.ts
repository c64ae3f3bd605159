import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { root } from '../docs/markdown';
import { comparable, page, startWorld, tenantId, toAll, type World } from './grantWorld';

const program = path.join(root, 'dist', 'infra', 'grant', 'main.js');
const everything = [...toAll, '--page', page, '--types', 'user,group,device', '--quarantine'];

let folder: string;
beforeAll(() => {
  if (!existsSync(program)) throw new Error('The built command is missing: npm run build.');
  folder = mkdtempSync(path.join(os.tmpdir(), 'grant-killed-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly output: string;
}

/** The built command as a process of its own; `kill` ends it as a power cut would. */
async function start(
  world: World,
  args: readonly string[],
): Promise<{ readonly ended: Promise<Ended>; readonly kill: (signal: NodeJS.Signals) => void }> {
  writeFileSync(path.join(folder, 'ca.pem'), world.authority);
  const child = spawn(process.execPath, [program, '--tenant', tenantId, ...args], {
    env: {
      NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
      GRANT_ACCESS_TOKEN: await world.token(),
      GRAPH_ENDPOINT: world.graph.endpoint,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => (output += text));
  const ended = once(child, 'close').then(([code, signal]): Ended => ({
    code: code as number | null,
    signal: signal as NodeJS.Signals | null,
    output,
  }));
  return { ended, kill: signal => void child.kill(signal) };
}

const isWrite = /^(?:PATCH|POST|DELETE)$/;

test('killed at any write, the next run leads to the same tenant', async () => {
  const whole = await startWorld();
  const { ended } = await start(whole, everything);
  const finished = await ended;
  expect(finished.output).toContain('Done.');
  expect(finished.code).toBe(0);
  expect(finished.output).not.toContain(await whole.token());
  const wanted = comparable(whole.store);
  const writes = whole.graph.requests.filter(({ method }) => isWrite.test(method)).length;
  await whole.stop();
  expect(writes).toBeGreaterThan(15);

  // The first ones make the registration: each of them. Then some of the grants, which are alike.
  const moments = [1, 2, 3, 4, 5, 6, 7, Math.floor(writes / 2), writes];
  for (const moment of moments) {
    const world = await startWorld();
    let seen = 0;
    let kill: (signal: NodeJS.Signals) => void = () => undefined;
    for (const method of ['PATCH', 'POST', 'DELETE'])
      world.graph.faults.add({
        when: { method },
        times: 100,
        do: {
          kind: 'run',
          callback: () => {
            seen += 1;
            if (seen === moment) kill('SIGKILL');
          },
        },
      });
    const process = await start(world, everything);
    ({ kill } = process);
    const killed = await process.ended;
    expect([moment, killed.signal]).toEqual([moment, 'SIGKILL']);
    world.graph.faults.clear();
    const result = await world.run(everything);
    expect([moment, result.code]).toEqual([moment, 0]);
    expect(comparable(world.store)).toEqual(wanted);
    expect((await world.run(everything)).tried).toBe(0);
    await world.stop();
  }
}, 180_000);

test('SIGTERM ends it cleanly, and says how to go on', async () => {
  const world = await startWorld();
  let kill: (signal: NodeJS.Signals) => void = () => undefined;
  world.graph.faults.add({
    when: { method: 'POST', nth: 3 },
    do: { kind: 'run', callback: () => kill('SIGTERM') },
  });
  // Not answered: the signal comes while it waits.
  world.graph.faults.add({ when: { method: 'POST', nth: 3 }, do: { kind: 'stall' } });
  const process = await start(world, everything);
  ({ kill } = process);
  const { code, output } = await process.ended;
  expect(code).toBe(1);
  expect(output).toContain('Run the same command again: it goes on from there.');
  await world.stop();
}, 60_000);
