import { readFileSync } from 'node:fs';
import path from 'node:path';
import { defaultGateLimits } from '../../../../shared/core/gates/limits';
import { version } from '../../../../shared/core/version';
import { defaultWaitingRules } from '../../../../shared/core/waiting';
import { readConfiguration, toleratedProblems } from '../../../../shared/io/configuration/configuration';
import { readNotification } from '../../../../shared/io/configuration/notification';
import { configurationError, type Environment } from '../../../../shared/io/configuration/readSetting';
import { readReviewConfiguration } from '../../../../shared/io/configuration/review';
import { settings } from '../../../../shared/io/configuration/settings';

const root = path.join(__dirname, '..', '..', '..', '..');
const readJson = (file: string): unknown => JSON.parse(readFileSync(path.join(root, file), 'utf8'));
const sample = (readJson('local.settings.sample.json') as { Values: Record<string, string> }).Values;

/** Settings of the Functions host itself; the app does not read them. */
const platformSettings = [
  'FUNCTIONS_WORKER_RUNTIME',
  'AzureWebJobsStorage',
  'languageWorkers__node__arguments',
  'SCAN_REQUESTS__queueServiceUri',
  'SCAN_REQUESTS__credential',
  'SCAN_REQUESTS__clientId',
];

const examples: Environment = Object.fromEntries(
  Object.entries(settings).map(([name, { example }]) => [name, example]),
);

const problemsOf = (environment: Environment): Record<string, string> => {
  const reading = readConfiguration(environment);
  return reading.status === 'valid'
    ? {}
    : Object.fromEntries(reading.problems.map(one => [one.setting, one.problem]));
};

const twin = '6f3e0a52-1b7c-4d8e-9f60-2a4b6c8d0e1f';
const twentyOne = Array.from({ length: 21 }, (_, n) => `${twin.slice(0, -2)}${n + 10}`).join(', ');

describe('configuration', () => {
  test('local.settings.sample.json lists exactly the settings that are read, and is valid', () => {
    expect(Object.keys(sample).sort()).toEqual([...Object.keys(settings), ...platformSettings].sort());
    expect(readConfiguration(sample).status).toBe('valid');
  });

  test('every example is valid', () => expect(problemsOf(examples)).toEqual({}));

  test('every setting is read into its place', () => {
    const reading = readConfiguration({
      ...examples,
      TENANT_ID: `{${examples['TENANT_ID']?.toUpperCase()}}`,
      DATA_TABLE_ENDPOINT: 'https://127.0.0.1:1/account/',
    });
    if (reading.status === 'invalid') throw new Error('invalid');
    expect(reading.configuration).toMatchObject({
      part: 'scan',
      tenantId: examples['TENANT_ID'],
      graphEndpoint: 'https://graph.microsoft.com',
      readerClientId: examples['READER_CLIENT_ID'],
      blobEndpoint: examples['DATA_BLOB_ENDPOINT'],
      tableEndpoint: 'https://127.0.0.1:1/account',
      scanSchedule: examples['SCAN_SCHEDULE'],
      cloudSyncServicePrincipalIds: [examples['CLOUD_SYNC_SERVICE_PRINCIPAL_IDS']],
      waitingRules: defaultWaitingRules,
      sources: [{ source: 'contoso', publicKeys: [{ keyId: '2026-11' }] }],
    });
    expect(reading.configuration.sources[0]?.publicKeys[0]?.publicKey.asymmetricKeyType).toBe('ed25519');
  });

  test('what has a default may be left out, or be empty', () => {
    const reading = readConfiguration({
      ...examples,
      SCAN_SCHEDULE: ' ',
      GRAPH_ENDPOINT: undefined,
      CLOUD_SYNC_SERVICE_PRINCIPAL_IDS: '',
    });
    expect(reading).toMatchObject({
      configuration: {
        cloudSyncServicePrincipalIds: [],
        scanSchedule: '0 0 2 * * *',
        graphEndpoint: 'https://graph.microsoft.com',
      },
    });
  });

  test.each([
    ['', {}],
    ['{}', {}],
    ['{"graceDays":0}', { graceDays: 0 }],
    ['{"recycleBinDays":365,"consecutiveRuns":30}', { recycleBinDays: 365, consecutiveRuns: 30 }],
    [
      '{"consecutiveRuns":1,"graceDays":365,"recycleBinDays":0}',
      { consecutiveRuns: 1, graceDays: 365, recycleBinDays: 0 },
    ],
    ['{"synchronisation":"notAsked"}', { synchronisation: 'notAsked' }],
  ])('WAITING_RULES = %s: what is left out stays strict', (value, given) => {
    expect(readConfiguration({ ...examples, WAITING_RULES: value })).toMatchObject({
      configuration: { waitingRules: { ...defaultWaitingRules, ...given } },
    });
  });

  test('every problem is reported in one message, with the setting’s name and an example', () => {
    const reading = readConfiguration({ ...examples, APP_PART: 'both', TENANT_ID: undefined });
    if (reading.status === 'valid') throw new Error('valid');
    const error = configurationError(reading.problems);
    expect(error.code).toBe('configurationInvalid');
    expect(error.message.split('\n')).toEqual([
      'The app settings are not complete:',
      '  APP_PART is neither scan nor review; for example: scan',
      `  TENANT_ID is missing; for example: ${settings.TENANT_ID.example}`,
    ]);
    expect(Object.keys(problemsOf({}))).toEqual(
      Object.keys(settings).filter(name => !('fallback' in settings[name as keyof typeof settings])),
    );
  });

  test.each<[keyof typeof settings, string, string]>([
    ['TENANT_ID', 'contoso.onmicrosoft.com', 'is not a GUID'],
    ['GRAPH_ENDPOINT', 'http://graph.microsoft.com', 'is not an https address'],
    ['GRAPH_ENDPOINT', 'https://graph.microsoft.com/v1.0', 'has a path'],
    ['GRAPH_ENDPOINT', 'graph', 'is not an https address'],
    [
      'DATA_BLOB_ENDPOINT',
      'https://account.blob.core.windows.net/?sv=2024&sig=secret',
      'is not an https address without query',
    ],
    ['DATA_TABLE_ENDPOINT', 'https://user:secret@account', 'is not an https address'],
    ['SCAN_SCHEDULE', '0 2 * * *', 'six fields'],
    ['CLOUD_SYNC_SERVICE_PRINCIPAL_IDS', 'Cloud Sync', 'neither none nor a list'],
    ['CLOUD_SYNC_SERVICE_PRINCIPAL_IDS', `${twin},{${twin.toUpperCase()}}`, 'once each'],
    ['CLOUD_SYNC_SERVICE_PRINCIPAL_IDS', twentyOne, 'at most 20'],
    ['EXPORT_SOURCES', '{', 'is not JSON'],
    ['EXPORT_SOURCES', '[]', 'at'],
    ['EXPORT_SOURCES', '[{"source":"Contoso","publicKeys":[]}]', 'at 0.source'],
    [
      'EXPORT_SOURCES',
      '[{"source":"contoso","publicKeys":[{"keyId":"k","publicKey":"AAAA"}]}]',
      'at 0.publicKeys.0.publicKey',
    ],
    [
      'EXPORT_SOURCES',
      `[${settings.EXPORT_SOURCES.example.slice(1, -1)},${settings.EXPORT_SOURCES.example.slice(1, -1)}]`,
      'names a source twice',
    ],
    [
      'EXPORT_SOURCES',
      `[${settings.EXPORT_SOURCES.example.slice(1, -1)},${settings.EXPORT_SOURCES.example.slice(1, -1).replace('contoso', 'fabrikam')}]`,
      'gives two sources one key, so that the agent of each could sign for the other',
    ],
    ['WAITING_RULES', 'lax', 'is not JSON'],
    ['WAITING_RULES', '[]', 'at'],
    ['WAITING_RULES', '{"consecutiveRuns":0}', 'at consecutiveRuns'],
    ['WAITING_RULES', '{"consecutiveRuns":31}', 'at consecutiveRuns'],
    ['WAITING_RULES', '{"graceDays":-1}', 'at graceDays'],
    ['WAITING_RULES', '{"graceDays":366}', 'at graceDays'],
    ['WAITING_RULES', '{"graceDays":"7"}', 'at graceDays'],
    ['WAITING_RULES', '{"recycleBinDays":0.5}', 'at recycleBinDays'],
    ['WAITING_RULES', '{"recycleBinDays":366}', 'at recycleBinDays'],
    ['WAITING_RULES', '{"synchronisation":"no"}', 'at synchronisation'],
    ['WAITING_RULES', '{"graceDay":1}', 'has a name that is not known here'],
  ])('%s = %s is refused', (name, value, problem) => {
    const problems = problemsOf({ ...examples, [name]: value });
    expect(Object.keys(problems)).toEqual([name]);
    expect(problems[name]).toContain(problem === 'at' ? '' : problem);
  });

  describe('GATE_LIMITS', () => {
    const limitsOf = (value: string | undefined) => {
      const reading = readConfiguration({ ...examples, GATE_LIMITS: value });
      return reading.status === 'valid' ? reading.configuration.gateLimits : null;
    };

    test.each([undefined, '', '{}'])('%p leaves every limit at its default', value =>
      expect(limitsOf(value)).toEqual(defaultGateLimits),
    );

    test('replaces the limits that it names, each type by itself, and no other', () =>
      expect(limitsOf('{"exportAgeHours":26,"newMissingObjects":{"user":50}}')).toEqual({
        ...defaultGateLimits,
        exportAgeHours: 26,
        newMissingObjects: { ...defaultGateLimits.newMissingObjects, user: 50 },
      }));

    test.each([
      ['JSON that is cut off', '{"exportAgeHours":26', 'is not JSON'],
      ['what is no object', '36', ''],
      ['a list', '[]', ''],
      ['null', 'null', ''],
      ['a name that is no limit', '{"exportAgeHour":26}', 'has a name that is not known here'],
      ['a type that is none', '{"newMissingObjects":{"users":50}}', 'at newMissingObjects: has a name'],
      ['one figure for every type', '{"newMissingObjects":50}', 'newMissingObjects'],
      ['a figure in quotes', '{"exportAgeHours":"26"}', 'exportAgeHours'],
      ['a figure out of bounds', '{"exportDropPercent":101}', 'exportDropPercent'],
      ['what JSON can not say', '{"exportAgeHours":Infinity}', 'is not JSON'],
      ['what is infinite in JSON', '{"exportAgeHours":1e999}', 'exportAgeHours'],
    ])('%s is refused, and no limit is loosened by mistake', (_, value, problem) => {
      const problems = problemsOf({ ...examples, GATE_LIMITS: value });
      expect(Object.keys(problems)).toEqual(['GATE_LIMITS']);
      expect(problems['GATE_LIMITS']).toContain(problem);
      expect(limitsOf(value)).toBeNull();
    });
  });

  describe('of the part review', () => {
    const review: Environment = { ...examples, APP_PART: 'review' };
    test('are read, or have their defaults', () => {
      const left = { ...review, APPROVAL_DAYS: '', CONTACTS_THROUGH_BETA: '' };
      expect(readReviewConfiguration(left)).toEqual({
        status: 'valid',
        review: {
          queueEndpoint: examples['DATA_QUEUE_ENDPOINT'],
          approvalDays: 14,
          contactsThroughBeta: false,
        },
      });
      expect(readReviewConfiguration({ ...review, CONTACTS_THROUGH_BETA: 'true' })).toMatchObject({
        review: { contactsThroughBeta: true },
      });
    });

    test.each(['1', '90'])('an approval may be valid for %s days', days =>
      expect(readReviewConfiguration({ ...review, APPROVAL_DAYS: days })).toMatchObject({
        review: { approvalDays: Number(days) },
      }),
    );

    test.each([
      ['APPROVAL_DAYS', '0', 'is not from 1 to 90'],
      ['APPROVAL_DAYS', '91', 'is not from 1 to 90'],
      ['APPROVAL_DAYS', '1.5', 'is not a whole number'],
      ['CONTACTS_THROUGH_BETA', 'yes', 'is neither true nor false'],
      ['DATA_QUEUE_ENDPOINT', 'http://queue.example', 'is not an https address'],
      ['DATA_QUEUE_ENDPOINT', '', 'is missing'],
    ])('%s = %j is refused there, and no matter to the part scan', (name, value, problem) => {
      expect(problemsOf({ ...review, [name]: value })).toEqual({
        [name]: expect.stringContaining(problem) as string,
      });
      expect(problemsOf({ ...examples, [name]: value })).toEqual({});
    });
  });

  describe('of notifications', () => {
    const secret = 'https://prod-00.westeurope.logic.azure.com:443/workflows/x?api-version=1&sig=S3cr3t';

    test('are off without an address, and for Teams without a form', () => {
      for (const NOTIFICATION_WEBHOOK_URL of [undefined, '', ' '])
        expect(readNotification({ NOTIFICATION_WEBHOOK_URL })).toEqual({
          notification: { webhookUrl: null, format: 'teams' },
          problems: [],
        });
    });

    test('are read in both parts', () => {
      for (const APP_PART of ['scan', 'review'])
        expect(
          readConfiguration({
            ...examples,
            APP_PART,
            NOTIFICATION_WEBHOOK_URL: ` ${secret} `,
            NOTIFICATION_FORMAT: 'json',
          }),
        ).toMatchObject({
          configuration: { notification: { webhookUrl: secret.replace(':443', ''), format: 'json' } },
        });
    });

    test.each([
      'http://hooks.contoso.example/?sig=S3cr3t',
      'https://S3cr3t@hooks.contoso.example/',
      'https://a:S3cr3t@hooks.contoso.example/',
      'https://hooks.contoso.example/#S3cr3t',
      'S3cr3t',
    ])('an address that is wrong is said without a word of it, and sends nothing: %s', given => {
      const environment = { ...examples, NOTIFICATION_WEBHOOK_URL: given };
      expect(readConfiguration(environment)).toMatchObject({
        status: 'valid',
        configuration: { notification: { webhookUrl: null } },
      });
      const problems = toleratedProblems(environment);
      expect(problems).toEqual([
        {
          setting: 'NOTIFICATION_WEBHOOK_URL',
          problem: 'is not an https address without user and fragment',
        },
      ]);
      expect(configurationError(problems).message).not.toContain('S3cr3t');
    });

    test('a form that is unknown is a problem, and no reason not to scan', () => {
      const environment = { ...examples, NOTIFICATION_FORMAT: 'slack' };
      expect(toleratedProblems(environment)).toEqual([
        { setting: 'NOTIFICATION_FORMAT', problem: 'is none of teams, json' },
      ]);
      expect(readConfiguration(environment)).toMatchObject({
        configuration: { notification: { format: 'teams' } },
      });
    });
  });

  test('a refused value is not repeated: it may hold a secret', () => {
    expect(
      JSON.stringify(problemsOf({ ...examples, DATA_BLOB_ENDPOINT: 'https://x/?sig=secret' })),
    ).not.toContain('secret');
  });

  test('nor is a name out of it, but in the log: health is open to anybody', () => {
    const [source] = JSON.parse(examples['EXPORT_SOURCES'] ?? '') as readonly object[];
    const environment = {
      ...examples,
      EXPORT_SOURCES: JSON.stringify([{ ...source, 'forest.contoso.example': 1 }]),
      GATE_LIMITS: '{"exportAgeHour":1}',
    };
    expect(problemsOf(environment)).toEqual({
      EXPORT_SOURCES: 'at 0: has a name that is not known here',
      GATE_LIMITS: 'has a name that is not known here',
    });
    const reading = readConfiguration(environment);
    if (reading.status === 'valid') throw new Error('valid');
    const { message } = configurationError(reading.problems);
    expect(message).toContain('forest.contoso.example');
    expect(message).toContain('exportAgeHour');
  });

  test('an address with a password is refused: it would be a secret in every line that names it', () => {
    expect(problemsOf({ ...examples, DATA_BLOB_ENDPOINT: 'https://:secret@data.example' })).toEqual({
      DATA_BLOB_ENDPOINT: 'is not an https address without query',
    });
  });

  test('the version is the one in package.json', () => {
    expect((readJson('package.json') as { version: string }).version).toBe(version);
  });
});
