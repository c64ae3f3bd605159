import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import type { LockedPackage } from './lockFile';

/** What a package calls the texts that have to go with it. */
const textNames = /^(?:licen[cs]e|copying|notice|third-?party-?notices)(?:[.-].*)?$/i;

/** The licences of the packages in a file, which ask that their texts go with every copy. */
export function thirdPartyLicenses(
  root: string,
  packages: readonly LockedPackage[],
  introduction: string,
): string {
  const texts = packages.map(found => `${'='.repeat(80)}\n${headOf(found)}\n\n${textOf(root, found)}`);
  return [`${introduction}\n`, ...texts].join('\n');
}

const headOf = ({ name, version, license }: LockedPackage): string =>
  `${name} ${version} (${license ?? 'its package.json names no licence'})`;

function textOf(root: string, { folder }: LockedPackage): string {
  const names = readdirSync(path.join(root, folder)).filter(name => textNames.test(name));
  if (names.length === 0) return 'The package has no text of its licence.\n';
  const texts = names.sort().map(name =>
    readFileSync(path.join(root, folder, name), 'utf8')
      .replaceAll('\r\n', '\n')
      .trim(),
  );
  return `${texts.join('\n\n')}\n`;
}
