import { reject } from '../../core/decisionSteps';
import { formatInstant, type Instant } from '../../core/instant';
import { decide, type Decided, type DecidePorts, type DecideRequest } from './decide';

export interface RejectRequest extends DecideRequest {
  readonly version: string;
  readonly evidenceHash: string;
  readonly reason: string;
  /** null: for ever. */
  readonly expiresAt: Instant | null;
}

/** Says no to deleting what a scan reports, for ever or until a time. Throws as `decide`. */
export async function rejectCandidate(
  ports: DecidePorts,
  request: RejectRequest,
  signal: AbortSignal,
): Promise<Decided> {
  const { version, evidenceHash, reason, expiresAt } = request;
  const said = { evidenceHash, reason, expiresAt: expiresAt === null ? null : formatInstant(expiresAt) };
  return decide(
    ports,
    request,
    { version },
    {
      action: 'reject',
      said,
      step: ({ facts, decision }, command) =>
        reject(decision, facts, { ...command, evidenceHash, reason, expiresAt }),
    },
    signal,
  );
}
