import { once } from 'node:events';
import { connect as connectTcp, createServer, type AddressInfo, type Server } from 'node:net';
import { LdapConnection, type ConnectOptions } from '../../../../agent/src/io/ldap/ldapConnection';
import { LdapFault } from '../../../../agent/src/io/ldap/ldapFault';
import { readLdapTarget } from '../../../../agent/src/io/ldap/ldapTarget';
import { domainScope, everyObject, type Search } from '../../../../agent/src/io/ldap/searchRequest';
import { fakeForest, fakeUsers } from '../../../support/ad/fakeForest';
import { FakeLdapServer } from '../../../support/ad/fakeLdapServer';
import { FakeMessages, operations } from '../../../support/ad/fakeMessages';
import { scriptedStream, type Scripted } from '../../../support/ad/fakeStream';
import {
  createCertificateAuthority,
  type CertificateAuthority,
  type ServerCertificate,
} from '../../../support/tls';

const never = new AbortController().signal;
const bindName = 'reader@contoso.example';
const password = 'correct horse';
const search: Search = {
  base: 'DC=contoso,DC=example',
  scope: 'sub',
  filter: everyObject,
  attributes: ['sAMAccountName'],
  controls: [domainScope],
};

let authority: CertificateAuthority;
let certificate: ServerCertificate;
let servers: FakeLdapServer[] = [];
let others: Server[] = [];

beforeAll(async () => {
  authority = await createCertificateAuthority();
  certificate = await authority.issue();
});

afterEach(async () => {
  const complaints = servers.flatMap(server => server.complaints);
  await Promise.all(servers.map(server => server.close()));
  for (const other of others) other.close();
  [servers, others] = [[], []];
  if (complaints.length > 0) throw new Error(complaints.join('\n'));
});

async function startServer(encryption: 'ldaps' | 'startTls' = 'ldaps'): Promise<FakeLdapServer> {
  const server = await FakeLdapServer.start({
    certificate,
    encryption,
    directory: fakeForest({ objects: fakeUsers(3) }),
    bindName,
    password,
  });
  servers.push(server);
  return server;
}

const optionsFor = (url: string, more: Partial<ConnectOptions> = {}): ConnectOptions => ({
  target: readLdapTarget(url, url.startsWith('ldap:')),
  ca: authority.cert,
  connectTimeoutMs: 5_000,
  inactivityTimeoutMs: 5_000,
  ...more,
});

async function bound(server: FakeLdapServer, more: Partial<ConnectOptions> = {}): Promise<LdapConnection> {
  const connection = await LdapConnection.open(optionsFor(server.url, more), never);
  await connection.bind(bindName, password, never);
  return connection;
}

/** Starts a server of another kind, and tells its port. */
async function listening(server: Server, host: string): Promise<number> {
  others.push(server);
  server.listen(0, host);
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
}

const scripted = (
  answers: readonly Scripted[],
  more: Partial<ConnectOptions> = {},
): Promise<LdapConnection> =>
  LdapConnection.open(
    optionsFor('ldaps://dc1.contoso.example', { createConnection: () => scriptedStream(answers), ...more }),
    never,
  );

const messages = new FakeMessages();

describe.each(['ldaps', 'startTls'] as const)('a connection by %s', encryption => {
  test('binds, searches and says goodbye', async () => {
    const server = await startServer(encryption);
    const connection = await bound(server);
    const { entries } = await connection.search(search, never);
    expect(entries).toHaveLength(4);
    connection.close();
    expect(connection.isOpen).toBe(false);
    connection.close();
    await expect(connection.search(search, never)).rejects.toThrow('the connection was closed');
    expect(server.requests.map(({ kind }) => kind)).toEqual(
      encryption === 'ldaps' ? ['bind', 'search'] : ['startTls', 'bind', 'search'],
    );
  });

  test('a certificate from an authority that is not trusted is refused before anything is sent', async () => {
    const server = await startServer(encryption);
    const other = await createCertificateAuthority();
    const opening = LdapConnection.open(optionsFor(server.url, { ca: other.cert }), never);
    await expect(opening).rejects.toMatchObject({
      kind: 'final',
      message: expect.stringContaining('from an authority that is trusted') as string,
    });
    expect(server.requests.filter(({ kind }) => kind !== 'startTls')).toEqual([]);
  });

  test('without an authority of its own those of the system count, and the test authority is none', async () => {
    const server = await startServer(encryption);
    const opening = LdapConnection.open(optionsFor(server.url, { ca: undefined }), never);
    await expect(opening).rejects.toMatchObject({ kind: 'final' });
  });

  test('a certificate for another host is refused', async () => {
    const server = await startServer(encryption);
    const url = server.url.replace('127.0.0.1', '127.0.0.2');
    // The server listens on 127.0.0.1 alone: the connection goes there, for a URL with another host.
    const target = { ...readLdapTarget(url, encryption === 'startTls'), host: '127.0.0.2' };
    const relay = createServer(socket => {
      const onward = socket.pipe(connectTo(server.port)).on('error', () => socket.destroy());
      onward.pipe(socket).on('error', () => onward.destroy());
    });
    const port = await listening(relay, '127.0.0.2');
    const opening = LdapConnection.open({ ...optionsFor(url), target: { ...target, port } }, never);
    await expect(opening).rejects.toMatchObject({
      kind: 'final',
      message: expect.stringContaining('127.0.0.2') as string,
    });
  });

  test('a certificate for a name is checked against that name', async () => {
    const server = await startServer(encryption);
    const url = server.url.replace('127.0.0.1', 'localhost');
    const connection = await LdapConnection.open(optionsFor(url), never);
    expect(connection.isOpen).toBe(true);
    connection.close();
  });

  test('dangerouslyAcceptAnyCertificate accepts any certificate', async () => {
    const server = await startServer(encryption);
    const connection = await bound(server, { ca: undefined, dangerouslyAcceptAnyCertificate: true });
    expect(connection.isOpen).toBe(true);
    connection.close();
  });

  test('a server that dies while an answer is due rejects the request', async () => {
    const server = await startServer(encryption);
    const connection = await bound(server);
    server.add({ when: ({ kind }) => kind === 'search', do: { kind: 'cut', bytes: 20, ending: 'reset' } });
    await expect(connection.search(search, never)).rejects.toMatchObject({ kind: 'passing' });
    expect(connection.isOpen).toBe(false);
  });

  test('a server that dies between two requests ends the connection', async () => {
    const server = await startServer(encryption);
    const connection = await bound(server);
    server.kill();
    await expect(connection.search(search, never)).rejects.toMatchObject({ kind: 'passing' });
  });

  test('silence while an answer is due ends the connection, and every request with it', async () => {
    const server = await startServer(encryption);
    const connection = await bound(server, { inactivityTimeoutMs: 50 });
    server.add({ when: ({ kind }) => kind === 'search', do: { kind: 'cut', bytes: 0, ending: 'stall' } });
    const both = await Promise.allSettled([
      connection.search(search, never),
      connection.search(search, never),
    ]);
    for (const outcome of both) {
      expect(outcome).toMatchObject({ reason: { message: 'expected an answer, found nothing for 50 ms' } });
    }
  });

  test('half a message and then silence is an error', async () => {
    const server = await startServer(encryption);
    const connection = await bound(server, { inactivityTimeoutMs: 50 });
    server.add({ when: ({ kind }) => kind === 'search', do: { kind: 'cut', bytes: 61, ending: 'stall' } });
    await expect(connection.search(search, never)).rejects.toThrow('found nothing for 50 ms');
  });

  test('notice of disconnection is an error for whoever waits', async () => {
    const server = await startServer(encryption);
    const connection = await bound(server);
    server.add({ when: ({ kind }) => kind === 'search', do: { kind: 'notice' } });
    await expect(connection.search(search, never)).rejects.toMatchObject({
      kind: 'passing',
      message: expect.stringMatching(/found notice of its end: .*Unavailable \(52\): going down/) as string,
    });
  });

  test('an abort hangs up, and rejects with its reason', async () => {
    const server = await startServer(encryption);
    const connection = await bound(server);
    const stop = new AbortController();
    const reason = new Error('stopped by hand');
    server.add({
      when: ({ kind }) => kind === 'search',
      do: { kind: 'run', callback: () => stop.abort(reason) },
    });
    await expect(connection.search(search, stop.signal)).rejects.toBe(reason);
    expect(connection.isOpen).toBe(false);
    await expect(connection.search(search, stop.signal)).rejects.toBe(reason);
    await expect(LdapConnection.open(optionsFor(server.url), stop.signal)).rejects.toBe(reason);
  });
});

const connectTo = (port: number): ReturnType<typeof connectTcp> => connectTcp({ host: '127.0.0.1', port });

describe('a connection', () => {
  test('nobody listening is a fault that may pass', async () => {
    const server = await startServer();
    const { url } = server;
    await server.close();
    servers = [];
    await expect(LdapConnection.open(optionsFor(url), never)).rejects.toMatchObject({
      kind: 'passing',
      message: expect.stringContaining('ECONNREFUSED') as string,
    });
  });

  test('a server that takes the connection and says nothing is given up after the time to connect', async () => {
    const silent = createServer(socket => socket.on('error', () => {}));
    const port = await listening(silent, '127.0.0.1');
    const options = optionsFor(`ldaps://127.0.0.1:${port}`, { connectTimeoutMs: 50 });
    await expect(LdapConnection.open(options, never)).rejects.toThrow('found: nothing within 50 ms');
  });

  test('a server that hangs up during the handshake is a fault that may pass', async () => {
    const rude = createServer(socket => socket.destroy());
    const port = await listening(rude, '127.0.0.1');
    await expect(LdapConnection.open(optionsFor(`ldaps://127.0.0.1:${port}`), never)).rejects.toMatchObject({
      kind: 'passing',
    });
  });

  test('an authority that is no PEM is refused', async () => {
    const server = await startServer();
    const opening = LdapConnection.open(
      optionsFor(server.url, { ca: '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n' }),
      never,
    );
    await expect(opening).rejects.toMatchObject({
      kind: 'final',
      message: expect.stringContaining('expected certificates in PEM as ca') as string,
    });
  });

  test('StartTLS that is refused ends the connection: nothing is sent in clear', async () => {
    const server = await startServer('startTls');
    server.add({
      when: ({ kind }) => kind === 'startTls',
      do: { kind: 'result', result: { code: 52, message: 'no certificate' } },
    });
    await expect(LdapConnection.open(optionsFor(server.url), never)).rejects.toMatchObject({
      kind: 'passing',
      message: expect.stringContaining('found Unavailable (52): no certificate') as string,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('bytes in clear behind the answer to StartTLS are refused', async () => {
    const server = await startServer('startTls');
    server.add({
      when: ({ kind }) => kind === 'startTls',
      do: { kind: 'rewrite', rewrite: answer => [...answer, Buffer.from([0x30])] },
    });
    await expect(LdapConnection.open(optionsFor(server.url), never)).rejects.toThrow(
      'found bytes between StartTLS and TLS',
    );
  });

  test('a whole message in clear behind the answer to StartTLS is refused', async () => {
    const server = await startServer('startTls');
    server.add({
      when: ({ kind }) => kind === 'startTls',
      do: {
        kind: 'rewrite',
        rewrite: answer => [...answer, messages.result(2, operations.bindResponse, { code: 0 })],
      },
    });
    await expect(LdapConnection.open(optionsFor(server.url), never)).rejects.toThrow(
      'found an answer to nothing that was asked',
    );
  });

  test('a wrong password is refused for good', async () => {
    const server = await startServer();
    const connection = await LdapConnection.open(optionsFor(server.url), never);
    await expect(connection.bind(bindName, 'wrong', never)).rejects.toMatchObject({
      kind: 'final',
      resultCode: 49,
      message: 'expected success of the bind, found InvalidCredentials (49)',
    });
    connection.close();
  });

  test.each([
    [bindName, ''],
    ['', password],
  ])('an empty name or password is not sent: it would bind as nobody, with success', async (name, word) => {
    const server = await startServer();
    const connection = await LdapConnection.open(optionsFor(server.url), never);
    await expect(connection.bind(name, word, never)).rejects.toThrow('found one of them empty');
    connection.close();
    expect(server.requests).toEqual([]);
  });

  test('bytes that come in time keep a slow answer alive', async () => {
    jest.useFakeTimers({ doNotFake: ['setImmediate', 'nextTick', 'performance'] });
    try {
      const stream = scriptedStream([]);
      const connection = await LdapConnection.open(
        optionsFor('ldaps://dc', { createConnection: () => stream, inactivityTimeoutMs: 100 }),
        never,
      );
      const answer = connection.search(search, never);
      const bytes = messages.result(1, operations.searchDone, { code: 0 });
      for (const byte of bytes) {
        jest.advanceTimersByTime(99);
        stream.push(Buffer.from([byte]));
        await new Promise(resolve => setImmediate(resolve));
      }
      expect((await answer).entries).toEqual([]);
    } finally {
      jest.useRealTimers();
    }
  });

  test('bytes that came while this process was busy count, though the clock ran out', async () => {
    const stream = scriptedStream([]);
    const connection = await LdapConnection.open(
      optionsFor('ldaps://dc', { createConnection: () => stream, inactivityTimeoutMs: 20 }),
      never,
    );
    const answer = connection.search(search, never);
    // The timer is due in the same turn in which the answer is read.
    const bytes = messages.result(1, operations.searchDone, { code: 0 });
    setTimeout(() => stream.push(bytes.subarray(0, 5)), 20);
    const until = performance.now() + 60;
    while (performance.now() < until);
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)));
    stream.push(bytes.subarray(5));
    expect((await answer).entries).toEqual([]);
    connection.close();
  });

  test('an answer that is longer than a message may be is an error', async () => {
    const connection = await scripted(
      [{ chunks: [messages.entry(1, 'CN=x', [['a', [Buffer.alloc(200)]]])] }],
      {
        longestMessageBytes: 100,
      },
    );
    await expect(connection.search(search, never)).rejects.toThrow('expected messages of at most 100 bytes');
    expect(connection.isOpen).toBe(false);
  });

  const done = messages.result(1, operations.searchDone, { code: 0 });
  const envelope = (...parts: Buffer[]): Buffer => messages.element(0x30, ...parts);
  const nonsense: readonly (readonly [string, Buffer])[] = [
    ['of another protocol', Buffer.from('HTTP/1.1 200 OK\r\n\r\n')],
    ['to another request', messages.result(9, operations.searchDone, { code: 0 })],
    ['of another kind', messages.result(1, operations.bindResponse, { code: 0 })],
    ['that nobody asked for', messages.result(0, operations.bindResponse, { code: 0 })],
    ['without an operation', envelope(messages.integer(1))],
    ['without a number', envelope()],
    ['with a number that is too long', envelope(messages.element(0x02, Buffer.alloc(7)))],
    ['with a number of no bytes', envelope(messages.element(0x02))],
    ['whose parts are longer than it', envelope(messages.integer(1), Buffer.from([0x65, 0x20, 0x0a]))],
    ['that ends within a header', envelope(messages.integer(1), Buffer.from([0x65]))],
    ['that ends within a length', envelope(messages.integer(1), Buffer.from([0x65, 0x82, 0x01]))],
    [
      'with an unknown part',
      messages.result(1, operations.searchDone, { code: 0 }, [messages.text('?', 0x99)]),
    ],
    ['with something after its controls', Buffer.concat([withTail(done, messages.text('tail'))])],
    [
      'with controls and something after them',
      withTail(
        messages.result(1, operations.searchDone, { code: 0, controls: [messages.paged(Buffer.alloc(0))] }),
        messages.text('tail'),
      ),
    ],
  ];

  test.each(nonsense)('an answer %s ends the connection', async (_, bytes) => {
    const connection = await scripted([{ chunks: [bytes] }]);
    await expect(connection.search(search, never)).rejects.toBeInstanceOf(LdapFault);
    expect(connection.isOpen).toBe(false);
  });

  test('an answer of another kind to the bind ends the connection', async () => {
    const connection = await scripted([{ chunks: [messages.entry(1, 'CN=x', [])] }]);
    await expect(connection.bind('a', 'b', never)).rejects.toThrow('found an answer of another kind');
  });

  test('parts of a result that do not matter are stepped over', async () => {
    const result = messages.result(1, operations.searchDone, { code: 0, referral: ['ldap://x/'] }, [
      messages.text('credentials', 0x87),
      messages.text('value', 0x8b),
    ]);
    const connection = await scripted([{ chunks: [result] }]);
    expect((await connection.search(search, never)).result.resultCode).toBe(0);
  });

  test('controls are read with and without criticality and value', async () => {
    const list = messages.element(
      0xa0,
      messages.element(
        0x30,
        messages.text('1.2'),
        messages.element(0x01, Buffer.from([0xff])),
        messages.text('v'),
      ),
      messages.element(0x30, messages.text('1.3')),
    );
    const connection = await scripted([{ chunks: [withTail(done, list)] }]);
    const { result } = await connection.search(search, never);
    expect([...result.controls]).toEqual([
      ['1.2', Buffer.from('v')],
      ['1.3', null],
    ]);
  });

  test('a notification that is not of the end is passed over', async () => {
    const other = messages.result(0, operations.extendedResponse, { code: 0 }, [
      messages.text('1.2.3', 0x8a),
    ]);
    const connection = await scripted([{ chunks: [Buffer.concat([other, done])] }]);
    expect((await connection.search(search, never)).entries).toEqual([]);
  });

  test('what follows a fault in the same bytes is not taken in', async () => {
    const bytes = Buffer.concat([messages.reference(1, ['ldap://elsewhere/']), done]);
    const connection = await scripted([{ chunks: [bytes] }]);
    await expect(connection.search(search, never)).rejects.toMatchObject({
      kind: 'final',
      message: expect.stringContaining('part of the tree lies elsewhere') as string,
    });
  });

  test('an error of the stream rejects what waits', async () => {
    const stream = scriptedStream([]);
    const connection = await LdapConnection.open(
      optionsFor('ldaps://dc', { createConnection: () => stream }),
      never,
    );
    const answer = connection.search(search, never);
    stream.destroy(new Error('cable pulled'));
    await expect(answer).rejects.toThrow('found: cable pulled');
  });
});

/** The message with one more part at its end. */
function withTail(message: Buffer, tail: Buffer): Buffer {
  // A length in five bytes: tag, 0x84, four bytes.
  return messages.element(0x30, message.subarray(6), tail);
}
