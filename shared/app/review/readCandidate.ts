import type { CloudId } from '../../core/cloudObject';
import type { StoredDecision } from '../../core/decision';
import type { StoredFacts } from '../../core/facts';
import type { ObjectType } from '../../core/objectType';
import { summaryOf, type DecisionSummary } from '../../core/review/decisionSummary';
import { versionOf } from '../../core/review/version';
import { AppError } from '../../core/appError';
import type { DecisionTable } from '../decisionPorts';
import type { CandidateReader, Clock } from '../ports';

export interface ReadCandidatePorts {
  readonly candidates: Pick<CandidateReader, 'read' | 'readEvidence'>;
  readonly decisions: Pick<DecisionTable, 'read'>;
  readonly clock: Clock;
}

/** All that is known of one object: what a person reads before deciding. */
export interface CandidateRecord {
  readonly facts: StoredFacts;
  /** As it was recorded: parsed JSON. */
  readonly evidence: Readonly<Record<string, unknown>>;
  readonly decision: StoredDecision | null;
  readonly summary: DecisionSummary | null;
  /** For If-Match. */
  readonly version: string;
}

/** Reads one candidate; null: the scan has never found anything about this object. */
export async function readCandidate(
  { candidates, decisions, clock }: ReadCandidatePorts,
  type: ObjectType,
  id: CloudId,
  signal: AbortSignal,
): Promise<CandidateRecord | null> {
  // The decision first: where it changes in between, the version is too old, never too new.
  const decision = await decisions.read(type, id, signal);
  const facts = await candidates.read(type, id, signal);
  if (facts === null) return null;
  return {
    facts,
    evidence: parseEvidence(facts, await candidates.readEvidence(facts.evidence, signal)),
    decision,
    summary: decision && summaryOf(decision, facts, clock.now()),
    version: versionOf(facts, decision),
  };
}

function parseEvidence(facts: StoredFacts, json: string): Readonly<Record<string, unknown>> {
  const value = parsed(json);
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Readonly<Record<string, unknown>>;
  throw new AppError(
    'rowInvalid',
    `The evidence of ${facts.type}/${facts.id} was expected to be a JSON object. Only the scan writes it: find out who else did.`,
  );
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return null;
  }
}
