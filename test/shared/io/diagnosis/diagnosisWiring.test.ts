import { diagnose } from '../../../../shared/io/diagnosis/diagnosisWiring';
import { writeScanNote } from '../../../../shared/io/diagnosis/scanNote';
import { containerNames } from '../../../../shared/io/storageNames';
import { makeOrganisation } from '../../../support/organisation/makeOrganisation';
import { startServices, type Services } from '../../../support/stack/services';
import { recordingLog } from '../http/sampleApi';
import { partOf } from '../../../infra/doctor/sampleDiagnosis';

jest.setTimeout(60_000);

const environment = process.env;
let services: Services;
let review: Readonly<Record<string, string>>;
beforeAll(async () => {
  services = await startServices({
    organisation: makeOrganisation({ seed: 3, objects: 200, now: Date.now() }),
  });
  // The platform puts the identity endpoint into the environment of the process. (One for each test file: the SDK keeps it.)
  process.env = { ...environment, ...services.review.platform };
  review = {
    ...services.review.settings,
    AUTH_ISSUER: `https://login.example/${services.settings['TENANT_ID']}/v2.0`,
    AUTH_AUDIENCE: '5f0c7f5e-6d0e-4b57-8a3b-7d1f5d0b9a21',
  };
});
afterAll(async () => {
  process.env = environment;
  await services?.stop();
});

const signal = () => AbortSignal.timeout(30_000);
const diagnosed = (more: Readonly<Record<string, string>> = {}) =>
  diagnose({ ...review, ...more }, recordingLog(), signal());

test('the part review looks at itself by its own identities', async () => {
  const found = await diagnosed({ ROLLOUT_STAGE: 'capped', QUARANTINE_DAYS: '3' });
  const { READER_CLIENT_ID: reader } = services.review.settings;
  expect(found.review).toMatchObject({
    part: 'review',
    deletion: { stage: 'capped', quarantine: true },
    organization: { kind: 'read', tenantId: services.settings['TENANT_ID'] },
    identities: [
      { identity: 'reviewReader', clientId: reader, graph: { appId: reader } },
      { identity: 'deleter', graph: { appId: services.review.deleterClientId } },
    ],
  });
  // Azurite knows no roles: what infra/ makes is there, and everything is allowed.
  const writes = found.review.identities[0]?.access.map(({ write }) => write.status);
  expect(new Set(writes)).toEqual(new Set(['allowed']));
});

test('it tells what the part scan wrote down, if anything', async () => {
  expect((await diagnosed()).scan).toBeNull();
  const note = partOf('scan', Date.now());
  await writeScanNote(services.blobs.getContainerClient(containerNames.evidence), note, signal());
  expect((await diagnosed()).scan).toEqual(note);
});

test('without a deleter there is none; by default nothing is deleted', async () => {
  const found = await diagnosed({ DELETER_CLIENT_ID: '' });
  expect(found.review.identities.map(({ identity }) => identity)).toEqual(['reviewReader']);
  expect(found.review.deletion).toEqual({ stage: 'reportOnly', quarantine: false });
});

test('wrong settings are said, all at once', async () => {
  await expect(diagnosed({ TENANT_ID: 'contoso', DATA_BLOB_ENDPOINT: '' })).rejects.toThrow(
    /TENANT_ID[^]*DATA_BLOB_ENDPOINT/,
  );
});
