import { reopen } from '../../core/decisionSteps';
import { decide, refused, type Decided, type DecidePorts, type DecideRequest } from './decide';

export interface ReopenRequest extends DecideRequest {
  readonly version: string;
  /** Kept in the audit log only. */
  readonly reason: string | null;
}

/** Takes a decision back that led to no delete: the object is undecided again. Throws as `decide`. */
export async function reopenCandidate(
  ports: DecidePorts,
  request: ReopenRequest,
  signal: AbortSignal,
): Promise<Decided> {
  return decide(
    ports,
    request,
    { version: request.version },
    {
      action: 'reopen',
      said: { reason: request.reason },
      note: request.reason,
      step: ({ decision }, command) =>
        decision === null
          ? refused('illegalStep', 'a decision to take back was expected, and nobody has decided')
          : reopen(decision, command),
    },
    signal,
  );
}
