import { z } from 'zod';
import type { ListedFacts } from '../shared/app/ports';
import type { CandidateRecord } from '../shared/app/review/readCandidate';
import type { ListedCandidate } from '../shared/app/review/listCandidates';
import { lapseReasons, type Decision, type StoredDecision } from '../shared/core/decision';
import { attentionReasons, factStates, waitNames, withdrawalReasons } from '../shared/core/facts';
import { formatInstant, type Instant } from '../shared/core/instant';
import { objectTypes } from '../shared/core/objectType';
import type { DecisionSummary } from '../shared/core/review/decisionSummary';
import { reversibilityOf } from '../shared/core/review/reversibility';
import { decisionStates } from '../shared/core/transitions';
import { entityTagOf } from '../shared/io/http/entityTag';

/** A time of an answer: RFC 3339 in UTC with milliseconds. */
export const time = z.iso.datetime();
export const timeOrNull = (instant: Instant | null): string | null =>
  instant === null ? null : formatInstant(instant);

const untrusted = z
  .string()
  .nullable()
  .meta({ description: 'From the tenant: do not trust it in HTML or a shell.' });

const personSchema = z.strictObject({ id: z.string(), name: z.string() }).meta({ id: 'DecidedBy' });

export const decisionSummarySchema = z
  .strictObject({
    state: z
      .enum(decisionStates)
      .meta({ description: 'What is in force: lapsed also where time or facts ended the decision.' }),
    recorded: z.enum(decisionStates).meta({ description: 'What the row says.' }),
    lapseReason: z.enum(lapseReasons).nullable(),
    by: personSchema.nullable(),
    at: time,
    until: time.nullable(),
  })
  .meta({ id: 'DecisionSummary' });

export const summaryDocument = ({ at, until, ...summary }: DecisionSummary) => ({
  ...summary,
  at: formatInstant(at),
  until: timeOrNull(until),
});

/** The columns of OrphanCandidates (docs/table-schema.md), without the evidence itself. */
export const factsSchema = z
  .strictObject({
    type: z.enum(objectTypes),
    id: z.guid(),
    state: z.enum(factStates),
    outcome: z.string(),
    attention: z.enum(attentionReasons).nullable(),
    withdrawal: z.enum(withdrawalReasons).nullable(),
    proof: z.enum(['tombstone', 'absence']).nullable(),
    evidenceHash: z.string(),
    waitsFor: z.array(
      z.strictObject({
        for: z.enum(waitNames),
        until: time.nullable(),
      }),
    ),
    firstObservedRun: z.int(),
    firstObservedAt: time,
    changedRun: z.int(),
    changedAt: time,
    displayName: untrusted,
    userPrincipalName: untrusted,
    mail: untrusted,
    onPremisesSamAccountName: untrusted,
    onPremisesDomainName: untrusted,
    accountEnabled: z.boolean().nullable(),
    assignedLicenseCount: z.int().nullable(),
    onPremisesLastSyncDateTime: time.nullable(),
  })
  .meta({ id: 'Facts', description: 'The columns of OrphanCandidates (docs/table-schema.md).' });

export const factsDocument = (facts: ListedFacts) => ({
  type: facts.type,
  id: facts.id,
  state: facts.state,
  outcome: facts.outcome,
  attention: facts.attention,
  withdrawal: facts.withdrawal,
  proof: facts.proof,
  evidenceHash: facts.evidenceHash,
  waitsFor: facts.waitsFor.map(wait => ({ for: wait.for, until: timeOrNull(wait.until) })),
  firstObservedRun: facts.firstObservedRun,
  firstObservedAt: formatInstant(facts.firstObservedAt),
  changedRun: facts.changedRun,
  changedAt: formatInstant(facts.changedAt),
  displayName: facts.displayName,
  userPrincipalName: facts.userPrincipalName,
  mail: facts.mail,
  onPremisesSamAccountName: facts.onPremisesSamAccountName,
  onPremisesDomainName: facts.onPremisesDomainName,
  accountEnabled: facts.accountEnabled,
  assignedLicenseCount: facts.assignedLicenseCount,
  onPremisesLastSyncDateTime: timeOrNull(facts.onPremisesLastSyncDateTime),
});

const undo = z.enum(['restorable', 'final', 'manual']);
const days = z.int().nullable();

export const listedCandidateSchema = z
  .strictObject({
    facts: factsSchema,
    decision: decisionSummarySchema.nullable(),
    reversibility: z.strictObject({ kind: undo, days }),
    etag: z.string().meta({ description: 'For If-Match of a decision about this object.' }),
  })
  .meta({ id: 'ListedCandidate' });

export function listedDocument({ facts, decision, version }: ListedCandidate) {
  const { kind, days: restorable } = reversibilityOf(facts.type);
  return {
    facts: factsDocument(facts),
    decision: decision && summaryDocument(decision),
    reversibility: { kind, days: restorable },
    etag: entityTagOf(version),
  };
}

const approvalSchema = z.strictObject({
  by: personSchema,
  at: time,
  expiresAt: time,
  evidenceHash: z.string(),
  runId: z.string(),
  comment: z.string().nullable(),
  confirmation: z.string().nullable(),
});

/** A whole decision: what it is, and what it went through. */
export const decisionSchema = z
  .strictObject({
    state: z.enum(decisionStates).meta({ description: 'As it is recorded; standing says what is in force.' }),
    standing: decisionSummarySchema,
    changedAt: time,
    operationId: z.string().meta({ description: 'The audit log has a row under the same id.' }),
    approval: approvalSchema.nullable(),
    rejection: z
      .strictObject({
        by: personSchema,
        at: time,
        expiresAt: time.nullable(),
        evidenceHash: z.string(),
        reason: z.string(),
      })
      .nullable(),
    quarantine: z.strictObject({ by: personSchema, at: time, until: time }).nullable(),
    deletion: z
      .strictObject({ by: personSchema, operationId: z.string(), at: time, attempt: z.int() })
      .nullable(),
    failure: z.strictObject({ at: time, reason: z.string() }).nullable(),
    deletedAt: time.nullable(),
    restoration: z.strictObject({ by: personSchema, at: time, comment: z.string().nullable() }).nullable(),
    lapse: z.strictObject({ at: time, reason: z.enum(lapseReasons), by: personSchema.nullable() }).nullable(),
  })
  .meta({ id: 'Decision' });

/** Everything that some state of a decision has; what this one has not is null. */
type Whole = {
  readonly [
    Key in 'approval' | 'rejection' | 'deletion' | 'failure' | 'deletedAt' | 'restoration' | 'lapse'
  ]: Extract<Decision, { readonly [Has in Key]: unknown }>[Key] | null;
};
const nothing: Whole = {
  approval: null,
  rejection: null,
  deletion: null,
  failure: null,
  deletedAt: null,
  restoration: null,
  lapse: null,
};

/** A decision as JSON, with its standing. */
export function decisionDocument(decision: Decision | StoredDecision, standing: DecisionSummary) {
  const whole: Whole & Decision = { ...nothing, ...decision };
  const { approval, rejection, quarantine, deletion, failure, deletedAt, restoration, lapse } = whole;
  return {
    state: decision.state,
    standing: summaryDocument(standing),
    changedAt: formatInstant(decision.changedAt),
    operationId: decision.operationId,
    approval: approval && {
      ...approval,
      at: formatInstant(approval.at),
      expiresAt: formatInstant(approval.expiresAt),
    },
    rejection: rejection && {
      ...rejection,
      at: formatInstant(rejection.at),
      expiresAt: timeOrNull(rejection.expiresAt),
    },
    quarantine: quarantine && {
      ...quarantine,
      at: formatInstant(quarantine.at),
      until: formatInstant(quarantine.until),
    },
    deletion: deletion && { ...deletion, at: formatInstant(deletion.at) },
    failure: failure && { ...failure, at: formatInstant(failure.at) },
    deletedAt: timeOrNull(deletedAt),
    restoration: restoration && { ...restoration, at: formatInstant(restoration.at) },
    lapse: lapse && { ...lapse, at: formatInstant(lapse.at) },
  };
}

/** The evidence as it was recorded; its shape is that of docs/how-it-works.md, "Evidence". */
export const evidenceSchema = z.looseObject({}).meta({
  id: 'Evidence',
  description: 'Every key that was tried, and what each found (docs/how-it-works.md).',
});

export const candidateSchema = z
  .strictObject({
    facts: factsSchema,
    evidence: evidenceSchema,
    decision: decisionSchema.nullable(),
    reversibility: z.strictObject({ kind: undo, days, caveats: z.array(z.string()) }),
  })
  .meta({ id: 'Candidate' });

export function candidateDocument({ facts, evidence, decision, summary }: CandidateRecord) {
  return {
    facts: factsDocument(facts),
    evidence,
    decision: decision && summary && decisionDocument(decision, summary),
    reversibility: reversibilityOf(facts.type),
  };
}
