import fc from 'fast-check';
import type { CloudId } from '../../../shared/core/cloudObject';
import type {
  Approval,
  DecidedFacts,
  Decision,
  DecisionIn,
  Deletion,
  Person,
  Quarantine,
} from '../../../shared/core/decision';
import type { DecisionState } from '../../../shared/core/transitions';
import type { Instant } from '../../../shared/core/instant';
import { instant } from '../../support/builders';

// Sample decisions: one in each state.

export const ada: Person = { id: '0a0a0a0a-0000-0000-0000-000000000001', name: 'Ada Lovelace' };
export const grace: Person = { id: '0a0a0a0a-0000-0000-0000-000000000002', name: 'Grace Hopper' };
export const userId = '0b0b0b0b-0000-0000-0000-000000000001' as CloudId;
export const evidenceHash = 'e'.repeat(64);
export const otherHash = 'f'.repeat(64);
export const at = instant('2026-11-20T09:00:00Z');
export const dayMs = 24 * 60 * 60 * 1000;
export const later = (days: number): Instant => (at + days * dayMs) as Instant;

export const facts: DecidedFacts = {
  type: 'user',
  id: userId,
  state: 'candidate',
  evidenceHash,
  withdrawal: null,
};

export const approval: Approval = {
  by: ada,
  at,
  expiresAt: later(14),
  evidenceHash,
  runId: 'run-1',
  comment: 'left in May',
  confirmation: null,
};
export const quarantine: Quarantine = { by: ada, at, until: later(3) };
export const deletion: Deletion = { by: grace, operationId: 'delete-1', at, attempt: 1 };
const common = {
  type: 'user',
  id: userId,
  changedAt: at,
  operationId: 'operation-1',
  quarantine: null,
} as const;
const failure = { at, reason: 'HTTP 500' };

export const decisions: { readonly [State in DecisionState]: DecisionIn<State> } = {
  approved: { ...common, state: 'approved', approval },
  quarantined: { ...common, state: 'quarantined', approval, quarantine },
  deleting: { ...common, state: 'deleting', approval, deletion },
  deleted: { ...common, state: 'deleted', approval, deletion, deletedAt: at },
  restored: {
    ...common,
    state: 'restored',
    approval,
    deletion,
    deletedAt: at,
    restoration: { by: ada, at, comment: null },
  },
  rejected: {
    ...common,
    state: 'rejected',
    rejection: { by: ada, at, expiresAt: later(30), evidenceHash, reason: 'comes back in spring' },
  },
  lapsed: {
    ...common,
    state: 'lapsed',
    lapse: { at, reason: 'expired', by: null },
    approval,
    rejection: null,
    deletion: null,
  },
  failed: { ...common, state: 'failed', approval, deletion, failure },
  manual: { ...common, state: 'manual', approval, deletion, failure },
};

const instants = fc
  .integer({ min: Date.UTC(1601, 0, 1), max: Date.UTC(9999, 11, 31) })
  .map(ms => ms as Instant);
const hashes = fc.stringMatching(/^[0-9a-f]{64}$/);
const orNull = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(arbitrary);

/** Any decision, with texts of any characters. */
export function anyDecision(text: fc.Arbitrary<string>): fc.Arbitrary<Decision> {
  const person = fc.record({ id: fc.uuid(), name: text });
  const approvals = fc.record({
    by: person,
    at: instants,
    expiresAt: instants,
    evidenceHash: hashes,
    runId: fc.uuid(),
    comment: orNull(text),
    confirmation: orNull(text),
  });
  const quarantines = fc.record({ by: person, at: instants, until: instants });
  const deletions = fc.record({ by: person, operationId: fc.uuid(), at: instants, attempt: fc.nat(9) });
  const rejections = fc.record({
    by: person,
    at: instants,
    expiresAt: orNull(instants),
    evidenceHash: hashes,
    reason: text,
  });
  const failures = fc.record({ at: instants, reason: text });
  const base = {
    type: fc.constantFrom('user' as const, 'group' as const, 'contact' as const, 'device' as const),
    id: fc.uuid().map(id => id as CloudId),
    changedAt: instants,
    operationId: fc.uuid(),
    quarantine: orNull(quarantines),
  };
  const under = { ...base, approval: approvals, deletion: deletions };
  const gone = { ...under, deletedAt: instants };
  return fc.oneof<fc.Arbitrary<Decision>[]>(
    fc.record({ ...base, state: fc.constant('approved'), approval: approvals }),
    fc.record({ ...base, state: fc.constant('quarantined'), approval: approvals, quarantine: quarantines }),
    fc.record({ ...under, state: fc.constant('deleting') }),
    fc.record({ ...gone, state: fc.constant('deleted') }),
    fc.record({
      ...gone,
      state: fc.constant('restored'),
      restoration: fc.record({ by: person, at: instants, comment: orNull(text) }),
    }),
    fc.record({ ...base, state: fc.constant('rejected'), rejection: rejections }),
    fc.record({
      ...base,
      state: fc.constant('lapsed'),
      lapse: fc.record({
        at: instants,
        reason: fc.constantFrom('expired' as const, 'gone' as const, 'reopened' as const),
        by: orNull(person),
      }),
      approval: orNull(approvals),
      rejection: orNull(rejections),
      deletion: orNull(deletions),
    }),
    fc.record({ ...under, state: fc.constantFrom('failed', 'manual'), failure: failures }),
  );
}
