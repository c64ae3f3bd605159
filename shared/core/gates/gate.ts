import type { ObjectType } from '../objectType';

/**
 * evidence: a breach refuses the run, which then changes nothing but its own record (promise 4). volume: a breach lists everything,
 * but locks approval and deletion.
 */
export const gateKinds = ['evidence', 'volume'] as const;
export type GateKind = (typeof gateKinds)[number];

/** What a gate is about; null: not about one. Two breaches of one gate with the same subject are the same breach, on different nights. */
export interface GateSubject {
  /** The gate's name, stable. */
  readonly gate: string;
  readonly source: string | null;
  readonly type: ObjectType | null;
  /** Distinguished name of a naming context, or another part of the source. */
  readonly context: string | null;
}

/**
 * One gate, evaluated. All gates are evaluated in every run, and the run record lists every one with the figure found and its limit.
 * docs/how-it-works.md lists the gates.
 */
export interface GateResult extends GateSubject {
  readonly kind: GateKind;
  readonly passed: boolean;
  /** What was found, and what is allowed: figures, or short text. */
  readonly found: string;
  readonly limit: string;
  /** Says what was expected, what was found and what to do; empty where the gate was passed. */
  readonly reason: string;
  /** How far the breach goes: larger is worse, in the gate's own unit; 0 where it was passed. A release covers nothing that is worse. */
  readonly severity: number;
  /** Whether the breach holds the later runs too, until a person releases it (ADR 0017). */
  readonly holds: boolean;
  /** The rule by which this breach was let go, and how far the breach went that a person saw; null: it was not. */
  readonly releasedBy: { readonly ruleId: string; readonly severity: number } | null;
}

/** Text of a gate that is the same whether it was passed or not. */
export interface GateFigures {
  readonly found: string;
  readonly limit: string;
}

export const subjectOf = (gate: string, about: Partial<Omit<GateSubject, 'gate'>> = {}): GateSubject => ({
  gate,
  source: null,
  type: null,
  context: null,
  ...about,
});

export const passedGate = (
  kind: GateKind,
  subject: GateSubject,
  { found, limit }: GateFigures,
): GateResult => ({
  ...subject,
  kind,
  passed: true,
  found,
  limit,
  reason: '',
  severity: 0,
  holds: false,
  releasedBy: null,
});

export interface Breach {
  readonly reason: string;
  /** More than 0. */
  readonly severity: number;
  readonly holds: boolean;
}

export const breachedGate = (
  kind: GateKind,
  subject: GateSubject,
  { found, limit }: GateFigures,
  { reason, severity, holds }: Breach,
): GateResult => ({
  ...subject,
  kind,
  passed: false,
  found,
  limit,
  reason,
  severity,
  holds,
  releasedBy: null,
});

/** Whether the gate stands in the way: it was breached, and nobody let the breach go. */
export const blocks = ({ passed, releasedBy }: GateResult): boolean => !passed && releasedBy === null;

export const sameSubject = (one: GateSubject, other: GateSubject): boolean =>
  one.gate === other.gate &&
  one.source === other.source &&
  one.type === other.type &&
  one.context === other.context;
