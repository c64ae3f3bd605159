/**
 * What a look at a real tenant says of one assumption (docs/assumptions.md). `found` holds counts and shapes, never a name, an
 * address or a key; `objects` are the ids that it is about, as `type/id`, which only a person who asks for them gets to see.
 */
export type CheckOutcome =
  | { readonly status: 'holds'; readonly found: readonly string[]; readonly objects: readonly string[] }
  | {
      readonly status: 'differs' | 'notChecked';
      readonly found: readonly string[];
      /** What it means, or what is missing, and what to do. */
      readonly why: readonly string[];
      readonly objects: readonly string[];
    };
export type CheckStatus = CheckOutcome['status'];

export const holds = (found: string, objects: readonly string[] = []): CheckOutcome => ({
  status: 'holds',
  found: [found],
  objects,
});

export const differs = (found: string, why: string, objects: readonly string[] = []): CheckOutcome => ({
  status: 'differs',
  found: [found],
  why: [why],
  objects,
});

/** `found`: what was seen all the same; it does not settle the question. */
export const notChecked = (why: string, found?: string): CheckOutcome => ({
  status: 'notChecked',
  found: found === undefined ? [] : [found],
  why: [why],
  objects: [],
});

/** From the one that says most to the one that says least. */
const gravity: readonly CheckStatus[] = ['differs', 'notChecked', 'holds'];

/**
 * The outcome of a question that was asked in parts, such as once for each type: it holds only where every part holds, and one part
 * that differs is enough. No part at all is not checked.
 */
export function allOf(parts: readonly CheckOutcome[]): CheckOutcome {
  const status = gravity.find(one => parts.some(part => part.status === one)) ?? 'notChecked';
  const found = parts.flatMap(part => part.found);
  const objects = parts.flatMap(part => part.objects);
  if (status === 'holds') return { status, found, objects };
  return { status, found, objects, why: parts.flatMap(part => (part.status === 'holds' ? [] : part.why)) };
}

/** 0: nothing differs. 1: something does. 2: nothing of Microsoft Graph could be checked, so nothing is known of the tenant. */
export type ExitCode = 0 | 1 | 2;

/** By the ids of the entries: those that begin with G are about Microsoft Graph. A token alone tells nothing of the tenant. */
export function exitCodeOf(outcomes: ReadonlyMap<string, CheckOutcome>): ExitCode {
  const all = [...outcomes];
  if (all.some(([, { status }]) => status === 'differs')) return 1;
  return all.some(([id, { status }]) => id.startsWith('G') && status === 'holds') ? 0 : 2;
}

const guids = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;

/** The text without the ids in it. */
export const withoutIds = (text: string): string => text.replaceAll(guids, '<id>');
