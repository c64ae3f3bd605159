import { approve } from '../../core/decisionSteps';
import { manualSteps } from '../../core/cloudWrites/manualSteps';
import { comparable, expectedConfirmation } from '../../core/review/confirmation';
import { lockReason, locksOf, type Hold } from '../../core/holds';
import { activeRules, exclusionOf, type StoredRule } from '../../core/rule';
import type { ScanRun } from '../../core/scanRun';
import type { RuleTable } from '../decisionPorts';
import type { ScanRunTable } from '../ports';
import { legacyOf, readRecent } from '../runHistory';
import {
  decide,
  refused,
  type Decided,
  type DecidePorts,
  type DecideRequest,
  type Deciding,
  type ReadCandidate,
  type Refused,
} from './decide';

export interface ApprovePorts extends DecidePorts {
  readonly rules: Pick<RuleTable, 'readAll'>;
  readonly runs: Pick<ScanRunTable, 'newest'>;
}

export interface ApproveSettings {
  /** How long an approval is valid, days. */
  readonly approvalDays: number;
  /** Whether the app tries to delete organizational contacts; else a person has to. */
  readonly contactsThroughBeta: boolean;
}

export interface ApproveRequest extends DecideRequest {
  /** From the ETag that the caller has read. */
  readonly version: string;
  /** Of the evidence that the caller looked at. */
  readonly evidenceHash: string;
  readonly comment: string | null;
  /** What was typed. */
  readonly confirmation: string | null;
}

/** What approvals depend on beside the object itself, as it is now. */
export interface ApprovalGround {
  readonly rules: readonly StoredRule[];
  /** The newest ones; an older run than these is named by its number. */
  readonly runs: readonly ScanRun[];
  /** What holds, released or not. */
  readonly holds: readonly Hold[];
}

/** Throws `storageUnavailable`, `rowInvalid`: without the rules nobody approves. */
export async function readGround(
  { rules, runs }: Pick<ApprovePorts, 'rules' | 'runs'>,
  signal: AbortSignal,
): Promise<ApprovalGround> {
  const [allRules, recent] = await Promise.all([
    Array.fromAsync(rules.readAll(signal)),
    readRecent(runs, signal),
  ]);
  return { rules: allRules, runs: recent, holds: legacyOf(recent).holds };
}

/**
 * Says yes to deleting a candidate, for the evidence that the caller looked at. The approval names the run whose finding that is.
 * Nothing is deleted here, and four eyes are asked for when something is. Throws as `decide`.
 */
export async function approveCandidate(
  ports: ApprovePorts,
  settings: ApproveSettings,
  request: ApproveRequest,
  signal: AbortSignal,
): Promise<Decided> {
  const ground = await readGround(ports, signal);
  const { version, evidenceHash, comment, confirmation } = request;
  const deciding: Deciding = {
    action: 'approve',
    said: { evidenceHash, comment, confirmation },
    step: (read, command) =>
      unapprovable(read, ground, settings, command.at) ??
      approve(
        read.decision,
        read.facts,
        { ...command, evidenceHash, comment, ...typed(confirmation), runId: runIdOf(read, ground) },
        { ...settings, expectedConfirmation: expectedConfirmation(read.facts) },
      ),
  };
  return decide(ports, request, { version }, deciding, signal);
}

const typed = (confirmation: string | null): { confirmation: string | null } => ({
  confirmation: confirmation === null ? null : comparable(confirmation),
});

/** Why the object may not be approved, whatever the evidence says of it; null: it may. */
export function unapprovable(
  { facts }: Pick<ReadCandidate, 'facts'>,
  ground: ApprovalGround,
  { contactsThroughBeta }: Pick<ApproveSettings, 'contactsThroughBeta'>,
  at: Parameters<typeof activeRules>[1],
): Refused | null {
  if (facts.attention === 'protected')
    return refused('protected', 'The object is protected (docs/how-it-works.md) and is never deleted.');
  const rules = activeRules(ground.rules, at);
  const [lock] = locksOf(facts.type, ground.holds, rules);
  if (lock) return refused('locked', lockReason(lock));
  const rule = exclusionOf(rules, facts);
  if (rule !== null)
    return refused(
      'excluded',
      `The ${rule.content.kind} rule ${rule.ruleId} keeps the object. Where that is no longer right, remove the rule first.`,
    );
  if (facts.type === 'contact' && !contactsThroughBeta) {
    const { explanation, commands } = manualSteps('contact', 'contactUnsupported', facts.id);
    return refused('manual', `The app does not delete contacts. ${explanation}\n${commands.join('\n')}`);
  }
  return null;
}

/** The run that found the facts as they are. */
export function runIdOf({ facts }: Pick<ReadCandidate, 'facts'>, { runs }: ApprovalGround): string {
  // A run that never held the lease repeats the number of another.
  const run = runs.find(one => one.runNumber === facts.changedRun && one.fence !== null);
  return run?.runId ?? `run-${facts.changedRun}`;
}
