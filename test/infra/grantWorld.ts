import { setTimeout } from 'node:timers/promises';
import type { Application, AppRoleAssignment } from '@microsoft/microsoft-graph-types';
import { grant } from '../../infra/grant/command';
import type { CommandLine } from '../../infra/grant/azureCli';
import { catalogue, identityNames, type IdentityName } from '../../infra/grant/permissions';
import { createDirectory } from '../support/graph/directory';
import { azureCliScopes, directoryRoles } from '../support/graph/applicationRules';
import {
  createApplicationStore,
  graphPrincipal,
  managedIdentity,
  type ApplicationStore,
  type Stored,
} from '../support/graph/applicationStore';
import { organization, tenantId } from '../support/graph/testGraph';
import { startGraphStandIn, type GraphStandIn, type GraphStandInOptions } from '../support/graph/standIn';
import { createCertificateAuthority, type CertificateAuthority } from '../support/tls';
import { createTokenIssuer } from '../support/tokenIssuer';
import { trustAuthority } from '../support/trust';

export { tenantId };

export const clientIds: Readonly<Record<IdentityName, string>> = {
  scanReader: '10000000-0000-4000-8000-000000000001',
  reviewReader: '10000000-0000-4000-8000-000000000002',
  deleter: '10000000-0000-4000-8000-000000000003',
};

export const page = 'https://orphans.example.org/';

/** All that Microsoft Graph has, as far as this tenant goes: what is granted, and what is never to be. */
export const graphHas = [
  ...new Set([...catalogue.map(({ permission }) => permission), 'Directory.ReadWrite.All', 'Mail.Read']),
];

export const toReaders = ['--scan-reader', clientIds.scanReader, '--review-reader', clientIds.reviewReader];
export const toAll = [...toReaders, '--deleter', clientIds.deleter];

/** Both directory roles that grant takes, and no more. */
export const administrator = [
  directoryRoles.cloudApplicationAdministrator,
  directoryRoles.privilegedRoleAdministrator,
];

export interface GrantResult {
  readonly code: number;
  readonly output: string;
  /** Requests other than GET that were answered with success. */
  readonly writes: number;
  /** Requests other than GET, whatever became of them. */
  readonly tried: number;
  /** How long it was asked to wait, in milliseconds. */
  readonly waits: readonly number[];
}

export interface World {
  readonly graph: GraphStandIn;
  readonly store: ApplicationStore;
  /** PEM of the authority, for processes. */
  readonly authority: string;
  token(roles?: readonly string[], change?: { readonly tenantId?: string }): Promise<string>;
  run(args: readonly string[], options?: RunOptions): Promise<GrantResult>;
  /** The permissions that an identity holds, sorted. */
  held(identity: IdentityName): readonly string[];
  registration(): Stored<Application> | undefined;
  stop(): Promise<void>;
}

export interface RunOptions {
  readonly directoryRoles?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly commands?: CommandLine;
  readonly signal?: AbortSignal;
  /** Waits as long as it is asked to, instead of not at all. */
  readonly patient?: boolean;
}

export const noCommands: CommandLine = { run: () => Promise.resolve({ kind: 'notFound' }) };

export interface WorldOptions {
  /** What Microsoft Graph has. */
  readonly permissions?: readonly string[];
  readonly graph?: Partial<GraphStandInOptions>;
}

let trusted: Promise<CertificateAuthority> | undefined;

/** One for all worlds of a test file: a client that has connected before trusts no other. */
async function createTrusted(): Promise<CertificateAuthority> {
  const authority = await createCertificateAuthority();
  trustAuthority(authority.cert);
  return authority;
}

/** A tenant with three managed identities and nothing of ours, served over TLS. */
export async function startWorld({ permissions = graphHas, graph: more }: WorldOptions = {}): Promise<World> {
  const authority = await (trusted ??= createTrusted());
  const issuer = await createTokenIssuer({ tenantId });
  const store = createApplicationStore({
    servicePrincipals: [
      graphPrincipal(permissions),
      ...identityNames.map(identity => managedIdentity(`id-${identity}`, clientIds[identity])),
    ],
  });
  const graph = await startGraphStandIn({
    certificate: await authority.issue(),
    issuer,
    tenantId,
    directory: createDirectory({ organization }),
    applications: store,
    ...more,
  });
  const token: World['token'] = (roles = administrator, change = {}) =>
    issuer.sign({
      audience: graph.endpoint,
      appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46',
      objectId: '20000000-0000-4000-8000-000000000001',
      user: { scopes: azureCliScopes, directoryRoles: roles },
      ...change,
    });
  return {
    graph,
    store,
    authority: authority.cert,
    token,
    async run(args, options = {}) {
      const before = graph.requests.length;
      const lines: string[] = [];
      const waits: number[] = [];
      const code = await grant({
        args: ['--tenant', tenantId, ...args],
        environment: {
          GRANT_ACCESS_TOKEN: await token(options.directoryRoles),
          GRAPH_ENDPOINT: graph.endpoint,
          ...options.environment,
        },
        commands: options.commands ?? noCommands,
        print: line => void lines.push(line),
        signal: options.signal ?? new AbortController().signal,
        // Whoever is asked to wait has waited.
        sleep: milliseconds => {
          waits.push(milliseconds);
          return options.patient ? setTimeout(milliseconds) : Promise.resolve();
        },
      });
      const writes = graph.requests.slice(before).filter(({ method }) => method !== 'GET');
      return {
        code,
        output: lines.join('\n'),
        writes: writes.filter(({ status }) => status !== null && status < 300).length,
        tried: writes.length,
        waits,
      };
    },
    held: identity => heldBy(store, identity),
    registration: () => store.state().applications.find(({ uniqueName }) => uniqueName === 'entra-orphans'),
    stop: () => graph.stop(),
  };
}

function heldBy(store: ApplicationStore, identity: IdentityName): readonly string[] {
  const { servicePrincipals, assignments } = store.state();
  const principal = servicePrincipals.find(({ appId }) => appId === clientIds[identity]);
  const names = new Map(
    servicePrincipals.flatMap(({ appRoles = [] }) => appRoles.map(one => [one.id, one.value])),
  );
  return assignments
    .filter(({ principalId }) => principalId === principal?.id)
    .map(({ appRoleId }) => names.get(appRoleId) ?? String(appRoleId))
    .sort();
}

/** Grants behind the command's back. */
export function grantByHand(store: ApplicationStore, identity: IdentityName, permission: string): void {
  const { servicePrincipals } = store.state();
  const resource = servicePrincipals.find(({ displayName }) => displayName === 'Microsoft Graph');
  const principal = servicePrincipals.find(({ appId }) => appId === clientIds[identity]);
  const assignment: AppRoleAssignment = {
    id: `byHand-${identity}-${permission}`,
    appRoleId: resource?.appRoles?.find(({ value }) => value === permission)?.id ?? '',
    principalId: principal?.id ?? '',
    resourceId: resource?.id ?? '',
  };
  store.addAssignment(assignment);
}

/** The state without what differs between two tenants that are alike: ids that were made, and times. */
export function comparable(store: ApplicationStore): unknown {
  const state = store.state();
  const names = new Map<string, string>();
  for (const { id, appId, uniqueName } of [...state.applications, ...state.deletedApplications]) {
    names.set(id, `application ${uniqueName}`);
    names.set(appId ?? '', `appId ${uniqueName}`);
  }
  for (const { id, displayName, appRoles = [] } of state.servicePrincipals) {
    names.set(id, `principal ${displayName}`);
    for (const role of appRoles)
      if (displayName === 'Microsoft Graph') names.set(role.id ?? '', `role ${role.value}`);
  }
  const text = JSON.stringify(
    {
      ...state,
      assignments: state.assignments.map(({ id: _, createdDateTime: __, ...one }) => one),
      consents: state.consents.map(({ id: _, ...one }) => one),
    },
    (key, value: unknown) => (key === 'createdDateTime' || key === 'deletedDateTime' ? undefined : value),
  );
  const named = [...names].reduce((all, [id, name]) => (id === '' ? all : all.replaceAll(id, name)), text);
  const parsed = JSON.parse(named) as Record<string, unknown[]>;
  // In the order of what is in them: the ids by which they are sorted are gone.
  return Object.fromEntries(
    Object.entries(parsed).map(([name, list]) => [name, list.map(one => JSON.stringify(one)).sort()]),
  );
}
