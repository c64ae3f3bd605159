import { cloudNames, clouds } from '../../../infra/grant/clouds';
import { readOptions } from '../../../infra/doctor/options';
import { readDocument } from '../../docs/markdown';
import { appId, otherTenant } from './fakeDeployment';
import { clientIds, tenantId } from './sampleDiagnosis';

/** As azd hands them over: outputs of infra/main.bicep, and what `npm run grant` keeps. */
const azd = {
  REVIEW_URL: 'https://func-review-x.azurewebsites.net',
  SCAN_APP_NAME: 'func-scan-x',
  AUTH_AUDIENCE: appId,
  TENANT_ID: tenantId,
  AUTH_ISSUER: `https://login.microsoftonline.com/${tenantId}/v2.0`,
  GRAPH_ENDPOINT: 'https://graph.microsoft.com',
  DATA_BLOB_ENDPOINT: 'https://stdata.blob.core.windows.net',
  SCAN_READER_CLIENT_ID: clientIds.scanReader,
  REVIEW_READER_CLIENT_ID: clientIds.reviewReader,
  DELETER_CLIENT_ID: clientIds.deleter,
};
const basic = ['--review-url', 'https://app.example', '--app-id', appId, '--tenant', tenantId];

const read = (args: readonly string[], environment: Record<string, string> = {}) => {
  const reading = readOptions(args, environment);
  if (reading.kind !== 'options') throw new Error(JSON.stringify(reading));
  return reading.options;
};
const problems = (args: readonly string[], environment: Record<string, string> = {}): readonly string[] => {
  const reading = readOptions(args, environment);
  return reading.kind === 'invalid' ? reading.problems : [];
};

test("azd's environment is enough", () => {
  expect(read([], azd)).toEqual({
    reviewUrl: azd.REVIEW_URL,
    scanUrl: 'https://func-scan-x.azurewebsites.net',
    appId,
    tenantId,
    graphEndpoint: azd.GRAPH_ENDPOINT,
    issuer: azd.AUTH_ISSUER,
    blobEndpoint: azd.DATA_BLOB_ENDPOINT,
    clientIds,
    sendGraphToken: false,
    otherTenant: null,
    json: false,
    verbose: false,
  });
});

test('what is read from the environment is an output of the template, but what grant keeps', () => {
  const template = readDocument('infra/main.bicep');
  for (const name of Object.keys(azd).filter(one => one !== 'AUTH_AUDIENCE'))
    expect(template).toMatch(new RegExp(`^output ${name} string`, 'm'));
});

test('options come before the environment', () => {
  const options = read(
    [...basic, '--scan-url', 'https://scan.example', '--cloud', 'china', '--json', '--verbose'],
    { ...azd, GRANT_CLOUD: 'moon' },
  );
  expect(options).toMatchObject({
    reviewUrl: 'https://app.example',
    scanUrl: 'https://scan.example',
    json: true,
    verbose: true,
  });
});

test.each(cloudNames)('in %s, what is not given follows from the cloud', cloud => {
  const options = read(basic, { GRANT_CLOUD: cloud, SCAN_APP_NAME: 'func-scan-x' });
  const block =
    readDocument('infra/shared/clouds.bicep').split(new RegExp(`^ {2}'?${cloud}'?: \\{$`, 'm'))[1] ?? '';
  const [, sites] = /sites: '([\w.]+)'/.exec(block) ?? [];
  expect(options.scanUrl).toBe(`https://func-scan-x.${sites}`);
  expect(options.issuer).toBe(`${clouds[cloud].login}/${tenantId}/v2.0`);
  expect(options.graphEndpoint).toBe(clouds[cloud].graph);
  expect(options.blobEndpoint).toBeNull();
  expect(options.clientIds).toEqual({});
});

test('the application id may be the identifier', () => {
  expect(read([...basic, '--app-id', `api://${appId}`]).appId).toBe(appId);
  expect(read(basic).scanUrl).toBeNull();
  expect(read(['--send-graph-token', '--other-tenant', otherTenant, ...basic]).otherTenant).toBe(otherTenant);
});

test.each([
  [['--review-url', 'http://app.example'], '--review-url'],
  [['--review-url', 'https://app.example/api'], '--review-url'],
  [['--review-url', 'app.example'], '--review-url'],
  [['--scan-url', 'http://scan.example'], '--scan-url'],
  [['--tenant', 'contoso.example'], '--tenant'],
  [['--app-id', 'entra-orphans'], '--app-id'],
  [['--cloud', 'moon'], '--cloud must be one of global'],
  [['--other-tenant', otherTenant], '--send-graph-token'],
  [['--send-graph-token', '--other-tenant', tenantId], 'another tenant'],
  [['--send-graph-token', '--other-tenant', 'x'], '--other-tenant must be the id'],
  [['--unknown'], 'unknown'],
  [['word'], 'word'],
])('%j is refused', (args, why) => {
  expect(problems([...basic, ...args]).join('\n')).toContain(why);
});

test('an identity of the environment that is none is refused; without anything, all that is missing is said', () => {
  expect(problems(basic, { DELETER_CLIENT_ID: 'x' })).toEqual(['DELETER_CLIENT_ID must be a GUID']);
  expect(problems([])).toHaveLength(3);
});

test('--help comes first', () => {
  expect(readOptions(['--help', '--tenant', 'x'], {}).kind).toBe('help');
});
