import { readOptions, type VerifyTenantOptions } from '../../../../shared/io/tenantChecks/options';
import { idOf, tenantId } from '../../../support/graph/testGraph';
import { exportSources } from './sampleTenant';

const tenant = ['--tenant', tenantId];

function optionsOf(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): VerifyTenantOptions {
  const reading = readOptions(args, environment);
  if (reading.kind === 'options') return reading.options;
  throw new Error(reading.kind === 'help' ? 'help' : reading.problems.join('\n'));
}
const problemsOf = (args: readonly string[], environment: Readonly<Record<string, string>> = {}): string =>
  String(Object.entries(readOptions(args, environment)).find(([name]) => name === 'problems')?.[1] ?? '');

test('the least that is needed is the tenant', () => {
  expect(optionsOf(tenant)).toEqual({
    tenantId,
    signIn: { kind: 'az', tenantId },
    graphEndpoint: 'https://graph.microsoft.com',
    authority: 'https://login.microsoftonline.com',
    exports: null,
    api: null,
    wanted: { user: new Set(), group: new Set(), contact: new Set(), device: new Set() },
    minutes: 0,
    json: false,
    verbose: false,
  });
});

test("the app's settings stand in for what is not given", () => {
  const environment = {
    TENANT_ID: tenantId,
    READER_CLIENT_ID: idOf(8),
    GRAPH_ENDPOINT: 'https://graph.microsoft.us',
    DATA_BLOB_ENDPOINT: 'https://data.blob.core.windows.net/',
    EXPORT_SOURCES: exportSources,
  };
  const options = optionsOf(['--sign-in', 'identity'], environment);
  expect(options).toMatchObject({
    tenantId,
    signIn: { kind: 'identity', clientId: idOf(8) },
    graphEndpoint: 'https://graph.microsoft.us',
    exports: { blobEndpoint: 'https://data.blob.core.windows.net' },
  });
  expect(options.exports?.sources.map(({ source }) => source)).toEqual(['contoso', 'fabrikam']);
  const given = optionsOf(
    ['--sign-in', 'identity', '--client-id', idOf(9), '--cloud', 'china', ...tenant],
    environment,
  );
  expect(given).toMatchObject({
    signIn: { clientId: idOf(9) },
    graphEndpoint: 'https://microsoftgraph.chinacloudapi.cn',
    authority: 'https://login.partner.microsoftonline.cn',
  });
});

test.each([
  ['usGov', 'https://graph.microsoft.us', 'https://login.microsoftonline.us'],
  ['usGovDod', 'https://dod-graph.microsoft.us', 'https://login.microsoftonline.us'],
])('the cloud %s has its endpoints', (cloud, graphEndpoint, authority) => {
  expect(optionsOf([...tenant, '--cloud', cloud])).toMatchObject({ graphEndpoint, authority });
});

test.each([
  ['0', 0],
  ['60', 60],
])('--minutes %s', (text, minutes) => {
  expect(optionsOf([...tenant, '--minutes', text]).minutes).toBe(minutes);
});

test('objects are named by type and id, in either case', () => {
  const { wanted } = optionsOf([
    ...tenant,
    '--object',
    `user/${idOf(1).toUpperCase()}`,
    '--object',
    `device/${idOf(2)}`,
  ]);
  expect([wanted.user, wanted.device]).toEqual([new Set([idOf(1)]), new Set([idOf(2)])]);
});

test.each([
  [[], {}, '--tenant'],
  [[...tenant, '--minutes', '61'], {}, '--minutes'],
  [[...tenant, '--minutes', '-1'], {}, '--minutes'],
  [[...tenant, '--minutes', 'x'], {}, '--minutes'],
  [[...tenant, '--object', 'user'], {}, '--object'],
  [[...tenant, '--object', `person/${idOf(1)}`], {}, '--object'],
  [[...tenant, '--sign-in', 'identity'], {}, '--sign-in'],
  [[...tenant, '--sign-in', 'me'], {}, '--sign-in'],
  [[...tenant, '--cloud', 'mars'], {}, '--cloud'],
  [[...tenant, '--graph-endpoint', 'https://graph.example/v1.0'], {}, '--graph-endpoint'],
  [[...tenant, '--authority', 'http://login.example'], {}, '--authority'],
  [
    [...tenant, '--data-blob-endpoint', 'http://x'],
    { EXPORT_SOURCES: exportSources },
    '--data-blob-endpoint',
  ],
  [[...tenant, '--data-blob-endpoint', 'https://x.example'], {}, 'EXPORT_SOURCES'],
  [[...tenant, 'more'], {}, 'more'],
])('%j with %j is refused: %s', (args, environment, said) => {
  expect(problemsOf(args, environment as Record<string, string>)).toContain(said);
});

test('--help is enough', () => {
  expect(readOptions(['--help'], {})).toEqual({ kind: 'help' });
});

test.each([
  [[], { GRAPH_ENDPOINT: 'https://graph.microsoft.us' }, 'https://login.microsoftonline.us'],
  [
    [],
    { GRAPH_ENDPOINT: 'https://microsoftgraph.chinacloudapi.cn/' },
    'https://login.partner.microsoftonline.cn',
  ],
  [['--graph-endpoint', 'https://dod-graph.microsoft.us'], {}, 'https://login.microsoftonline.us'],
  [['--graph-endpoint', 'https://graph.example'], {}, 'https://login.microsoftonline.com'],
  [
    ['--cloud', 'global'],
    { GRAPH_ENDPOINT: 'https://graph.microsoft.us' },
    'https://login.microsoftonline.com',
  ],
])(
  "an endpoint of Graph that is a cloud's own has that cloud's authority: %j %j",
  (args, environment, authority) => {
    expect(optionsOf([...tenant, ...args], environment as Record<string, string>).authority).toBe(authority);
  },
);
