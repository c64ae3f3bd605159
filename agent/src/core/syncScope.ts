import { isNormalisedBelowOrEqual, normalisedDn, parseDn } from './distinguishedName';
import type { DirectoryEntry } from './directoryEntry';
import { compileFilter, type EntryPredicate } from './filterMatch';
import { attributesOf, parseFilter } from './ldapFilter';

/** What the administrator says about what synchronisation takes; as it is written in the configuration. */
export interface GivenScope {
  /** Organizational units that are synchronised. None: all of the directory. */
  readonly includeBases: readonly string[];
  /** Organizational units below them that are not. */
  readonly excludeBases: readonly string[];
  /** Objects that match one of these filters are not synchronised, wherever they are. */
  readonly excludeFilters: readonly string[];
}

export interface SyncScope {
  readonly bases: readonly { readonly dn: string; readonly isIncluded: boolean }[];
  readonly includesByDefault: boolean;
  readonly excludes: readonly EntryPredicate[];
  /** Attributes that the filters look at, in lower case. */
  readonly attributes: readonly string[];
}

export type ParsedScope =
  | { readonly kind: 'scope'; readonly scope: SyncScope }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** The scope, or everything that is wrong with it. */
export function parseScope(given: GivenScope): ParsedScope {
  const problems: string[] = [];
  const bases = new Map<string, boolean>();
  for (const [setting, isIncluded] of [
    ['includeBases', true],
    ['excludeBases', false],
  ] as const) {
    for (const base of given[setting]) {
      const dn = normalisedDn(base);
      if (!parseDn(base)) problems.push(`${setting}: a distinguished name was expected, found "${base}".`);
      else if (bases.get(dn) === !isIncluded)
        problems.push(`"${base}" is in includeBases and in excludeBases.`);
      else bases.set(dn, isIncluded);
    }
  }
  const excludes: EntryPredicate[] = [];
  const attributes = new Set<string>();
  for (const text of given.excludeFilters) {
    const parsed = parseFilter(text);
    if (parsed.kind === 'invalid') {
      problems.push(`excludeFilters: "${text}", character ${parsed.at + 1}: ${parsed.problem}.`);
      continue;
    }
    excludes.push(compileFilter(parsed.filter));
    for (const attribute of attributesOf(parsed.filter)) attributes.add(attribute);
  }
  if (problems.length > 0) return { kind: 'invalid', problems };
  return {
    kind: 'scope',
    scope: {
      bases: [...bases]
        .map(([dn, isIncluded]) => ({ dn, isIncluded }))
        .sort((one, two) => two.dn.length - one.dn.length),
      includesByDefault: given.includeBases.length === 0,
      excludes,
      attributes: [...attributes],
    },
  };
}

/** The attributes that `inScope` looks at, in lower case. */
export function scopeAttributes(scope: SyncScope): readonly string[] {
  return scope.attributes;
}

/**
 * Whether synchronisation is configured to take the object. The nearest base above it decides, so that a unit can be taken back into
 * the scope below one that is excluded; then no filter may match. An object out of scope is exported as well: this can move it from
 * "live" to "out of scope", never to "deleted".
 */
export function inScope(scope: SyncScope, entry: DirectoryEntry): boolean {
  const dn = normalisedDn(entry.distinguishedName);
  const nearest = scope.bases.find(base => isNormalisedBelowOrEqual(dn, base.dn));
  return (
    (nearest?.isIncluded ?? scope.includesByDefault) && !scope.excludes.some(excludes => excludes(entry))
  );
}
