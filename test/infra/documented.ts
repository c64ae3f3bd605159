import { readDocument, section, table } from '../docs/markdown';

const roles = (): string => section(readDocument('docs/security.md'), '## Role assignments');

/** The role assignments of docs/security.md, as `identity: role on scope`. A row may name several scopes of a kind. */
export const documentedAssignments = (): readonly string[] =>
  table(roles(), 'Identity', 'Role', 'Scope').flatMap(([identity, role, scope]) => {
    const [, kind, names = ''] = /^(table|container|queue)s? (.+)$/.exec(scope ?? '') ?? [];
    const scopes = kind === undefined ? [scope ?? ''] : names.split(', ').map(name => `${kind} ${name}`);
    return scopes.map(one => `${identity}: ${role} on ${one}`);
  });

/** The roles of our own of docs/security.md, and what each allows. */
export const documentedRoles = (): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(table(roles(), 'Role').map(([role = '', allows = '']) => [role, allows.split(', ')]));
