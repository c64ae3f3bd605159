import type { ObjectType } from '../objectType';
import { refusalText, type RefusalShape } from './answerJudgements';
import { differs, holds, notChecked, type CheckOutcome } from './checkOutcome';

/** A snapshot of one object, as far as it is judged (G26, G27). */
export interface SnapshotShape {
  readonly type: ObjectType;
  readonly id: string;
  /** Whether all that a snapshot selects was read by one request. */
  readonly whole: boolean;
  /** Properties that were selected and left out. */
  readonly leftOut: readonly string[];
  readonly parts: readonly PartShape[];
}

export interface PartShape {
  readonly name: string;
  /** null: it was read. */
  readonly refusal: (RefusalShape & { readonly permission: string }) | null;
}

/** G26: properties may be left out, and are named; a request that is refused as a whole is not as assumed. */
export function judgeWholeObject({ type, id, whole, leftOut }: SnapshotShape): CheckOutcome {
  const found = `${type}: ${whole ? 'read by one request' : 'the request for the whole was refused'}, left out: ${leftOut.join(', ') || 'nothing'}`;
  return whole
    ? holds(found, [`${type}/${id}`])
    : differs(found, `${type}: snapshots keep only what the scan reads`, [`${type}/${id}`]);
}

/**
 * G27: what belongs to an object. A refusal by 403 says that a permission is missing, unless the sign-in has it: `granted` are its
 * permissions; null: they are not known.
 */
export function judgeParts(
  { type, id, parts }: SnapshotShape,
  granted: ReadonlySet<string> | null,
): readonly CheckOutcome[] {
  const read = parts.filter(({ refusal }) => refusal === null).map(({ name }) => name);
  const object = [`${type}/${id}`];
  const refused = parts.flatMap(({ name, refusal }) => {
    if (refusal === null) return [];
    const found = `${type}: ${name}: ${refusalText(refusal)}`;
    const why = `${type}: ${name} takes ${refusal.permission}`;
    const missing = refusal.permission.split(' and ').filter(one => !granted?.has(one));
    return refusal.status === 403 && missing.length > 0
      ? [notChecked(why, found)]
      : [differs(found, `${why}, and is refused all the same`, object)];
  });
  return [holds(`${type}: ${read.join(', ') || 'nothing'} read`, object), ...refused];
}

/** A fact as optionalFacts tells it. */
type OptionalFact =
  { readonly kind: 'known'; readonly value: unknown } | { readonly kind: 'unknown'; readonly why: string };

/** G28. `roles` are the ids of role definitions; only their number is told. */
export function judgeOptionalFacts(
  lastSignIn: OptionalFact,
  roles: OptionalFact,
  object: string,
): readonly CheckOutcome[] {
  return [
    judgeOptionalFact(
      'last sign-in',
      lastSignIn,
      fact => (fact === null ? 'none on record' : 'read'),
      object,
    ),
    judgeOptionalFact(
      'roles',
      roles,
      fact => `${(fact as readonly unknown[]).length} assigned directly`,
      object,
    ),
  ];
}

function judgeOptionalFact(
  what: string,
  fact: OptionalFact,
  text: (value: unknown) => string,
  object: string,
): CheckOutcome {
  if (fact.kind === 'known') return holds(`${what}: ${text(fact.value)}`, [object]);
  return fact.why === notAsAsked
    ? differs(`${what}: ${fact.why}`, `${what}: Graph answers in another form than assumed`, [object])
    : notChecked(`${what}: ${fact.why}`);
}

/** The words of optionalFacts for an answer that does not have the form, or is about somebody else. */
const notAsAsked = 'the answer is not what was asked for';
