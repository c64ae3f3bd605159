import type { Person } from '../../core/decision';
import type { Hold } from '../../core/holds';
import type { ScanRun } from '../../core/scanRun';
import type { ScanRunTable } from '../ports';
import { legacyOf, readRecent } from '../runHistory';
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
 * loosens no limit (core/holds). Only a breach that holds now, as the newest record says, can be let go. Throws as `addRule`.
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
  const recent = await readRecent(ports.runs, signal);
  const { holds } = legacyOf(recent);
  // What holds is carried from record to record: the run that it names may be older than any record that is looked at.
  if (!holds.some(hold => hold.runId === runId && hold.gate === gate))
    return notHeld(recent, holds, { runId, gate });
  const added = await addRule(
    ports,
    { content: { kind: 'holdRelease', runId, gate }, reason, expiresAt: null, by, correlationId },
    signal,
  );
  if (added.kind === 'expiryPassed') throw new RangeError('a rule without expiry has none that passed');
  return added;
}

function notHeld(
  recent: readonly ScanRun[],
  holds: readonly Hold[],
  { runId, gate }: Pick<ReleaseHoldRequest, 'runId' | 'gate'>,
): ReleasedHold {
  const records = recent.filter(one => one.runId === runId);
  if (records.length === 0)
    return refused('noSuchRun', `None of the newest ${recent.length} runs has this id.`);
  if (!records.some(run => run.gates.some(one => one.gate === gate && !one.passed)))
    return refused('gateNotBreached', 'A gate that held this run was expected: see the gates of its record.');
  const what = holds.map(hold => `${hold.gate} of run ${hold.runId}`).join(', ') || 'nothing';
  return refused('notHeld', `This breach holds nothing any more. What does: ${what}.`);
}

const refused = (
  because: Extract<ReleasedHold, { kind: 'refused' }>['because'],
  reason: string,
): ReleasedHold => ({ kind: 'refused', because, reason });
