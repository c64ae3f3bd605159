import { createGraphClient } from '../../../../shared/io/graph/graphClient';
import { startScriptedGraph, text, type ScriptedGraph } from './scriptedGraph';
import { credentialOf } from './samples';

const { signal } = new AbortController();
let graph: ScriptedGraph;
beforeAll(async () => {
  graph = await startScriptedGraph();
});
beforeEach(() => graph.reset());
afterAll(() => graph.stop());

const get = (url: string, credential = credentialOf('secret-token')): Promise<Response> =>
  createGraphClient(graph.origin, credential).get(url, { Accept: 'text/plain' }, signal);

describe('the endpoint', () => {
  test.each([
    ['https://graph.microsoft.com', 'https://graph.microsoft.com'],
    ['https://dod-graph.microsoft.us/', 'https://dod-graph.microsoft.us'],
    ['https://127.0.0.1:8443', 'https://127.0.0.1:8443'],
  ])('%s is one', (endpoint, origin) => {
    expect(createGraphClient(endpoint, credentialOf('t')).origin).toBe(origin);
  });

  test.each([
    'http://graph.microsoft.com',
    'https://graph.microsoft.com/v1.0',
    'https://graph.microsoft.com/?a=b',
    'https://user:hunter2@graph.microsoft.com',
    'graph.microsoft.com',
    '',
  ])('%j is none, and is refused before anything is sent', endpoint => {
    const create = (): unknown => createGraphClient(endpoint, credentialOf('t'));
    expect(create).toThrow(expect.objectContaining({ code: 'configurationInvalid' }));
    expect(create).toThrow(/^(?!.*hunter2).*such as https:\/\/graph\.microsoft\.com; found/);
  });
});

describe('a request', () => {
  test('goes to exactly the address given, with the token for that origin', async () => {
    const asked: unknown[] = [];
    graph.always('/v1.0/users', text(200, 'ok'));
    const query = '?$top=999&$skiptoken=a%2Bb%2F==&$select=id&$filter=x%20eq%20true&$top=1&flag&x(y)=z';
    const response = await get(`${graph.origin}/v1.0/users${query}`, {
      getToken: async scope => {
        asked.push(scope);
        return { token: 'secret-token', expiresOnTimestamp: 0 };
      },
    });
    expect(await response.text()).toBe('ok');
    expect(asked).toEqual([`${graph.origin}/.default`]);
    expect(graph.asked).toHaveLength(1);
    expect(graph.asked[0]).toMatchObject({
      url: `/v1.0/users${query}`,
      headers: { authorization: 'Bearer secret-token', accept: 'text/plain' },
    });
  });

  test('to another origin is not sent, and no token is asked for', async () => {
    const getToken = jest.fn();
    for (const url of ['https://graph.microsoft.com/v1.0/users', graph.origin.replace('https', 'http')]) {
      await expect(get(url, { getToken })).rejects.toMatchObject({ code: 'graphAnswerInvalid' });
    }
    expect(getToken).not.toHaveBeenCalled();
  });

  test.each([301, 302, 303, 307, 308])('is not redirected by %d: the token stays', async status => {
    graph.always('/v1.0/users', text(status, '', { location: `${graph.origin}/elsewhere` }));
    const response = await get(`${graph.origin}/v1.0/users`);
    expect(response.status).toBe(status);
    expect(graph.asked.map(({ path }) => path)).toEqual(['/v1.0/users']);
  });

  test('whose credential gives no token fails and says so', async () => {
    const url = `${graph.origin}/v1.0/users`;
    const refused = { getToken: () => Promise.reject(new Error('no identity is assigned')) };
    await expect(get(url, refused)).rejects.toMatchObject({
      code: 'graphUnavailable',
      message: expect.stringContaining('gave none: no identity is assigned. Check that the managed identity'),
    });
    await expect(get(url, { getToken: () => Promise.resolve(null) })).rejects.toMatchObject({
      code: 'graphUnavailable',
      message: expect.stringContaining('gave none. Check'),
    });
    expect(graph.asked).toHaveLength(0);
  });

  test('rejects as fetch does where there is no connection', async () => {
    graph.always('/v1.0/users', response => response.destroy());
    await expect(get(`${graph.origin}/v1.0/users`)).rejects.toMatchObject({
      name: 'TypeError',
      cause: expect.anything(),
    });
  });
});
