import {
  appId,
  appNames,
  appSettings,
  asText,
  at,
  expectEqual,
  expectSameSet,
  expectValues,
  identityInExpression,
  identityOf,
  ofApp,
  ofType,
  shortId,
  tokenOf,
  type AppName,
  type Check,
  type Deployment,
} from '../deployment';

const identitiesOf = (deployment: Deployment, app: AppName): string[] =>
  Object.keys((at(ofApp(deployment, app, ''), 'identity.userAssignedIdentities') ?? {}) as object).map(id =>
    identityOf(deployment, id),
  );

const ownReader = { scan: 'scan-reader', review: 'review-reader' } as const;

/** Which part can act as whom: the deleter's identity is never on the app that scans, and both read by identities of their own. */
export const identitiesAreApart: Check = deployment => [
  ...expectSameSet('identities of scan', identitiesOf(deployment, 'scan'), ['scan-reader']),
  ...expectSameSet('identities of review', identitiesOf(deployment, 'review'), ['review-reader', 'deleter']),
  ...appNames.flatMap(app => {
    const settings = appSettings(deployment, app);
    const site = ofApp(deployment, app, '');
    const reader = ownReader[app];
    return [
      ...expectEqual(`${app} identity.type`, at(site, 'identity.type'), 'UserAssigned'),
      ...[
        'READER_CLIENT_ID',
        'AzureWebJobsStorage__clientId',
        ...(app === 'scan' ? ['SCAN_REQUESTS__clientId'] : []),
      ].flatMap(name =>
        expectEqual(`${app} ${name}`, identityInExpression(deployment, settings[name], 'clientId'), reader),
      ),
      ...[
        'properties.keyVaultReferenceIdentity',
        'properties.functionAppConfig.deployment.storage.authentication.userAssignedIdentityResourceId',
      ].flatMap(path =>
        expectEqual(`${app} ${path}`, identityOf(deployment, asText(at(site, path))), reader),
      ),
    ];
  }),
  ...expectEqual(
    'review DELETER_CLIENT_ID',
    identityInExpression(deployment, appSettings(deployment, 'review')['DELETER_CLIENT_ID'], 'clientId'),
    'deleter',
  ),
  ...Object.entries(appSettings(deployment, 'scan'))
    .filter(([, value]) => asText(value).includes('deleter'))
    .map(([name]) => `scan ${name}: names the deleter`),
];

/** Flex Consumption, a plan each, over TLS only, deployed to by tokens only. */
export const appsAreHardened =
  (storageSuffix: string): Check =>
  deployment => [
    ...expectSameSet(
      'apps',
      ofType(deployment, 'Microsoft.Web/sites').map(({ id }) => shortId(id)),
      appNames.map(app => `Microsoft.Web/sites/func-${app}-${tokenOf(deployment)}`),
    ),
    ...appNames.flatMap(app => {
      const site = ofApp(deployment, app, '');
      const token = tokenOf(deployment);
      const plan = appId(deployment, app).replace('/sites/', '/serverfarms/plan-');
      const planResource = deployment.resources.find(({ id }) => id === plan);
      return [
        ...(planResource
          ? expectValues(planResource, {
              sku: { name: 'FC1', tier: 'FlexConsumption' },
              'properties.reserved': true,
            })
          : [`${app}: has no plan`]),
        // Its package, and thereby its code, is in its own host storage.
        ...expectEqual(
          `${app} package`,
          at(site, 'properties.functionAppConfig.deployment.storage.value'),
          `https://st${app}${token}.blob.${storageSuffix}/packages`,
        ),
        ...(['blob', 'queue', 'table'] as const).flatMap(service =>
          expectEqual(
            `${app} host storage`,
            appSettings(deployment, app)[`AzureWebJobsStorage__${service}ServiceUri`],
            `https://st${app}${token}.${service}.${storageSuffix}`,
          ),
        ),
        ...expectEqual(
          `${app} AzureWebJobsStorage__credential`,
          appSettings(deployment, app)['AzureWebJobsStorage__credential'],
          'managedidentity',
        ),
        ...expectValues(site, {
          kind: 'functionapp,linux',
          'tags.azd-service-name': app,
          'properties.serverFarmId': plan,
          'properties.httpsOnly': true,
          'properties.functionAppConfig.runtime': { name: 'node', version: '24' },
          'properties.functionAppConfig.deployment.storage.type': 'blobContainer',
          'properties.functionAppConfig.deployment.storage.authentication.type': 'UserAssignedIdentity',
          'properties.siteConfig.minTlsVersion': '1.2',
          'properties.siteConfig.scmMinTlsVersion': '1.2',
        }),
        ...['scm', 'ftp'].flatMap(name =>
          expectValues(ofApp(deployment, app, `/basicPublishingCredentialsPolicies/${name}`), {
            'properties.allow': false,
          }),
        ),
      ];
    }),
  ];

/** Who reaches what over the network. The main site of the part that scans is closed to everybody, in every variant. */
export const networkOfAppsIs =
  (network: 'public' | 'private'): Check =>
  deployment =>
    appNames.flatMap(app => {
      const site = ofApp(deployment, app, '');
      const subnet = at(site, 'properties.virtualNetworkSubnetId');
      return [
        ...expectValues(site, {
          'properties.publicNetworkAccess': network === 'public' ? 'Enabled' : 'Disabled',
          'properties.siteConfig.ipSecurityRestrictionsDefaultAction': app === 'scan' ? 'Deny' : 'Allow',
          'properties.siteConfig.ipSecurityRestrictions': undefined,
          'properties.siteConfig.scmIpSecurityRestrictionsDefaultAction': 'Allow',
          'properties.siteConfig.scmIpSecurityRestrictionsUseMain': false,
        }),
        ...expectEqual(
          `${app} subnet`,
          typeof subnet === 'string' ? shortId(subnet) : subnet,
          network === 'public'
            ? null
            : `Microsoft.Network/virtualNetworks/vnet-${tokenOf(deployment)}/subnets/${app}`,
        ),
      ];
    });

/** Callers without a token are refused before the app is asked; health and the page's files are open. No secret is needed. */
export const authenticationIsRequired =
  (issuer: string, audience: string): Check =>
  deployment => [
    ...expectSameSet(
      'apps with authentication',
      deployment.resources.filter(({ id }) => id.endsWith('/config/authsettingsV2')).map(({ id }) => id),
      [`${appId(deployment, 'review')}/config/authsettingsV2`],
    ),
    ...expectEqual('authentication', ofApp(deployment, 'review', '/config/authsettingsV2')['properties'], {
      platform: { enabled: true, runtimeVersion: '~1' },
      globalValidation: {
        requireAuthentication: true,
        unauthenticatedClientAction: 'Return401',
        excludedPaths: ['/api/health', '/', '/index.html', '/assets/*'],
      },
      httpSettings: { requireHttps: true },
      identityProviders: {
        azureActiveDirectory: {
          enabled: true,
          registration: { openIdIssuer: issuer, clientId: audience },
          validation: { allowedAudiences: [audience] },
        },
      },
      login: { tokenStore: { enabled: false } },
    }),
    ...expectEqual('AUTH_ISSUER', appSettings(deployment, 'review')['AUTH_ISSUER'] ?? null, issuer),
    ...expectEqual('AUTH_AUDIENCE', appSettings(deployment, 'review')['AUTH_AUDIENCE'] ?? null, audience),
  ];
