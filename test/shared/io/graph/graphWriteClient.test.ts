import { createGraphClient, type GraphClient } from '../../../../shared/io/graph/graphClient';
import { createGraphWriteClient, type GraphWrite } from '../../../../shared/io/graph/graphWriteClient';
import { credentialOf } from './samples';
import { startScriptedGraph, text, type ScriptedGraph } from './scriptedGraph';

const { signal } = new AbortController();
let graph: ScriptedGraph;
beforeAll(async () => {
  graph = await startScriptedGraph();
});
beforeEach(() => graph.reset());
afterAll(() => graph.stop());

const path = '/v1.0/users/1';
const send = (write: GraphWrite, credential = credentialOf('secret-token')): Promise<Response> =>
  createGraphWriteClient(graph.origin, credential).send(write, { Accept: 'text/plain' }, signal);

test.each<[GraphWrite, string]>([
  [{ method: 'DELETE', path }, ''],
  [{ method: 'POST', path }, ''],
  [{ method: 'PATCH', path, body: { accountEnabled: false } }, '{"accountEnabled":false}'],
])('%j goes out once, with the token and exactly that body', async (write, expected) => {
  const seen: unknown[] = [];
  graph.always(path, (response, { headers }) => {
    const { req: request } = response;
    let body = '';
    request.setEncoding('utf8').on('data', chunk => (body += String(chunk)));
    request.on('end', () => {
      seen.push([request.method, headers.authorization, headers.accept, body]);
      response.writeHead(204).end();
    });
  });
  expect((await send(write)).status).toBe(204);
  expect(seen).toEqual([[write.method, 'Bearer secret-token', 'text/plain', expected]]);
});

test.each([301, 302, 307, 308])(
  'a redirect by %d is not followed: the write stays where it was sent',
  async status => {
    graph.always(path, text(status, '', { location: `${graph.origin}/v1.0/users/2` }));
    expect((await send({ method: 'DELETE', path })).status).toBe(status);
    expect(graph.asked.map(asked => asked.path)).toEqual([path]);
  },
);

test('a failed connection rejects as fetch does, and is not tried again by itself', async () => {
  graph.always(path, response => void response.destroy());
  await expect(send({ method: 'DELETE', path })).rejects.toMatchObject({ name: 'TypeError' });
  expect(graph.asked).toHaveLength(1);
});

test('without a token nothing is sent', async () => {
  const none = { getToken: () => Promise.resolve(null) };
  await expect(send({ method: 'DELETE', path }, none)).rejects.toMatchObject({ code: 'graphUnavailable' });
  expect(graph.asked).toHaveLength(0);
});

test('an endpoint that is none is refused before anything is sent', () => {
  expect(() => createGraphWriteClient('http://graph.microsoft.com', credentialOf('t'))).toThrow(
    expect.objectContaining({ code: 'configurationInvalid' }),
  );
});

test('the client of the reader has no verb but get, in type and in fact', () => {
  const client: GraphClient = createGraphClient(graph.origin, credentialOf('t'));
  expect(Object.keys(client).sort()).toEqual(['get', 'origin']);
  // @ts-expect-error: a client that can write is no substitute for one that can read.
  const writes: GraphClient = createGraphWriteClient(graph.origin, credentialOf('t'));
  // @ts-expect-error: and the reader's is none for the writer's.
  expect([writes, client.send]).toEqual([expect.anything(), undefined]);
});
