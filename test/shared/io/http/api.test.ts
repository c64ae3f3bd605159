import { entityTagOf } from '../../../../shared/io/http/entityTag';
import { AppError } from '../../../../shared/core/appError';
import { expectCommonHeaders, expectDocumented, readProblem } from './expectDocumented';
import {
  approveThing,
  asApplication,
  createSampleApi,
  deleteThings,
  failing,
  getThing,
  listThings,
  personId,
  thingId,
  type SampleApi,
} from './sampleApi';

let api: SampleApi;
beforeEach(async () => {
  api = await createSampleApi();
});

const json = { 'content-type': 'application/json' };
const thing = `/things/user/${thingId}`;
const approve = (init: RequestInit & { readonly token?: string } = {}): Promise<Response> =>
  api.ask(`${thing}/approve`, {
    method: 'POST',
    headers: { ...json, 'if-match': entityTagOf('W/"1"') },
    body: '{"reason":"left"}',
    ...init,
  });

describe('a request that is right', () => {
  test('is answered with what the route documents, and with an entity tag of its own', async () => {
    const answer = await api.ask(thing);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('etag')).toBe(entityTagOf('W/"1"'));
    expect(await expectDocumented(getThing, answer, { params: { type: 'user', id: thingId } })).toEqual({
      id: thingId,
      type: 'user',
      name: 'Ada',
    });
  });

  test('reaches the handler with the caller, the parameters, the body and the version that was read', async () => {
    const answer = await approve();
    expect(answer.status).toBe(200);
    expect(await expectDocumented(approveThing, answer, { body: { reason: 'left' } })).toEqual({
      by: personId,
    });
    expect(api.log.lines.join('\n')).toContain(`approveThing, asked by person ${personId}`);
  });

  test('gets an id in any case as lower case', async () => {
    expect((await api.ask(`/things/user/${thingId.toUpperCase()}`)).status).toBe(200);
  });

  test('may have a query', async () => {
    const answer = await api.ask('/things?top=7&search=a%20b');
    expect(await expectDocumented(listThings, answer, { query: { top: '7', search: 'a b' } })).toEqual({
      top: 7,
    });
  });

  test('may prefer text/csv where the route has it', async () => {
    const answer = await api.ask('/things', { headers: { accept: 'text/csv, application/json;q=0.5' } });
    expect(await expectDocumented(listThings, answer)).toBe('top\r\n10\r\n');
  });

  test('may be answered with a Location and without a body', async () => {
    const answer = await api.ask('/deletions', { method: 'POST', headers: json, body: '{}' });
    expect(answer.status).toBe(202);
    expect(await expectDocumented(deleteThings, answer)).toBeNull();
  });

  test('HEAD is GET without the body', async () => {
    const answer = await api.ask(thing, { method: 'HEAD' });
    expect([answer.status, await answer.text()]).toEqual([200, '']);
    expect(answer.headers.get('etag')).toBe(entityTagOf('W/"1"'));
    expect((await api.ask('/nothing', { method: 'HEAD' })).status).toBe(404);
  });

  test('OPTIONS says which methods there are, and allows no other origin', async () => {
    const answer = await api.ask(thing, {
      method: 'OPTIONS',
      headers: { origin: 'https://elsewhere.example' },
    });
    expect([answer.status, answer.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expectCommonHeaders(answer);
  });
});

describe('who calls', () => {
  test('without a token: 401, and a challenge without an error code', async () => {
    for (const authorization of [undefined, 'Basic dXNlcjpzZWNyZXQ=']) {
      const answer = await api.ask(thing, { token: null, headers: authorization ? { authorization } : {} });
      expect(answer.headers.get('www-authenticate')).toBe('Bearer realm="entra-orphans"');
      expect(await expectDocumented(getThing, answer)).toMatchObject({
        status: 401,
        type: '/problems/tokenRequired',
      });
    }
  });

  test('a token in the query is none', async () => {
    const token = await api.tokens.sign();
    expect((await api.ask(`${thing}?access_token=${token}`, { token: null })).status).toBe(401);
  });

  test('a token that is not accepted: 401 invalid_token, and nothing about the reason', async () => {
    const expired = await api.tokens.sign({ exp: 1000 });
    for (const token of [expired, 'a.b.c', 'a b', 'é']) {
      const answer = await api.ask(thing, { token: null, headers: { authorization: `Bearer ${token}` } });
      expect(answer.headers.get('www-authenticate')).toBe(
        'Bearer realm="entra-orphans", error="invalid_token"',
      );
      expect(await expectDocumented(getThing, answer)).toMatchObject({
        status: 401,
        type: '/problems/tokenInvalid',
        detail: 'Sign in again, and send a token for this API.',
      });
    }
    expect(api.log.lines.join('\n')).toContain('An access token was refused: expired');
    expect(api.log.lines.join('\n')).not.toContain(expired);
  });

  test('forged x-ms-client-principal headers count for nothing', async () => {
    const principal = {
      'x-ms-client-principal': 'eyJhdXRoX3R5cCI6ImFhZCJ9',
      'x-ms-client-principal-id': personId,
    };
    expect((await api.ask(thing, { token: null, headers: principal })).status).toBe(401);
    const nobody = await api.tokens.sign({ roles: [] });
    expect((await api.ask(thing, { token: nobody, headers: principal })).status).toBe(403);
  });

  test('without a role: 403', async () => {
    for (const roles of [undefined, [], ['orphans.reader'], ['Directory.ReadWrite.All']]) {
      const answer = await api.ask(thing, { token: await api.tokens.sign({ roles }) });
      expect(answer.headers.get('www-authenticate')).toContain('error="insufficient_scope"');
      expect(await expectDocumented(getThing, answer)).toMatchObject({ type: '/problems/roleMissing' });
    }
  });

  test.each([
    ['Orphans.Reader', [200, 403, 403]],
    ['Orphans.Approver', [200, 200, 403]],
    ['Orphans.Deleter', [200, 403, 202]],
  ])('%s may read, approve, delete: %j', async (role, expected) => {
    const token = await api.tokens.sign({ roles: [role] });
    const deletion = api.ask('/deletions', { method: 'POST', headers: json, body: '{}', token });
    const answers = [await api.ask(thing, { token }), await approve({ token }), await deletion];
    expect(answers.map(({ status }) => status)).toEqual(expected);
  });

  test('an application may read, and may not do what needs a person', async () => {
    const token = await api.tokens.sign(asApplication);
    expect((await api.ask(thing, { token })).status).toBe(200);
    const answer = await approve({ token });
    expect(await expectDocumented(approveThing, answer)).toMatchObject({
      status: 403,
      type: '/problems/personRequired',
    });
  });

  test('a person’s token without the scope: 403', async () => {
    const answer = await api.ask(thing, { token: await api.tokens.sign({ scp: 'User.Read' }) });
    expect(await expectDocumented(getThing, answer)).toMatchObject({
      status: 403,
      type: '/problems/scopeMissing',
    });
  });

  test('while the issuer’s keys can not be read: 503, and the reason in the log only', async () => {
    const find = (): Promise<{ kind: 'unavailable'; why: string }> =>
      Promise.resolve({ kind: 'unavailable', why: 'ECONNREFUSED' });
    api = await createSampleApi({ keys: () => ({ find }) });
    const answer = await api.ask(thing);
    expect(answer.headers.get('retry-after')).toBe('30');
    const problem = await expectDocumented(getThing, answer);
    expect(problem).toMatchObject({ status: 503, type: '/problems/signingKeysUnavailable' });
    expect(JSON.stringify(problem)).not.toContain('ECONNREFUSED');
    expect(api.log.lines.join('\n')).toContain('ECONNREFUSED');
  });

  test('while authentication is not configured, everything is refused, and the settings are named', async () => {
    api = await createSampleApi({
      authentication: {
        status: 'invalid',
        problems: [
          { setting: 'AUTH_ISSUER', problem: 'is missing' },
          { setting: 'AUTH_AUDIENCE', problem: 'is missing' },
        ],
      },
    });
    for (const path of [thing, '/nothing', '/things?x=1']) {
      const answer = await api.ask(path);
      expect(await readProblem(answer)).toMatchObject({
        status: 503,
        type: '/problems/authenticationNotConfigured',
        detail: expect.stringContaining('AUTH_ISSUER, AUTH_AUDIENCE') as string,
      });
    }
  });
});

describe('a request that is wrong', () => {
  test.each([
    ['/nothing', 404],
    ['/things/user', 404],
    ['/things/', 404],
    ['/Things', 404],
    [`/things/user/${thingId}/`, 404],
    ['/things/user/not-a-guid', 400],
    [`/things/person/${thingId}`, 400],
    [`/things/User/${thingId}`, 400],
    ['/things/user/..%2f..%2fme', 400],
    [`/things/user/{${thingId}}`, 400],
    ["/things/user/1'%20or%20'1'%20eq%20'1", 400],
    [`/things/user/${thingId}%00`, 400],
    [`/things/user/%24filter%3Did%20eq%20null`, 400],
    ['/things/user/%ff', 400],
    [`/things/user/0d3f1c52-7f0b-4a3e-9a68-2f4d7b1e0c12`, 404],
  ])('GET %s is %d', async (path, status) => {
    const answer = await api.ask(path);
    expect(answer.status).toBe(status);
    expect(await readProblem(answer)).toBeDefined();
  });

  test('an address that is none is 400', async () => {
    const headers = new Headers({ authorization: `Bearer ${await api.tokens.sign()}` });
    const request = { method: 'GET', url: 'nowhere', headers, body: null };
    expect(await api.handle(request, api.log, AbortSignal.timeout(1000))).toMatchObject({ status: 400 });
  });

  test.each([
    ['?unknown=1', '/query/unknown', 'is not known here'],
    ['?top=1&top=2', '/query/top', 'is there more than once'],
    ['?__proto__=1', '/query/__proto__', 'is not known here'],
    ['?Top=1', '/query/Top', 'is not known here'],
    ['?top=', '/query/top', 'a whole number is expected'],
    ['?top=1e1', '/query/top', 'a whole number is expected'],
    ['?top=101', '/query/top', 'a whole number from 1 to 100 is expected'],
    ['?search=%ff', '/query/search', 'is not text'],
    ['?search=%00', '/query/search', 'is not text'],
    ['?a~b/c=1', '/query/a~0b~1c', 'is not known here'],
  ])('the query %s is refused by its field', async (query, pointer, detail) => {
    const answer = await api.ask(`/things${query}`);
    expect(await expectDocumented(listThings, answer)).toMatchObject({
      status: 400,
      errors: [{ pointer, detail }],
    });
  });

  test('every field that is not valid is listed, of path, query, header and body at once', async () => {
    const answer = await api.ask('/things/x/y/approve?z=1', {
      method: 'POST',
      headers: { ...json, 'if-match': '*' },
      body: '{"reason":"","until":"soon","items":[{"count":0},{"count":-1,"more":1}],"extra":true}',
    });
    const problem = (await expectDocumented(approveThing, answer)) as { errors: { pointer: string }[] };
    expect(problem.errors.map(({ pointer }) => pointer).sort()).toEqual([
      '/body/extra',
      '/body/items/1/count',
      '/body/items/1/more',
      '/body/reason',
      '/body/until',
      '/header/If-Match',
      '/path/id',
      '/path/type',
      '/query/z',
    ]);
  });

  test('the list of errors ends somewhere', async () => {
    const names = Array.from({ length: 300 }, (_, at) => `n${at}=1`).join('&');
    const problem = (await expectDocumented(listThings, await api.ask(`/things?${names}`))) as {
      errors: object[];
    };
    expect(problem.errors).toHaveLength(50);
  });

  test('another method is 405, and says which there are', async () => {
    const answer = await api.ask(thing, { method: 'DELETE', headers: json, body: '{}' });
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    expect((await readProblem(answer)).type).toBe('/problems/methodNotAllowed');
  });

  test('a media type that the route has not is 406', async () => {
    const answer = await api.ask(thing, { headers: { accept: 'text/csv' } });
    expect(await expectDocumented(getThing, answer)).toMatchObject({ status: 406 });
  });

  test('an address that is too long is 414', async () => {
    const answer = await api.ask(`/things?search=${'a'.repeat(4096)}`);
    expect(await expectDocumented(listThings, answer)).toMatchObject({ status: 414 });
  });

  test.each<[string, Record<string, string>]>([
    ['of no type', {}],
    ['that is a form', { 'content-type': 'application/x-www-form-urlencoded' }],
    ['that is text', { 'content-type': 'text/plain' }],
    ['in another charset', { 'content-type': 'application/json; charset=utf-16' }],
    ['that is nearly JSON', { 'content-type': 'application/json, text/plain' }],
    ['that is compressed', { ...json, 'content-encoding': 'gzip' }],
  ])('a body %s is 415', async (_, headers) => {
    const body = new TextEncoder().encode('{"reason":"x"}');
    const answer = await approve({ headers: { ...headers, 'if-match': entityTagOf('W/"1"') }, body });
    expect(await expectDocumented(approveThing, answer)).toMatchObject({ status: 415 });
  });

  test('a body that is too large is 413, also where Content-Length lies', async () => {
    const body = JSON.stringify({ reason: 'x'.repeat(64 * 1024) });
    for (const length of ['10', String(body.length)]) {
      const headers = { ...json, 'if-match': entityTagOf('W/"1"'), 'content-length': length };
      expect(await expectDocumented(approveThing, await approve({ headers, body }))).toMatchObject({
        status: 413,
      });
    }
  });

  test.each([
    ['', 'is not JSON'],
    ['{', 'is not JSON'],
    ['{"reason":"a","reason":"b"}', 'has an object with the same name twice'],
    ['{"reason":"a","__proto__":{"reason":"b"}}', 'has an object with the name "__proto__"'],
  ])('the body %j is refused', async (body, detail) => {
    expect(await expectDocumented(approveThing, await approve({ body }))).toMatchObject({
      status: 400,
      errors: [{ pointer: '/body', detail }],
    });
  });

  test('a route without a body of its own takes {} and no more', async () => {
    const answer = await api.ask('/deletions', { method: 'POST', headers: json, body: '{"all":true}' });
    expect(await expectDocumented(deleteThings, answer)).toMatchObject({
      errors: [{ pointer: '/body/all' }],
    });
  });

  test('a change without If-Match is 428', async () => {
    expect(await expectDocumented(approveThing, await approve({ headers: json }))).toMatchObject({
      status: 428,
    });
  });

  test.each(['"1"', 'W/"1"', entityTagOf('W/"2"'), '""'])('If-Match: %s is 412', async tag => {
    const answer = await approve({ headers: { ...json, 'if-match': tag } });
    expect(await expectDocumented(approveThing, answer)).toMatchObject({ status: 412 });
  });

  test.each(['*', 'x', '"a", "b"', '"a', 'w/"a"'])('If-Match: %s is 400', async tag => {
    const answer = await approve({ headers: { ...json, 'if-match': tag } });
    expect(await expectDocumented(approveThing, answer)).toMatchObject({
      status: 400,
      errors: [{ pointer: '/header/If-Match' }],
    });
  });
});

describe('what goes wrong inside', () => {
  test('an unexpected error is 500 without its message, and in the log with its stack under the id', async () => {
    const answer = await api.ask('/failing?how=plainly');
    const problem = await readProblem(answer);
    expect(problem).toMatchObject({ status: 500, type: '/problems/unexpected' });
    expect(JSON.stringify(problem)).not.toMatch(/secret|TypeError|\.ts/);
    const id = problem.instance.replace('urn:uuid:', '');
    expect(api.log.lines.join('\n')).toMatch(
      new RegExp(`error ${id} TypeError: secret of the installation\\n +at `),
    );
  });

  test('an error of the app is its own problem, without its message', async () => {
    const unavailable = await api.ask('/failing?how=storageUnavailable');
    expect(unavailable.headers.get('retry-after')).toBe('30');
    const problem = await expectDocumented(failing, unavailable);
    expect(problem).toMatchObject({ status: 503, type: '/problems/storageUnavailable' });
    expect(JSON.stringify(problem)).not.toContain('secret');
    const conflict = await api.ask('/failing?how=writeConflict');
    expect(await expectDocumented(failing, conflict)).toMatchObject({
      status: 409,
      type: '/problems/writeConflict',
    });
    expect(conflict.headers.has('retry-after')).toBe(false);
  });

  test('what is thrown and is no error is a problem, too', async () => {
    const ports = (): never => {
      // eslint-disable-next-line typescript/only-throw-error -- a library could do it
      throw 'a text';
    };
    api = await createSampleApi({ ports });
    expect((await readProblem(await api.ask(thing))).type).toBe('/problems/unexpected');
  });

  test('an app that is not configured says so', async () => {
    const ports = (): never => {
      throw new AppError('configurationInvalid', 'secret');
    };
    api = await createSampleApi({ ports });
    expect(await readProblem(await api.ask(thing))).toMatchObject({
      status: 503,
      type: '/problems/configurationInvalid',
    });
  });

  test('each request has an id of its own, whatever the client sends', async () => {
    const headers = { 'x-correlation-id': thingId, traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
    const ids = [await api.ask(thing, { headers }), await api.ask(thing, { headers })].map(answer =>
      answer.headers.get('x-correlation-id'),
    );
    expect(new Set([...ids, thingId]).size).toBe(3);
  });
});
