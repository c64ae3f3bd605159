import { containerProblem } from '../core/containerAccess';
import type { ReadingUnderWay } from './readingUnderWay';

const named = 10;

/**
 * Asks of every container whether its DACL lets the account see all that is in it. A container that denies List Contents looks
 * empty, with success: nothing else on the first export would show what is hidden there.
 */
export async function checkContainers(
  reading: ReadingUnderWay,
): Promise<{ readonly checked: number; readonly ignored: number }> {
  const { directory, namingContexts, isUnchecked, problems, progress, signal } = reading;
  const hidden = new Map<string, string>();
  const seen = new Set<string>();
  let ignored = 0;
  for (const [position, { distinguishedName: context, domain, callerSids }] of namingContexts.entries()) {
    if (domain === null) continue;
    const sids = new Set(callerSids);
    progress.step(`Checking the rights on every container of ${context}`);
    await directory.readContainers(
      position,
      (distinguishedName, objectClass, securityDescriptor) => {
        if (seen.has(distinguishedName)) return;
        seen.add(distinguishedName);
        progress.advance(1);
        if (isUnchecked(distinguishedName)) {
          ignored += 1;
          return;
        }
        const problem = containerProblem({
          distinguishedName,
          objectClass,
          securityDescriptor,
          callerSids: sids,
        });
        if (problem !== null) hidden.set(distinguishedName, problem);
      },
      signal,
    );
  }
  if (hidden.size > 0) {
    problems.push({
      code: 'exportIncomplete',
      message:
        `In ${hidden.size} containers objects may be hidden from the account:\n    ` +
        `${[...hidden.values()].slice(0, named).join('\n    ')}\n  Grant List Contents and Read Property there, ` +
        'or name the container in "ignoreContainers" where it can hold no synchronised object.',
    });
  }
  return { checked: seen.size - ignored, ignored };
}
