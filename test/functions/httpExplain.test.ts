import path from 'node:path';
import { explainRoute } from '../../functions/httpExplain';
import { AppError } from '../../shared/core/appError';
import type { CloudObject } from '../../shared/core/cloudObject';
import { instant } from '../support/builders';
import { readScenario, type ScenarioInput } from '../support/scenario';
import { samplesOfRuns } from './sampleRuns';
import { decisions } from '../shared/core/decisions';
import { expectDocumented } from '../shared/io/http/expectDocumented';
import { ReadingApi } from './readingApi';

let api: ReadingApi;
beforeEach(async () => {
  api = await ReadingApi.open();
});

const scenario = (name: string): ScenarioInput => readScenario(path.join(__dirname, '..', 'scenarios', name));
const first = (): CloudObject => api.directory.objects[0]!;
const explained = async (object: Pick<CloudObject, 'type' | 'id'> = first()): Promise<unknown> => {
  const answer = await api.get(`/explain/${object.type}/${object.id}`);
  expect(answer.status).toBe(200);
  return await expectDocumented(explainRoute, answer, { params: { type: object.type, id: object.id } });
};

test('every key is answered with what it was tried against and what it found', async () => {
  api.shows(scenario('case-03-consistency-guid-cleared'));
  expect(await explained()).toMatchObject({
    object: { displayName: 'Ada', onPremisesLastSyncDateTime: '2026-01-01T00:00:00.000Z' },
    protection: null,
    judgement: {
      kind: 'judged',
      outcome: 'reAnchored',
      verdict: { kind: 'attention', reason: 'reAnchored' },
      explanation: expect.stringContaining('Mend the link'),
      evidence: {
        keys: expect.arrayContaining([
          expect.objectContaining({
            key: 'onPremisesImmutableId',
            against: ['objectGUID', 'mS-DS-ConsistencyGuid', 'sourceAnchor'],
            found: [],
          }),
          expect.objectContaining({
            key: 'onPremisesSecurityIdentifier',
            found: [expect.objectContaining({ matched: 'objectSid', as: 'live' })],
          }),
        ]),
      },
      evidenceHash: expect.stringMatching(/^[0-9a-f]{64}$/),
      repair: {
        kind: 'writeAnchor',
        commands: expect.arrayContaining([expect.stringContaining('Set-ADUser')]),
      },
    },
    gates: [
      { gate: 'exportPresent', source: 'contoso', passed: true, limit: 'one complete export' },
      { gate: 'exportVerified', found: 'sequence 1, 2 lines' },
    ],
    exports: [{ source: 'contoso', startedAt: '2026-11-20T00:00:00.000Z' }],
    facts: null,
    decision: null,
    lastScan: null,
  });
});

test('what is on record is beside it', async () => {
  api.shows(scenario('plain-orphan'));
  const { id, type } = first();
  await api.has({ id, type });
  await api.decisions.write({ ...decisions.approved, id, type }, null);
  api.runs.runs = [samplesOfRuns.finished];
  expect(await explained()).toMatchObject({
    facts: { id, state: 'candidate' },
    decision: { state: 'approved' },
    lastScan: { runId: samplesOfRuns.finished.runId, startedAt: '2026-11-20T02:00:00.000Z' },
  });
});

test.each([
  ['a group', 'case-04-group-moved-between-domains'],
  ['a contact', 'case-17-contact-is-a-user'],
  ['a device', 'combination-autopilot-device-and-absent'],
  ['a user of a domain that no export covers', 'case-07-forest-not-covered'],
  ['a user re-created', 'case-06-re-created-with-the-same-upn'],
  ['a user with a tombstone', 'case-15-in-the-recycle-bin'],
])('%s fits the document', async (_, name) => {
  api.shows(scenario(name));
  for (const object of api.directory.objects)
    expect(await explained(object)).toMatchObject({ judgement: { kind: 'judged' } });
});

test('an object that is not synced has no verdict', async () => {
  api.shows(scenario('case-13-authority-transferred'));
  const unsynced = api.directory.objects.find(object => object.onPremisesSyncEnabled !== true)!;
  expect(await explained(unsynced)).toMatchObject({
    judgement: { kind: 'notSynced' },
    gates: [],
    exports: [],
  });
});

test('exports that do not hold are 200, with the reasons and without a verdict', async () => {
  api.shows(scenario('case-08-export-missing'));
  expect(await explained()).toMatchObject({
    judgement: { kind: 'refused', reasons: [expect.stringContaining('There is no export')] },
    gates: expect.arrayContaining([expect.objectContaining({ gate: 'exportPresent', passed: false })]),
  });
});

test('only Graph says 404; where it does not answer, neither do we', async () => {
  const nobody = '/explain/user/00000000-0000-4000-8000-00000000dead';
  const missing = await api.get(nobody);
  expect(missing.status).toBe(404);
  await expectDocumented(explainRoute, missing);
  api.directory.readById = async () => {
    throw new AppError('graphUnavailable', 'no answer');
  };
  expect((await api.get(nobody)).status).toBe(503);
});

test('times that Graph does not know stay null', async () => {
  api.shows(scenario('plain-orphan'));
  api.directory.objects = api.directory.objects.map(object =>
    object.type === 'user'
      ? { ...object, createdDateTime: null, onPremisesLastSyncDateTime: instant('2026-01-02T00:00:00Z') }
      : object,
  );
  expect(await explained()).toMatchObject({
    object: { createdDateTime: null, onPremisesLastSyncDateTime: '2026-01-02T00:00:00.000Z' },
  });
});

test('logs no name', async () => {
  api.shows(scenario('case-06-re-created-with-the-same-upn'));
  await explained();
  expect(api.log.lines.join('\n')).not.toMatch(/ada/i);
});
