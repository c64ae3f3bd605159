import { alertEvents, alertLine } from '../../../shared/core/alert';
import {
  appId,
  appNames,
  asText,
  at,
  expectEqual,
  expectSameSet,
  expectValues,
  nameOf,
  ofType,
  shortId,
  tokenOf,
  type Check,
  type Deployment,
} from '../deployment';

const workspaceId = (deployment: Deployment): string =>
  ofType(deployment, 'Microsoft.OperationalInsights/workspaces')[0]?.id ?? '';

/** Whatever reads, writes or deletes data, and whatever the apps do, is logged in the workspace. */
export const everythingIsLogged: Check = deployment => {
  const settings = ofType(deployment, 'Microsoft.Insights/diagnosticSettings');
  const services = ['blobServices', 'tableServices', 'queueServices'];
  const targets = [
    ...ofType(deployment, 'Microsoft.Storage/storageAccounts').flatMap(({ id }) =>
      services.map(service => `${id}/${service}/default`),
    ),
    ...appNames.map(app => appId(deployment, app)),
  ];
  return [
    ...expectSameSet(
      'diagnostic settings',
      settings.map(({ id }) => id),
      targets.map(id => `${id}/providers/Microsoft.Insights/diagnosticSettings/log`),
    ),
    ...settings.flatMap(setting => {
      const isApp = setting.id.includes('/Microsoft.Web/');
      const isHost = /\/st(?:scan|review)/.test(setting.id);
      const categories = [
        { category: 'StorageRead', enabled: !isHost },
        { category: 'StorageWrite', enabled: true },
        { category: 'StorageDelete', enabled: true },
      ];
      return expectValues(setting, {
        'properties.workspaceId': workspaceId(deployment),
        'properties.logs': isApp ? [{ categoryGroup: 'allLogs', enabled: true }] : categories,
        'properties.metrics': isApp ? [{ category: 'AllMetrics', enabled: true }] : undefined,
      });
    }),
  ];
};

/** Telemetry is written, and logs are read, by identities only. */
export const telemetryTakesNoKeys: Check = deployment => [
  ...ofType(deployment, 'Microsoft.Insights/components').flatMap(component =>
    expectValues(component, {
      'properties.DisableLocalAuth': true,
      'properties.DisableIpMasking': false,
      'properties.WorkspaceResourceId': workspaceId(deployment),
    }),
  ),
  ...ofType(deployment, 'Microsoft.OperationalInsights/workspaces').flatMap(workspace =>
    expectValues(workspace, {
      'properties.features': { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true },
      'properties.retentionInDays': 90,
    }),
  ),
];

/** Somebody hears of every event, and of an app that is too dead to log one. */
export const alertsAreSent =
  (emailAddresses: readonly string[]): Check =>
  deployment => {
    const token = tokenOf(deployment);
    const rules = ofType(deployment, 'Microsoft.Insights/scheduledQueryRules');
    const groups = ofType(deployment, 'Microsoft.Insights/actionGroups');
    const queries: Readonly<Record<string, string>> = {
      ...Object.fromEntries(
        alertEvents.map(event => [
          event,
          // As the code begins the line.
          `AppTraces | where Message startswith "${alertLine(event, '').trim()}"`,
        ]),
      ),
      scanSilent: `AppRequests | where AppRoleName =~ "func-scan-${token}" and OperationName == "nightlyScan"`,
    };
    return [
      ...expectSameSet(
        'alerts',
        rules.map(({ id }) => nameOf(id)),
        Object.keys(queries).map(name => `${name}-${token}`),
      ),
      ...rules.flatMap(rule => {
        const name = nameOf(rule.id).replace(`-${token}`, '');
        const silent = name === 'scanSilent';
        return expectValues(rule, {
          kind: 'LogAlert',
          'properties.enabled': true,
          'properties.scopes': [workspaceId(deployment)],
          // Longer than the interval, so that a line that arrives late is seen.
          'properties.evaluationFrequency': silent ? 'PT1H' : 'PT15M',
          'properties.windowSize': silent ? 'P2D' : 'PT30M',
          'properties.criteria.allOf': [
            {
              query: queries[name] ?? '',
              timeAggregation: 'Count',
              operator: silent ? 'LessThan' : 'GreaterThan',
              threshold: silent ? 1 : 0,
              failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 },
            },
          ],
          'properties.actions.actionGroups': groups.map(({ id }) => id),
        });
      }),
      ...expectEqual('action groups', groups.length, emailAddresses.length === 0 ? 0 : 1),
      ...groups.flatMap(group => [
        ...expectValues(group, { 'properties.enabled': true }),
        ...expectSameSet(
          'people',
          (
            (at(group, 'properties.emailReceivers') ?? []) as readonly { readonly emailAddress: string }[]
          ).map(({ emailAddress }) => emailAddress),
          emailAddresses,
        ),
      ]),
    ];
  };

/** The workbook shows trend, gates and deletions, of the same workspace. */
export const workbookShowsWhatMatters: Check = deployment => {
  const books = ofType(deployment, 'Microsoft.Insights/workbooks');
  return [
    ...expectEqual('workbooks', books.length, 1),
    ...books.flatMap(book => {
      const content = JSON.parse(asText(at(book, 'properties.serializedData'))) as {
        readonly items: readonly { readonly name: string }[];
      };
      return [
        ...expectEqual(
          `${shortId(book.id)} source`,
          at(book, 'properties.sourceId'),
          workspaceId(deployment),
        ),
        ...expectSameSet(
          'parts of the workbook',
          content.items.map(({ name }) => name),
          ['about', 'parameters', 'trend', 'gates', 'deletions'],
        ),
      ];
    }),
  ];
};
