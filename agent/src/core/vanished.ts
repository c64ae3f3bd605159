import { isNormalisedBelowOrEqual, normalisedDn } from './distinguishedName';

/** Of the objects that vanished without a tombstone, so many are kept by their GUIDs; all are counted. */
export const maxKeptVanished = 1000;

export interface Vanished {
  /** Gone, and their tombstones were seen. */
  readonly explained: number;
  /** Gone without a tombstone: hidden from the account, moved to another forest, or deleted so long ago that the tombstone is gone too. */
  readonly unexplained: number;
  /** objectGUIDs of the unexplained ones, at most `maxKeptVanished`. */
  readonly unexplainedKeys: readonly Uint8Array[];
}

/**
 * Counts the objects of the last export that this one lacks. One that is gone was deleted only if its tombstone is seen: an object that
 * a permission hides is gone in the same way, without an error.
 */
export class VanishedCount {
  #explained = 0;
  #unexplained = 0;
  readonly #unexplainedKeys: Uint8Array[] = [];

  constructor(
    private readonly isPresent: (objectGUID: Uint8Array) => boolean,
    private readonly hasTombstone: (objectGUID: Uint8Array) => boolean,
  ) {}

  /** The next of the last export's objects (not of its tombstones), each once. The bytes are copied where they are kept. */
  add(objectGUID: Uint8Array): void {
    if (this.isPresent(objectGUID)) return;
    if (this.hasTombstone(objectGUID)) {
      this.#explained += 1;
      return;
    }
    this.#unexplained += 1;
    if (this.#unexplainedKeys.length < maxKeptVanished)
      this.#unexplainedKeys.push(Uint8Array.from(objectGUID));
  }

  result(): Vanished {
    return {
      explained: this.#explained,
      unexplained: this.#unexplained,
      unexplainedKeys: this.#unexplainedKeys,
    };
  }
}

/** What is tolerated without an administrator: this many are, one more is not. */
export interface UnexplainedLimits {
  readonly danglingLinks: number;
  readonly vanished: number;
}

export type UnexplainedJudgement =
  /** `accepted` goes into the manifest; a note is for the person who gave a number that was not needed. */
  | { readonly kind: 'ok'; readonly accepted: number; readonly note: string | null }
  | { readonly kind: 'refused'; readonly problem: string };

/**
 * Whether what is unexplained lies within the limits, or was accepted by an administrator: by its exact number, so that what was
 * looked into is what is accepted and nothing that came since. Of the two figures only those above their limits count.
 */
export function unexplainedLimitProblem(
  figures: { readonly danglingLinks: number; readonly vanished: number },
  limits: UnexplainedLimits,
  accepted: number | null,
): UnexplainedJudgement {
  const parts: string[] = [];
  let figure = 0;
  if (figures.vanished > limits.vanished) {
    figure += figures.vanished;
    parts.push(
      `${figures.vanished} objects of the last export are gone without a tombstone (limit ${limits.vanished})`,
    );
  }
  if (figures.danglingLinks > limits.danglingLinks) {
    figure += figures.danglingLinks;
    parts.push(
      `${figures.danglingLinks} group members are objects that the account does not see (limit ${limits.danglingLinks})`,
    );
  }
  if (figure === 0) {
    const note =
      accepted === null
        ? null
        : `--accept-unexplained ${accepted} was not needed: nothing is unexplained above the limits.`;
    return { kind: 'ok', accepted: 0, note };
  }
  if (accepted === figure) return { kind: 'ok', accepted, note: null };
  const other =
    accepted === null ? '' : ` --accept-unexplained ${accepted} is another number, so it accepts nothing.`;
  return {
    kind: 'refused',
    problem:
      `${parts.join('; ')}.${other} Objects that are hidden from the account look the same as deleted ones. ` +
      `Look into it (permissions on organizational units, moves to another forest, Deleted Objects). ` +
      `If all of it is right, run again with --accept-unexplained ${figure}.`,
  };
}

/**
 * Tells which values of `member` must be objects of this export: those in a naming context that it covers, but for deleted
 * objects. A naming context may lie below another (a child domain, Configuration), so the nearest one decides: hand in every
 * one of the forest that is not covered too.
 */
export function linkTargets(
  covered: readonly string[],
  notCovered: readonly string[],
): (member: string) => boolean {
  const contexts = [
    ...covered.map(dn => ({ dn: normalisedDn(dn), isCovered: true })),
    ...notCovered.map(dn => ({ dn: normalisedDn(dn), isCovered: false })),
  ].sort((one, two) => two.dn.length - one.dn.length);
  return member => {
    const dn = normalisedDn(member);
    const nearest = contexts.find(context => isNormalisedBelowOrEqual(dn, context.dn));
    return nearest?.isCovered === true && !isNormalisedBelowOrEqual(dn, `cn=deleted objects,${nearest.dn}`);
  };
}
