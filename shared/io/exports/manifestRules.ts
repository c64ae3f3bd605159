import type { ExportManifest, SourceName } from '../../core/exportFormat';
import { exportFolderName, partName } from '../../core/exportFormat';
import { formatInstant } from '../../core/instant';

/** What the manifest of one folder must say. */
export interface ManifestExpectation {
  readonly tenantId: string;
  readonly source: SourceName;
  readonly folder: string;
  /** The id of the key that verified the signature. */
  readonly keyId: string;
}

/** Everything in which a well-formed manifest contradicts its place, its key or itself; empty where it holds. */
export function manifestProblems(manifest: ExportManifest, expected: ManifestExpectation): readonly string[] {
  return [
    ...identityProblems(manifest, expected),
    ...partProblems(manifest),
    ...namingContextProblems(manifest),
  ];
}

function* identityProblems(manifest: ExportManifest, expected: ManifestExpectation): Generator<string> {
  if (manifest.source !== expected.source)
    yield `source: expected ${expected.source}, as the folder says, found ${manifest.source}`;
  if (manifest.tenantId !== expected.tenantId)
    yield `tenantId: expected the configured tenant ${expected.tenantId}, found ${manifest.tenantId}`;
  if (manifest.keyId !== expected.keyId)
    yield `keyId: expected ${expected.keyId}, whose key verified the signature, found ${JSON.stringify(manifest.keyId)}`;
  if (exportFolderName(manifest.startedAt) !== expected.folder)
    yield `startedAt: expected the time that names the folder, found ${formatInstant(manifest.startedAt)}`;
  if (manifest.finishedAt < manifest.startedAt)
    yield `finishedAt: expected a time after startedAt, found ${formatInstant(manifest.finishedAt)}`;
}

function* partProblems({ parts, namingContexts }: ExportManifest): Generator<string> {
  for (const [ordinal, part] of parts.entries()) {
    if (part.name !== partName(ordinal))
      yield `parts.${ordinal}.name: expected ${partName(ordinal)}, found ${JSON.stringify(part.name)}`;
  }
  const lines = sum(parts.map(part => part.lines));
  const counted = sum(namingContexts.flatMap(context => Object.values(context.counts)));
  if (lines !== counted)
    yield `parts: expected ${counted} lines, the sum of the naming contexts' counts, found ${lines}`;
}

/** A naming context that is listed twice would split its counts, and count twice as coverage. */
function* namingContextProblems({ namingContexts }: ExportManifest): Generator<string> {
  for (const name of repeated(namingContexts.map(context => context.distinguishedName.toLowerCase())))
    yield `namingContexts: ${name} is listed twice`;
  for (const sid of repeated(namingContexts.flatMap(context => context.domain?.sid ?? [])))
    yield `namingContexts: the domain SID ${sid} is listed twice`;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const repeated = (keys: readonly string[]): readonly string[] =>
  keys.filter((key, index) => keys.indexOf(key) !== index);
