import {
  longestComment,
  type Approval,
  type DecidedFacts,
  type Decision,
  type DecisionIn,
  type LapseReason,
  type Person,
} from './decision';
import { restoredDays } from './cloudHistory';
import { approvalFault } from './decisionLapse';
import { formatInstant, type Instant } from './instant';
import { decisionTransitions, transition, type DecisionState } from './transitions';

/** Why a step is not taken. */
export const refusals = [
  'illegalStep',
  'notCandidate',
  'evidenceChanged',
  'approvalExpired',
  'confirmationMissing',
  'expiryPassed',
  'quarantineNotOver',
  'notQuarantined',
  'fourEyes',
] as const;
export type Refusal = (typeof refusals)[number];

/** A decision after a step, or why there is none: a value, since the caller answers with it. */
export type Step<State extends DecisionState = DecisionState> =
  | { readonly kind: 'taken'; readonly decision: DecisionIn<State> }
  | { readonly kind: 'refused'; readonly refusal: Refusal; readonly reason: string };

/** Who does it, when, and under which id. */
export interface Command {
  readonly by: Person;
  readonly at: Instant;
  /** The same where the command is repeated. */
  readonly operationId: string;
}

export interface ApproveCommand extends Command {
  /** Of the evidence that the approver saw. */
  readonly evidenceHash: string;
  readonly runId: string;
  readonly comment: string | null;
  /** What the approver typed. */
  readonly confirmation: string | null;
}

export interface ApprovalRules {
  readonly approvalDays: number;
  /** What has to be typed: the display name, or how many; null: nothing. */
  readonly expectedConfirmation: string | null;
}

const dayMs = 24 * 60 * 60 * 1000;

/** Says yes to a candidate. Only what the scan calls a candidate now, and only with the evidence that the approver saw. */
export function approve(
  current: Decision | null,
  facts: DecidedFacts,
  command: ApproveCommand,
  { approvalDays, expectedConfirmation }: ApprovalRules,
): Step<'approved'> {
  const approval: Approval = {
    by: command.by,
    at: command.at,
    expiresAt: (command.at + approvalDays * dayMs) as Instant,
    evidenceHash: command.evidenceHash,
    runId: command.runId,
    comment: bounded(command.comment),
    confirmation: expectedConfirmation === null ? null : command.confirmation,
  };
  const refusal =
    illegal(current, 'approved') ??
    restoredLately(current, command.at) ??
    unfit(approval, facts, command.at) ??
    (approval.confirmation === expectedConfirmation
      ? null
      : refused(
          'confirmationMissing',
          'the confirmation was expected as it is asked for, and something else was typed',
        ));
  return refusal ?? taken({ ...common(facts, command, current), state: 'approved', approval });
}

export interface RejectCommand extends Command {
  readonly evidenceHash: string;
  readonly reason: string;
  /** null: for ever. */
  readonly expiresAt: Instant | null;
}

/** Says no, to whatever the scan still reports. */
export function reject(
  current: Decision | null,
  facts: DecidedFacts,
  command: RejectCommand,
): Step<'rejected'> {
  const { by, at, evidenceHash, expiresAt } = command;
  const refusal = illegal(current, 'rejected') ?? restoredLately(current, at);
  if (refusal) return refusal;
  if (facts.state === 'withdrawn')
    return refused('notCandidate', 'an object that the scan reports was expected, and it is withdrawn');
  if (facts.evidenceHash !== evidenceHash) return evidenceChanged();
  if (expiresAt !== null && expiresAt <= at)
    return refused(
      'expiryPassed',
      `an expiry after ${formatInstant(at)} was expected, found ${formatInstant(expiresAt)}`,
    );
  return taken({
    ...common(facts, command, current),
    state: 'rejected',
    rejection: { by, at, evidenceHash, expiresAt, reason: bounded(command.reason) },
  });
}

/** Takes a decision back that led to no delete: the object is undecided again. */
export function reopen(current: Decision, command: Command): Step<'lapsed'> {
  // A delete that was begun may have happened: its outcome comes first.
  if (current.state === 'deleting')
    return refused('illegalStep', 'a decision without a delete under way was expected, found "deleting"');
  return lapsed(current, 'reopened', command, command.by);
}

export interface QuarantineCommand extends Command {
  /** From when on the object may be deleted. */
  readonly until: Instant;
}

/** Notes that sign-in was blocked. Needs what a delete needs: it takes something away from a person. */
export function quarantine(
  current: Decision,
  facts: DecidedFacts | null,
  command: QuarantineCommand,
): Step<'quarantined'> {
  const refusal = illegal(current, 'quarantined');
  if (refusal) return refusal;
  const { approval } = current as DecisionIn<'approved'>;
  const { by, at, until } = command;
  return (
    unfit(approval, facts, at) ??
    taken({
      ...common(current, command, current),
      state: 'quarantined',
      approval,
      quarantine: { by, at, until },
    })
  );
}

/** Notes that sign-in was given back: `quarantined` is `approved` again, any other state stays what it is. */
export function releaseQuarantine(current: Decision, command: Command): Step {
  if (current.quarantine === null)
    return refused('notQuarantined', 'an object whose sign-in we blocked was expected, and it is not');
  if (current.state === 'deleting' || current.state === 'deleted')
    return refused('illegalStep', `an object that is not deleted was expected, found "${current.state}"`);
  const released = { ...common(current, command, current), quarantine: null };
  if (current.state === 'quarantined')
    return taken<DecisionState>({ ...released, state: 'approved', approval: current.approval });
  return taken<DecisionState>({ ...current, ...released });
}

export interface DeletionRules {
  /** Whether the deleter must be another person than the approver. */
  readonly fourEyes: boolean;
}

/**
 * Begins a delete: the only way into `deleting`, and only with an approval of the evidence of now that has not expired. After a
 * delete that failed, and where a crash left one under way, it is the next attempt of the same operation.
 */
export function startDeletion(
  current: Decision,
  facts: DecidedFacts | null,
  command: Command,
  { fourEyes }: DeletionRules,
): Step<'deleting'> {
  const refusal = illegal(current, 'deleting');
  if (refusal) return refusal;
  const {
    approval,
    quarantine: waiting,
    ...rest
  } = current as DecisionIn<'approved' | 'quarantined' | 'deleting' | 'failed'>;
  const { by, at, operationId } = command;
  const fault = unfit(approval, facts, at);
  if (fault) return fault;
  if (waiting !== null && at < waiting.until)
    return refused('quarantineNotOver', `the quarantine lasts until ${formatInstant(waiting.until)}`);
  if (fourEyes && by.id === approval.by.id)
    return refused('fourEyes', 'another person than the approver was expected to delete');
  const earlier = 'deletion' in rest ? rest.deletion : null;
  return taken({
    ...common(current, command, current),
    state: 'deleting',
    approval,
    deletion: {
      by,
      at,
      operationId: earlier?.operationId ?? operationId,
      attempt: (earlier?.attempt ?? 0) + 1,
    },
  });
}

/**
 * What came of a delete. deleted: Graph confirmed it. failed: it may be tried again. manual: Graph refuses for good. gone: somebody
 * else had deleted it. abandoned: what was proved again just before did not hold, so nothing was sent.
 */
export type DeletionOutcome =
  | { readonly kind: 'deleted' | 'gone' }
  | { readonly kind: 'failed' | 'manual'; readonly reason: string }
  | { readonly kind: 'abandoned'; readonly because: Exclude<LapseReason, 'reopened' | 'gone'> };

/** Ends a delete that is under way. */
export function finishDeletion(
  current: Decision,
  outcome: DeletionOutcome,
  command: Pick<Command, 'at' | 'operationId'>,
): Step<'deleted' | 'failed' | 'manual' | 'lapsed'> {
  if (current.state !== 'deleting')
    return refused('illegalStep', `a delete under way was expected, found "${current.state}"`);
  const { approval, deletion } = current;
  const { at } = command;
  const rest = { ...common(current, command, current), approval, deletion };
  switch (outcome.kind) {
    case 'deleted':
      return taken({ ...rest, state: 'deleted', deletedAt: at });
    case 'failed':
    case 'manual':
      return taken({ ...rest, state: outcome.kind, failure: { at, reason: bounded(outcome.reason) } });
    case 'gone':
      return lapsed(current, 'gone', command, null);
    case 'abandoned':
      return lapsed(current, outcome.because, command, null);
  }
}

export interface RestoreCommand extends Command {
  readonly comment: string | null;
}

/** Notes that a deleted object was brought back, or, where that had only seemed so before, that it is now. */
export function restore(current: Decision, command: RestoreCommand): Step<'restored'> {
  const refusal = illegal(current, 'restored');
  if (refusal) return refusal;
  const { approval, deletion, deletedAt } = current as DecisionIn<'deleted' | 'restored'>;
  const { by, at } = command;
  return taken({
    ...common(current, command, current),
    state: 'restored',
    approval,
    deletion,
    deletedAt,
    restoration: { by, at, comment: bounded(command.comment) },
  });
}

function lapsed(
  current: Decision,
  reason: LapseReason,
  command: Pick<Command, 'at' | 'operationId'>,
  by: Person | null,
): Step<'lapsed'> {
  return (
    illegal(current, 'lapsed') ??
    taken({
      ...common(current, command, current),
      state: 'lapsed',
      lapse: { at: command.at, reason, by },
      approval: 'approval' in current ? current.approval : null,
      rejection: 'rejection' in current ? current.rejection : null,
      deletion: 'deletion' in current ? current.deletion : null,
    })
  );
}

type Refused = Extract<Step, { readonly kind: 'refused' }>;

const refused = (refusal: Refusal, reason: string): Refused => ({ kind: 'refused', refusal, reason });
const taken = <State extends DecisionState>(decision: DecisionIn<State>): Step<State> => ({
  kind: 'taken',
  decision,
});

function illegal(current: Decision | null, to: DecisionState): Refused | null {
  const step = transition(decisionTransitions, current?.state ?? 'none', to);
  return step.legal ? null : refused('illegalStep', step.reason);
}

/**
 * As long as the scan keeps a restored user for review (domain.md, case 14), the decision has to say when that was: the row of the facts
 * may still be the one of before the delete.
 */
function restoredLately(current: Decision | null, at: Instant): Refused | null {
  if (current?.state !== 'restored') return null;
  const until = (current.restoration.at + restoredDays * dayMs) as Instant;
  return at >= until
    ? null
    : refused(
        'illegalStep',
        `a user who was not restored in the last ${restoredDays} days was expected: it can be decided about from ${formatInstant(until)} on`,
      );
}

/** Why an approval does not carry a step now. */
function unfit(approval: Approval, facts: DecidedFacts | null, at: Instant): Refused | null {
  const fault = approvalFault(approval, facts, at);
  switch (fault) {
    case null:
      return null;
    case 'expired':
      return refused('approvalExpired', `the approval expired at ${formatInstant(approval.expiresAt)}`);
    case 'evidenceChanged':
      return evidenceChanged();
    case 'gone':
    case 'notCandidate':
      return refused('notCandidate', `a candidate was expected, found ${facts?.state ?? 'no row'}`);
  }
}

const evidenceChanged = (): Refused =>
  refused(
    'evidenceChanged',
    'the evidence of now was expected, and it is not what was looked at: look again',
  );

function common(
  { type, id }: Pick<Decision, 'type' | 'id'>,
  { at, operationId }: Pick<Command, 'at' | 'operationId'>,
  current: Decision | null,
): Pick<Decision, 'type' | 'id' | 'changedAt' | 'operationId' | 'quarantine'> {
  return { type, id, changedAt: at, operationId, quarantine: current?.quarantine ?? null };
}

function bounded<Text extends string | null>(text: Text): Text {
  if (text === null || text.length <= longestComment) return text;
  // Not through a pair of surrogates.
  return `${text.slice(0, longestComment - 1).replace(/[\ud800-\udbff]$/, '')}…` as Text;
}
