import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readHostConfiguration } from './hostConfiguration';

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'host-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const reading = (content: object): ReturnType<typeof readHostConfiguration> => {
  writeFileSync(join(directory, 'host.json'), JSON.stringify(content));
  return readHostConfiguration(directory);
};

test('what host.json leaves out has the defaults of Azure Functions 4', () => {
  expect(reading({ version: '2.0' })).toEqual({
    routePrefix: 'api',
    functionTimeoutMs: 30 * 60 * 1000,
    lowestLogLevel: 'information',
    queues: { maxDequeueCount: 5, visibilityTimeoutSeconds: 0, messageEncoding: 'base64' },
  });
});

test('what host.json says is taken', () => {
  expect(
    reading({
      version: '2.0',
      functionTimeout: '1.01:02:03',
      extensions: {
        http: { routePrefix: '/v1/' },
        queues: { maxDequeueCount: 2, visibilityTimeout: '00:01:00', messageEncoding: 'none', batchSize: 1 },
      },
      logging: { logLevel: { default: 'Warning' } },
    }),
  ).toEqual({
    routePrefix: 'v1',
    functionTimeoutMs: (((24 + 1) * 60 + 2) * 60 + 3) * 1000,
    lowestLogLevel: 'warning',
    queues: { maxDequeueCount: 2, visibilityTimeoutSeconds: 60, messageEncoding: 'none' },
  });
  expect(reading({ version: '2.0', functionTimeout: '-1' }).functionTimeoutMs).toBeNull();
});

test.each([
  [{}, 'version'],
  [{ version: '1.0' }, '2.0'],
  [{ version: '2.0', functionTimeout: '10' }, 'hh:mm:ss is expected'],
  [{ version: '2.0', logging: { logLevel: { default: 'information' } } }, 'Information'],
])('%j is refused', (content, why) => {
  expect(() => reading(content)).toThrow(why);
});
