import type { CloudId } from '../../core/cloudObject';
import { objectTypes, type ObjectType } from '../../core/objectType';
import type { CandidatePosition } from '../ports';

/** Where a list goes on: its type, and the place in it. */
export interface CandidateCursor {
  readonly type: ObjectType;
  readonly from: CandidatePosition;
}

/** The order of the keys in the table, which is the order of every list. */
const inKeyOrder: readonly ObjectType[] = objectTypes.toSorted();

/** The types that a list visits, from a place on. */
export const typesFrom = (type: ObjectType): readonly ObjectType[] =>
  inKeyOrder.slice(inKeyOrder.indexOf(type));

export const firstType = inKeyOrder[0] as ObjectType;
export const beginning: CandidatePosition = { after: null, token: null };

/** The cursor as the text that a client hands back. */
export function writeCursor({ type, from: { after, token } }: CandidateCursor): string {
  return Buffer.from(JSON.stringify([type, after, token])).toString('base64url');
}

const idPattern = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const longestToken = 2_048;

/** Reads what `writeCursor` wrote; null for anything else. The token is for the storage to check. */
export function readCursor(text: string): CandidateCursor | null {
  const [type, after, token, ...more] = parseList(text);
  if (more.length > 0 || !objectTypes.some(one => one === type)) return null;
  if (after !== null && !(typeof after === 'string' && idPattern.test(after))) return null;
  if (token !== null && !(typeof token === 'string' && token.length <= longestToken)) return null;
  return { type: type as ObjectType, from: { after: after as CloudId | null, token } };
}

function parseList(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
