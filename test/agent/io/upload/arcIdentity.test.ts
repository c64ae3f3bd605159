import { randomUUID } from 'node:crypto';
import { access, constants, stat } from 'node:fs/promises';
import { localFiles } from '../../../../agent/src/io/files/fileSystem';
import { defaultPatience } from '../../../../agent/src/io/upload/attempts';
import { blobDestination } from '../../../../agent/src/io/upload/blobDestination';
import { createAgentContainer } from '../../../../agent/src/io/upload/containers';
import { createCredential } from '../../../../agent/src/io/upload/credential';
import { sourceNameSchema } from '../../../../shared/core/exportFormat';
import { arcTokenFolder, startArcEndpoint, type ArcEndpoint } from '../../../support/agent/arcEndpoint';
import { startAgentStorage, storageResource, type AgentStorage } from '../../../support/agent/agentStorage';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';

const newFolder = temporaryFolders();
const contoso = sourceNameSchema.parse('contoso');
const never = new AbortController().signal;
const patience = { ...defaultPatience, attempts: 1 };

/**
 * The client takes Arc's challenge from /var/opt/azcmagent/tokens and from nowhere else. Where this test may not write there (it is not
 * root), it can show only the half of the protocol up to there: that a challenge from another folder is not taken.
 */
const mayWriteThere = (): Promise<boolean> =>
  access('/var/opt', constants.W_OK).then(
    () => true,
    () => false,
  );
const exists = (folder: string): Promise<boolean> =>
  stat(folder).then(
    () => true,
    () => false,
  );

// The client looks once a process where its identity comes from, so that this file has one endpoint, and no other identity.
let storage: AgentStorage;
let arc: ArcEndpoint;
let wasThere: boolean;
let mayWrite: boolean;
beforeAll(async () => {
  wasThere = await exists('/var/opt/azcmagent');
  mayWrite = await mayWriteThere();
  storage = await startAgentStorage(contoso);
  arc = await startArcEndpoint({
    issuer: storage.issuer,
    clientId: randomUUID(),
    objectId: randomUUID(),
    resource: storageResource,
    folder: newFolder(),
  });
  process.env['IDENTITY_ENDPOINT'] = arc.identityEndpoint;
  process.env['IMDS_ENDPOINT'] = arc.imdsEndpoint;
});
afterAll(async () => {
  delete process.env['IDENTITY_ENDPOINT'];
  delete process.env['IMDS_ENDPOINT'];
  await arc?.stop();
  await storage?.stop();
});

/** Stores a file as the machine; the outcome, or the error's code and message. */
async function store(): Promise<string> {
  const credential = await createCredential({ kind: 'managedIdentity' }, localFiles);
  const container = createAgentContainer(storage.front.endpoint, 'exports', credential);
  const file = {
    source: contoso,
    folder: '20260102T030405Z',
    name: 'manifest.sig',
    content: Buffer.alloc(64),
    attempted: false,
  };
  return blobDestination(container, patience)
    .put(file, never)
    .catch((error: { code: string; message: string }) => `${error.code}: ${error.message}`);
}

test("a challenge outside of Azure Arc's own folder is not taken, whoever answers there", async () => {
  expect(await store()).toMatch(/^uploadUnavailable: .*no token.*invalid_file_path/);
  expect(new Set(arc.answers)).toEqual(new Set([401]));
});

test("the machine's identity stores, once Azure Arc's challenge is met; elsewhere it is refused", async () => {
  if (mayWrite) await arc.challengeIn(arcTokenFolder);
  const before = arc.answers.length;
  expect(await store()).toMatch(mayWrite ? /^stored$/ : /invalid_file_path/);
  expect(arc.answers.slice(before)).toEqual(mayWrite ? [401, 200] : [401]);
});

test('the folders that the challenge needed are gone with it', async () => {
  await arc.stop();
  expect(await exists('/var/opt/azcmagent')).toBe(wasThere);
});
