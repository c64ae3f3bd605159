import path from 'node:path';
import { settings } from '../../shared/io/configuration';
import { createHost, type FunctionsHost } from '../support/functionsHost/host';
import { jestApp } from '../support/functionsHost/jestApp';
import { makeOrganisation } from '../support/organisation/makeOrganisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startServices, type Services } from '../support/stack/services';

const root = path.join(__dirname, '..', '..');
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

    test('the timer scans, and health shows the last scan', async () => {
      const started = await scanning();
      await started.runTimer('nightlyScan');
      expect((await services.candidates()).filter(row => row.state === 'candidate')).toHaveLength(
        organisation.orphans.length,
      );
      expect(await health(started)).toMatchObject([200, { status: 'ok', lastScan: { state: 'finished' } }]);
      expect(await started.stop()).toEqual([]);
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
