import type { FactState } from './facts';

/** What became of an administrator's decision (docs/how-it-works.md, state diagram "decisions"). */
export const decisionStates = [
  'approved',
  'quarantined',
  'deleting',
  'deleted',
  'restored',
  'rejected',
  'lapsed',
  'failed',
  'manual',
] as const;
export type DecisionState = (typeof decisionStates)[number];

type TransitionTable<State extends string> = Readonly<Record<State | 'none', readonly State[]>>;

/** `none`: there is no row yet. A state may always follow itself while its details change, except `withdrawn`. */
export const factTransitions: TransitionTable<FactState> = {
  none: ['observed', 'candidate', 'attention'],
  observed: ['observed', 'candidate', 'attention', 'withdrawn'],
  candidate: ['observed', 'candidate', 'attention', 'withdrawn'],
  attention: ['observed', 'candidate', 'attention', 'withdrawn'],
  withdrawn: ['observed', 'candidate', 'attention'],
};

/**
 * `deleted` is reached only through `deleting`, and `deleting` only with an approval that is still valid (design.md, "Lifecycle"):
 * from `approved` or `quarantined`, from `failed` for another try, and from itself where a crash left it. What was restored is restored
 * once more where it had only seemed so, and is decided about again, as something new, once its days are over (decisionSteps).
 */
export const decisionTransitions: TransitionTable<DecisionState> = {
  none: ['approved', 'rejected'],
  approved: ['quarantined', 'deleting', 'rejected', 'lapsed'],
  quarantined: ['approved', 'deleting', 'rejected', 'lapsed'],
  deleting: ['deleting', 'deleted', 'failed', 'manual', 'lapsed'],
  deleted: ['restored'],
  restored: ['restored', 'approved', 'rejected'],
  rejected: ['approved', 'lapsed'],
  lapsed: ['approved', 'rejected'],
  failed: ['approved', 'deleting', 'rejected', 'lapsed'],
  manual: ['approved', 'rejected', 'lapsed'],
};

export type Transition<State> =
  { readonly legal: true; readonly to: State } | { readonly legal: false; readonly reason: string };

/** Decides whether a step is in the table. An illegal step is a value, not an exception: the caller refuses it. */
export function transition<State extends string>(
  table: TransitionTable<State>,
  from: State | 'none',
  to: State,
): Transition<State> {
  const allowed = table[from];
  if (allowed.includes(to)) return { legal: true, to };
  return { legal: false, reason: `after "${from}" may follow ${allowed.join(', ')}; found "${to}"` };
}
