import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { exportAgeMs, makeOrganisation } from '../support/organisation/makeOrganisation';
import { watchRequests, type StopWatching } from '../support/stack/requestWatch';
import { addressesOf, firstUser, sampleCommands } from '../support/stack/servingText';
import { startSignInDesk, type SignInDesk } from '../support/stack/signInDesk';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startStack, type Stack } from '../support/stack/stack';
import { readDocument, section } from './markdown';

const story = section(readDocument('docs/http-api.md'), '## The whole story');
const blocks = [...story.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block as string);
const block = (beginning: RegExp): string => {
  const found = blocks.find(one => beginning.test(one));
  if (found === undefined) throw new RangeError(`there is no block of ${String(beginning)}`);
  return found;
};

const tools = ['bash', 'curl', 'jq'];
const missing = tools.filter(tool => spawnSync(tool, ['--version']).error !== undefined);
// In CI what is missing is a failure, not a reason to leave the lines out.
const whereInstalled = missing.length === 0 || process.env['CI'] === 'true' ? describe : describe.skip;

jest.setTimeout(120_000);

describe('the whole story of docs/http-api.md', () => {
  const organisation = makeOrganisation({
    seed: 41,
    objects: 300,
    now: Date.now() + exportAgeMs - 10 * 60_000,
  });
  let stack: Stack;
  let desk: SignInDesk;
  let stopWatching: StopWatching;
  let folder: string;

  beforeAll(async () => {
    stack = await startStack({
      organisation,
      scanSettings: candidatesAtOnce,
      onLogLine: () => undefined,
      reviewSettings: { ROLLOUT_STAGE: 'normal' },
    });
    desk = await startSignInDesk(stack.reviewing.provider);
    stopWatching = watchRequests(stack, organisation, { onLine: () => undefined, pollMs: 100 });
    folder = await mkdtemp(path.join(tmpdir(), 'entra-orphans-story-'));
  });
  afterAll(async () => {
    await stopWatching?.();
    await desk?.stop();
    await stack?.stop();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs a script in bash that ends with the first command that fails. */
  async function bash(
    script: string,
    environment: Readonly<Record<string, string>> = {},
  ): Promise<{ readonly code: number | null; readonly printed: string; readonly errors: string }> {
    const child = spawn('bash', ['--norc', '-euo', 'pipefail', '-c', script], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env['PATH'], ...environment },
    });
    const [printed, errors, [code]] = await Promise.all([
      text(child.stdout),
      text(child.stderr),
      once(child, 'exit') as Promise<[number | null]>,
    ]);
    return { code, printed, errors };
  }

  whereInstalled(`with ${tools.join(', ')}`, () => {
    test('the lines with curl do what they say', async () => {
      const { code, printed, errors } = await bash(block(/^JSON=/), {
        API: `${stack.reviewing.worker.url}/api`,
        APPROVER: await stack.reviewing.tokenOf('approver'),
        DELETER: await stack.reviewing.tokenOf('deleter'),
        WAIT: '1',
      });
      expect([code, errors]).toEqual([0, '']);
      expect(printed).toContain('"state": "finished"');
      expect(printed).toContain('"refusal": "waitingForExport"');
      expect(printed).toContain('"kind": "deleted"');
      expect(printed).toContain('"state":"restored"');
      for (const action of ['candidateApproved', 'exportRequested', 'deletionSucceeded', 'restored'])
        expect(printed).toContain(action);
      expect(printed.trimEnd()).toMatch(/true$/);
      const [deleted] = stack.graph.directory.deletions;
      expect(stack.graph.directory.deletions).toHaveLength(1);
      expect(stack.graph.directory.get('user', deleted?.id ?? '')).toBeDefined();
    });

    test('the lines that npm start prints work as they are', async () => {
      const before = stack.graph.directory.deletions.length;
      const candidate = await firstUser(stack);
      expect(candidate).not.toBeNull();
      const commands = sampleCommands({
        ...addressesOf(stack),
        deskUrl: desk.url,
        candidate,
        deletionAllowed: true,
      });
      const script = (lines: readonly string[]): string =>
        lines.map(line => (line.startsWith('READER=') ? line : `${line} -f; echo`)).join('\n');
      // Up to the call that deletes, which is refused at first and has the agents asked.
      const first = await bash(script(commands.slice(0, 5)));
      expect([first.code, first.errors]).toEqual([0, '']);
      expect(first.printed).toContain('"state":"approved"');
      expect(first.printed).toContain('waitingForExport');
      const signIn = commands[0] ?? '';
      // A person types it again after some seconds.
      const again = await bash(
        `${signIn}\nfor try in {1..40}; do ${commands[4]} | tee last.json | grep '"deleted":1' && exit 0; sleep 0.25; done; cat last.json; exit 1`,
      );
      expect([again.code, again.printed]).toEqual([0, expect.stringContaining('"kind":"deleted"')]);
      expect(stack.graph.directory.deletions).toHaveLength(before + 1);
      const restored = await bash(script([signIn, ...commands.slice(5)]));
      expect(restored.printed).toContain('"state":"restored"');
    });
  });

  test('the sign-in desk knows the sample users and nobody else', async () => {
    for (const [method, user, status] of [
      ['GET', 'nobody', 200],
      ['GET', 'constructor', 404],
      ['GET', '', 404],
      ['POST', 'approver', 404],
    ] as const)
      expect([user, (await fetch(`${desk.url}/${user}`, { method })).status]).toEqual([user, status]);
  });
});

describe('the lines with az rest', () => {
  const paths = (
    JSON.parse(readDocument('docs/openapi.json')) as {
      paths: Record<
        string,
        Record<string, { readonly requestBody?: unknown; readonly parameters?: unknown }>
      >;
    }
  ).paths;
  const lines = block(/^az rest/)
    .replaceAll('\\\n', ' ')
    .split('\n')
    .filter(line => line.startsWith('az rest'));
  const routeOf = (line: string) => {
    const method = /--method (\S+)/.exec(line)?.[1] ?? '';
    const address = /--url "\$API([^"?]*)/.exec(line)?.[1] ?? '';
    const template = Object.keys(paths).find(one =>
      new RegExp(`^${one.replaceAll(/\{[^}]+\}/g, '[^/]+')}$`).test(address),
    );
    return { method, address, operation: template === undefined ? undefined : paths[template]?.[method] };
  };

  test.each(lines)('%s names a route and a method that exist, and has a body where one is needed', line => {
    const { operation } = routeOf(line);
    expect(operation).toBeDefined();
    expect(line.includes('--body')).toBe(operation?.requestBody !== undefined);
    expect(line.includes('If-Match=')).toBe(JSON.stringify(operation?.parameters ?? []).includes('If-Match'));
  });

  test('are the routes of the lines with curl', () => {
    const of = (address: string): string => address.replaceAll(/\$\w+/g, '*');
    const byCurl = [...block(/^JSON=/).matchAll(/"\$API([^"?]*)/g)].map(([, address]) =>
      of(address as string),
    );
    const byCli = new Set(lines.map(line => of(routeOf(line).address)));
    expect([...new Set(byCurl)].filter(address => !byCli.has(address) && address !== '/audit')).toEqual([]);
  });
});
