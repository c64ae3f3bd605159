import { settings as readByTheCode } from '../../../shared/io/configuration/settings';
import {
  appNames,
  appSettings,
  asText,
  expectEqual,
  expectSameSet,
  identityInExpression,
  ofType,
  shortId,
  tokenOf,
  type AppName,
  type Check,
  type Deployment,
  type Value,
} from '../deployment';

/** Settings that the platform reads, and what for. Whatever else an app has, the code reads. */
const platformSettings: Readonly<Record<string, string>> = {
  AzureWebJobsStorage__blobServiceUri: "the host's own storage: leases, keys of functions",
  AzureWebJobsStorage__queueServiceUri: 'the same',
  AzureWebJobsStorage__tableServiceUri: 'the same: events for diagnosis',
  AzureWebJobsStorage__credential: 'by managed identity',
  AzureWebJobsStorage__clientId: 'by which one',
  SCAN_REQUESTS__queueServiceUri: 'the trigger of the queue of scan requests',
  SCAN_REQUESTS__credential: 'by managed identity',
  SCAN_REQUESTS__clientId: 'by which one',
  APPLICATIONINSIGHTS_CONNECTION_STRING:
    'which component gets the telemetry; local authentication is off there',
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'by managed identity, and which one',
  AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__excludedTypes:
    'no log line is sampled away: alerts are log lines',
  languageWorkers__node__arguments: "memory of Node's young generation: docs/adr/0011",
};

const entries = (deployment: Deployment): readonly (readonly [AppName, string, Value])[] =>
  appNames.flatMap(app =>
    Object.entries(appSettings(deployment, app)).map(([name, value]) => [app, name, value] as const),
  );

/** The parts that read a setting of the code: its description begins with the part, where it is one alone. */
const isReadBy = (app: AppName, description: string): boolean =>
  !/^Part (?:scan|review):/.test(description) || description.startsWith(`Part ${app}:`);

/** Every setting of an app is read, by its part of the code or by the platform; and every one that it can read, it has. */
export const settingsAreThoseThatAreRead: Check = deployment =>
  appNames.flatMap(app =>
    expectSameSet(`settings of ${app}`, Object.keys(appSettings(deployment, app)), [
      ...Object.entries(readByTheCode)
        .filter(([, { description }]) => isReadBy(app, description))
        .map(([name]) => name),
      ...Object.keys(platformSettings).filter(name => app === 'scan' || !name.startsWith('SCAN_REQUESTS__')),
    ]),
  );

/** Every setting of the code has a value that the code takes. Empty means: not set. Expressions are known to Azure only. */
export const settingsAreValid: Check = deployment =>
  entries(deployment).flatMap(([app, name, value]) => {
    const setting = Object.entries(readByTheCode).find(([each]) => each === name)?.[1];
    const text = asText(value);
    if (!setting || text === '' || isExpression(text)) return [];
    const { success } = setting.schema.safeParse(text);
    return success ? [] : [`${app} ${name}: ${text} is not taken by the code`];
  });

/** Words that keys, passwords and signed addresses contain, in names or values. */
const secretWords =
  /AccountKey|SharedAccess|sig=|sv=\d|DefaultEndpointsProtocol|InstrumentationKey|password|secret|listKeys|listCredentials|EndpointSuffix/i;

/** Of expressions, only these may be in a setting: a client id, and the component that telemetry goes to. */
const allowedExpression = (deployment: Deployment, value: string): boolean =>
  identityInExpression(deployment, value, 'clientId') !== null ||
  // A secure parameter, which may be a reference to a secret of a key vault.
  value === "[parameters('notificationWebhookUrl')]" ||
  value.startsWith("[format('ClientId={0};Authorization=AAD', reference(") ||
  /^\[reference\('[^']+\/Microsoft\.Insights\/components\/[^']+', '[\d-]+'\)\.ConnectionString\]$/.test(
    value,
  );

/** No secret, and no connection string with a key, in any setting; and nothing in the whole deployment asks Azure for a key. */
export const nothingIsSecret: Check = deployment => [
  ...entries(deployment).flatMap(([app, name, value]) => {
    const text = asText(value);
    const bad = isExpression(text) && !allowedExpression(deployment, text);
    return bad || secretWords.test(name) || secretWords.test(text) ? [`${app} ${name}: may be a secret`] : [];
  }),
  ...deployment.resources
    .filter(({ id, type }) => /connectionstrings$/i.test(id) || /vaults/i.test(type))
    .map(({ id }) => `${shortId(id)}: holds secrets`),
];

/** A text in brackets that is no JSON list. */
function isExpression(text: string): boolean {
  if (!text.startsWith('[')) return false;
  try {
    JSON.parse(text);
    return false;
  } catch {
    return true;
  }
}

/** Telemetry goes by identity, and all of what alerts are made of arrives. */
export const telemetryIsByIdentity: Check = deployment =>
  appNames.flatMap(app => {
    const settings = appSettings(deployment, app);
    const [, identity] =
      /^\[format\('ClientId=\{0\};Authorization=AAD', (reference\(.*\)\.clientId)\)\]$/.exec(
        asText(settings['APPLICATIONINSIGHTS_AUTHENTICATION_STRING']),
      ) ?? [];
    return [
      ...expectEqual(
        `${app} telemetry`,
        identityInExpression(deployment, `[${identity}]`, 'clientId'),
        `${app}-reader`,
      ),
      ...expectEqual(
        `${app} component`,
        /components\/([\w-]+)'/.exec(asText(settings['APPLICATIONINSIGHTS_CONNECTION_STRING']))?.[1] ?? null,
        `appi-${tokenOf(deployment)}`,
      ),
      ...expectEqual(
        `${app} sampling`,
        settings['AzureFunctionsJobHost__logging__applicationInsights__samplingSettings__excludedTypes'] ??
          null,
        'Request;Exception;Trace',
      ),
      ...expectEqual(
        `${app} Node`,
        settings['languageWorkers__node__arguments'] ?? null,
        '--max-semi-space-size=16',
      ),
    ];
  });

/** Both parts know themselves, tenant, cloud and data by the same names. */
export const settingsFit =
  (wanted: { readonly tenantId: string; readonly graph: string; readonly storageSuffix: string }): Check =>
  deployment => {
    const data = (service: string): string =>
      `https://stdata${tokenOf(deployment)}.${service}.${wanted.storageSuffix}`;
    const expected: Readonly<Record<AppName, Readonly<Record<string, string>>>> = {
      scan: {
        SCAN_REQUESTS__queueServiceUri: data('queue'),
        SCAN_REQUESTS__credential: 'managedidentity',
      },
      review: { DATA_QUEUE_ENDPOINT: data('queue'), AUTH_SCOPE: 'access_as_user' },
    };
    return appNames.flatMap(app => {
      const settings = appSettings(deployment, app);
      const common = {
        APP_PART: app,
        TENANT_ID: wanted.tenantId,
        GRAPH_ENDPOINT: wanted.graph,
        DATA_BLOB_ENDPOINT: data('blob'),
        DATA_TABLE_ENDPOINT: data('table'),
        SCAN_SCHEDULE: '0 0 2 * * *',
      };
      return Object.entries({ ...common, ...expected[app] }).flatMap(([name, value]) =>
        expectEqual(`${app} ${name}`, settings[name] ?? null, value),
      );
    });
  };

/** What a run is judged by, and the proof before a delete. */
const judgedBy = [
  'EXPORT_SOURCES',
  'GATE_LIMITS',
  'WAITING_RULES',
  'CLOUD_SYNC_SERVICE_PRINCIPAL_IDS',
] as const;

/** A delete is proved by the same sources and limits as the scan that found it. */
export const partsJudgeAlike: Check = deployment =>
  judgedBy.flatMap(name => {
    const [scan, review] = appNames.map(app => appSettings(deployment, app)[name]);
    return expectEqual(`${name} of both parts`, review, scan);
  });

/** The scan runs at night, in UTC: an app in Azure is in UTC unless one of these settings says otherwise. */
export const scheduleIsUtc: Check = deployment =>
  entries(deployment)
    .filter(([, name]) => ['WEBSITE_TIME_ZONE', 'TZ'].includes(name))
    .map(([app, name]) => `${app} ${name}: moves the schedule out of UTC`);

/** Nothing can be deleted until somebody switches it on. */
export const reportOnly: Check = deployment => [
  ...expectEqual('ROLLOUT_STAGE', appSettings(deployment, 'review')['ROLLOUT_STAGE'] ?? null, 'reportOnly'),
  ...expectEqual('contacts', appSettings(deployment, 'review')['CONTACTS_THROUGH_BETA'] ?? null, 'false'),
  ...ofType(deployment, 'Microsoft.Web/sites/config')
    .filter(({ id }) => /\/slots\//.test(id))
    .map(({ id }) => `${shortId(id)}: a slot of its own settings`),
];
