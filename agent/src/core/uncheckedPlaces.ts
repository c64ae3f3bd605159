import { isClosedByDefault } from './closedByDefault';
import { isNormalisedBelowOrEqual, normalisedDn } from './distinguishedName';

/**
 * What is left out of the checks of rights: what AD closes to ordinary accounts by default and can hold no synchronised object, and
 * the containers that the administrator named, with all that lies below them.
 */
export function uncheckedPlaces(
  namingContexts: readonly string[],
  ignoreContainers: readonly string[],
): (distinguishedName: string) => boolean {
  const ignored = ignoreContainers.map(normalisedDn);
  return distinguishedName => {
    const dn = normalisedDn(distinguishedName);
    return (
      ignored.some(container => isNormalisedBelowOrEqual(dn, container)) ||
      namingContexts.some(context => isClosedByDefault(distinguishedName, context))
    );
  };
}
