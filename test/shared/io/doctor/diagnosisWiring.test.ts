import { diagnose, noteScanDiagnosis } from '../../../../shared/io/doctor/inside/diagnosisWiring';
import { makeOrganisation } from '../../../support/organisation/makeOrganisation';
import { startServices, type PartEnvironment, type Services } from '../../../support/stack/services';
import { recordingLog } from '../http/sampleApi';

jest.setTimeout(60_000);

const environment = process.env;
const auth = {
  AUTH_ISSUER: '',
  AUTH_AUDIENCE: '5f0c7f5e-6d0e-4b57-8a3b-7d1f5d0b9a21',
};
let services: Services;
beforeAll(async () => {
  services = await startServices({ organisation: makeOrganisation({ seed: 3, objects: 20, now: Date.now() }) });
  auth.AUTH_ISSUER = `https://login.example/${services.settings['TENANT_ID']}/v2.0`;
});
afterAll(() => services?.stop());
afterEach(() => {
  process.env = environment;
});

/** As the platform starts a part: its identity endpoint stands in the environment of the process. */
const as = (part: PartEnvironment, more: Readonly<Record<string, string>> = {}) => {
  process.env = { ...environment, ...part.platform };
  return { ...part.settings, ...auth, ...more };
};
const signal = () => AbortSignal.timeout(30_000);

test('each part looks at itself by its own identities, and the review tells what the scan wrote down', async () => {
  const log = recordingLog();
  const before = await diagnose(as(services.review), log, signal());
  expect(before.scan).toBeNull();
  const note = await noteScanDiagnosis(as(services), signal());
  const { review, scan } = await diagnose(
    as(services.review, { ROLLOUT_STAGE: 'capped', QUARANTINE_DAYS: '3' }),
    log,
    signal(),
  );
  expect(scan).toEqual(note);
  const { READER_CLIENT_ID: scanReader } = services.settings;
  const { READER_CLIENT_ID: reviewReader } = services.review.settings;
  expect(note).toMatchObject({
    part: 'scan',
    deletion: null,
    identities: [{ identity: 'scanReader', clientId: scanReader, graph: { appId: scanReader } }],
  });
  expect(review).toMatchObject({
    part: 'review',
    deletion: { stage: 'capped', quarantine: true },
    organization: { kind: 'read', tenantId: services.settings['TENANT_ID'] },
    identities: [
      { identity: 'reviewReader', clientId: reviewReader, graph: { appId: reviewReader } },
      { identity: 'deleter', graph: { appId: services.review.deleterClientId } },
    ],
  });
  // Azurite knows no roles: what infra/ makes is there, and everything is allowed.
  expect(new Set(review.identities[0]?.access.map(({ write }) => write.status))).toEqual(new Set(['allowed']));
  expect(log.lines).toEqual([]);
});

test('without a deleter there is none, and what is wrong elsewhere hides nothing', async () => {
  const { review } = await diagnose(as(services.review, { DELETER_CLIENT_ID: '' }), recordingLog(), signal());
  expect(review.identities.map(({ identity }) => identity)).toEqual(['reviewReader']);
  expect(review.deletion).toEqual({ stage: 'reportOnly', quarantine: false });
});

test('wrong settings are said, all at once', async () => {
  const wrong = { ...as(services), TENANT_ID: 'contoso', DATA_BLOB_ENDPOINT: '' };
  await expect(noteScanDiagnosis(wrong, signal())).rejects.toThrow(/TENANT_ID[^]*DATA_BLOB_ENDPOINT/);
  await expect(diagnose(wrong, recordingLog(), signal())).rejects.toThrow(/TENANT_ID/);
});
