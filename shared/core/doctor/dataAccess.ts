import { allOf, differs, holds, notChecked, type CheckOutcome } from '../tenantChecks/checkOutcome';
import {
  identityTitles,
  operations,
  type IdentityDiagnosis,
  type IdentityName,
  type Operation,
  type StoreAccess,
} from './diagnosis';

/** Each includes those before it. */
export const rights = ['none', 'read', 'write', 'remove'] as const;
export type Right = (typeof rights)[number];

export interface ExpectedAccess {
  readonly kind: StoreAccess['kind'];
  readonly name: string;
  readonly right: Right;
}

const tables = ['OrphanCandidates', 'ScanRuns', 'Decisions', 'Rules', 'AuditLog'] as const;
const containers = [
  'exports',
  'evidence',
  'locks',
  'requests',
  'audit',
  'snapshots',
  'notifications',
] as const;
type StoreName = (typeof tables)[number] | (typeof containers)[number];

/** The table "Role assignments" of docs/security.md (a test compares them). What is not named, an identity must not reach. */
const assigned: Readonly<Record<IdentityName, Readonly<Partial<Record<StoreName, Right>>>>> = {
  scanReader: {
    OrphanCandidates: 'write',
    ScanRuns: 'write',
    AuditLog: 'write',
    Decisions: 'read',
    Rules: 'read',
    exports: 'read',
    evidence: 'write',
    locks: 'write',
    requests: 'write',
    notifications: 'write',
    audit: 'write',
  },
  reviewReader: {
    Decisions: 'write',
    AuditLog: 'write',
    Rules: 'remove',
    OrphanCandidates: 'read',
    ScanRuns: 'read',
    exports: 'read',
    evidence: 'read',
    requests: 'write',
    snapshots: 'write',
    notifications: 'write',
    audit: 'write',
  },
  deleter: {},
};

/** Every table and container of the data account, with what the identity may do there. */
export const expectedAccess = (identity: IdentityName): readonly ExpectedAccess[] => [
  ...tables.map(name => ({ kind: 'table' as const, name, right: assigned[identity][name] ?? 'none' })),
  ...containers.map(name => ({
    kind: 'container' as const,
    name,
    right: assigned[identity][name] ?? 'none',
  })),
];

/** Whether an identity reaches what it needs, and nothing else. Each operation was tried in a way that changes nothing. */
export function judgeAccess({ identity, storage, access }: IdentityDiagnosis): CheckOutcome {
  if (storage.kind === 'none') return notChecked(`no token for the storage: ${storage.why}`);
  const expected = expectedAccess(identity);
  const outcomes = expected.map(one => judgeStore(identity, one, access));
  const wrong = outcomes.filter(({ status }) => status !== 'holds');
  if (wrong.length > 0) return allOf(wrong);
  const reached = expected.filter(({ right }) => right !== 'none').length;
  return holds(
    `${reached} of ${expected.length} tables and containers are reached, each as far as it must be and no further`,
  );
}

function judgeStore(
  identity: IdentityName,
  { kind, name, right }: ExpectedAccess,
  access: readonly StoreAccess[],
): CheckOutcome {
  const store = `${kind} ${name}`;
  const found = access.find(one => one.kind === kind && one.name === name);
  if (!found) return notChecked(`${store}: the app did not look at it; is it another version?`);
  if (operations.some(operation => found[operation].status === 'missing'))
    return differs(`${store}: is not there`, `deploy infra/, which makes it`);
  const outcomes = operations.map(operation =>
    judgeOperation(identity, store, right, operation, found[operation]),
  );
  const wrong = outcomes.filter(({ status }) => status !== 'holds');
  return wrong.length > 0 ? allOf(wrong) : holds(store);
}

function judgeOperation(
  identity: IdentityName,
  store: string,
  right: Right,
  operation: Operation,
  { status, code }: StoreAccess['read'],
): CheckOutcome {
  const wanted = rights.indexOf(right) >= rights.indexOf(operation);
  if (status === 'unknown')
    return notChecked(
      `${store}: the answer to a try to ${operation} tells nothing of roles (${code}); check the network rules of the account`,
    );
  if (wanted === (status === 'allowed')) return holds(store);
  const who = `the ${identityTitles[identity]}`;
  return wanted
    ? differs(
        `${store}: ${who} cannot ${operation} (${code})`,
        `assign the role that docs/security.md names for it; a new assignment takes some minutes`,
      )
    : differs(
        `${store}: ${who} can ${operation} (${code})`,
        `it must not: remove the role assignment that allows it, on the ${store.split(' ')[0]}, the account or above`,
      );
}
