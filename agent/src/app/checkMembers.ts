import { dnKey, isBelowOrEqual } from '../core/distinguishedName';
import { linkTargets } from '../core/vanished';
import { wasOverlooked } from './overlooked';
import type { ReadingUnderWay } from './readingUnderWay';

const named = 5;
/** More members than this that no line has are not looked up one by one. */
const mostLookUps = 1000;

/**
 * Counts group members that lie in a naming context of this export and that it has not seen. AD takes a deleted object out of
 * every group, so such a member is most likely there and hidden from the account. One that is seen now, and was there before the
 * readings, is a problem: they left it out, and who knows what else.
 */
export async function checkMembers(reading: ReadingUnderWay): Promise<number> {
  const { directory, namingContexts, seenNames, isUnchecked, problems, progress, signal } = reading;
  const domains = namingContexts.flatMap(({ distinguishedName, domain }, position) =>
    domain === null ? [] : [{ distinguishedName, position }],
  );
  const isTarget = linkTargets(
    domains.map(({ distinguishedName }) => distinguishedName),
    notCovered(reading),
  );
  let dangling = 0;
  const examples: string[] = [];
  const overlooked = new Set<string>();
  for (const { distinguishedName: context, position } of domains) {
    let unseen = new Set<string>();
    let links = 0;
    progress.step(`Following the members of every group of ${context}`);
    await directory.readMembers(
      position,
      () => {
        unseen = new Set();
        links = 0;
      },
      (_group, members) => {
        for (const member of members) {
          if (seenNames.has(dnKey(member)) || !isTarget(member) || isUnchecked(member)) continue;
          links += 1;
          if (unseen.size <= mostLookUps) unseen.add(member);
        }
        progress.advance(1);
      },
      signal,
    );
    if (unseen.size > mostLookUps) dangling += links;
    else {
      for (const member of unseen) {
        const holder = nearest(domains, member)?.position ?? position;
        const found = await directory.findByDn(holder, member, ['objectGUID'], signal);
        if (found !== null) {
          if (await wasOverlooked(reading, holder, found)) overlooked.add(member);
          continue;
        }
        dangling += 1;
        if (examples.length < named) examples.push(member);
      }
    }
  }
  if (dangling > 0)
    progress.warn(
      `${dangling} members of groups are not among the objects that the account sees` +
        (examples.length > 0 ? `, for example:\n    ${examples.join('\n    ')}` : '.'),
    );
  if (overlooked.size > 0)
    problems.push({
      code: 'exportIncomplete',
      message:
        `${overlooked.size} members of groups are there, were there before, and neither reading has them, for example:\n    ` +
        `${[...overlooked].slice(0, named).join('\n    ')}\n  They were moved, or permissions were changed, while the directory ` +
        'was read; others may be missing in the same way. Run it again.',
    });
  return dangling;
}

/** Partitions of the same forests that this export does not cover, although their names lie below a domain's. */
const notCovered = ({ namingContexts, unreadDomains }: ReadingUnderWay): readonly string[] => [
  ...unreadDomains.map(({ distinguishedName }) => distinguishedName),
  ...namingContexts.flatMap(({ distinguishedName, domain }) =>
    domain === null
      ? [distinguishedName]
      : [`DC=DomainDnsZones,${distinguishedName}`, `DC=ForestDnsZones,${distinguishedName}`],
  ),
];

interface DomainPosition {
  readonly distinguishedName: string;
  readonly position: number;
}

/** The domain that holds the object: a child domain's name lies below its parent's. */
const nearest = (domains: readonly DomainPosition[], member: string): DomainPosition | undefined =>
  domains
    .filter(({ distinguishedName }) => isBelowOrEqual(member, distinguishedName))
    .sort((one, two) => two.distinguishedName.length - one.distinguishedName.length)[0];
