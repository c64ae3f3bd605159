import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { TableClient } from '@azure/data-tables';
import type { TokenCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { diagnosisSchema, partDiagnosisSchema } from '../../../../shared/core/doctor/diagnosis';
import { expectedAccess } from '../../../../shared/core/doctor/dataAccess';
import type { Instant } from '../../../../shared/core/instant';
import { probeAccess } from '../../../../shared/io/diagnosis/accessProbe';
import { diagnosePart, type DiagnosedPart } from '../../../../shared/io/diagnosis/partDiagnosis';
import { readScanNote, scanNoteBlob, writeScanNote } from '../../../../shared/io/diagnosis/scanNote';
import { containerNames, tableNames } from '../../../../shared/io/storageNames';
import { startAzurite, type Azurite } from '../../../support/azurite';
import { createCertificateAuthority } from '../../../support/tls';
import { createTokenIssuer, type TokenIssuer } from '../../../support/tokenIssuer';
import { trustAuthority } from '../../../support/trust';
import { recordingLog } from '../http/sampleApi';
import { startRoleFront, type RoleFront } from './roleFront';
import { clientIds, partOf, tenantId } from '../../../infra/doctor/sampleDiagnosis';

jest.setTimeout(30_000);

const stops: (() => Promise<void>)[] = [];
const signal = () => AbortSignal.timeout(20_000);
const clock = { now: () => Date.now() as Instant };
let azurite: Azurite;
let issuer: TokenIssuer;
let front: RoleFront;
let graphUrl: string;
let graphAnswer = { status: 200, body: JSON.stringify({ value: [{ id: tenantId }] }) };

const storageToken = (appId: string): Promise<string> =>
  issuer.sign({ audience: 'https://storage.azure.com', appId, objectId: randomUUID() });
const credentialOf = (appId: string, roles: readonly string[] = []): TokenCredential => ({
  getToken: async scopes => ({
    token: String(scopes).startsWith('https://storage')
      ? await storageToken(appId)
      : await issuer.sign({ audience: graphUrl, appId, objectId: randomUUID(), roles }),
    expiresOnTimestamp: Date.now() + 3_600_000,
  }),
});
const blobsOf = () => new BlobServiceClient(azurite.blobEndpoint, credentialOf(randomUUID()));

beforeAll(async () => {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  issuer = await createTokenIssuer({ tenantId });
  azurite = await startAzurite({ certificate: await authority.issue() });
  stops.push(() => azurite.stop());
  front = await startRoleFront({ certificate: await authority.issue(), azurite });
  stops.push(() => front.stop());
  const graph = https.createServer(await authority.issue(), (_, response) =>
    response.writeHead(graphAnswer.status, { 'content-type': 'application/json' }).end(graphAnswer.body),
  );
  graph.listen(0, '127.0.0.1');
  await once(graph, 'listening');
  graphUrl = `https://127.0.0.1:${(graph.address() as AddressInfo).port}`;
  stops.push(async () => {
    const closed = once(graph, 'close');
    graph.close();
    graph.closeAllConnections();
    await closed;
  });
  for (const name of Object.values(containerNames)) await blobsOf().getContainerClient(name).create();
  for (const name of Object.values(tableNames))
    await new TableClient(azurite.tableEndpoint, name, credentialOf(randomUUID())).createTable();
});
afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});
beforeEach(() => {
  front.roles.clear();
  graphAnswer = { status: 200, body: JSON.stringify({ value: [{ id: tenantId }] }) };
});

const table = { kind: 'table', name: 'Decisions' } as const;
const container = { kind: 'container', name: 'evidence' } as const;

async function probe(right: 'none' | 'read' | 'write' | 'remove', stores = [table, container] as const) {
  const appId = randomUUID();
  for (const { name } of stores) front.roles.set(`${appId} ${name}`, right);
  const token = await storageToken(appId);
  const { access, clock: reading } = await probeAccess({ ...front, token, clock }, stores, signal());
  expect(reading).toMatchObject({ of: 'storage', offsetSeconds: expect.any(Number) });
  return access.map(({ name, read, write, remove }) =>
    [name, read.status, write.status, remove.status].join(' '),
  );
}

/** Where a server was, and is no more. */
async function closedOrigin(): Promise<string> {
  const server = https.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  server.close();
  await closed;
  return `https://127.0.0.1:${port}`;
}

describe('what an identity may do is found out without doing it', () => {
  test.each([
    ['none', 'refused refused refused'],
    ['read', 'allowed refused refused'],
    ['write', 'allowed allowed refused'],
    ['remove', 'allowed allowed allowed'],
  ] as const)('%s: %s', async (right, answers) => {
    expect(await probe(right)).toEqual([`Decisions ${answers}`, `evidence ${answers}`]);
  });

  test('the codes are those of Azure', async () => {
    const appId = randomUUID();
    for (const name of ['Decisions', 'evidence']) front.roles.set(`${appId} ${name}`, 'remove');
    const token = await storageToken(appId);
    const { access } = await probeAccess({ ...front, token, clock }, [table, container], signal());
    expect(access).toMatchObject([
      {
        read: { code: 'HTTP 404 ResourceNotFound' },
        write: { code: 'HTTP 404 ResourceNotFound' },
        remove: { code: 'HTTP 404 ResourceNotFound' },
      },
      { read: { code: 'HTTP 404 BlobNotFound' }, write: { code: 'HTTP 412 ConditionNotMet' } },
    ]);
  });

  test('nothing is written, whatever the identity may do', async () => {
    await probe('remove');
    const rows = new TableClient(
      azurite.tableEndpoint,
      'Decisions',
      credentialOf(randomUUID()),
    ).listEntities();
    expect(await Array.fromAsync(rows)).toEqual([]);
    const blobs = blobsOf().getContainerClient('evidence').listBlobsFlat();
    expect(await Array.fromAsync(blobs)).toEqual([]);
  });

  test('a table and a container that are not there are missing', async () => {
    const stores = [
      { kind: 'table', name: 'Nowhere' },
      { kind: 'container', name: 'nowhere' },
    ] as const;
    expect(await probe('remove', stores as never)).toEqual([
      'Nowhere missing missing missing',
      'nowhere missing missing missing',
    ]);
  });

  test('a storage that does not answer tells nothing', async () => {
    const endpoint = `${await closedOrigin()}/account`;
    const account = { tableEndpoint: endpoint, blobEndpoint: endpoint, token: 'x', clock };
    const { access, clock: reading } = await probeAccess(account, [table], signal());
    expect(access[0]?.read).toEqual({ status: 'unknown', code: 'ECONNREFUSED' });
    expect(reading).toBeNull();
    await expect(probeAccess(account, [table], AbortSignal.abort(new Error('stop')))).rejects.toThrow('stop');
  });
});

describe('a part looks at itself', () => {
  const part = (given: Partial<DiagnosedPart> = {}): DiagnosedPart => ({
    part: 'review',
    tenantId,
    graphEndpoint: graphUrl,
    blobEndpoint: front.blobEndpoint,
    tableEndpoint: front.tableEndpoint,
    identities: [{ identity: 'reviewReader', clientId: clientIds.reviewReader }],
    deletion: null,
    credentialOf: clientId => credentialOf(clientId, ['User.Read.All']),
    clock,
    ...given,
  });

  test('and tells whose tokens it is given, what they allow, what they reach, which tenant, and which clocks', async () => {
    for (const { name, right } of expectedAccess('reviewReader'))
      front.roles.set(`${clientIds.reviewReader} ${name}`, right);
    const found = await diagnosePart(part(), signal());
    expect(partDiagnosisSchema.parse(found)).toEqual(found);
    expect(found).toMatchObject({
      tenantId,
      organization: { kind: 'read', tenantId },
      identities: [
        {
          clientId: clientIds.reviewReader,
          graph: { kind: 'issued', appId: clientIds.reviewReader, tenantId, permissions: ['User.Read.All'] },
          storage: { kind: 'issued', appId: clientIds.reviewReader, permissions: [] },
        },
      ],
      clocks: [{ of: 'storage' }, { of: 'Microsoft Graph' }],
    });
    expect(found.identities[0]?.access).toHaveLength(12);
    expect(JSON.stringify(found)).not.toContain('eyJ');
  });

  test('an identity that gets no token is told with the reason, and reaches nothing', async () => {
    const failing: TokenCredential = {
      getToken: () => Promise.reject(new Error('No identity found.\nsecond line')),
    };
    const found = await diagnosePart(part({ credentialOf: () => failing }), signal());
    expect(found.identities[0]).toMatchObject({
      graph: { kind: 'none', why: 'No identity found.' },
      storage: { kind: 'none' },
      access: [],
    });
    expect(found.organization.kind).toBe('notRead');
    const silent: TokenCredential = { getToken: async () => null };
    const other = await diagnosePart(part({ credentialOf: () => silent }), signal());
    expect(other.identities[0]?.graph).toEqual({ kind: 'none', why: 'the identity endpoint gave none' });
    const odd: TokenCredential = { getToken: () => Promise.reject('no error at all') };
    const third = await diagnosePart(part({ credentialOf: () => odd }), signal());
    expect(third.identities[0]?.graph).toEqual({ kind: 'none', why: 'no error at all' });
  });

  test('a token that cannot be read tells nothing', async () => {
    const opaque = (token: string): TokenCredential => ({
      getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
    });
    const nothing = { kind: 'issued', appId: null, tenantId: null, permissions: null };
    const found = await diagnosePart(part({ credentialOf: () => opaque('opaque') }), signal());
    expect(found.identities[0]?.graph).toEqual(nothing);
    const strange = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"roles":"x","appid":1}').toString('base64url')}.`;
    const other = await diagnosePart(part({ credentialOf: () => opaque(strange) }), signal());
    expect(other.identities[0]?.graph).toEqual(nothing);
  });

  test.each([
    [{ status: 403, body: '{}' }, 'Microsoft Graph answered 403'],
    [{ status: 200, body: '{"value":[]}' }, 'one organization was expected'],
    [{ status: 200, body: 'x' }, 'JSON'],
  ])('Graph that answers %j: not read', async (answer, why) => {
    graphAnswer = answer;
    const { organization } = await diagnosePart(part(), signal());
    expect(organization).toEqual({ kind: 'notRead', why: expect.stringContaining(why) });
  });

  test('without an identity there is nobody to ask as', async () => {
    const { organization } = await diagnosePart(part({ identities: [] }), signal());
    expect(organization).toEqual({ kind: 'notRead', why: 'no identity is configured' });
  });

  test('it stops where it is stopped', async () => {
    const stopped = AbortSignal.abort(new Error('stop'));
    const failing: TokenCredential = { getToken: () => Promise.reject(new Error('aborted')) };
    await expect(diagnosePart(part({ credentialOf: () => failing }), stopped)).rejects.toThrow('stop');
    await expect(diagnosePart(part({ identities: [] }), stopped)).resolves.toBeDefined();
  });
});

describe('the note of the part scan', () => {
  const note = partOf('scan', Date.now());
  const evidence = () => blobsOf().getContainerClient(containerNames.evidence);

  test('is read as it was written, and the newest one counts', async () => {
    const log = recordingLog();
    expect(await readScanNote(evidence(), log, signal())).toBeNull();
    expect(log.lines).toEqual([]);
    await writeScanNote(evidence(), { ...note, version: '0' }, signal());
    await writeScanNote(evidence(), note, signal());
    expect(await readScanNote(evidence(), log, signal())).toEqual(note);
    expect(diagnosisSchema.parse({ review: partOf('review', 0), scan: note }).scan).toEqual(note);
  });

  test.each([
    ['of another form', '{}'],
    ['of another part', JSON.stringify(partOf('review', 0))],
    ['no JSON', '{'],
    ['too long', ' '.repeat(64 * 1024 + 1)],
  ])('that is %s is none, and the log says so', async (_, text) => {
    await evidence().getBlockBlobClient(scanNoteBlob).upload(text, text.length);
    const log = recordingLog();
    expect(await readScanNote(evidence(), log, signal())).toBeNull();
    expect(log.lines.join('\n')).toContain(scanNoteBlob);
  });

  test('that cannot be read or written for want of a role says which', async () => {
    const refusing = new BlobServiceClient(front.blobEndpoint, credentialOf(randomUUID()));
    const log = recordingLog();
    expect(await readScanNote(refusing.getContainerClient('evidence'), log, signal())).toBeNull();
    expect(log.lines.join('\n')).toContain('Storage Blob Data Reader');
    await expect(writeScanNote(refusing.getContainerClient('evidence'), note, signal())).rejects.toThrow(
      'container evidence',
    );
    const stopped = AbortSignal.abort(new Error('stop'));
    await expect(readScanNote(evidence(), log, stopped)).rejects.toThrow('stop');
  });
});
