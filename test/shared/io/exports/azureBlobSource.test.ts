import { AnonymousCredential, ContainerClient } from '@azure/storage-blob';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { azureBlobSource } from '../../../../shared/io/exports/azureBlobSource';
import type { BlobSource } from '../../../../shared/io/exports/blobSource';
import { never } from './sampleExport';

/** A storage service that answers as the test says; the SDK takes plain http for it. */
type Answer = (request: IncomingMessage, response: ServerResponse, attempt: number) => void;
let answer: Answer;
let server: Server;
const ranges: (string | undefined)[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    ranges.push([request.headers['x-ms-range'] ?? request.headers.range].flat()[0]);
    answer(request, response, ranges.length);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
beforeEach(() => {
  ranges.length = 0;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const stallMilliseconds = 50;
const blobs = (): BlobSource =>
  azureBlobSource(
    new ContainerClient(
      `http://127.0.0.1:${(server.address() as AddressInfo).port}/account/exports`,
      new AnonymousCredential(),
      { retryOptions: { maxTries: 1 } },
    ),
    stallMilliseconds,
  );

const content = Buffer.from(Array.from({ length: 100_000 }, (_, index) => index % 251));

/** Sends the rest of the blob from where it was asked for, or only `bytes` of it. */
function send(
  request: IncomingMessage,
  response: ServerResponse,
  bytes = content.length,
  etag = '"1"',
): void {
  const start = Number(/bytes=(\d+)-/.exec([request.headers['x-ms-range']].flat()[0] ?? '')?.[1] ?? 0);
  const rest = content.subarray(start);
  response.writeHead(start === 0 ? 200 : 206, {
    etag,
    'content-length': rest.length,
    ...(start === 0 ? {} : { 'content-range': `bytes ${start}-${content.length - 1}/${content.length}` }),
  });
  if (bytes < rest.length) response.write(rest.subarray(0, bytes));
  else response.end(rest);
}

const refuse = (response: ServerResponse, status: number, code: string): void => {
  response.writeHead(status, { 'content-type': 'application/xml', 'x-ms-error-code': code });
  response.end(
    `<?xml version="1.0"?><Error><Code>${code}</Code><Message>Not so.\nRequestId:1</Message></Error>`,
  );
};

async function readAll(signal = never): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of (await blobs().read('contoso/x', signal)) ?? []) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('a body that breaks off is resumed at the byte where it stopped, of the same version of the blob', async () => {
  const conditions: unknown[] = [];
  answer = (request, response, attempt) => {
    conditions.push(request.headers['if-match']);
    if (attempt > 2) send(request, response);
    else {
      send(request, response, 30_000);
      setImmediate(() => response.socket?.end());
    }
  };
  expect((await readAll()).equals(content)).toBe(true);
  expect(ranges).toEqual([undefined, 'bytes=30000-', 'bytes=60000-']);
  expect(conditions).toEqual([undefined, '"1"', '"1"']);
});

test('a body that stalls is resumed too', async () => {
  answer = (request, response, attempt) => send(request, response, attempt === 1 ? 30_000 : content.length);
  expect((await readAll()).equals(content)).toBe(true);
  expect(ranges).toEqual([undefined, 'bytes=30000-']);
});

test('a body that breaks off again and again is an error, never a shorter blob', async () => {
  answer = (request, response) => {
    send(request, response, 10);
    setImmediate(() => response.socket?.end());
  };
  await expect(readAll()).rejects.toMatchObject({
    code: 'storageUnavailable',
    message: expect.stringContaining(
      'Expected all of contoso/x from the container exports, found a body that broke off 4 times',
    ) as string,
  });
  expect(ranges).toHaveLength(4);
});

test('a blob that was replaced while it was read is an error', async () => {
  answer = (request, response, attempt) => {
    if (attempt > 1) refuse(response, 412, 'ConditionNotMet');
    else send(request, response, 10);
  };
  await expect(readAll()).rejects.toMatchObject({
    code: 'storageUnavailable',
    message: expect.stringContaining('412 ConditionNotMet') as string,
  });
});

test('a stop while the body stalls ends the reading with its reason, and nothing is resumed', async () => {
  const stop = new AbortController();
  answer = (request, response) => send(request, response, 10);
  const chunks = await blobs().read('contoso/x', stop.signal);
  const reason = new Error('stopped');
  await expect(async () => {
    for await (const _ of chunks ?? []) stop.abort(reason);
  }).rejects.toBe(reason);
  expect(ranges).toHaveLength(1);
});

test('a refused permission names the role to grant', async () => {
  answer = (_, response) => refuse(response, 403, 'AuthorizationPermissionMismatch');
  const unavailable = {
    code: 'storageUnavailable',
    message: expect.stringMatching(
      /403 AuthorizationPermissionMismatch\. .*role Storage Blob Data Reader on the container exports/,
    ) as string,
  };
  await expect(blobs().read('contoso/x', never)).rejects.toMatchObject(unavailable);
  await expect(blobs().listFolders('contoso/', never)).rejects.toMatchObject(unavailable);
});

test('a storage account that can not be reached is named as unavailable', async () => {
  answer = (_, response) => response.socket?.destroy();
  await expect(blobs().read('contoso/x', never)).rejects.toMatchObject({
    code: 'storageUnavailable',
    message: expect.stringMatching(/the next run tries again/) as string,
  });
});

test('a blob that was stored with a content encoding comes as the bytes that were signed', async () => {
  const stored = gzipSync(content);
  answer = (_, response) => {
    response.writeHead(200, { etag: '"1"', 'content-length': stored.length, 'content-encoding': 'gzip' });
    response.end(stored);
  };
  expect((await readAll()).equals(stored)).toBe(true);
});

test('a listing of several pages is read to its end', async () => {
  const page = (folder: string, marker: string): string =>
    '<?xml version="1.0" encoding="utf-8"?><EnumerationResults ServiceEndpoint="http://x/" ContainerName="exports">' +
    `<Prefix>contoso/</Prefix><Delimiter>/</Delimiter><Blobs><BlobPrefix><Name>contoso/${folder}/</Name></BlobPrefix></Blobs>` +
    `<NextMarker>${marker}</NextMarker></EnumerationResults>`;
  answer = ({ url = '' }, response) => {
    response.writeHead(200, { 'content-type': 'application/xml' });
    response.end(
      url.includes('marker=more') ? page('20260102T000000Z', '') : page('20260101T000000Z', 'more'),
    );
  };
  expect(await blobs().listFolders('contoso/', never)).toEqual(['20260101T000000Z', '20260102T000000Z']);
});
