import type { Person } from '../../core/decision';
import type { ScanRunTable } from '../ports';
import { readLegacy, recentRuns } from '../runHistory';
import { addRule, type AddedRule, type RulesPorts } from './rules';

export interface ReleaseHoldPorts extends RulesPorts {
  readonly runs: Pick<ScanRunTable, 'newest'>;
}

export interface ReleaseHoldRequest {
  readonly runId: string;
  readonly gate: string;
  /** The run's id and the gate's name once more, as a person typed them. */
  readonly statement: { readonly runId: string; readonly gate: string };
  readonly reason: string;
  readonly by: Person;
  readonly correlationId: string | null;
}

export type ReleasedHold =
  | Extract<AddedRule, { kind: 'added' | 'exists' }>
  | {
      readonly kind: 'refused';
      readonly because: 'statementDiffers' | 'noSuchRun' | 'gateNotBreached' | 'notHeld';
      readonly reason: string;
    };

/**
 * Lets go what one gate held of one run: a rule for this run and this gate. It covers that breach while it goes on and is not worse, and
 * loosens no limit (core/holds). Only a breach that the run's record shows, and that is in force now, can be let go. Throws as
 * `addRule`.
 */
export async function releaseHold(
  ports: ReleaseHoldPorts,
  { runId, gate, statement, reason, by, correlationId }: ReleaseHoldRequest,
  signal: AbortSignal,
): Promise<ReleasedHold> {
  if (statement.runId !== runId || statement.gate !== gate)
    return refused(
      'statementDiffers',
      "The statement was expected to name this run's id and this gate's name once more.",
    );
  const recent = await ports.runs.newest(recentRuns, signal);
  const run = recent.find(one => one.runId === runId);
  if (!run) return refused('noSuchRun', `None of the newest ${recentRuns} runs has this id.`);
  if (!run.gates.some(one => one.gate === gate && !one.passed))
    return refused('gateNotBreached', 'A gate that held this run was expected: see the gates of its record.');
  const { holds } = await readLegacy(ports.runs, recent, signal);
  if (!holds.some(hold => hold.runId === runId && hold.gate === gate))
    return refused(
      'notHeld',
      `This breach holds nothing any more. What does: ${holds.map(hold => `${hold.gate} of run ${hold.runId}`).join(', ') || 'nothing'}.`,
    );
  const added = await addRule(
    ports,
    { content: { kind: 'holdRelease', runId, gate }, reason, expiresAt: null, by, correlationId },
    signal,
  );
  if (added.kind === 'expiryPassed') throw new RangeError('a rule without expiry has none that passed');
  return added;
}

const refused = (
  because: Extract<ReleasedHold, { kind: 'refused' }>['because'],
  reason: string,
): ReleasedHold => ({ kind: 'refused', because, reason });
