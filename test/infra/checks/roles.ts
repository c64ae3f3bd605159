import {
  asText,
  at,
  expectEqual,
  expectSameSet,
  identityInExpression,
  nameOf,
  ofType,
  tokenOf,
  type Check,
  type Deployment,
  type Resource,
} from '../deployment';

/** Ids of roles that Azure has built in: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles. */
const builtIn: Readonly<Record<string, string>> = {
  'b7e6dc6d-f1e8-4753-8033-0f276bb0955b': 'Storage Blob Data Owner',
  '2a2b9908-6ea1-4ae2-8e65-a410df84e7d1': 'Storage Blob Data Reader',
  '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3': 'Storage Table Data Contributor',
  '76199698-9eea-4c19-bc75-cec21354c6b6': 'Storage Table Data Reader',
  '974c5e8b-45b9-4653-ba55-5f855dd0fb88': 'Storage Queue Data Contributor',
  'c6a89b2d-59bc-44d0-9896-0f6e12d7b80a': 'Storage Queue Data Message Sender',
  '3913510d-42f4-4e42-8a64-420c390055eb': 'Monitoring Metrics Publisher',
};

/** `Table Writer` of `entra-orphans Table Writer <token>`. */
const customName = (deployment: Deployment, role: Resource): string =>
  asText(at(role, 'properties.roleName'))
    .replace(/^entra-orphans /, '')
    .replace(` ${tokenOf(deployment)}`, '');

const customRoles = (deployment: Deployment): readonly Resource[] =>
  ofType(deployment, 'Microsoft.Authorization/roleDefinitions');

function roleName(deployment: Deployment, assignment: Resource): string {
  const id = asText(at(assignment, 'properties.roleDefinitionId'));
  if (
    !/^\/subscriptions\/[0-9a-f-]+\/providers\/Microsoft\.Authorization\/roleDefinitions\/[0-9a-f-]+$/.test(
      id,
    )
  )
    return id;
  const custom = customRoles(deployment).find(role => nameOf(role.id) === nameOf(id));
  return custom ? customName(deployment, custom) : (builtIn[nameOf(id)] ?? id);
}

const scopePatterns: readonly (readonly [RegExp, (name: string) => string])[] = [
  [/^storageAccounts\/stdata\w+\/tableServices\/default\/tables\/(\w+)$/, name => `table ${name}`],
  [/^storageAccounts\/stdata\w+\/blobServices\/default\/containers\/([\w-]+)$/, name => `container ${name}`],
  [/^storageAccounts\/stdata\w+\/queueServices\/default\/queues\/([\w-]+)$/, name => `queue ${name}`],
  [/^storageAccounts\/st(scan|review)\w+$/, name => `host storage of ${name}`],
  [/^components\/(appi)-\w+$/, () => 'Application Insights'],
];

function scopeName({ id }: Resource): string {
  const scope = id.replace(/\/providers\/Microsoft\.Authorization\/roleAssignments\/[^/]+$/, '');
  const short = scope.replace(/^.*\/providers\/Microsoft\.(?:Storage|Insights)\//, '');
  for (const [pattern, name] of scopePatterns) {
    const found = pattern.exec(short)?.[1];
    if (found !== undefined) return name(found);
  }
  return scope;
}

/** Every role assignment, as `identity: role on scope`. An agent is known by the object ids that were given for agents. */
const assignmentsOf = (deployment: Deployment, agents: readonly string[]): readonly string[] =>
  ofType(deployment, 'Microsoft.Authorization/roleAssignments').map(assignment => {
    const principal = at(assignment, 'properties.principalId');
    const holder = agents.includes(asText(principal))
      ? 'agent'
      : (identityInExpression(deployment, principal, 'principalId') ?? asText(principal));
    return `${holder}: ${roleName(deployment, assignment)} on ${scopeName(assignment)}`;
  });

/** Exactly the assignments of the document, and no other. */
export const roleAssignmentsAre =
  (documented: readonly string[], agents: readonly string[]): Check =>
  deployment => [
    ...expectSameSet(
      'role assignments',
      assignmentsOf(deployment, agents),
      documented.filter(line => agents.length > 0 || !line.startsWith('agent: ')),
    ),
    ...ofType(deployment, 'Microsoft.Authorization/roleAssignments').flatMap(assignment =>
      expectEqual('principalType', at(assignment, 'properties.principalType'), 'ServicePrincipal'),
    ),
  ];

/** What the roles of our own allow: exactly what the document says, in this resource group alone, and no delete. */
export const customRolesAre =
  (documented: Readonly<Record<string, readonly string[]>>): Check =>
  deployment => [
    ...expectSameSet(
      'custom roles',
      customRoles(deployment).map(role => customName(deployment, role)),
      Object.keys(documented),
    ),
    ...customRoles(deployment).flatMap(role => {
      const name = customName(deployment, role);
      const group = ofType(deployment, 'Microsoft.Resources/resourceGroups')[0];
      const [permission, ...more] = at(role, 'properties.permissions') as readonly Resource[];
      const actions = ['actions', 'dataActions'].flatMap(
        kind => (permission?.[kind] ?? []) as readonly string[],
      );
      return [
        ...expectSameSet(
          name,
          actions.map(action => action.replace('Microsoft.Storage/storageAccounts/', '')),
          documented[name] ?? [],
        ),
        ...expectEqual(`${name} permissions`, more.length, 0),
        ...expectEqual(`${name} assignableScopes`, at(role, 'properties.assignableScopes'), [
          group?.id ?? '',
        ]),
        ...actions
          .filter(action => action.includes('*') || /delete/i.test(action))
          .map(action => `${name}: allows ${action}`),
      ];
    }),
  ];
