import { AppError, type ErrorCode } from '../../core/appError';
import type { CloudId } from '../../core/cloudObject';
import type { Person } from '../../core/decision';
import { approve } from '../../core/decisionSteps';
import type { ObjectType } from '../../core/objectType';
import { irreversibleTypes } from '../../core/review/confirmation';
import { eachLimited } from '../eachLimited';
import {
  readGround,
  runIdOf,
  unapprovable,
  type ApprovalGround,
  type ApprovePorts,
  type ApproveSettings,
} from './approve';
import { decide, type DecideRefusal, type Decided } from './decide';

/** The most that one call approves. */
export const mostApprovals = 1_000;

export interface ApprovalItem {
  readonly type: ObjectType;
  readonly id: CloudId;
  readonly evidenceHash: string;
}

export interface ApproveManyRequest {
  readonly items: readonly ApprovalItem[];
  readonly by: Person;
  readonly comment: string | null;
  readonly correlationId: string | null;
}

/** What became of one item, in the order of the request. notTried: the time of the call was over; send it again. */
export type ItemOutcome =
  | { readonly status: 'approved' }
  | { readonly status: 'refused'; readonly because: DecideRefusal; readonly detail: string }
  | { readonly status: 'failed'; readonly because: ErrorCode }
  | { readonly status: 'notTried' };

/** Items that are worked on at the same time: their audit rows queue up behind each other anyway. */
const itemsAtOnce = 8;
/** After this time no further item is begun: an answer has to come within 230 s (milliseconds). */
const beginningMs = 150_000;

/**
 * Approves many candidates, each as safely as alone: with the evidence that the caller looked at, under the rules of now, and only
 * where nobody has decided yet. The count that was typed is checked by the caller. One item's fate does not touch another's. An item
 * that this person approved before, for the same evidence, is approved: so the whole call can be repeated.
 *
 * Throws where the rules or the runs can not be read, and where `signal` stops it.
 */
export async function approveMany(
  ports: ApprovePorts,
  settings: ApproveSettings,
  request: ApproveManyRequest,
  signal: AbortSignal,
): Promise<readonly ItemOutcome[]> {
  const ground = await readGround(ports, signal);
  const outcomes: ItemOutcome[] = request.items.map(() => ({ status: 'notTried' }));
  const beginUntil = ports.clock.now() + beginningMs;
  await eachLimited([...request.items.entries()], itemsAtOnce, async ([at, item]) => {
    if (ports.clock.now() < beginUntil)
      outcomes[at] = await approveOne(ports, settings, ground, request, item, signal);
  });
  return outcomes;
}

async function approveOne(
  ports: ApprovePorts,
  settings: ApproveSettings,
  ground: ApprovalGround,
  request: ApproveManyRequest,
  item: ApprovalItem,
  signal: AbortSignal,
): Promise<ItemOutcome> {
  try {
    return outcomeOf(await decideItem(ports, settings, ground, request, item, signal));
  } catch (error) {
    if (signal.aborted || !(error instanceof AppError)) throw error;
    return { status: 'failed', because: error.code };
  }
}

function decideItem(
  ports: ApprovePorts,
  settings: ApproveSettings,
  ground: ApprovalGround,
  { items, by, comment, correlationId }: ApproveManyRequest,
  { type, id, evidenceHash }: ApprovalItem,
  signal: AbortSignal,
): Promise<Decided> {
  // The design asks for a typed name or a typed count; here it was the count.
  const count = irreversibleTypes.has(type) ? String(items.length) : null;
  return decide(
    ports,
    { type, id, by, correlationId },
    'undecided',
    {
      action: 'approve',
      said: { evidenceHash, comment, count },
      isDone: current =>
        current.state === 'approved' &&
        current.approval.by.id === by.id &&
        current.approval.evidenceHash === evidenceHash,
      step: (read, command) =>
        unapprovable(read, ground, settings, command.at) ??
        approve(
          read.decision,
          read.facts,
          { ...command, evidenceHash, comment, confirmation: count, runId: runIdOf(read, ground) },
          { ...settings, expectedConfirmation: count },
        ),
    },
    signal,
  );
}

function outcomeOf(decided: Decided): ItemOutcome {
  return decided.kind === 'decided'
    ? { status: 'approved' }
    : { status: 'refused', because: decided.refusal, detail: decided.reason };
}
