import { azdValuesOf, readAzdEnvironment } from '../../../infra/doctor/azdEnvironment';

const printed = [
  'AZURE_ENV_NAME="production"',
  'REVIEW_URL="https://func-review-x.azurewebsites.net"',
  'SCAN_SCHEDULE="0 0 2 * * *"',
  String.raw`EXPORT_SOURCES="[{\"source\":\"contoso\"}]"`,
  'EMPTY=""',
  '',
  'WARNING: a new version of azd is there',
].join('\n');

test('the values of azd are read as they were set', () => {
  expect(azdValuesOf(printed.replaceAll('\n', '\r\n'))).toEqual({
    AZURE_ENV_NAME: 'production',
    REVIEW_URL: 'https://func-review-x.azurewebsites.net',
    SCAN_SCHEDULE: '0 0 2 * * *',
    EXPORT_SOURCES: '[{"source":"contoso"}]',
    EMPTY: '',
  });
});

test.each([
  [{ kind: 'ended', code: 0, stdout: 'A="1"', stderr: '' }, { A: '1' }],
  [{ kind: 'ended', code: 1, stdout: 'A="1"', stderr: 'no environment' }, {}],
  [{ kind: 'notFound' }, {}],
] as const)('%j: %j', async (result, values) => {
  const asked: unknown[] = [];
  const run = async (...given: readonly unknown[]) => {
    asked.push(given.slice(0, 2));
    return result;
  };
  expect(await readAzdEnvironment({ run }, AbortSignal.timeout(1_000))).toEqual(values);
  expect(asked).toEqual([['azd', ['env', 'get-values']]]);
});
