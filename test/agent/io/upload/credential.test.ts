import { randomUUID } from 'node:crypto';
import { chmod, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { TokenCredential } from '@azure/identity';
import { localFiles } from '../../../../agent/src/io/files/fileSystem';
import { defaultPatience } from '../../../../agent/src/io/upload/attempts';
import { blobDestination } from '../../../../agent/src/io/upload/blobDestination';
import { createAgentContainer } from '../../../../agent/src/io/upload/containers';
import { createCredential, isKnownAuthority } from '../../../../agent/src/io/upload/credential';
import { sourceNameSchema } from '../../../../shared/core/exportFormat';
import { startAgentStorage, storageResource, type AgentStorage } from '../../../support/agent/agentStorage';
import { createClientCertificate, type ClientCertificate } from '../../../support/agent/clientCertificate';
import { tenantId } from '../../../support/agent/sampleFindings';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';
import { startTokenAuthority, type TokenAuthority } from '../../../support/agent/tokenAuthority';
import { startIdentityEndpoint } from '../../../support/identityEndpoint';

const newFolder = temporaryFolders();
const contoso = sourceNameSchema.parse('contoso');
const never = new AbortController().signal;
const patience = { ...defaultPatience, attempts: 2, wait: () => Promise.resolve() };

let storage: AgentStorage;
let authority: TokenAuthority;
let registered: ClientCertificate;
const clientId = randomUUID();
const objectId = randomUUID();

beforeAll(async () => {
  storage = await startAgentStorage(contoso);
  registered = await createClientCertificate();
  authority = await startTokenAuthority({
    certificate: await storage.issueCertificate(),
    issuer: storage.issuer,
    applications: [{ clientId, objectId, certificate: registered.cert, resources: [storageResource] }],
  });
});
afterAll(async () => {
  await authority?.stop();
  await storage?.stop();
});

let minute = 0;
/** Stores a file with this identity. */
function store(credential: TokenCredential): Promise<string> {
  minute += 1;
  const container = createAgentContainer(storage.front.endpoint, 'exports', credential);
  const folder = `20260102T03${String(minute).padStart(2, '0')}00Z`;
  const file = { source: contoso, folder, name: 'manifest.sig', content: Buffer.alloc(64), attempted: false };
  return blobDestination(container, patience).put(file, never);
}

const claimsOf = async (credential: TokenCredential): Promise<{ appid: string; oid: string }> => {
  const { token } = (await credential.getToken(`${storageResource}/.default`))!;
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
};

async function pemFile(...blocks: readonly string[]): Promise<string> {
  const file = path.join(newFolder(), 'agent.pem');
  await writeFile(file, blocks.join('\n'), { mode: 0o600 });
  return file;
}

describe('a service principal with a certificate', () => {
  const withCertificate = async (certificate: ClientCertificate, changes: { clientId?: string } = {}) =>
    createCredential(
      {
        kind: 'certificate',
        tenantId,
        clientId,
        certificateFile: await pemFile(certificate.cert, certificate.key),
        authorityHost: authority.host,
        ...changes,
      },
      localFiles,
    );

  test('gets its token by an assertion that it signed, and stores with it', async () => {
    const credential = await withCertificate(registered);
    await expect(store(credential)).resolves.toBe('stored');
    // Nothing went to login.microsoft.com, which knows nothing of this authority.
    expect(authority.asked).toEqual([
      `GET /${tenantId}/v2.0/.well-known/openid-configuration ok`,
      `POST /${tenantId}/oauth2/v2.0/token ok`,
    ]);
    expect(await claimsOf(credential)).toMatchObject({ appid: clientId, oid: objectId });
  });

  test('is refused for good with another certificate, and the message says what to compare', async () => {
    const credential = await withCertificate(await createClientCertificate());
    const before = authority.asked.length;
    await expect(store(credential)).rejects.toMatchObject({
      code: 'uploadRefused',
      message: expect.stringMatching(/AADSTS700027.*Compare tenant, client id and certificate/),
    });
    expect(authority.asked.slice(before).filter(line => line.includes('POST'))).toHaveLength(1);
  });

  test('is refused for good with an unknown client id', async () => {
    await expect(store(await withCertificate(registered, { clientId: randomUUID() }))).rejects.toMatchObject({
      code: 'uploadRefused',
    });
  });

  test('may come through later where its authority is not reached', async () => {
    const options = {
      kind: 'certificate',
      tenantId,
      clientId,
      certificateFile: await pemFile(registered.cert, registered.key),
      authorityHost: 'https://127.0.0.1:1',
    } as const;
    await expect(store(await createCredential(options, localFiles))).rejects.toMatchObject({
      code: 'uploadUnavailable',
      message: expect.stringContaining('no token'),
    });
  }, 60_000);

  test.each([
    ['the certificate', 'no CERTIFICATE', () => [registered.key]],
    ['the private key', 'no PRIVATE KEY', () => [registered.cert]],
  ])('is asked for %s where the file lacks it', async (_, found, blocks) => {
    const options = {
      kind: 'certificate',
      tenantId,
      clientId,
      certificateFile: await pemFile(...blocks()),
    } as const;
    await expect(createCredential(options, localFiles)).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: expect.stringContaining(found),
    });
  });

  test('is refused where others may read its key', async () => {
    const certificateFile = await pemFile(registered.cert, registered.key);
    await chmod(certificateFile, 0o640);
    const options = { kind: 'certificate', tenantId, clientId, certificateFile } as const;
    await expect(createCredential(options, localFiles)).rejects.toMatchObject({
      code: 'configurationInvalid',
      message: expect.stringMatching(/mode 640.*chmod 600/),
    });
  });

  test.each([
    ['https://login.microsoftonline.com', true],
    ['https://login.microsoftonline.us/', true],
    ['https://login.partner.microsoftonline.cn', true],
    ['https://login.microsoftonline.com.example', false],
    ['https://login.private.example', false],
  ])('has its authority looked up only where Microsoft knows it: %s', (host, known) => {
    expect(isKnownAuthority(host)).toBe(known);
  });
});

describe("the machine's own identity", () => {
  const variables = ['IDENTITY_ENDPOINT', 'IDENTITY_HEADER'] as const;
  const before = new Map(variables.map(name => [name, process.env[name]]));
  afterEach(() => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  });

  test("is App Service's, by its client id", async () => {
    const identity = { clientId: randomUUID(), objectId: randomUUID(), roles: { [storageResource]: [] } };
    const endpoint = await startIdentityEndpoint({ issuer: storage.issuer, identities: [identity] });
    process.env['IDENTITY_ENDPOINT'] = endpoint.url;
    process.env['IDENTITY_HEADER'] = endpoint.header;
    try {
      const credential = await createCredential(
        { kind: 'managedIdentity', clientId: identity.clientId },
        localFiles,
      );
      await expect(store(credential)).resolves.toBe('stored');
      expect(endpoint.asked).toMatchObject([{ clientId: identity.clientId, status: 200 }]);
    } finally {
      await endpoint.stop();
    }
  });
});
