import { readConfiguration, toleratedProblems } from '../../../../shared/io/configuration/configuration';
import { readDeletionConfiguration } from '../../../../shared/io/configuration/deletion';
import type { Environment } from '../../../../shared/io/configuration/readSetting';
import { settings } from '../../../../shared/io/configuration/settings';

const examples: Environment = {
  ...Object.fromEntries(Object.entries(settings).map(([name, { example }]) => [name, example])),
  APP_PART: 'review',
};
const deletion = (given: Environment) => {
  const reading = readDeletionConfiguration({ ...examples, ...given });
  if (reading.status === 'invalid') throw new Error(JSON.stringify(reading.problems));
  return reading.deletion;
};
const problemsOf = (given: Environment): string[] => {
  const reading = readDeletionConfiguration({ ...examples, ...given });
  return reading.status === 'invalid' ? reading.problems.map(one => `${one.setting} ${one.problem}`) : [];
};

const review = (given: Environment): Environment => ({ ...examples, ...given });
const toleratedIn = (given: Environment): string[] =>
  toleratedProblems(review(given)).map(one => `${one.setting} ${one.problem}`);

test.each([undefined, '', 'reportOnly'])('nothing is deleted where ROLLOUT_STAGE is %j', ROLLOUT_STAGE => {
  expect(deletion({ ROLLOUT_STAGE }).rollout.stage).toBe('reportOnly');
  expect(toleratedIn({ ROLLOUT_STAGE })).toEqual([]);
});

test.each(['true', 'Normal', 'NORMAL', ' normal', 'normal ', 'normal\n', ' ', 'off', 'capped,normal'])(
  'ROLLOUT_STAGE %j is a problem, and means reportOnly; the rest of the app goes on',
  ROLLOUT_STAGE => {
    expect(deletion({ ROLLOUT_STAGE }).rollout.stage).toBe('reportOnly');
    expect(toleratedIn({ ROLLOUT_STAGE })).toEqual([
      'ROLLOUT_STAGE is not exactly one of reportOnly, testObjects, capped, normal, so that reportOnly holds',
    ]);
    expect(readConfiguration(review({ ROLLOUT_STAGE })).status).toBe('valid');
  },
);

test('a stage counts where it is written exactly', () => {
  for (const ROLLOUT_STAGE of ['testObjects', 'capped', 'normal'])
    expect(deletion({ ROLLOUT_STAGE }).rollout.stage).toBe(ROLLOUT_STAGE);
});

test('in the stage capped, the smaller of both limits holds', () => {
  const ROLLOUT_STAGE = 'capped';
  expect(deletion({ ROLLOUT_STAGE })).toMatchObject({
    perCall: 5,
    limits: { perDay: 10, perType: { user: 5, group: 5, contact: 5, device: 5 } },
  });
  expect(
    deletion({
      ROLLOUT_STAGE,
      DELETIONS_PER_CALL: '2',
      DELETIONS_PER_DAY: '3',
      DELETIONS_PER_DAY_AND_TYPE: 'user=1,group=9',
    }),
  ).toMatchObject({
    perCall: 2,
    limits: { perDay: 3, perType: { user: 1, group: 5, contact: 0, device: 0 } },
  });
});

const guid = '0b9d6f3e-1c5a-4e0d-9a55-8f7b6c5d4e3f';
test('objects to try with are named by type and id', () => {
  const { rollout } = deletion({ ROLLOUT_TEST_OBJECTS: `user/{${guid.toUpperCase()}}, group/${guid}` });
  expect(rollout.testObjects).toEqual(new Set([`user/${guid}`, `group/${guid}`]));
  expect(toleratedIn({ ROLLOUT_STAGE: 'testObjects', ROLLOUT_TEST_OBJECTS: `user/${guid}` })).toEqual([]);
});

test.each([guid, `users/${guid}`, `user/${guid};group/${guid}`, `user/${guid},`, 'user/*', 'all'])(
  'a list of test objects that can not be read names nothing: %j',
  ROLLOUT_TEST_OBJECTS => {
    expect(deletion({ ROLLOUT_TEST_OBJECTS }).rollout.testObjects).toEqual(new Set());
    expect(toleratedIn({ ROLLOUT_TEST_OBJECTS })).toEqual([
      'ROLLOUT_TEST_OBJECTS is neither none nor a list as user/<id>,group/<id>, so that it names nothing',
    ]);
  },
);

test('the stage testObjects without test objects is a problem; the part scan reads neither', () => {
  const given = { ROLLOUT_STAGE: 'testObjects', ROLLOUT_TEST_OBJECTS: 'none' };
  expect(toleratedIn(given)).toEqual([
    'ROLLOUT_TEST_OBJECTS names no object, while ROLLOUT_STAGE is testObjects',
  ]);
  expect(toleratedIn({ ...given, APP_PART: 'scan' })).toEqual([]);
});

test('without settings, everything is strict', () => {
  const { deleterClientId, ...strict } = deletion({
    ROLLOUT_STAGE: undefined,
    ROLLOUT_TEST_OBJECTS: undefined,
    DELETIONS_PER_CALL: undefined,
    DELETIONS_PER_DAY: undefined,
    DELETIONS_PER_DAY_AND_TYPE: undefined,
    FOUR_EYES_TYPES: undefined,
    QUARANTINE_DAYS: undefined,
    CONTACTS_THROUGH_BETA: undefined,
  });
  expect(deleterClientId).toBe(settings.DELETER_CLIENT_ID.example);
  expect(strict).toEqual({
    rollout: { stage: 'reportOnly', testObjects: new Set() },
    perCall: 50,
    limits: { perDay: 100, perType: { user: 50, group: 20, contact: 20, device: 50 } },
    fourEyesTypes: new Set(),
    quarantineDays: 0,
    contactsThroughBeta: false,
  });
});

test('lists of types', () => {
  expect(deletion({ FOUR_EYES_TYPES: 'device, user' }).fourEyesTypes).toEqual(new Set(['user', 'device']));
  expect(deletion({ DELETIONS_PER_DAY_AND_TYPE: 'device=3' }).limits.perType).toEqual({
    user: 0,
    group: 0,
    contact: 0,
    device: 3,
  });
});

test.each([
  [{ DELETIONS_PER_CALL: '0' }, 'DELETIONS_PER_CALL is not from 1 to 500'],
  [{ DELETIONS_PER_CALL: '501' }, 'DELETIONS_PER_CALL is not from 1 to 500'],
  [{ DELETIONS_PER_DAY: '-1' }, 'DELETIONS_PER_DAY is not a whole number'],
  [{ FOUR_EYES_TYPES: 'user,user' }, 'FOUR_EYES_TYPES is neither none nor'],
  [{ FOUR_EYES_TYPES: 'users' }, 'FOUR_EYES_TYPES is neither none nor'],
  [{ DELETIONS_PER_DAY_AND_TYPE: 'user' }, 'DELETIONS_PER_DAY_AND_TYPE is not a list'],
  [{ DELETIONS_PER_DAY_AND_TYPE: 'user=1,user=2' }, 'DELETIONS_PER_DAY_AND_TYPE is not a list'],
  [{ DELETIONS_PER_DAY_AND_TYPE: 'mailbox=1' }, 'DELETIONS_PER_DAY_AND_TYPE is not a list'],
  [{ QUARANTINE_DAYS: '14' }, 'QUARANTINE_DAYS is not less than APPROVAL_DAYS'],
  [{ DELETER_CLIENT_ID: undefined }, 'DELETER_CLIENT_ID is missing'],
  [
    { DELETER_CLIENT_ID: `{${settings.READER_CLIENT_ID.example.toUpperCase()}}` },
    'DELETER_CLIENT_ID is the identity of READER_CLIENT_ID',
  ],
  [
    { READER_CLIENT_ID: ` ${settings.DELETER_CLIENT_ID.example} ` },
    'DELETER_CLIENT_ID is the identity of READER_CLIENT_ID',
  ],
] as const)('%j is a problem, in health too', (given, problem) => {
  expect(problemsOf(given)).toEqual([expect.stringContaining(problem)]);
  const reading = readConfiguration({ ...examples, ROLLOUT_STAGE: 'testObjects', ...given });
  expect(reading).toMatchObject({ status: 'invalid', problems: [{ setting: problem.split(' ')[0] }] });
});

test('a quarantine up to the day before the approval ends', () => {
  expect(deletion({ QUARANTINE_DAYS: '13' }).quarantineDays).toBe(13);
});

test('the deleter may be missing while deletion is off, and in the part scan', () => {
  expect(readConfiguration({ ...examples, DELETER_CLIENT_ID: '' }).status).toBe('valid');
  expect(readConfiguration({ ...examples, QUARANTINE_DAYS: 'x', DELETER_CLIENT_ID: '' })).toMatchObject({
    status: 'invalid',
    problems: [{ setting: 'QUARANTINE_DAYS' }],
  });
  expect(readConfiguration({ ...examples, APP_PART: 'scan', QUARANTINE_DAYS: 'x' }).status).toBe('valid');
});

test('a setting that others read too is reported once', () => {
  const reading = readConfiguration({ ...examples, APPROVAL_DAYS: 'x', CONTACTS_THROUGH_BETA: 'x' });
  expect(reading.status === 'invalid' && reading.problems.map(one => one.setting)).toEqual([
    'APPROVAL_DAYS',
    'CONTACTS_THROUGH_BETA',
  ]);
});
