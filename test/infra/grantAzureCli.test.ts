import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import {
  readCloudName,
  readToken,
  setInAzd,
  systemCommandLine,
  type CommandLine,
} from '../../infra/grant/azureCli';
import { cloudNames, cloudOfAzureCli, clouds } from '../../infra/grant/clouds';
import { grant, readAccess } from '../../infra/grant/command';
import type { Guid } from '../../shared/core/keys/guid';
import { tenantId, toReaders } from './grantWorld';

const { signal } = new AbortController();
let folder: string;
let commands: CommandLine;
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'grant-az-'));
  commands = systemCommandLine({ PATH: folder });
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A program of that name which writes its arguments into a file beside it. */
function install(program: 'az' | 'azd', script: string): void {
  const file = path.join(folder, program);
  const source = `#!${process.execPath}
const { appendFileSync } = require('node:fs');
const args = process.argv.slice(2);
appendFileSync(${JSON.stringify(`${file}.log`)}, JSON.stringify(args) + '\\n');
${script}`;
  writeFileSync(file, source);
  chmodSync(file, 0o755);
}
const calls = (program: 'az' | 'azd'): string[][] =>
  readFileSync(path.join(folder, `${program}.log`), 'utf8')
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as string[]);

const ask = { graph: clouds.global.graph, tenantId };
const answer = (value: object): string => `process.stdout.write(${JSON.stringify(JSON.stringify(value))});`;
const fail = (text: string): string => `process.stderr.write(${JSON.stringify(text)}); process.exit(1);`;

test('the token is the one of the signed-in user, for Microsoft Graph of the cloud, in the expected tenant', async () => {
  install('az', answer({ accessToken: 'a.b.c', tenant: tenantId.toUpperCase() }));
  expect(await readToken(commands, ask, signal)).toBe('a.b.c');
  expect(calls('az')).toEqual([
    [
      'account',
      'get-access-token',
      '--resource',
      'https://graph.microsoft.com',
      '--output',
      'json',
      '--tenant',
      tenantId,
    ],
  ]);
});

test('arguments reach the program as they are, without a shell', async () => {
  install('azd', '');
  expect(await setInAzd(commands, 'NAME', '$(id) "x"; y', signal)).toBeNull();
  expect(calls('azd')).toEqual([['env', 'set', 'NAME', '$(id) "x"; y']]);
});

test('on Windows cmd.exe starts it, since az is a command file there', async () => {
  install('az', 'process.stdout.write(args.join(" "));');
  const windows = systemCommandLine({ PATH: folder, ComSpec: path.join(folder, 'az') }, 'win32');
  expect(await windows.run('az', ['cloud', 'show'], signal)).toMatchObject({
    code: 0,
    stdout: '/d /s /c az cloud show',
  });
});

test('in Cloud Shell the tenant can not be named, so it is only looked at', async () => {
  install(
    'az',
    `if (args.includes('--tenant')) { ${fail("ERROR: Tenant shouldn't be specified for Cloud Shell account")} }
${answer({ accessToken: 'a.b.c', tenant: tenantId })}`,
  );
  expect(await readToken(commands, ask, signal)).toBe('a.b.c');
  install('az', answer({ accessToken: 'a.b.c', tenant: '70000000-0000-4000-8000-000000000001' }));
  expect(await readToken(commands, ask, signal)).toMatchObject({
    kind: 'stop',
    exitCode: 2,
    why: expect.stringContaining(`az login --tenant ${tenantId}`) as string,
  });
});

test.each([
  [
    'nobody signed in',
    fail("ERROR: Please run 'az login' to setup account."),
    `nobody signed in for the tenant ${tenantId}`,
  ],
  [
    'another failure',
    fail('ERROR: user ada@example.org is blocked'),
    'gave no token for https://graph.microsoft.com (exit code 1)',
  ],
  ['an answer that is no JSON', 'process.stdout.write("secret")', 'expected to answer with a token as JSON'],
  [
    'an answer without a token',
    answer({ tenant: tenantId, refreshToken: 'secret' }),
    'expected to answer with a token',
  ],
])('%s is said plainly, and nothing of its output is repeated', async (_, script, message) => {
  install('az', script);
  const stopped = await readToken(commands, ask, signal);
  expect(stopped).toMatchObject({
    kind: 'stop',
    exitCode: 2,
    why: expect.stringContaining(message) as string,
  });
  expect(JSON.stringify(stopped)).not.toMatch(/ada@|secret/);
});

test('without az it says where to get it, without azd what to type', async () => {
  for (const found of [await readToken(commands, ask, signal), await readCloudName(commands, signal)])
    expect(found).toMatchObject({
      exitCode: 2,
      why: expect.stringContaining('https://aka.ms/azure-cli') as string,
    });
  expect(await setInAzd(commands, 'NAME', 'value', signal)).toMatchObject({
    exitCode: 1,
    why: expect.stringContaining('Run: azd env set NAME value') as string,
  });
});

test('the cloud is the one that az is set to', async () => {
  install('az', 'process.stdout.write("AzureUSGovernment\\n")');
  expect(await readCloudName(commands, signal)).toBe('AzureUSGovernment');
  expect(calls('az')).toEqual([['cloud', 'show', '--query', 'name', '--output', 'tsv']]);
  install('az', fail('no'));
  expect(await readCloudName(commands, signal)).toMatchObject({ exitCode: 2 });
});

test('each cloud has a Microsoft Graph of its own', () => {
  expect(new Set(cloudNames.map(name => clouds[name].graph)).size).toBe(cloudNames.length);
  expect(cloudOfAzureCli('AzureUSGovernment')?.name).toBe('usgov');
  expect(cloudOfAzureCli('AzureChinaCloud')?.graph).toBe('https://microsoftgraph.chinacloudapi.cn');
  expect(cloudOfAzureCli('AzureGermanCloud')).toBeNull();
});

const run = async (args: readonly string[], environment: Readonly<Record<string, string>> = {}) => {
  const lines: string[] = [];
  const code = await grant({
    args: ['--tenant', tenantId, ...toReaders, ...args],
    environment,
    commands,
    print: line => void lines.push(line),
    signal,
  });
  return { code, output: lines.join('\n') };
};

test('the token of the signed-in user never goes to an endpoint that the environment names', async () => {
  const token = answer({ accessToken: 'a.b.c', tenant: tenantId });
  install('az', `if (args[0] === 'cloud') process.stdout.write('AzureCloud'); else { ${token} }`);
  const options = { cloud: null, tenantId: tenantId as Guid };
  const environment = { GRAPH_ENDPOINT: 'https://graph.example.org' };
  expect(await readAccess(options, { environment, commands, signal })).toMatchObject({
    endpoint: 'https://graph.microsoft.com',
    accessToken: 'a.b.c',
  });
  expect(calls('az').at(-1)).toContain('https://graph.microsoft.com');
  const given = { ...environment, GRANT_ACCESS_TOKEN: 'given' };
  expect(await readAccess(options, { environment: given, commands, signal })).toMatchObject({
    endpoint: 'https://graph.example.org',
    accessToken: 'given',
  });
});

test('Ctrl-C while az is at work is no failure of az', async () => {
  const stopping = new AbortController();
  install('az', 'setInterval(() => undefined, 1000);');
  const lines: string[] = [];
  const code = await grant({
    args: ['--tenant', tenantId, ...toReaders],
    environment: {},
    commands: {
      run(program, args, aborted) {
        const running = commands.run(program, args, aborted);
        stopping.abort();
        return running;
      },
    },
    print: line => void lines.push(line),
    signal: stopping.signal,
  });
  expect([code, lines]).toEqual([1, ['It was stopped.', 'Nothing was written.']]);
});

test('a cloud that is not known has to be named', async () => {
  install('az', 'process.stdout.write("AzureStack")');
  expect(await run([])).toMatchObject({
    code: 2,
    output: expect.stringContaining('Expected one of --cloud global, usgov') as string,
  });
  install('az', fail('az login'));
  await run(['--cloud', 'china']);
  expect(calls('az').at(-1)).toContain('https://microsoftgraph.chinacloudapi.cn');
});
