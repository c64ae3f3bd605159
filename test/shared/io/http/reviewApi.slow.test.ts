import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { meRoute } from '../../../../functions/httpMe';
import { reviewRoutes } from '../../../../functions/httpRoutes';
import { version } from '../../../../shared/core/version';
import { settings } from '../../../../shared/io/configuration/settings';
import { describeApi } from '../../../../shared/io/http/openApi';
import { createHost, type FunctionsHost } from '../../../support/functionsHost/host';
import { jestApp } from '../../../support/functionsHost/jestApp';
import { startOpenIdProvider, type OpenIdProvider } from '../../../support/openIdProvider/openIdProvider';
import { pageClientId, sampleUsers } from '../../../support/openIdProvider/sampleIdentities';
import { createCertificateAuthority } from '../../../support/tls';
import { trustAuthority } from '../../../support/trust';
import { expectCommonHeaders, expectDocumented, readProblem } from './expectDocumented';

const root = path.join(__dirname, '..', '..', '..', '..');
const examples = Object.fromEntries(Object.entries(settings).map(([name, { example }]) => [name, example]));
const environment = process.env;

/** The app as the host runs it, with real HTTP between. */
describe('the part review on the Functions host', () => {
  let provider: OpenIdProvider;
  /** One for most of the tests: the app is loaded anew for each host. */
  let shared: FunctionsHost;
  let url: string;
  const hosts: FunctionsHost[] = [];
  const lines: string[] = [];

  const start = async (given: Readonly<Record<string, string>>): Promise<FunctionsHost> => {
    process.env = { ...environment, ...given };
    const host = await createHost({
      appDirectory: root,
      log: entry => lines.push(`${entry.level} ${entry.message}`),
      endWorker: reason => {
        throw reason;
      },
      loadApp: jestApp(() => require('../../../../functions')),
    });
    hosts.push(host);
    return host;
  };
  const reviewSettings = (): Record<string, string> => ({
    ...examples,
    APP_PART: 'review',
    ...provider.settings,
  });
  const bearer = (token: string): RequestInit => ({ headers: { authorization: `Bearer ${token}` } });

  beforeAll(async () => {
    const authority = await createCertificateAuthority();
    trustAuthority(authority.cert);
    const tenantId = settings.TENANT_ID.example;
    provider = await startOpenIdProvider({ certificate: await authority.issue(), tenantId });
    shared = await start(reviewSettings());
    url = `${shared.url}/api`;
  });
  afterAll(async () => {
    for (const host of hosts) await host.stop();
    await provider?.stop();
    process.env = environment;
  });
  beforeEach(() => {
    process.env = { ...environment, ...reviewSettings() };
    lines.splice(0);
  });

  test('a user who signed in learns who they are', async () => {
    const { access_token: token } = await provider.signIn('approver');
    const answer = await fetch(`${url}/me`, bearer(token));
    expect(answer.status).toBe(200);
    expect(await expectDocumented(meRoute, answer)).toEqual({
      kind: 'person',
      objectId: sampleUsers.approver.objectId,
      clientId: pageClientId,
      name: 'anna@contoso.example',
      roles: ['Orphans.Approver'],
      rolloutStage: 'reportOnly',
    });
  });

  test('an application does, too', async () => {
    const answer = await fetch(`${url}/me`, bearer(await provider.applicationToken()));
    expect(await expectDocumented(meRoute, answer)).toMatchObject({ kind: 'application', name: null });
  });

  test('a user without a role is refused', async () => {
    const { access_token: token } = await provider.signIn('nobody');
    const answer = await fetch(`${url}/me`, bearer(token));
    expect(await expectDocumented(meRoute, answer)).toMatchObject({
      status: 403,
      type: '/problems/roleMissing',
    });
  });

  test('the OpenAPI document is served to who may read', async () => {
    expect((await fetch(`${url}/openapi.json`)).status).toBe(401);
    const { access_token: token } = await provider.signIn('reader');
    const answer = await fetch(`${url}/openapi.json`, bearer(token));
    expect(await answer.json()).toEqual(describeApi(reviewRoutes, version));
  });

  test('a forged x-ms-client-principal is refused, and so are the keys of the host', async () => {
    const headers = {
      'x-ms-client-principal': Buffer.from('{"claims":[{"typ":"roles","val":"Orphans.Deleter"}]}').toString(
        'base64',
      ),
      'x-ms-client-principal-id': sampleUsers.both.objectId,
      'x-ms-token-aad-access-token': provider.forge(provider.claimsOf('both')),
      'x-functions-key': shared.masterKey,
    };
    for (const below of ['/me', '/openapi.json', '/nothing'])
      expect((await fetch(url + below, { headers })).status).toBe(401);
  });

  test('forged tokens are refused, whatever they claim', async () => {
    const claims = provider.claimsOf('both');
    const tokens = [
      provider.forge(claims, 'nothing'),
      provider.forge(claims, 'anotherKey'),
      provider.forge(claims, 'thePublicKeyAsSecret'),
      provider.forge({ ...claims, tid: randomUUID() }),
      provider.forge({ ...claims, exp: 1 }),
    ];
    for (const token of tokens) {
      const answer = await fetch(`${url}/me`, bearer(token));
      expect(await expectDocumented(meRoute, answer)).toMatchObject({
        status: 401,
        type: '/problems/tokenInvalid',
      });
    }
    expect((await fetch(`${url}/me`, bearer(provider.forge(claims)))).status).toBe(200);
    expect(lines.join('\n')).not.toContain(tokens[0]);
  });

  test('a wrong path is 404, a wrong method 405 with Allow, HEAD and OPTIONS are answered', async () => {
    const init = bearer(provider.forge(provider.claimsOf('reader')));
    const ask = (method: string, below: string): Promise<Response> => fetch(url + below, { ...init, method });
    const nothing = await ask('GET', '/nothing/here');
    expectCommonHeaders(nothing);
    expect(await readProblem(nothing)).toMatchObject({ status: 404, type: '/problems/notFound' });
    const wrong = await ask('DELETE', '/me');
    expect([wrong.status, wrong.headers.get('allow')]).toEqual([405, 'GET, HEAD, OPTIONS']);
    const head = await ask('HEAD', '/me');
    expect([head.status, head.headers.get('content-type'), await head.text()]).toEqual([
      200,
      'application/json',
      '',
    ]);
    const options = await ask('OPTIONS', '/me');
    expect([options.status, options.headers.get('allow')]).toEqual([204, 'GET, HEAD, OPTIONS']);
    expect((await ask('GET', '')).status).toBe(404);
  });

  test('health is open to anybody, and is not shadowed', async () => {
    const answer = await fetch(`${url}/health`);
    expect(await answer.json()).toMatchObject({ part: 'review' });
    expect((await fetch(`${url}/health`, { method: 'POST' })).status).toBe(401);
  });

  test.each(['AUTH_ISSUER', 'AUTH_AUDIENCE'])(
    'without %s everything but health is refused',
    async missing => {
      const other = `${(await start({ ...reviewSettings(), [missing]: '' })).url}/api`;
      const init = bearer(provider.forge(provider.claimsOf('both')));
      for (const below of ['/me', '/openapi.json', '/nothing'])
        expect(await readProblem(await fetch(other + below, init))).toMatchObject({
          status: 503,
          type: '/problems/authenticationNotConfigured',
          detail: expect.stringContaining(missing) as string,
        });
      const health = await fetch(`${other}/health`);
      expect(await health.json()).toMatchObject({
        problems: expect.arrayContaining([`setting ${missing} is missing`]) as string[],
      });
    },
  );

  test('a stop waits for what runs, and is clean', async () => {
    const host = await start(reviewSettings());
    expect((await fetch(`${host.url}/api/me`)).status).toBe(401);
    expect(await host.stop()).toEqual([]);
  });

  test('the part scan has no API', async () => {
    const { url: scan } = await start({ ...examples, ...provider.settings });
    expect((await fetch(`${scan}/api/me`, bearer(provider.forge(provider.claimsOf('both'))))).status).toBe(
      404,
    );
  });
});
