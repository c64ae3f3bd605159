import { graphListComplete } from '../gates/cloudGates';
import { refusalText, type RefusalShape } from './answerJudgements';
import { differs, holds, notChecked, type CheckOutcome } from './checkOutcome';
import type { ListTally } from './listTally';

/** G4: what was counted before and after a list was read; further counts, where somebody waited for them. */
export interface Counts {
  readonly before: number;
  readonly after: number;
  readonly later: readonly number[];
}

/** G4, by the gate that each run asks. */
export function judgeListAndCount(tally: ListTally, { before, after, later }: Counts): CheckOutcome {
  const { type, distinct } = tally;
  const gate = graphListComplete(type, {
    status: 'read',
    distinct,
    countBefore: before,
    countAfter: after,
  });
  const wait =
    later.length === 0
      ? ''
      : `, and ${later.length} times later ${Math.min(...later)} to ${Math.max(...later)}`;
  const found = `${type}: ${distinct} in the list, counted ${before} before and ${after} after${wait}`;
  if (tally.notSynced > 0)
    return differs(
      found,
      `${type}: ${tally.notSynced} objects of the list are not synced: its filter is not heeded`,
    );
  return gate.passed ? holds(found) : differs(found, `${type}: ${gate.limit} ids were expected`);
}

/** G6. */
export function judgeProperties({ type, items, problems, leftOut }: ListTally): CheckOutcome {
  const found = `${type}: ${items} objects; ${leftOut.size === 0 ? 'every property is there' : `left out: ${listed(leftOut)}`}`;
  if (problems.size > 0)
    return differs(found, `${type}: not there, or not of the documented type: ${listed(problems)}`);
  return items === 0 ? notChecked(`${type}: there is no synced object`, found) : holds(found);
}

const listed = (counts: ReadonlyMap<string, number>): string =>
  [...counts].map(([property, count]) => `${property} (${count})`).join(', ');

/** G9: the links from page to page that a list had. `problem`: why the last of them was not followed. */
export interface PageLinks {
  readonly followed: number;
  readonly problem: string | null;
}

/** G9. `largestPage`: objects on the fullest page. */
export function judgePageLinks(
  type: string,
  { followed, problem }: PageLinks,
  largestPage: number,
): CheckOutcome {
  const found = `${type}: ${followed} links followed, at most ${largestPage} objects on a page`;
  if (problem !== null) return differs(found, `${type}: ${problem}`);
  return followed === 0 ? notChecked(`${type}: there are not two synced objects`, found) : holds(found);
}

/** G2 without an export: the shape alone. */
export function judgeDeviceIds({ hybrid, notHybrid }: ListTally): CheckOutcome {
  const found = `${hybrid.guid + hybrid.other} synced devices with trustType ServerAd, deviceId a GUID in ${hybrid.guid}; ${notHybrid} with another trustType`;
  if (hybrid.other > 0) return differs(found, 'a deviceId that is no GUID can be no objectGUID');
  return notChecked('whether it is the objectGUID, only an export can tell: --data-blob-endpoint', found);
}

/** G3 without an export, or without a source that declares such an anchor. */
export function judgeAnchorShapes({ anchors }: ListTally, why: string): CheckOutcome {
  return notChecked(
    why,
    `users by their onPremisesImmutableId: ${anchors.guid} with 16 bytes, ${anchors.other} with another text, ${anchors.none} without`,
  );
}

/** G4: what became of a count by a property that does not exist; null: Graph answered with a number. */
export function judgeUnknownFilter(refusal: RefusalShape | null): CheckOutcome {
  if (refusal === null)
    return differs(
      'a filter by an unknown property was answered',
      'a filter that Graph does not know is ignored: a list could be another one than was asked for',
    );
  const found = `a filter by an unknown property: ${refusalText(refusal)}`;
  return refusal.status === 400 ? holds(found) : notChecked('400 was expected', found);
}
