import { readAuthentication } from '../../../../shared/io/configuration/authentication';
import { readConfiguration } from '../../../../shared/io/configuration/configuration';
import { settings } from '../../../../shared/io/configuration/settings';

const examples = Object.fromEntries(Object.entries(settings).map(([name, { example }]) => [name, example]));
const problemsOf = (more: Readonly<Record<string, string | undefined>>): unknown => {
  const reading = readAuthentication({ ...examples, ...more });
  return reading.status === 'valid' ? [] : reading.problems;
};
const tenant = settings.TENANT_ID.example;

test('the settings of the part review are read', () => {
  expect(readAuthentication(examples)).toEqual({
    status: 'valid',
    authentication: {
      tenantId: tenant,
      issuer: `https://login.microsoftonline.com/${tenant}/v2.0`,
      audience: settings.AUTH_AUDIENCE.example,
      scope: 'access_as_user',
    },
  });
});

test('the scope has a default, issuer and audience have none', () => {
  expect(problemsOf({ AUTH_SCOPE: '' })).toEqual([]);
  expect(problemsOf({ AUTH_ISSUER: ' ', AUTH_AUDIENCE: undefined })).toEqual([
    { setting: 'AUTH_ISSUER', problem: 'is missing' },
    { setting: 'AUTH_AUDIENCE', problem: 'is missing' },
  ]);
});

test.each([
  ['AUTH_ISSUER', `http://login.microsoftonline.com/${tenant}/v2.0`, 'https address'],
  ['AUTH_ISSUER', 'https://login.microsoftonline.com/common/v2.0', 'the issuer of one tenant'],
  ['AUTH_ISSUER', 'https://login.microsoftonline.com/organizations/v2.0', 'the issuer of one tenant'],
  ['AUTH_ISSUER', `https://sts.windows.net/${tenant}/`, 'the issuer of one tenant'],
  ['AUTH_ISSUER', `https://login.microsoftonline.com/${tenant}`, 'the issuer of one tenant'],
  ['AUTH_ISSUER', `https://login.microsoftonline.com/x/${tenant}/v2.0`, 'the issuer of one tenant'],
  [
    'AUTH_ISSUER',
    'https://login.microsoftonline.com/8c1f6a52-7f0b-4a3e-9a68-2f4d7b1e0c11/v2.0',
    'another tenant',
  ],
  ['AUTH_AUDIENCE', 'api://entra-orphans', 'is not a GUID'],
  ['AUTH_SCOPE', 'api://x/access_as_user', 'without api://'],
  ['AUTH_SCOPE', 'one two', 'without api://'],
])('%s = %s is refused', (setting, value, problem) => {
  expect(problemsOf({ [setting]: value })).toEqual([
    { setting, problem: expect.stringContaining(problem) as string },
  ]);
});

test('only the part review needs them', () => {
  const without = { ...examples, AUTH_ISSUER: '', AUTH_AUDIENCE: '', TENANT_ID: '' };
  const settingsOf = (part: string): unknown => {
    const reading = readConfiguration({ ...without, APP_PART: part });
    return reading.status === 'invalid' ? reading.problems.map(one => one.setting) : [];
  };
  expect(settingsOf('scan')).toEqual(['TENANT_ID']);
  expect(settingsOf('review')).toEqual(['TENANT_ID', 'AUTH_ISSUER', 'AUTH_AUDIENCE']);
});
