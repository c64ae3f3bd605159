import path from 'node:path';
import { settings } from '../../shared/io/configuration/settings';
import { createHost, type FunctionsHost } from '../support/functionsHost/host';
import { jestApp } from '../support/functionsHost/jestApp';
import { makeOrganisation } from '../support/organisation/makeOrganisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startWebhookReceiver } from '../support/webhookReceiver';
import { startServices, type Services } from '../support/stack/services';

const root = path.join(__dirname, '..', '..');
/** With a key of its own. */
const [oneSource] = JSON.parse(settings.EXPORT_SOURCES.example) as readonly object[];
const forgottenForest = { ...oneSource, source: 'forgotten-forest' };
const examples = Object.fromEntries(Object.entries(settings).map(([name, { example }]) => [name, example]));

describe('the functions, in process', () => {
  const environment = process.env;
  const lines: string[] = [];
  let host: FunctionsHost | null = null;

  const start = async (given: Readonly<Record<string, string>>): Promise<FunctionsHost> => {
    process.env = { ...environment, ...given };
    host = await createHost({
      appDirectory: root,
      log: entry => lines.push(`${entry.level} ${entry.message}`),
      endWorker: reason => {
        throw reason;
      },
      loadApp: jestApp(() => require('../../functions')),
    });
    return host;
  };
  const health = async ({
    url,
  }: FunctionsHost): Promise<[number, { problems: string[]; lastScan: unknown }]> => {
    const answer = await fetch(`${url}/api/health`);
    return [answer.status, (await answer.json()) as { problems: string[]; lastScan: unknown }];
  };

  afterEach(async () => {
    await host?.stop();
    host = null;
    process.env = environment;
    lines.splice(0);
  });

  test('without settings, health names every one that is missing, and nothing else runs', async () => {
    const started = await start({});
    const [status, answer] = await health(started);
    expect(status).toBe(503);
    expect(answer).toMatchObject({ status: 'degraded', part: null });
    const required = Object.entries(settings).flatMap(([name, one]) =>
      'fallback' in one ? [] : [`setting ${name} is missing`],
    );
    expect(answer.problems).toEqual(required);
    expect(lines.join('\n')).toContain('for example: scan');
    await expect(started.runTimer('nightlyScan')).rejects.toThrow(/nightlyScan/);
  });

  test('health says which setting is wrong, never its value', async () => {
    const [status, answer] = await health(await start({ ...examples, DATA_BLOB_ENDPOINT: 'http://secret' }));
    expect(status).toBe(503);
    expect(answer.problems).toEqual(['setting DATA_BLOB_ENDPOINT is not an https address without query']);
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  test('a part with a space beside it is that part, and one that is none is not repeated', async () => {
    const started = await start({ ...examples, APP_PART: ' scan ', TENANT_ID: 'contoso' });
    await expect(started.runTimer('nightlyScan')).rejects.toThrow(/TENANT_ID is not a GUID/);
    expect((await health(started))[1]).toMatchObject({ part: 'scan' });
    await started.stop();
    const [, answer] = await health(await start({ ...examples, APP_PART: 'S3cr3t' }));
    expect(answer).toMatchObject({ part: null, problems: ['setting APP_PART is neither scan nor review'] });
    expect(JSON.stringify(answer)).not.toContain('S3cr3t');
  });

  test('a stage that is misspelled shows in health, and keeps the app from nothing else', async () => {
    const started = await start({ ...examples, APP_PART: 'review', ROLLOUT_STAGE: 'Normal' });
    const [, answer] = await health(started);
    expect(answer.problems[0]).toMatch(/^setting ROLLOUT_STAGE is not exactly one of/);
    expect(JSON.stringify(answer)).not.toContain('Normal');
  });

  test('a scan with wrong settings fails with every problem, and touches nothing', async () => {
    const started = await start({ ...examples, TENANT_ID: 'contoso' });
    await expect(started.runTimer('nightlyScan')).rejects.toThrow(/TENANT_ID is not a GUID; for example/);
  });

  test('the part review has no scan', async () => {
    const started = await start({ ...examples, APP_PART: 'review' });
    await expect(started.runTimer('nightlyScan')).rejects.toThrow(/nightlyScan/);
  });

  describe('on the services of the embedded stack', () => {
    let services: Services;
    const organisation = makeOrganisation({ seed: 6, objects: 250, now: Date.now() });
    beforeAll(async () => {
      services = await startServices({ organisation, scanSettings: candidatesAtOnce });
    });
    afterAll(() => services?.stop());
    const scanning = (): Promise<FunctionsHost> => start({ ...services.settings, ...services.platform });

    test('the timer scans, tells what is new, and health shows the last scan', async () => {
      const receiver = await startWebhookReceiver(await services.authority.issue());
      const started = await start({
        ...services.settings,
        ...services.platform,
        NOTIFICATION_WEBHOOK_URL: receiver.url,
        NOTIFICATION_FORMAT: 'json',
      });
      await started.runTimer('nightlyScan');
      expect(receiver.messages).toEqual([
        expect.objectContaining({
          event: 'newCandidates',
          title: `${organisation.orphans.length} objects became candidates for deletion`,
        }),
      ]);
      await receiver.stop();
      expect((await services.candidates()).filter(row => row.state === 'candidate')).toHaveLength(
        organisation.orphans.length,
      );
      expect(await health(started)).toMatchObject([200, { status: 'ok', lastScan: { state: 'finished' } }]);
      expect(await started.stop()).toEqual([]);
    });

    test('health says what is missed, with counts and without the names of sources', async () => {
      const started = await scanning();
      const sources = JSON.parse(services.settings['EXPORT_SOURCES'] ?? '') as readonly object[];
      const EXPORT_SOURCES = JSON.stringify([...sources, forgottenForest]);
      process.env = { ...environment, ...services.settings, EXPORT_SOURCES, ...services.platform };
      const [status, answer] = await health(started);
      expect([status, answer.problems]).toEqual([
        200,
        [`1 of ${sources.length + 1} sources: no export was accepted for more than 26 hours`],
      ]);
    });

    test.each([
      ['it has no deleter', { DELETER_CLIENT_ID: '' }, /DELETER_CLIENT_ID is missing/],
      ['nobody may sign in', { AUTH_ISSUER: 'https://login.example' }, /AUTH_ISSUER is not the issuer/],
      ['no call may delete', { QUARANTINE_DAYS: '60' }, /QUARANTINE_DAYS is not less/],
    ])('the timer of the part review says what is missed, also where %s', async (_where, given, problem) => {
      const { TENANT_ID = '', EXPORT_SOURCES: expected = '' } = services.settings;
      const sources = JSON.parse(expected) as readonly object[];
      const started = await start({
        ...examples,
        ...services.review.settings,
        AUTH_ISSUER: `https://login.example/${TENANT_ID}/v2.0`,
        EXPORT_SOURCES: JSON.stringify([...sources, forgottenForest]),
        NOTIFICATION_WEBHOOK_URL: '',
        ...given,
        ...services.review.platform,
      });
      await expect(started.runTimer('openEnds')).rejects.toThrow(problem);
      expect((await health(started))[1].problems).toContainEqual(
        expect.stringMatching(/sources: no export was accepted/),
      );
      expect(lines).toContainEqual(
        expect.stringContaining(
          'alert missedExport: no export of forgotten-forest was accepted for 26 hours',
        ),
      );
    });

    test('a run that failed fails its invocation', async () => {
      const started = await scanning();
      const row = (await services.candidates())[0]!;
      const broken = { ...services.settings, DATA_TABLE_ENDPOINT: `${services.azurite.tableEndpoint}x` };
      process.env = { ...environment, ...broken, ...services.platform };
      await expect(started.runTimer('nightlyScan')).rejects.toThrow(/table|Table/);
      expect(await health(started)).toMatchObject([
        503,
        { problems: [expect.stringContaining('the run records can not be read')] },
      ]);
      expect((await services.candidates())[0]).toEqual(row);
    });

    test('an app that is being stopped aborts its scan and closes the record', async () => {
      const started = await scanning();
      const reached = Promise.withResolvers<void>();
      const callback = (): Promise<void> => {
        reached.resolve();
        return new Promise(() => undefined);
      };
      services.graph.faults.add({ when: { path: /^\/v1\.0\/users$/ }, do: { kind: 'run', callback } });
      const scan = started.runTimer('nightlyScan').catch((error: unknown) => String(error));
      await reached.promise;
      expect(await started.stop()).toEqual([]);
      expect(await scan).toMatch(/stopped by the host/);
      expect(await services.runs.newest(1, AbortSignal.timeout(5000))).toMatchObject([{ state: 'aborted' }]);
    });
  });
});
