import type { Bundle } from './bundle';
import type { LockedPackage, LockFile } from './lockFile';

/** A package of which code is in a bundle, and the folders of those that this code takes something from. */
export interface BundledPackage extends LockedPackage {
  readonly needs: readonly string[];
}

/** What a bundle is made of. */
export interface BundledPackages {
  readonly packages: readonly BundledPackage[];
  /** The folders of the packages that our own code takes something from. */
  readonly neededByUs: readonly string[];
}

const ours = '';

/**
 * The packages in a bundle: those of which it holds code, not those that are installed.
 *
 * @throws Error: one of them is a development dependency, so that a bundle would differ where it is not installed.
 */
export function bundledPackages({ inputs }: Pick<Bundle, 'inputs'>, lockFile: LockFile): BundledPackages {
  const needs = new Map<string, Set<string>>([[ours, new Set()]]);
  for (const name of inputs.keys()) needs.set(packageFolder(name), new Set());
  for (const [name, imports] of inputs)
    for (const folder of imports.map(packageFolder))
      if (folder !== packageFolder(name) && needs.has(folder)) needs.get(packageFolder(name))?.add(folder);
  const sorted = (folder: string): readonly string[] => [...(needs.get(folder) ?? [])].sort();
  const packages = [...needs.keys()]
    .filter(folder => folder !== ours)
    .sort()
    .map(folder => ({ ...lockFile(folder), needs: sorted(folder) }));
  const development = packages.filter(found => found.development).map(found => found.name);
  if (development.length > 0)
    throw new Error(
      `Expected production dependencies only, found ${development.join(', ')} in the bundle: make it a dependency, or external.`,
    );
  return { packages, neededByUs: sorted(ours) };
}

/** The folder of the package that a file belongs to, as the lock file names it; '': our own code. */
function packageFolder(file: string): string {
  return /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? ours;
}
