import type * as azureFunctions from '@azure/functions';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, request as httpRequest } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHost } from './host';
import type { FunctionsHost, HostOptions } from './host';
import type { HostLogEntry } from './hostLog';
import { jestApp } from './jestApp';

type App = typeof azureFunctions.app;

let appDirectory: string;
let entries: HostLogEntry[];
let hosts: FunctionsHost[];
beforeEach(() => {
  appDirectory = mkdtempSync(join(tmpdir(), 'host-'));
  writeFileSync(join(appDirectory, 'host.json'), '{"version":"2.0"}');
  entries = [];
  hosts = [];
});
afterEach(async () => {
  await Promise.all(hosts.map(host => host.stop()));
  rmSync(appDirectory, { recursive: true });
});

/** Starts a host around functions that are registered through the real @azure/functions. */
async function start(
  register: (app: App) => void,
  options: Partial<HostOptions> = {},
): Promise<FunctionsHost> {
  const host = await createHost({
    appDirectory,
    log: entry => entries.push(entry),
    endWorker: error => {
      throw error;
    },
    loadApp: jestApp(() => register((require('@azure/functions') as typeof azureFunctions).app)),
    ...options,
  });
  hosts.push(host);
  return host;
}
const messages = (): readonly string[] => entries.map(({ message }) => message);
const name = (text: string) => (): { body: string } => ({ body: text });

test('the first route by function name wins, even over a literal one', async () => {
  const { url } = await start(app => {
    app.get('list', { route: 'products/list', handler: name('list') });
    app.get('details', {
      route: 'products/{id}',
      handler: request => ({ body: `details ${request.params['id']}` }),
    });
    app.get('zoo', { route: 'products/{id}/animals', handler: name('zoo') });
  });
  expect(await (await fetch(`${url}/api/products/list`)).text()).toBe('details list');
  expect(await (await fetch(`${url}/API/Products/a%2Fb%20c/Animals/`)).text()).toBe('zoo');
});

test('a wrong method and an unknown path are 404, a method of another function on the route is found', async () => {
  const { url } = await start(app => {
    app.get('readItem', { route: 'item', handler: name('read') });
    app.put('writeItem', { route: 'item', handler: name('written') });
  });
  expect(await (await fetch(`${url}/api/item`, { method: 'PUT' })).text()).toBe('written');
  expect((await fetch(`${url}/api/item`, { method: 'DELETE' })).status).toBe(404);
  expect((await fetch(`${url}/item`)).status).toBe(404);
  expect((await fetch(url)).status).toBe(404);
});

test('a function gets method, headers, query, parameters and the bytes of the body', async () => {
  const seen: unknown[] = [];
  const { url } = await start(app => {
    app.post('echo', {
      route: 'echo/{word}/{rest?}',
      handler: async request => {
        seen.push(request.method, request.url, { ...request.params }, request.headers.get('x-test'), [
          ...request.query,
        ]);
        return { body: new Uint8Array(await request.arrayBuffer()), headers: { 'content-type': 'x/y' } };
      },
    });
  });
  const bytes = new Uint8Array([0, 255, 128, 10]);
  const path = '/api/echo/caf%C3%A9%2F1?A=1&a=2&b=';
  const response = await fetch(url + path, { method: 'POST', body: bytes, headers: { 'X-Test': 'yes' } });
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(bytes);
  expect(response.headers.get('content-type')).toBe('x/y');
  expect(seen).toEqual([
    'POST',
    url + path,
    { word: 'café%2F1' },
    'yes',
    [
      ['A', '1,2'],
      ['b', ''],
    ],
  ]);
});

test('a chunked body is not handed over, as in Azure', async () => {
  const { url } = await start(app => {
    app.post('length', { handler: async request => ({ body: `${(await request.text()).length}` }) });
  });
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('chunk'));
      controller.close();
    },
  });
  const init: RequestInit & { duplex: 'half' } = { method: 'POST', body, duplex: 'half' };
  expect(await (await fetch(`${url}/api/length`, init)).text()).toBe('0');
  expect(await (await fetch(`${url}/api/length`, { method: 'POST', body: 'whole' })).text()).toBe('5');
});

test('status, headers, JSON and several cookies reach the client', async () => {
  const { url } = await start(app => {
    app.get('cookies', () => ({
      status: 418,
      headers: { 'x-answer': '42' },
      jsonBody: { tea: true },
      cookies: [
        { name: 'a', value: 'x y', maxAge: 60, httpOnly: true, secure: true, sameSite: 'Strict', path: '/p' },
        {
          name: 'b',
          value: '2',
          domain: 'example.com',
          sameSite: 'None',
          expires: new Date('2030-01-01T00:00:00Z'),
        },
      ],
    }));
    app.get('nothing', () => ({ status: 204 }));
    app.get('silent', () => undefined as unknown as azureFunctions.HttpResponseInit);
  });
  const response = await fetch(`${url}/api/cookies`);
  expect(response.status).toBe(418);
  expect(response.headers.get('x-answer')).toBe('42');
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(await response.json()).toEqual({ tea: true });
  expect(response.headers.getSetCookie()).toEqual([
    'a=x%20y; max-age=60; path=/p; secure; samesite=strict; httponly',
    'b=2; expires=Tue, 01 Jan 2030 00:00:00 GMT; domain=example.com; path=/; samesite=none',
  ]);
  expect((await fetch(`${url}/api/nothing`)).status).toBe(204);
  expect((await fetch(`${url}/api/silent`)).status).toBe(204);
});

test('a key is required where the function says so, and only there', async () => {
  const host = await start(app => {
    app.get('open', { authLevel: 'anonymous', handler: name('open') });
    app.get('keyed', { authLevel: 'function', handler: name('keyed') });
    app.get('locked', { authLevel: 'admin', handler: name('locked') });
  });
  const status = async (path: string, key?: string): Promise<readonly number[]> => {
    const asHeader = await fetch(
      `${host.url}/api/${path}`,
      key ? { headers: { 'x-functions-key': key } } : {},
    );
    const asQuery = await fetch(`${host.url}/api/${path}${key ? `?code=${key}` : ''}`);
    return [asHeader.status, asQuery.status];
  };
  expect(await status('open')).toEqual([200, 200]);
  expect(await status('open', 'wrong')).toEqual([200, 200]);
  expect(await status('keyed')).toEqual([401, 401]);
  expect(await status('keyed', 'wrong')).toEqual([401, 401]);
  expect(await status('keyed', host.functionKey('keyed'))).toEqual([200, 200]);
  expect(await status('keyed', host.functionKey('open'))).toEqual([401, 401]);
  expect(await status('keyed', host.masterKey)).toEqual([200, 200]);
  expect(await status('locked', host.functionKey('locked'))).toEqual([401, 401]);
  expect(await status('locked', host.masterKey)).toEqual([200, 200]);
  expect(() => host.functionKey('none')).toThrow('There is no function none');
});

test('a function that throws is answered 500 without its message, which is in the log with its stack', async () => {
  const { url } = await start(app => {
    app.get('failing', () => {
      throw new Error('the secret reason');
    });
    app.get('shapeless', () => 'text' as unknown as azureFunctions.HttpResponseInit);
    app.get('negotiating', () => ({ enableContentNegotiation: true }));
  });
  const response = await fetch(`${url}/api/failing`);
  expect([response.status, await response.text()]).toEqual([500, '']);
  const failure = entries.find(({ level }) => level === 'error');
  expect(failure).toMatchObject({
    functionName: 'failing',
    invocationId: expect.stringMatching(/^[0-9a-f-]{36}$/),
  });
  expect(failure?.message).toMatch(
    /Executed 'Functions\.failing' \(Failed, Id=.*\)\nError: the secret reason\n\s+at /,
  );
  expect((await fetch(`${url}/api/shapeless`)).status).toBe(500);
  expect((await fetch(`${url}/api/negotiating`)).status).toBe(500);
  expect(messages()).toContainEqual(expect.stringContaining('enableContentNegotiation is not supported'));
});

test('a request that is none is refused before it reaches a function', async () => {
  const { url } = await start(app => app.get('open', name('open')));
  const status = async (path: string, headers: Record<string, string> = {}): Promise<number | undefined> => {
    const request = httpRequest({ host: '127.0.0.1', port: new URL(url).port, path, headers }).end();
    const [response] = (await once(request, 'response')) as [{ statusCode?: number; resume(): void }];
    response.resume();
    return response.statusCode;
  };
  expect(await status('/api/%ff')).toBe(400);
  expect(await status('http://example.com/api/open')).toBe(400);
  expect(await status('/api/open', { host: 'not a host' })).toBe(400);
  expect(await status('/api/open')).toBe(200);
});

test('a body over 100 MB is refused', async () => {
  const { url } = await start(app => app.post('open', name('open')));
  const request = httpRequest(`${url}/api/open`, {
    method: 'POST',
    headers: { 'content-length': 100 * 1024 * 1024 + 1 },
  });
  request.flushHeaders();
  const [response] = (await once(request, 'response')) as [{ statusCode?: number; resume(): void }];
  expect(response.statusCode).toBe(413);
  request.on('error', () => undefined).destroy();
});

test('an answer that comes too late is 504, and the function goes on to its end', async () => {
  const work = Promise.withResolvers<azureFunctions.HttpResponseInit>();
  const host = await start(app => app.get('slow', () => work.promise), { httpAnswerLimitMs: 20 });
  expect((await fetch(`${host.url}/api/slow`)).status).toBe(504);
  expect(messages()).toContain('slow gave no answer within 20 ms; the client was answered 504.');
  const stopping = host.stop();
  work.resolve({});
  expect(await stopping).toEqual([]);
  expect(messages()).toContainEqual(expect.stringContaining("Executed 'Functions.slow' (Succeeded"));
});

describe('POST /admin/functions/<name>', () => {
  const demand = (
    host: FunctionsHost,
    path: string,
    init: Omit<RequestInit, 'headers'> & { headers?: Record<string, string> } = {},
  ): Promise<Response> =>
    fetch(`${host.url}/admin/functions/${path}`, {
      method: 'POST',
      body: '{"input":""}',
      ...init,
      headers: { 'content-type': 'application/json', 'x-functions-key': host.masterKey, ...init.headers },
    });

  test('runs a timer in the background, two demands side by side, as in Azure', async () => {
    const both = Promise.withResolvers<void>();
    const timers: azureFunctions.Timer[] = [];
    const host = await start(app => {
      app.timer('nightly', {
        schedule: '0 30 1 * * *',
        handler: timer => {
          if (timers.push(timer) === 2) both.resolve();
          return both.promise;
        },
      });
    });
    expect((await demand(host, 'NIGHTLY')).status).toBe(202);
    expect((await demand(host, 'nightly')).status).toBe(202);
    await both.promise;
    expect(timers[0]).toEqual({ schedule: { adjustForDST: true }, scheduleStatus: null, isPastDue: false });
    expect(await host.stop()).toEqual([]);
    expect(messages().filter(message => message.includes('(Succeeded'))).toHaveLength(2);
  });

  test('a timer that throws is 202 like any other, and the log has the error', async () => {
    const host = await start(app => {
      app.timer('nightly', { schedule: '0 30 1 * * *', handler: () => Promise.reject(new Error('broken')) });
    });
    expect((await demand(host, 'nightly')).status).toBe(202);
    await expect(host.runTimer('nightly')).rejects.toThrow('broken');
    expect(entries.filter(({ level }) => level === 'error')).toHaveLength(2);
    await expect(host.runTimer('other')).rejects.toThrow('There is no timer other');
  });

  test('asks for the master key, JSON and a timer', async () => {
    const host = await start(app => {
      app.get('open', name('open'));
      app.timer('nightly', { schedule: '0 30 1 * * *', handler: () => undefined });
    });
    const statuses = await Promise.all([
      demand(host, 'nightly', { headers: { 'x-functions-key': host.functionKey('nightly') } }),
      demand(host, 'nightly', { headers: { 'x-functions-key': '' } }),
      demand(host, 'nightly', { headers: { 'content-type': 'text/plain' } }),
      demand(host, 'nightly', { body: '' }),
      demand(host, 'nightly', { body: '[]' }),
      demand(host, 'nightly', { method: 'PUT' }),
      demand(host, 'nightly/status'),
      demand(host, 'unknown'),
      demand(host, 'open'),
    ]);
    expect(statuses.map(({ status }) => status)).toEqual([401, 401, 415, 400, 400, 404, 404, 404, 400]);
    expect(messages()).not.toContainEqual(expect.stringContaining('Executing'));
  });
});

test('hooks run around every invocation and may change input, handler, result and error', async () => {
  const order: unknown[] = [];
  const host = await start(app => {
    app.hook.appStart(context => {
      order.push('appStart');
      context.hookData['from'] = 'appStart';
    });
    app.hook.preInvocation(context => {
      order.push(`pre ${context.invocationContext.functionName}`);
      context.hookData['from'] = 'pre';
      const handler = context.functionHandler;
      context.functionHandler = async (...args: unknown[]) => {
        order.push('wrapped');
        return handler(args[0], context.invocationContext);
      };
    });
    app.hook.postInvocation(context => {
      order.push(`post ${String(context.hookData['from'])}`);
      if (context.error) {
        context.error = null;
        context.result = { body: 'mended' };
      }
    });
    app.hook.appTerminate(context => {
      order.push(`appTerminate ${String(context.hookData['from'])}`);
    });
    app.hook.preInvocation(() => void order.push('disposed')).dispose();
    app.get('failing', () => {
      order.push('handler');
      throw new Error('broken');
    });
  });
  expect(await (await fetch(`${host.url}/api/failing`)).text()).toBe('mended');
  await host.stop();
  expect(order).toEqual([
    'appStart',
    'pre failing',
    'wrapped',
    'handler',
    'post pre',
    'appTerminate appStart',
  ]);
});

test('log lines carry function name, invocation id and level', async () => {
  const host = await start(app => {
    app.timer('nightly', {
      schedule: '0 30 1 * * *',
      handler: (_timer, context) => {
        context.debug('%d objects', 3);
        context.warn('careful');
      },
    });
  });
  await host.runTimer('nightly');
  const own = entries.filter(({ functionName }) => functionName === 'nightly');
  expect(own.map(({ level, message }) => `${level} ${message.replace(/Id=.*/, '')}`)).toEqual([
    "information Executing 'Functions.nightly' (Reason='This function was programmatically called via the host APIs.', ",
    'debug 3 objects',
    'warning careful',
    "information Executed 'Functions.nightly' (Succeeded, ",
  ]);
  expect(new Set(own.map(({ invocationId }) => invocationId)).size).toBe(1);
});

test('an invocation over functionTimeout ends the worker', async () => {
  writeFileSync(join(appDirectory, 'host.json'), '{"version":"2.0","functionTimeout":"00:00:00"}');
  const ended = Promise.withResolvers<Error>();
  const work = Promise.withResolvers<void>();
  const host = await start(
    app => app.timer('nightly', { schedule: '0 30 1 * * *', handler: () => work.promise }),
    { endWorker: ended.resolve },
  );
  const run = host.runTimer('nightly');
  expect((await ended.promise).message).toMatch(
    /Timeout value of 0 ms exceeded by function 'Functions\.nightly'/,
  );
  work.resolve();
  await run;
});

describe('a stop', () => {
  test('lets a request that runs be answered, and takes no new one', async () => {
    const work = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const host = await start(app => {
      app.hook.appTerminate(() => work.resolve());
      app.get('slow', async () => {
        started.resolve();
        await work.promise;
        return { body: 'in time' };
      });
    });
    const response = fetch(`${host.url}/api/slow`);
    await started.promise;
    expect(await host.stop()).toEqual([]);
    expect(await (await response).text()).toBe('in time');
    await expect(fetch(`${host.url}/api/slow`)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  });

  test('names what was still running when the grace period was over', async () => {
    const host = await start(
      app => {
        app.hook.appTerminate(() => {
          throw new Error('hook broken');
        });
        app.timer('deaf', { schedule: '0 30 1 * * *', handler: () => new Promise<void>(() => undefined) });
      },
      { stopLimitMs: 20 },
    );
    void host.runTimer('deaf');
    expect(await host.stop()).toEqual(['deaf']);
    expect(messages()).toContainEqual(
      expect.stringContaining('A hook of appTerminate failed: Error: hook broken'),
    );
  });
});

test('a port that is taken is replaced by another, and the log says so', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  const host = await start(app => app.get('open', name('open')), { port });
  expect((await fetch(`${host.url}/api/open`)).status).toBe(200);
  expect(messages()).toContainEqual(expect.stringMatching(`Port ${port} can not be used .*EADDRINUSE`));
  other.close();
});

describe('an app is refused', () => {
  test('that throws before its first registration', async () => {
    await expect(
      start(() => {
        throw new Error('a setting is missing');
      }),
    ).rejects.toMatchObject({
      message: expect.stringContaining('threw after 0 registered functions (a setting is missing)'),
      cause: expect.objectContaining({ message: 'a setting is missing' }),
    });
  });

  test('that registers nothing', async () => {
    await expect(start(() => undefined)).rejects.toThrow('registered no function');
  });

  test('that registers a name twice', async () => {
    await expect(
      start(app => {
        app.get('open', name('one'));
        app.get('open', name('two'));
      }),
    ).rejects.toThrow('A function with id "open" has already been registered');
  });

  test('that has a hook of the log', async () => {
    await expect(start(app => app.hook.log(() => undefined))).rejects.toThrow(
      'The hook "log" is not supported',
    );
  });

  test('that has a trigger which is not known here', async () => {
    await expect(
      start(app => app.storageBlob('b', { path: 'p', connection: 'c', handler: () => undefined })),
    ).rejects.toThrow('b: the trigger "blobTrigger" is not supported by the local host');
  });
});

test("a queue's function whose connection is not in the settings is told of, and runs on demand", async () => {
  const seen: unknown[] = [];
  const host = await start(
    app =>
      app.storageQueue('orders', {
        queueName: 'the-orders',
        connection: 'ORDERS',
        handler: message => void seen.push(message),
      }),
    { env: {} },
  );
  expect(messages()).toContainEqual(expect.stringContaining('ORDERS__queueServiceUri'));
  await host.runQueue('orders', '{"order":1}');
  await host.runQueue('orders', 'not JSON');
  expect(seen).toEqual([{ order: 1 }, 'not JSON']);
  await expect(host.runQueue('other', '')).rejects.toThrow('There is no function other of a queue');
});

test('what is registered after the app was loaded is refused', async () => {
  let register: App | undefined;
  await start(app => {
    register = app;
    app.get('open', name('open'));
  });
  expect(() => register?.get('late', name('late'))).toThrow('only be registered during app startup');
});
