import { AppError } from '../../core/appError';
import type { StoredDecision } from '../../core/decision';
import type { ObjectType } from '../../core/objectType';
import type { DecisionState } from '../../core/transitions';
import type { DeletionPorts } from './deletionUseCasePorts';

const pageSize = 500;

/** Every decision in a state, in the order of the keys. */
export async function* eachDecision(
  { decisions }: Pick<DeletionPorts, 'decisions'>,
  type: ObjectType | null,
  state: DecisionState,
  signal: AbortSignal,
): AsyncGenerator<StoredDecision> {
  let continuation: string | null = null;
  do {
    const page = await decisions.list({ type, state, limit: pageSize, continuation }, signal);
    if (page.kind === 'continuationInvalid')
      throw new AppError('rowInvalid', 'Decisions: the table did not know its own continuation. Call again.');
    yield* page.decisions;
    ({ continuation } = page);
  } while (continuation !== null);
}
