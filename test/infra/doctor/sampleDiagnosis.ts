import { expectedAccess, rights } from '../../../shared/core/doctor/dataAccess';
import type {
  Diagnosis,
  IdentityDiagnosis,
  IdentityName,
  Operation,
  PartDiagnosis,
  StoreAccess,
} from '../../../shared/core/doctor/diagnosis';
import { entriesOf } from '../../../infra/grant/permissions';

export const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
export const clientIds: Readonly<Record<IdentityName, string>> = {
  scanReader: '8c1f6a52-7f0b-4a3e-9a68-2f4d7b1e0c11',
  reviewReader: '9d2f7b63-8a1c-4b4f-8b79-3f5e8c2f1d22',
  deleter: '1d9b7c40-3e52-4f0a-8b7d-6c5a4e3f2b10',
};

const allowed = { status: 'allowed', code: 'HTTP 404 ResourceNotFound' } as const;
const refused = { status: 'refused', code: 'HTTP 403 AuthorizationPermissionMismatch' } as const;

/** As docs/security.md says. */
const accessOf = (identity: IdentityName): StoreAccess[] =>
  expectedAccess(identity).map(({ kind, name, right }) => {
    const may = (operation: Operation) =>
      rights.indexOf(right) >= rights.indexOf(operation) ? allowed : refused;
    return { kind, name, read: may('read'), write: may('write'), remove: may('remove') };
  });

export const identityOf = (identity: IdentityName): IdentityDiagnosis => {
  const clientId = clientIds[identity];
  const permissions = entriesOf(identity)
    .filter(({ need }) => identity === 'deleter' || need.kind === 'always')
    .map(({ permission }) => permission);
  return {
    identity,
    clientId,
    graph: { kind: 'issued', appId: clientId, tenantId, permissions },
    storage: { kind: 'issued', appId: clientId, tenantId, permissions: [] },
    access: accessOf(identity),
  };
};

export const partOf = (part: PartDiagnosis['part'], at: number): PartDiagnosis => ({
  part,
  version: '0.1.0',
  at: new Date(at).toISOString(),
  tenantId,
  organization: { kind: 'read', tenantId },
  identities:
    part === 'scan' ? [identityOf('scanReader')] : [identityOf('reviewReader'), identityOf('deleter')],
  deletion: part === 'scan' ? null : { stage: 'normal', quarantine: true },
  clocks: [{ of: 'storage', offsetSeconds: 0.2, uncertainSeconds: 0.6 }],
});

/** Everything is as it must be. */
export const sampleDiagnosis = (now: number): Diagnosis => ({
  review: partOf('review', now),
  scan: partOf('scan', now - 40 * 60_000),
});

/** The same with one identity changed. */
export const withIdentity = (
  diagnosis: Diagnosis,
  identity: IdentityName,
  change: (found: IdentityDiagnosis) => Partial<IdentityDiagnosis>,
): Diagnosis => {
  const changed = (part: PartDiagnosis): PartDiagnosis => ({
    ...part,
    identities: part.identities.map(one => (one.identity === identity ? { ...one, ...change(one) } : one)),
  });
  return { review: changed(diagnosis.review), scan: diagnosis.scan && changed(diagnosis.scan) };
};
