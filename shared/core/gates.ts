import type { SourceName } from './exportFormat';
import type { ObjectType } from './objectType';

/**
 * One evidence gate, evaluated. All gates are evaluated in every run, and the run record lists every one with the figure found
 * and its limit. A breach refuses the run (promise 4). docs/how-it-works.md lists the gates.
 */
export interface GateResult {
  /** The gate's name, stable. */
  readonly gate: string;
  /** The source or the object type that this result is about; null: not about one. */
  readonly source: string | null;
  readonly type: ObjectType | null;
  readonly passed: boolean;
  /** What was found, and what is allowed: figures, or short text. */
  readonly found: string;
  readonly limit: string;
  /** Says what was expected, what was found and what to do; empty where the gate was passed. */
  readonly reason: string;
}

/** What became of the newest export of one expected source. */
export type ExportOutcome =
  | { readonly status: 'accepted'; readonly sequence: number; readonly lines: number }
  | { readonly status: 'missing' | 'unreadable' | 'refused'; readonly reason: string };

/** Every expected source must have an export (domain.md, case 8). */
export function exportPresent(source: SourceName, outcome: ExportOutcome): GateResult {
  const passed = outcome.status === 'accepted' || outcome.status === 'refused';
  return {
    gate: 'exportPresent',
    source,
    type: null,
    passed,
    found: passed ? 'present' : outcome.status,
    limit: 'one complete export',
    reason: passed ? '' : outcome.reason,
  };
}

/** Signature, manifest, hashes, counts and end marker of a source's newest export must hold (domain.md, case 8). */
export function exportVerified(source: SourceName, outcome: ExportOutcome): GateResult {
  const passed = outcome.status === 'accepted';
  return {
    gate: 'exportVerified',
    source,
    type: null,
    passed,
    found: passed ? `sequence ${outcome.sequence}, ${outcome.lines} lines` : outcome.status,
    limit: 'signature, hashes and counts hold',
    reason: outcome.status === 'refused' ? outcome.reason : '',
  };
}

/** How far a list's distinct ids may lie outside of the counts taken before and after: tenants change while one reads. */
export const listToleranceObjects = 10;
export const listTolerancePercent = 0.1;

/** What became of reading one of Graph's lists. */
export type ListOutcome =
  | {
      readonly status: 'read';
      readonly distinct: number;
      readonly countBefore: number;
      readonly countAfter: number;
    }
  | { readonly status: 'failed'; readonly reason: string };

/** A list is complete when its distinct ids lie within the counts taken before and after, give or take (design.md). */
export function graphListComplete(type: ObjectType, outcome: ListOutcome): GateResult {
  const gate = { gate: 'graphListComplete', source: null, type };
  if (outcome.status === 'failed')
    return { ...gate, passed: false, found: 'not read', limit: 'read to its end', reason: outcome.reason };
  const { distinct, countBefore, countAfter } = outcome;
  const largest = Math.max(countBefore, countAfter);
  const tolerance = Math.max(listToleranceObjects, Math.ceil((largest * listTolerancePercent) / 100));
  const low = Math.max(0, Math.min(countBefore, countAfter) - tolerance);
  const high = largest + tolerance;
  const passed = distinct >= low && distinct <= high;
  return {
    ...gate,
    passed,
    found: String(distinct),
    limit: `${low} to ${high}`,
    reason: passed
      ? ''
      : `The list of ${type}s is not complete: ${low} to ${high} distinct ids were expected, from the counts ` +
        `${countBefore} before and ${countAfter} after, and ${distinct} were found, twice. Run the scan again; ` +
        `if it happens again, open a support case with Microsoft: Graph's list and Graph's count disagree.`,
  };
}
