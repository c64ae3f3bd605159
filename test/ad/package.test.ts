import { execFile } from 'node:child_process';
import { cp } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { agentVersion } from '../../agent/src/core/agentVersion';
import { makePackages } from '../../infra/package/makePackages';
import { runAgentCommand } from '../support/agent/agentCommand';
import { temporaryFolders } from '../support/agent/temporaryFolder';
import { type AgentUpload, startAgentUpload } from '../support/ad/agentUpload';
import { type DomainController, startDomainController } from '../support/ad/domainController';
import { expectedExport } from '../support/ad/exportOracle';
import { ForestAgent } from '../support/ad/forestAgents';
import { addRecord } from '../support/ad/ldifRecord';
import { filesBelow, readNewestExport } from '../support/ad/readExport';
import { root } from '../support/stack/sampleSettings';
import { createCertificateAuthority } from '../support/tls';

jest.setTimeout(60_000);

const newFolder = temporaryFolders();
const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
const run = promisify(execFile);
const npm = (cwd: string, ...given: readonly string[]): Promise<{ readonly stdout: string }> =>
  run('npm', [...given, '--no-audit', '--no-fund', '--loglevel=error'], { cwd });

/** What `npm run pack:agent` does, beside the checkout and not in it; the tarball's path. */
async function packed(): Promise<string> {
  const folder = newFolder();
  for (const name of ['package.json', 'bin'])
    await cp(path.join(root, 'agent', name), path.join(folder, name), { recursive: true });
  const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await run(process.execPath, [tsc, '-p', path.join(root, 'agent'), '--outDir', path.join(folder, 'dist')]);
  const { stdout } = await npm(folder, 'pack', '--ignore-scripts');
  return path.join(folder, stdout.trim());
}

/** The agent as one file, as `npm run package` makes it; its path. */
async function madeExecutable(): Promise<string> {
  const out = newFolder();
  const [name = ''] = await makePackages(['linux'], {
    root,
    out,
    cache: path.join(newFolder(), 'cache'),
    say: () => undefined,
  });
  return path.join(out, name);
}

let installed: string;
let tarball: string;
let executable: string;
let dc: DomainController;
let storage: AgentUpload;
const agents: ForestAgent[] = [];
beforeAll(async () => {
  const authority = await createCertificateAuthority();
  const base = 'DC=contoso,DC=example';
  const seed = [
    addRecord(`OU=Staff,${base}`, { objectClass: 'organizationalUnit' }),
    addRecord(`CN=Zoë,OU=Staff,${base}`, {
      objectClass: 'user',
      sAMAccountName: 'zoe',
      userAccountControl: '544',
      'mS-DS-ConsistencyGuid': Buffer.from('efbbbf00ff0a0d3a3c20efbbbf000001', 'hex'),
    }),
  ].join('');
  installed = newFolder();
  [tarball, executable, storage, dc] = await Promise.all([
    packed(),
    madeExecutable(),
    startAgentUpload(authority, tenantId),
    startDomainController({ authority, dnsName: 'contoso.example', seed }),
  ]);
  await npm(installed, 'install', tarball);
}, 300_000);
afterAll(async () => {
  await Promise.all(agents.map(agent => agent.remove()));
  await storage?.stop();
  await dc?.stop();
});

test('the package is what runs, and no more', async () => {
  expect(path.basename(tarball)).toBe(`entra-orphans-agent-${agentVersion}.tgz`);
  const files = await filesBelow(path.join(installed, 'node_modules', 'entra-orphans-agent'));
  expect(
    files.filter(name => !/^(?:package\.json|bin\/[\w-]+\.js|dist\/(?:agent|shared)\/.+\.js)$/.test(name)),
  ).toEqual([]);
  expect(files).toContain('dist/agent/src/main.js');
});

const ways: readonly (readonly [string, () => readonly [string]])[] = [
  [
    'the agent that npm installed into an empty folder',
    () => [path.join(installed, 'node_modules', '.bin', 'entra-orphans-agent')],
  ],
  ['the agent as one executable file', () => [executable]],
];
describe.each(ways)('%s', (_, program) => {
  test('tells its commands and its version, in an empty folder', async () => {
    const help = await runAgentCommand({
      arguments: ['--help'],
      workingDirectory: newFolder(),
      program: program(),
    });
    expect(help).toMatchObject({ code: 0, told: '' });
    expect(help.output).toMatch(/^Usage: entra-orphans-agent <command> \[options\]/);
    const version = await runAgentCommand({
      arguments: ['--version'],
      workingDirectory: newFolder(),
      program: program(),
    });
    expect(version).toEqual({ code: 0, told: '', output: `${agentVersion}\n` });
  });

  test('makes its key, checks, exports a domain, and uploads it', async () => {
    const account = await dc.addServiceAccount(`svc-orphans-${agents.length}`);
    await dc.grantTombstones(account);
    const agent = await ForestAgent.create({
      source: `contoso-${agents.length}`,
      tenantId,
      anchorAttribute: 'mS-DS-ConsistencyGuid',
      domainControllers: [{ url: dc.url, account }],
      authorityCert: dc.authorityCert,
      scope: { excludeFilters: ['(adminDescription=NoSync)'] },
      upload: storage.upload,
      program: program(),
    });
    agents.push(agent);
    const check = await agent.run(['check']);
    expect([check.code, check.told]).toEqual([0, check.told]);
    expect(check.output).toContain('An export would be made.');
    const out = newFolder();
    const made = await agent.run(['export', '--out', out]);
    expect([made.code, made.told]).toEqual([0, made.told]);
    const { lines } = await readNewestExport(out, agent.exportSource, tenantId);
    expect(lines).toEqual(await expectedExport(dc, account));
    await agent.export();
    const uploaded = await readNewestExport(storage.exports, agent.exportSource, tenantId);
    expect(uploaded.lines).toEqual(lines);
    expect(uploaded.manifest).toMatchObject({ sequence: 2, agentVersion });
  });
});
