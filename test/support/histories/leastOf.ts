import type { Statistics } from './statistics';

/** What must have happened in 300 histories at least, so that a law that holds is about something. Three times less than usual, or rarer. */
const leastIn300: Readonly<Record<string, number>> = {
  'DELETE requests': 80,
  deletes: 60,
  blocks: 8,
  'rows written: observed': 400,
  'rows written: candidate': 200,
  'rows written: withdrawn': 20,
  'runs finished': 1_000,
  'runs refused': 40,
  'runs held': 40,
  'runs skipped': 10,
  'hung: scan': 12,
  'hung: delete': 50,
  'hung: reject': 5,
  'meanwhile: again': 25,
  'meanwhile: delete': 25,
  'steps without an answer': 15,
  crashes: 30,
  'holds: added': 15,
  'decisions: bulk approved': 250,
  'refused to approve: locked': 50,
  'delete: refused, evidenceRefused': 40,
  'delete: refused, waitingForExport': 2,
};

/** What happened too seldom in so many histories, one line each; fewer than 300 may be about anything. */
export function leastOf(statistics: Statistics, runs: number): readonly string[] {
  if (runs < 300) return [];
  return Object.entries(leastIn300).flatMap(([what, in300]) => {
    const least = Math.floor((in300 * runs) / 300);
    const found = statistics.of(what);
    return found >= least ? [] : [`${what}: at least ${least} times was expected, found ${found}`];
  });
}
