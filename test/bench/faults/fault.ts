import type { ObjectType } from '../../../shared/core/objectType';
import type { RunState, ScanRun } from '../../../shared/core/scanRun';
import type { FaultWorld } from './world';

export const faultGroups = [
  'exports',
  'Microsoft Graph',
  'synchronisation',
  'clocks',
  'two at once',
  'storage',
  'killed',
  'volume',
  'deletion',
  'notifications',
  'cases',
] as const;
export type FaultGroup = (typeof faultGroups)[number];

/** What a run ended as. running: its record was left open; none: it has no record. */
export type NightState = RunState | 'none';

/** What the night of the fault must look like. */
export interface Expected {
  readonly runs: readonly NightState[];
  /** Gates that must be breached; every one of them. */
  readonly gates?: readonly string[];
  /** The list is written, and approval of these types is locked. */
  readonly locks?: boolean;
}

/** Says what was lost, or is not as it must be, where it does not hold. */
export type ExpectThat = (holds: boolean, what: string) => void;

type Settings = Readonly<Record<string, string>>;

/** One way in which a night goes wrong. */
export interface Fault {
  readonly name: string;
  readonly group: FaultGroup;
  /** The case of domain.md or the incident that it stands for. */
  readonly answers: string;
  /** `together`: it does not matter of which type an object is, so that one night is looked at for all four. */
  readonly types: 'together' | readonly ObjectType[];
  readonly forests?: readonly (1 | 2)[];
  /** Settings of the part scan in this night, beside the usual ones. */
  readonly settings?: Settings | ((world: FaultWorld) => Settings);
  /** Nothing is known before: the night of the fault is the first one. */
  readonly firstNight?: true;
  /** Of a series of the same kind: the short proof takes one of them by turns. */
  readonly series?: string;
  /** Makes tonight wrong: the exports and the tenant before the scan. `type` is the first one where all are looked at together. */
  readonly strike: (world: FaultWorld, type: ObjectType) => void | Promise<void>;
  /** The night itself, where it is not merely one scan. null: the process ended without a record. */
  readonly night?: (world: FaultWorld, type: ObjectType, expectThat: ExpectThat) => Promise<ScanRun | null>;
  readonly expected: Expected;
  /** Puts right what was wrong, as an administrator would; the next night begins after it, with fresh exports of what is true. */
  readonly mend?: (world: FaultWorld, type: ObjectType) => void | Promise<void>;
}

/** What became of one fault, for one type and number of forests. */
export interface Outcome {
  readonly fault: string;
  readonly group: FaultGroup;
  readonly answers: string;
  readonly type: ObjectType;
  readonly forests: 1 | 2;
  /** State of the run and the gates that were breached. */
  readonly happened: string;
  /** What was answered to whoever asked for deletion in spite of it. */
  readonly refused: string;
  /** Must be empty. */
  readonly lost: readonly string[];
}
