import {
  readConfiguration,
  readDeletionConfiguration,
  settings,
  type Environment,
} from '../../../shared/io/configuration';

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

test.each([undefined, '', 'false', 'True', 'TRUE', ' true', 'true ', '1', 'yes', 'true\n'])(
  'deletion is off where DELETION_ENABLED is %j',
  DELETION_ENABLED => expect(deletion({ DELETION_ENABLED }).enabled).toBe(false),
);

test('deletion is on where DELETION_ENABLED is exactly true', () => {
  expect(deletion({ DELETION_ENABLED: 'true' }).enabled).toBe(true);
});

test('without settings, everything is strict', () => {
  const { deleterClientId, ...strict } = deletion({
    DELETION_ENABLED: undefined,
    DELETIONS_PER_CALL: undefined,
    DELETIONS_PER_DAY: undefined,
    DELETIONS_PER_DAY_AND_TYPE: undefined,
    FOUR_EYES_TYPES: undefined,
    QUARANTINE_DAYS: undefined,
    CONTACTS_THROUGH_BETA: undefined,
  });
  expect(deleterClientId).toBe(settings.DELETER_CLIENT_ID.example);
  expect(strict).toEqual({
    enabled: false,
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
] as const)('%j is a problem, in health too', (given, problem) => {
  expect(problemsOf(given)).toEqual([expect.stringContaining(problem)]);
  const reading = readConfiguration({ ...examples, DELETION_ENABLED: 'true', ...given });
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
