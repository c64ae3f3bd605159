import type { ObjectType } from '../../../shared/core/objectType';
import type { RunState, ScanRun } from '../../../shared/core/scanRun';
import type { FaultWorld } from './world';

/** What the night of the fault must look like. */
export interface Expected {
  /** States that are right; `none`: the process ended without a closed record. */
  readonly runs: readonly (RunState | 'none')[];
  /** Gates that must be breached; every one of them. */
  readonly gates?: readonly string[];
  /** The list is written, and approval of these types is locked. */
  readonly locks?: boolean;
}

/** One way in which a night goes wrong. */
export interface Fault {
  readonly name: string;
  /** The case of domain.md or the incident that it stands for. */
  readonly answers: string;
  /** `together`: it does not matter of which type an object is, so that one night is looked at for all four. */
  readonly types: 'together' | readonly ObjectType[];
  readonly forests?: readonly (1 | 2)[];
  /** Settings of the part scan, beside the usual ones. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Makes tonight wrong: the exports and the tenant before the scan. `type` is the first one where all are looked at together. */
  readonly strike: (world: FaultWorld, type: ObjectType) => void | Promise<void>;
  /** The night itself, where it is not merely one scan. null: the process ended without a record. */
  readonly night?: (world: FaultWorld) => Promise<ScanRun | null>;
  readonly expected: Expected;
  /** Puts right what was wrong, as an administrator would; the next night begins after it, with fresh exports of what is true. */
  readonly mend?: (world: FaultWorld, type: ObjectType) => void | Promise<void>;
}

/** What became of one fault, for one type and number of forests. */
export interface Outcome {
  readonly fault: string;
  readonly answers: string;
  readonly type: ObjectType;
  readonly forests: 1 | 2;
  /** State of the run and the gates that were breached. */
  readonly happened: string;
  readonly refused: string;
  /** Must be empty. */
  readonly lost: readonly string[];
}
