import path from 'node:path';
import { readScanNote } from '../../shared/io/diagnosis/scanNote';
import { containerNames } from '../../shared/io/storageNames';
import { recordingLog } from '../shared/io/http/sampleApi';
import { createHost, type FunctionsHost } from '../support/functionsHost/host';
import { jestApp } from '../support/functionsHost/jestApp';
import { makeOrganisation } from '../support/organisation/makeOrganisation';
import { startServices, type Services } from '../support/stack/services';

jest.setTimeout(60_000);

const environment = process.env;
const lines: string[] = [];
let services: Services;
let host: FunctionsHost | null = null;
beforeAll(async () => {
  services = await startServices({
    organisation: makeOrganisation({ seed: 3, objects: 200, now: Date.now() }),
  });
});
afterEach(async () => {
  await host?.stop();
  host = null;
  process.env = environment;
});
afterAll(() => services?.stop());

const start = async (given: Readonly<Record<string, string>>): Promise<FunctionsHost> => {
  process.env = { ...environment, ...services.platform, ...services.settings, ...given };
  host = await createHost({
    appDirectory: path.join(__dirname, '..', '..'),
    log: ({ message }) => void lines.push(message),
    endWorker: reason => {
      throw reason;
    },
    loadApp: jestApp(() => require('../../functions')),
  });
  return host;
};

test('the part scan looks at itself and writes down what it found, and no run record', async () => {
  const started = await start({});
  await started.runTimer('scanDiagnosis');
  expect(lines.join('\n')).toContain('Looked at 1 identity of this part.');
  const evidence = services.blobs.getContainerClient(containerNames.evidence);
  const note = await readScanNote(evidence, recordingLog(), AbortSignal.timeout(10_000));
  const { READER_CLIENT_ID: reader, TENANT_ID: tenantId } = services.settings;
  expect(note).toMatchObject({
    part: 'scan',
    tenantId,
    organization: { kind: 'read', tenantId },
    deletion: null,
    identities: [{ identity: 'scanReader', clientId: reader, graph: { appId: reader } }],
  });
  expect(await services.runs.newest(1, AbortSignal.timeout(10_000))).toEqual([]);
});

test('with wrong settings it fails, and says them all', async () => {
  const started = await start({ TENANT_ID: 'contoso' });
  await expect(started.runTimer('scanDiagnosis')).rejects.toThrow(/TENANT_ID is not a GUID/);
});

test('the part review has no such timer', async () => {
  const started = await start({ APP_PART: 'review' });
  await expect(started.runTimer('scanDiagnosis')).rejects.toThrow(/scanDiagnosis/);
});
