import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { localFiles } from '../../../../agent/src/io/files/fileSystem';
import { generateKey, loadSigningKey } from '../../../../agent/src/io/keys/keygen';
import { sourceNameSchema } from '../../../../shared/core/exportFormat';
import type { Instant } from '../../../../shared/core/instant';
import type { AgentProcessOptions } from '../../../support/agent/agentProcess';
import { startAgentStorage, type AgentStorage } from '../../../support/agent/agentStorage';
import { readChain } from '../../../support/agent/chain';
import type { FrontFault } from '../../../support/agent/createOnlyFront';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';

const newFolder = temporaryFolders();
const contoso = sourceNameSchema.parse('contoso');

let storage: AgentStorage;
let keyFile: string;
let authorityFile: string;
beforeAll(async () => {
  storage = await startAgentStorage(contoso);
  keyFile = path.join(newFolder(), 'contoso.key');
  await generateKey({ files: localFiles, file: keyFile, source: contoso, now: Date.now() as Instant });
  authorityFile = path.join(newFolder(), 'authority.pem');
  writeFileSync(authorityFile, storage.authority);
});
afterAll(() => storage?.stop());

/** Runs the agent in a process of its own, to its end or its death. */
async function run(stateFolder: string, lines: number, killAt?: { file: string; fault: FrontFault }) {
  const options: AgentProcessOptions = {
    endpoint: storage.front.endpoint,
    token: (await storage.token()).token,
    stateFolder,
    keyFile,
    lines,
  };
  const agent = spawn(
    process.execPath,
    [
      '--require',
      require.resolve('../../../support/functionsHost/fixtures/requireTypeScript.cjs'),
      require.resolve('../../../support/agent/agentProcess.ts'),
      JSON.stringify(options),
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, NODE_OPTIONS: '', NODE_EXTRA_CA_CERTS: authorityFile },
    },
  );
  let said = '';
  agent.stderr.on('data', (chunk: Buffer) => (said += chunk));
  storage.front.faults = request => {
    if (killAt === undefined || !request.path.endsWith(killAt.file)) return null;
    // What the storage does with the request, the agent does not live to hear.
    agent.kill('SIGKILL');
    return killAt.fault;
  };
  const [code, signal] = (await once(agent, 'close')) as [number | null, NodeJS.Signals | null];
  return { end: signal ?? code, said };
}

/** Everything in the container. */
async function stored(): Promise<Map<string, Buffer>> {
  const files = new Map<string, Buffer>();
  for await (const { name } of storage.exports.listBlobsFlat())
    files.set(name, await storage.exports.getBlobClient(name).downloadToBuffer());
  return files;
}

test('an agent that is killed at a request goes on where it was, in another process', async () => {
  const stateFolder = path.join(newFolder(), 'contoso');
  const deaths = [
    { file: 'part-00001.ndjson.gz', fault: { kind: 'cut' } },
    { file: 'part-00003.ndjson.gz', fault: { kind: 'swallow' } },
    { file: 'manifest.sig', fault: { kind: 'swallow' } },
    { file: 'manifest.json', fault: { kind: 'cut' } },
    { file: 'manifest.json', fault: { kind: 'swallow' } },
  ] as const;
  for (const [index, death] of deaths.entries())
    expect(await run(stateFolder, 40 + index, death)).toMatchObject({ end: 'SIGKILL' });
  expect(await run(stateFolder, 50)).toEqual({ end: 0, said: '' });
  const chain = await readChain(await stored(), contoso, await loadSigningKey(localFiles, keyFile));
  // The export that was sealed first, in the life that got so far, outlived the deaths after it; then came that of the last life.
  expect(chain).toHaveLength(2);
  expect([40, 41, 42]).toContain(chain[0]!.records.length);
  expect(chain[1]!.records).toHaveLength(50);
}, 120_000);
