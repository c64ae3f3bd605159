import { defineFunctions } from './functionDefinition';
import type { FunctionDefinition } from './functionDefinition';
import type { Registration } from './functionsCore';

const registration = (name: string, bindings: object, more: object = {}): Registration => ({
  metadata: { name, bindings: { ...bindings }, ...more },
  callback: () => undefined,
});
const http = (name: string, trigger: object = {}): Registration =>
  registration(name, {
    httpTrigger1: {
      type: 'httpTrigger',
      direction: 'in',
      authLevel: 'anonymous',
      methods: ['GET'],
      ...trigger,
    },
    $return: { type: 'http', direction: 'out' },
  });
const timer = (name: string, trigger: object = {}): Registration =>
  registration(name, {
    timerTrigger1: { type: 'timerTrigger', direction: 'in', schedule: '0 30 1 * * *', ...trigger },
  });
const define = (
  registrations: readonly Registration[],
  settings: Record<string, string> = {},
  routePrefix = 'api',
): readonly FunctionDefinition[] => defineFunctions(registrations, { routePrefix, settings });

test('functions come in the order of their names, whatever the order of registration and the case', () => {
  const names = define([http('list'), http('Details'), timer('b'), http('a')]).map(({ name }) => name);
  expect(names).toEqual(['a', 'b', 'Details', 'list']);
});

test('the route is the prefix and the function name where none is given', () => {
  const routes = [
    ...define([http('health'), http('scan', { route: 'scans/{id}' })]),
    ...define([http('health')], {}, ''),
  ].map(definition => definition.kind === 'http' && definition.route.text);
  expect(routes).toEqual(['api/health', 'api/scans/{id}', 'health']);
});

test('a schedule may ask for a setting', () => {
  expect(define([timer('nightly', { schedule: '%SCHEDULE%' })], { SCHEDULE: '0 0 2 * * *' })).toMatchObject([
    { kind: 'timer', schedule: '0 0 2 * * *', triggerName: 'timerTrigger1' },
  ]);
});

test('two functions may share a route with different methods', () => {
  const both = [http('readItem', { route: 'item' }), http('writeItem', { route: 'item', methods: ['post'] })];
  expect(define(both)).toHaveLength(2);
});

test.each<[string, readonly Registration[], string]>([
  ['a name that begins with a digit', [http('1st')], '1st: the name is not valid'],
  ['a name that is too long', [http('a'.repeat(129))], 'the name is not valid'],
  ['the name host', [timer('Host')], 'Host: the name is not valid'],
  ['a name that the host reserves', [timer('adminTask')], 'begins with "admin" or "runtime"'],
  [
    'a route that the host reserves',
    [http('x', { route: 'Administration/x' })],
    'the route "Administration/x" begins with',
  ],
  ['a route under runtime', [http('x', { route: 'runtime/x' })], 'the route "runtime/x" begins with'],
  ['a route that does not parse', [http('x', { route: '/x' })], 'x: the route "api//x"'],
  ['names that differ in case only', [http('x'), http('X', { route: 'y' })], 'the name is used twice'],
  [
    'one route and method twice',
    [http('a', { route: 'x' }), http('b', { route: 'X' })],
    'b: the route "api/X"',
  ],
  ['an unknown authLevel', [http('x', { authLevel: 'nobody' })], 'authLevel'],
  ['runOnStartup', [timer('x', { runOnStartup: true })], 'x: runOnStartup is true'],
  ['a schedule that is none', [timer('x', { schedule: '30 1 * * *' })], 'has 5 fields'],
  ['a setting that is missing', [timer('x', { schedule: '%NONE%' })], 'asks for the setting NONE'],
  [
    'a trigger that it does not know',
    [registration('x', { q: { type: 'blobTrigger', direction: 'in' } })],
    'the trigger "blobTrigger" is not supported',
  ],
  [
    'a queue without a connection',
    [registration('x', { q: { type: 'queueTrigger', direction: 'in', queueName: 'orders' } })],
    'connection',
  ],
  [
    'a queue whose name is none',
    [
      registration('x', {
        q: { type: 'queueTrigger', direction: 'in', queueName: 'Orders', connection: 'DATA' },
      }),
    ],
    'the queue "Orders" has no valid name',
  ],
  [
    'a queue whose name is a setting that is not set',
    [
      registration('x', {
        q: { type: 'queueTrigger', direction: 'in', queueName: '%QUEUE%', connection: 'DATA' },
      }),
    ],
    'asks for the setting QUEUE',
  ],
  ['no trigger', [registration('x', { $return: { type: 'http', direction: 'out' } })], 'exactly one trigger'],
  [
    'a further binding',
    [
      registration('x', {
        t: { type: 'timerTrigger', direction: 'in' },
        table: { type: 'table', direction: 'out' },
      }),
    ],
    'the bindings table are not supported',
  ],
  [
    'a retry policy',
    [registration('x', {}, { retryOptions: { maxRetryCount: 1 } })],
    'retry policies are not supported',
  ],
])('%s is refused', (_, registrations, why) => {
  expect(() => define(registrations)).toThrow(why);
});

test('every problem of every function is reported at once', () => {
  expect(() => define([timer('x', { schedule: '' }), http('admin'), http('y')])).toThrow(/x: .*\n.*admin: /);
});
