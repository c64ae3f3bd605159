import { containerNames, tableNames } from '../../../shared/io/storageNames';
import { scanQueueName } from '../../../shared/core/scanRequest';
import {
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
  type Resource,
} from '../deployment';

const accounts = (deployment: Deployment): readonly Resource[] =>
  ofType(deployment, 'Microsoft.Storage/storageAccounts');

/** The data account, and one for the host of each app. */
export const threeAccounts: Check = deployment =>
  expectSameSet(
    'storage accounts',
    accounts(deployment).map(({ id }) => nameOf(id)),
    ['stdata', 'stscan', 'streview'].map(name => `${name}${tokenOf(deployment)}`),
  );

/** No keys, nothing anonymous, TLS 1.2 or newer. */
export const accountsAreHardened: Check = deployment => [
  ...accounts(deployment).flatMap(account => [
    ...expectValues(account, {
      kind: 'StorageV2',
      'properties.allowSharedKeyAccess': false,
      'properties.allowBlobPublicAccess': false,
      'properties.allowCrossTenantReplication': false,
      'properties.defaultToOAuthAuthentication': true,
      'properties.isLocalUserEnabled': false,
      'properties.supportsHttpsTrafficOnly': true,
    }),
    ...(['TLS1_2', 'TLS1_3'].includes(asText(at(account, 'properties.minimumTlsVersion')))
      ? []
      : [`${nameOf(account.id)}: TLS older than 1.2`]),
  ]),
  ...ofType(deployment, 'Microsoft.Storage/storageAccounts/blobServices/containers').flatMap(container =>
    expectValues(container, { 'properties.publicAccess': 'None' }),
  ),
];

const childrenOf = (deployment: Deployment, account: string, kind: string): string[] =>
  deployment.resources
    .map(({ id }) => new RegExp(`/storageAccounts/${account}\\w+/${kind}/([^/]+)$`).exec(id)?.[1])
    .filter(name => name !== undefined);

/** What the code reads and writes is there, and nothing else. */
export const dataIsWhatTheCodeUses: Check = deployment => [
  ...expectSameSet(
    'tables',
    childrenOf(deployment, 'stdata', 'tableServices/default/tables'),
    Object.values(tableNames),
  ),
  ...expectSameSet(
    'containers',
    childrenOf(deployment, 'stdata', 'blobServices/default/containers'),
    Object.values(containerNames),
  ),
  ...expectSameSet('queues', childrenOf(deployment, 'stdata', 'queueServices/default/queues'), [
    scanQueueName,
    `${scanQueueName}-poison`,
  ]),
  ...(['stscan', 'streview'] as const).flatMap(account =>
    expectSameSet(account, childrenOf(deployment, account, 'blobServices/default/containers'), ['packages']),
  ),
];

/** The audit only grows, whoever writes; and whatever is replaced or deleted can be brought back for a while. */
export const auditIsImmutable: Check = deployment => {
  const policies = ofType(
    deployment,
    'Microsoft.Storage/storageAccounts/blobServices/containers/immutabilityPolicies',
  );
  const service = deployment.resources.find(({ id }) =>
    /\/storageAccounts\/stdata\w+\/blobServices\/default$/.test(id),
  );
  return [
    ...expectEqual(
      'immutable containers',
      policies.map(({ id }) => /containers\/([^/]+)\/immutabilityPolicies\/default$/.exec(id)?.[1] ?? ''),
      ['audit'],
    ),
    ...policies.flatMap(policy =>
      expectValues(policy, {
        'properties.allowProtectedAppendWrites': true,
        'properties.immutabilityPeriodSinceCreationInDays': 1095,
      }),
    ),
    ...(service
      ? expectValues(service, {
          'properties.isVersioningEnabled': true,
          'properties.deleteRetentionPolicy': { enabled: true, days: 30 },
          'properties.containerDeleteRetentionPolicy': { enabled: true, days: 30 },
        })
      : ['no blob service of the data account']),
  ];
};

const deletedAfter = (prefix: string, days: number) => ({
  name: prefix,
  type: 'Lifecycle',
  enabled: true,
  definition: {
    filters: { blobTypes: ['blockBlob'], prefixMatch: [`${prefix}/`] },
    actions: { baseBlob: { delete: { daysAfterCreationGreaterThan: days } } },
  },
});

/** Only exports, snapshots and replaced versions are ever deleted by Azure: never the audit, nor evidence. */
export const lifecycleDeletesOnlyWhatItMay: Check = deployment => {
  const policies = ofType(deployment, 'Microsoft.Storage/storageAccounts/managementPolicies');
  return expectEqual(
    'lifecycle rules',
    policies.flatMap(policy => [
      shortId(policy.id).replace(tokenOf(deployment), ''),
      at(policy, 'properties.policy.rules') ?? null,
    ]),
    [
      'Microsoft.Storage/storageAccounts/stdata/managementPolicies/default',
      [
        deletedAfter('exports', 90),
        deletedAfter('snapshots', 180),
        {
          name: 'versions',
          type: 'Lifecycle',
          enabled: true,
          definition: {
            filters: { blobTypes: ['blockBlob'] },
            actions: { version: { delete: { daysAfterCreationGreaterThan: 30 } } },
          },
        },
      ],
    ],
  );
};
