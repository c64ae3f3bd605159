import type { ObjectType } from './objectType';

/**
 * One evidence gate, evaluated. All gates are evaluated in every run, and the run record lists every one with the figure found
 * and its limit. A breach refuses the run (promise 4).
 */
export interface GateResult {
  /** The gate's name, stable: docs/how-it-works.md lists them. */
  readonly gate: string;
  /** The source or the object type that this result is about; null: the run as a whole. */
  readonly source: string | null;
  readonly type: ObjectType | null;
  readonly passed: boolean;
  /** What was found, and what is allowed: figures, or short text. */
  readonly found: string;
  readonly limit: string;
  /** Says what was expected, what was found and what to do; empty where the gate was passed. */
  readonly reason: string;
}
