import type { CloudId } from '../../core/cloudObject';
import type { StoredDecision } from '../../core/decision';
import type { StoredFacts } from '../../core/facts';
import type { ObjectType } from '../../core/objectType';
import { summaryOf, type DecisionSummary } from '../../core/review/decisionSummary';
import { versionOf } from '../../core/review/version';
import type { DecisionTable } from '../decisionPorts';
import type { CandidateReader, Clock } from '../ports';
import { readRecordedEvidence } from './recordedEvidence';

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
    evidence: await readRecordedEvidence(candidates, facts, signal),
    decision,
    summary: decision && summaryOf(decision, facts, clock.now()),
    version: versionOf(facts, decision),
  };
}
