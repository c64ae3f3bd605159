import { AppError } from '../../core/appError';
import type { StoredFacts } from '../../core/facts';
import type { CandidateReader } from '../ports';

/** The evidence of a row as it was recorded, parsed. Throws `rowInvalid` where it is no JSON object. */
export async function readRecordedEvidence(
  candidates: Pick<CandidateReader, 'readEvidence'>,
  facts: StoredFacts,
  signal: AbortSignal,
): Promise<Readonly<Record<string, unknown>>> {
  const value = parsed(await candidates.readEvidence(facts.evidence, signal));
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
