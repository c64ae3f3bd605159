import { readRequests } from '../../../../agent/src/io/requests/readRequests';
import { defaultPatience } from '../../../../agent/src/io/upload/attempts';
import { createAgentContainer } from '../../../../agent/src/io/upload/containers';
import { maxRequestBytes } from '../../../../shared/core/exportRequest';
import { startAgentStorage, type AgentStorage } from '../../../support/agent/agentStorage';

const never = new AbortController().signal;
const patience = { ...defaultPatience, attempts: 3, random: () => 0, wait: () => Promise.resolve() };
const id = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const otherId = '3f2504e0-4f89-41d3-9a0c-0305e82c3302';
const request = (kind: string, changes: object = {}): string =>
  JSON.stringify({ schemaVersion: 1, id, kind, requestedAt: '2026-01-02T03:04:05Z', ...changes });

let storage: AgentStorage;
beforeAll(async () => {
  storage = await startAgentStorage('contoso');
});
afterAll(() => storage?.stop());
afterEach(async () => {
  storage.front.faults = () => null;
  for (const kind of ['export', 'synchronisation']) await storage.request(kind).deleteIfExists();
});

const ask = async (kind: string, content: string | Buffer): Promise<void> => {
  await storage.request(kind).upload(content, Buffer.byteLength(content));
};
const read = (answered: readonly string[] = [], signal = never) =>
  readRequests(storage.agentContainer('requests'), 'contoso', answered, signal, patience);

test('where nothing is asked there is no request, and nothing to warn of', async () => {
  expect(await read()).toEqual({ requests: [], warnings: [] });
});

test('both requests are read as the app wrote them', async () => {
  await ask('export', request('export'));
  await ask('synchronisation', request('synchronisation', { id: otherId, newProperty: true }));
  expect(await read()).toEqual({
    requests: [
      { schemaVersion: 1, id, kind: 'export', requestedAt: Date.UTC(2026, 0, 2, 3, 4, 5) },
      { schemaVersion: 1, id: otherId, kind: 'synchronisation', requestedAt: Date.UTC(2026, 0, 2, 3, 4, 5) },
    ],
    warnings: [],
  });
});

test('a request that was answered before is none', async () => {
  await ask('export', request('export'));
  expect(await read([otherId, id])).toEqual({ requests: [], warnings: [] });
});

test.each<[string, string | Buffer, RegExp]>([
  ['is empty', '', /not JSON/],
  ['is not JSON', '{"schemaVersion":1', /not JSON/],
  ['is null', 'null', /value/],
  ['has a newer version', request('export', { schemaVersion: 2 }), /version 2.*newer agent/],
  ['lacks its id', request('export', { id: undefined }), /id:/],
  ['has an id that is no GUID', request('export', { id: '../../x' }), /id: a lower-case GUID/],
  ['is of the other kind', request('synchronisation'), /kind synchronisation/],
  ['is too long', Buffer.alloc(maxRequestBytes + 1, ' '), /more than 16384 bytes/],
])('a request that %s is ignored with a warning, and the other one is read', async (_, content, warning) => {
  await ask('export', content);
  await ask('synchronisation', request('synchronisation'));
  const { requests, warnings } = await read();
  expect(requests).toMatchObject([{ kind: 'synchronisation' }]);
  expect(warnings).toEqual([expect.stringMatching(warning)]);
});

test('a request of the greatest length is read', async () => {
  await ask('export', request('export').padEnd(maxRequestBytes));
  expect((await read()).requests).toHaveLength(1);
});

test('an answer that does not come the first time comes the second', async () => {
  await ask('export', request('export'));
  const faults = [{ kind: 'cut' }, { kind: 'answer', status: 503, code: 'ServerBusy' }] as const;
  let asked = 0;
  storage.front.faults = ({ path }) =>
    path.endsWith('export.json') ? (faults[(asked += 1) - 1] ?? null) : null;
  expect(await read()).toMatchObject({ requests: [{ id }], warnings: [] });
});

test.each([
  [403, 'AuthorizationPermissionMismatch'],
  [404, 'ContainerNotFound'],
  [503, 'ServerBusy'],
])('a storage that answers HTTP %d %s costs a warning and no more', async (status, code) => {
  storage.front.faults = () => ({ kind: 'answer', status, code });
  const { requests, warnings } = await read();
  expect(requests).toEqual([]);
  expect(warnings).toEqual([expect.stringContaining(code), expect.stringContaining(code)]);
});

test('an identity that gets no token costs a warning and no more', async () => {
  const container = createAgentContainer(storage.front.endpoint, 'requests', {
    getToken: () => Promise.reject(new Error('no identity here\nwith details')),
  });
  const { warnings } = await readRequests(container, 'contoso', [], never, patience);
  expect(warnings).toEqual([
    expect.stringMatching(/no identity here/),
    expect.stringMatching(/no identity here/),
  ]);
});

test('a stopped agent reads nothing', async () => {
  await expect(read([], AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
});
