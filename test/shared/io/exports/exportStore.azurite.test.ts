import { ContainerClient } from '@azure/storage-blob';
import { azureBlobSource } from '../../../../shared/io/exports/azureBlobSource';
import { createExportStore } from '../../../../shared/io/exports/exportStore';
import { startAzurite, type Azurite } from '../../../support/azurite';
import { uploadExport } from '../../../support/exportWriter';
import { createCertificateAuthority } from '../../../support/tls';
import { trustAuthority } from '../../../support/trust';
import { describeExportStore } from './exportStoreContract';
import { contoso, never, RecordedLog, sampleExport, sampleLines, sources, tenantId } from './sampleExport';

let azurite: Azurite;
beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  azurite = await startAzurite({ certificate: await authority.issue() });
});
afterAll(() => azurite?.stop());

/** Azurite's basic mode looks at issuer, audience and lifetime. */
function storageToken(): string {
  const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const now = Math.floor(Date.now() / 1000);
  const claims = {
    iss: `https://sts.windows.net/${tenantId}/`,
    aud: 'https://storage.azure.com',
    iat: now,
    nbf: now - 60,
    exp: now + 3600,
  };
  return `${encoded({ alg: 'RS256', typ: 'JWT' })}.${encoded(claims)}.c2lnbmF0dXJl`;
}

let containers = 0;
const containerNamed = (name: string): ContainerClient =>
  new ContainerClient(`${azurite.blobEndpoint}/${name}`, {
    getToken: () => Promise.resolve({ token: storageToken(), expiresOnTimestamp: Date.now() + 3_600_000 }),
  });
async function newContainer(): Promise<ContainerClient> {
  containers += 1;
  const container = containerNamed(`exports-${containers}`);
  await container.create();
  return container;
}

describeExportStore(async () => {
  const container = await newContainer();
  return {
    blobs: azureBlobSource(container),
    upload: written => uploadExport(container, { ...written, manifestHash: '' }),
  };
});

test('the store on a container reads what an agent uploaded', async () => {
  const container = await newContainer();
  await uploadExport(container, sampleExport());
  const store = createExportStore({ container, tenantId, sources, log: new RecordedLog() });
  const guids: string[] = [];
  await (await store.openNewest(contoso, never)).readRecords(record => guids.push(record.objectGUID), never);
  expect(guids).toEqual(sampleLines.map(line => line.objectGUID));
});

test('an uploaded file is never overwritten', async () => {
  const container = await newContainer();
  await uploadExport(container, sampleExport());
  await expect(uploadExport(container, sampleExport())).rejects.toMatchObject({ statusCode: 409 });
});

test('every folder of a source is listed, without slashes', async () => {
  const container = await newContainer();
  for (const folder of ['20260101T000000Z', '20260102T000000Z', '20260103T000000Z'])
    await container.getBlockBlobClient(`contoso/${folder}/manifest.sig`).uploadData(Buffer.alloc(64));
  const folders = await azureBlobSource(container).listFolders('contoso/', never);
  expect(folders.toSorted()).toEqual(['20260101T000000Z', '20260102T000000Z', '20260103T000000Z']);
});

test('a container that does not exist is named, with what to do', async () => {
  const blobs = azureBlobSource(containerNamed('nowhere'));
  const unavailable = {
    code: 'storageUnavailable',
    message: expect.stringContaining(
      'container nowhere, found: HTTP 404 ContainerNotFound. The app creates no',
    ) as string,
  };
  await expect(blobs.listFolders('contoso/', never)).rejects.toMatchObject(unavailable);
  await expect(blobs.read('contoso/x', never)).rejects.toMatchObject(unavailable);
});

test('a blob that does not exist is null', async () => {
  expect(await azureBlobSource(await newContainer()).read('contoso/x', never)).toBeNull();
});

test('an empty blob is no bytes, and not missing', async () => {
  const container = await newContainer();
  await container.getBlockBlobClient('contoso/x').uploadData(Buffer.alloc(0));
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await azureBlobSource(container).read('contoso/x', never)) ?? [
    Buffer.from('missing'),
  ])
    chunks.push(chunk);
  expect(Buffer.concat(chunks)).toHaveLength(0);
});
