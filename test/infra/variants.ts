import {
  appsAreHardened,
  authenticationIsRequired,
  identitiesAreApart,
  networkOfAppsIs,
} from './checks/apps';
import { idsAreConsistent, inventoryIs, networkInventory } from './checks/inventory';
import {
  alertsAreSent,
  everythingIsLogged,
  telemetryTakesNoKeys,
  workbookShowsWhatMatters,
} from './checks/monitoring';
import { everythingHasAnEndpoint, networkOfStorageIs, noNetwork } from './checks/network';
import { customRolesAre, roleAssignmentsAre } from './checks/roles';
import {
  nothingIsSecret,
  partsJudgeAlike,
  reportOnly,
  scheduleIsUtc,
  settingsAreThoseThatAreRead,
  settingsAreValid,
  settingsFit,
  telemetryIsByIdentity,
} from './checks/settings';
import {
  accountsAreHardened,
  auditIsImmutable,
  dataIsWhatTheCodeUses,
  lifecycleDeletesOnlyWhatItMay,
  threeAccounts,
} from './checks/storage';
import type { Check } from './deployment';
import { documentedAssignments, documentedRoles } from './documented';
import { tenantId } from './predict';

const agent = 'a9e17000-0000-4000-8000-000000000001';
const audience = '5f0c7f5e-6d0e-4b57-8a3b-7d1f5d0b9a21';
const sources =
  '[{"source":"contoso","publicKeys":[{"keyId":"2026-11","publicKey":"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="}]}]';

/** A way to deploy: its parameter file, and what is to be found. */
export interface Variant {
  readonly file: string;
  /** azd's environment. */
  readonly variables: Readonly<Record<string, string>>;
  readonly checks: Readonly<Record<string, Check>>;
}

interface Facts {
  readonly graph?: string;
  readonly login?: string;
  readonly storage?: string;
  readonly agents?: readonly string[];
  readonly people?: readonly string[];
}

const open = { kind: 'open' } as const;
const closed = { kind: 'closed' } as const;

/** What holds however it is deployed. */
const always = ({ graph, login, storage = 'core.windows.net', agents = [], people = [] }: Facts) => ({
  'ids, types and names agree': idsAreConsistent,
  'there are the three storage accounts': threeAccounts,
  'storage takes no keys, nothing anonymous, and TLS 1.2 at least': accountsAreHardened,
  'tables, containers and queues are those of the code': dataIsWhatTheCodeUses,
  'the audit only grows': auditIsImmutable,
  'only what may be deleted ever is, by age': lifecycleDeletesOnlyWhatItMay,
  'the role assignments are exactly those of docs/security.md': roleAssignmentsAre(
    documentedAssignments(),
    agents,
  ),
  'our own roles allow exactly what docs/security.md says, and no delete': customRolesAre(documentedRoles()),
  'the deleter is never on the app that scans, and each part reads by an identity of its own':
    identitiesAreApart,
  'the apps run on Flex Consumption, over TLS, and take no passwords': appsAreHardened(storage),
  'authentication is required, and needs no secret': authenticationIsRequired(
    `${login ?? 'https://login.microsoftonline.com'}/${tenantId}/v2.0`,
    audience,
  ),
  'every setting is read, and every one that is read is set': settingsAreThoseThatAreRead,
  'the code takes every setting': settingsAreValid,
  'no setting holds a secret': nothingIsSecret,
  'telemetry is written by identity, and completely': telemetryIsByIdentity,
  'tenant, cloud and data are the same for both parts': settingsFit({
    tenantId,
    graph: graph ?? 'https://graph.microsoft.com',
    storageSuffix: storage,
  }),
  'a delete is proved by what the scan is judged by': partsJudgeAlike,
  'the schedule is in UTC': scheduleIsUtc,
  'nothing can be deleted: report-only': reportOnly,
  'everything is logged': everythingIsLogged,
  'telemetry takes no keys': telemetryTakesNoKeys,
  'somebody hears of every alert': alertsAreSent(people),
  'the workbook shows trend, gates and deletions': workbookShowsWhatMatters,
});

export const variants: Readonly<Record<string, Variant>> = {
  default: {
    file: 'infra/main',
    variables: {
      AZURE_ENV_NAME: 'production',
      AZURE_LOCATION: 'westeurope',
      AUTH_AUDIENCE: audience,
      AGENT_PRINCIPAL_IDS: JSON.stringify([agent]),
      ALERT_EMAIL_ADDRESSES: '["operations@contoso.example"]',
      EXPORT_SOURCES: sources,
    },
    checks: {
      ...always({ agents: [agent], people: ['operations@contoso.example'] }),
      'nothing else is made': inventoryIs({ 'Microsoft.Insights/actionGroups': 1 }),
      'the main site of the part that scans is closed': networkOfAppsIs('public'),
      'storage is reached over public networks': networkOfStorageIs(open, open),
      'there is no network': noNetwork,
    },
  },
  'private networking': {
    file: 'test/infra/parameters/privateNetworking',
    variables: {},
    checks: {
      ...always({ agents: [agent] }),
      'nothing else is made': inventoryIs(networkInventory),
      'no app can be reached from public networks': networkOfAppsIs('private'),
      'only agents reach the data from public networks': networkOfStorageIs(
        { kind: 'agents', addresses: ['203.0.113.7'] },
        closed,
      ),
      'everything has an endpoint in the network': everythingHasAnEndpoint(
        'core.windows.net',
        'azurewebsites.net',
        {
          scan: '10.20.0.0/26',
          review: '10.20.0.64/26',
          endpoints: '10.20.0.128/26',
          runner: '10.20.0.192/26',
        },
      ),
    },
  },
  'private networking without agents outside': {
    file: 'test/infra/parameters/closed',
    variables: {},
    checks: {
      ...always({}),
      'no app can be reached from public networks': networkOfAppsIs('private'),
      'nobody reaches storage from public networks': networkOfStorageIs(closed, closed),
    },
  },
  'US Government': {
    file: 'test/infra/parameters/usGovernment',
    variables: {},
    checks: {
      ...always({
        graph: 'https://graph.microsoft.us',
        login: 'https://login.microsoftonline.us',
        storage: 'core.usgovcloudapi.net',
      }),
      'nothing else is made': inventoryIs({}),
      'the main site of the part that scans is closed': networkOfAppsIs('public'),
      'storage is reached over public networks': networkOfStorageIs(open, open),
    },
  },
};
