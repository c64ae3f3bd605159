import { canonicalHash, type Json } from '../../core/canonicalJson';
import type { CloudId } from '../../core/cloudObject';
import type { Decision, Person, StoredDecision } from '../../core/decision';
import { lapse } from '../../core/decisionLapse';
import { refusals, type Command, type Step } from '../../core/decisionSteps';
import type { StoredFacts } from '../../core/facts';
import type { ObjectType } from '../../core/objectType';
import { versionOf } from '../../core/review/version';
import type { AuditLog } from '../auditPorts';
import type { DecisionTable } from '../decisionPorts';
import type { Clock } from '../ports';
import type { FactsReader } from './factsReader';
import { settleAudit } from './settleAudit';

export interface DecidePorts {
  readonly facts: FactsReader;
  readonly decisions: Pick<DecisionTable, 'read' | 'write'>;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly clock: Clock;
}

/** Who decides about which object. */
export interface DecideRequest {
  readonly type: ObjectType;
  readonly id: CloudId;
  readonly by: Person;
  readonly correlationId: string | null;
}

/** What `If-Match` says; undecided: nobody has decided yet, and what is decided about is named otherwise (by its evidence). */
export type ReadVersion = { readonly version: string } | 'undecided';

/**
 * Why nothing was decided, beyond what the steps themselves refuse. noSuchCandidate: there is no row. versionChanged: it is not what
 * the caller read. protected, excluded: it is never deleted. locked: a breach of volume is not released. manual: the app can not delete it, and a person has to.
 */
export const decideRefusals = [
  ...refusals,
  'noSuchCandidate',
  'versionChanged',
  'protected',
  'excluded',
  'locked',
  'manual',
] as const;
export type DecideRefusal = (typeof decideRefusals)[number];

export interface Refused {
  readonly kind: 'refused';
  readonly refusal: DecideRefusal;
  /** What was expected, what was found, what to do; no personal data. */
  readonly reason: string;
}

export type Decided =
  | {
      readonly kind: 'decided';
      readonly decision: StoredDecision;
      /** For the next `If-Match`. */
      readonly version: string;
    }
  | Refused;

/** What a decision is made from. */
export interface ReadCandidate {
  readonly facts: StoredFacts;
  /** As it stands: what time or the facts ended is `lapsed` already, though not written. */
  readonly decision: Decision | null;
}

/** One way to decide. */
export interface Deciding {
  /** Stable: a part of the operation's id. */
  readonly action: 'approve' | 'reject' | 'reopen';
  /** Everything that the caller said: the same again, about the same version, is the same operation. */
  readonly said: Json;
  /** What belongs into the audit row and has no column: a repeated request says it again. */
  readonly note?: string | null;
  /** Whether a decision that stands is what is asked for, where no version tells a repeated request. */
  readonly isDone?: (current: Decision) => boolean;
  step(read: ReadCandidate, command: Command): Step | Refused | Promise<Step | Refused>;
}

export const refused = (refusal: DecideRefusal, reason: string): Refused => ({
  kind: 'refused',
  refusal,
  reason,
});

/**
 * Decides about one object: reads the row of the facts and the decision, refuses where they are not what the caller read, takes the
 * step, writes the decision with the ETag that was read, and then its audit row.
 *
 * The decision comes first and holds all that its audit row says, under one operation id; whoever comes next to the row, this request
 * again included, records what is missing before anything else (`settleAudit`). So a crash between the two loses neither, and nothing
 * is audited that did not happen. The operation id is made from who asks for what about which version: a repeated request finds its
 * own decision, and answers as the first time.
 *
 * Throws `writeConflict` where somebody else decided meanwhile, `storageUnavailable`, `rowInvalid`.
 */
export async function decide(
  ports: DecidePorts,
  request: DecideRequest,
  read: ReadVersion,
  deciding: Deciding,
  signal: AbortSignal,
): Promise<Decided> {
  const { type, id, by, correlationId } = request;
  const [facts, stored] = await Promise.all([
    ports.facts.read(type, id, signal),
    ports.decisions.read(type, id, signal),
  ]);
  if (facts === null)
    return refused('noSuchCandidate', 'An object that a scan reported was expected: none has this id.');
  const version = versionOf(facts, stored);
  const operationId = operationIdOf(request, read === 'undecided' ? version : read.version, deciding);
  const about = { correlationId, note: deciding.note ?? null };
  if (stored?.operationId === operationId) {
    await settleAudit(ports.audit, stored, about, signal);
    return { kind: 'decided', decision: stored, version };
  }
  if (read !== 'undecided' && read.version !== version)
    return refused(
      'versionChanged',
      'It was changed since it was read. Read it again, look at what changed, decide again.',
    );
  const at = ports.clock.now();
  const standing = stored && lapse(withoutEtag(stored), facts, at);
  const ended = standing?.kind === 'lapsed' ? standing.decision : null;
  const current = ended ?? stored;
  if (read === 'undecided' && stored !== null && current !== null && current.state !== 'lapsed') {
    if (deciding.isDone?.(current)) {
      await settleAudit(ports.audit, stored, { correlationId }, signal);
      return { kind: 'decided', decision: stored, version };
    }
    return refused('illegalStep', `an object without a decision was expected, found "${current.state}"`);
  }
  const step = await deciding.step({ facts, decision: current }, { by, at, operationId });
  if (step.kind === 'refused') return step;
  await settleAudit(ports.audit, stored, {}, signal);
  let { etag } = stored ?? { etag: null };
  if (ended !== null) {
    ({ etag } = await ports.decisions.write(ended, etag, signal));
    await settleAudit(ports.audit, ended, { correlationId }, signal);
  }
  const decision = await ports.decisions.write(step.decision, etag, signal);
  await settleAudit(ports.audit, decision, about, signal);
  return { kind: 'decided', decision, version: versionOf(facts, decision) };
}

const withoutEtag = ({ etag: _, ...decision }: StoredDecision): Decision => decision;

const operationIdOf = (
  { type, id, by }: DecideRequest,
  version: string,
  { action, said }: Deciding,
): string => {
  const digest = canonicalHash({ by: by.id, version, said });
  return `${action}.${type}.${id}.${digest.slice(0, 32)}`;
};
