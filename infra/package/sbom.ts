import { createHash } from 'node:crypto';
import type { BundledPackages } from './bundledPackages';
import type { LockedPackage } from './lockFile';

/** What a bill of materials is of. */
export interface SbomSubject {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  /** The file's name, and what is in it. */
  readonly fileName: string;
  readonly content: Buffer;
}

/**
 * A software bill of materials, CycloneDX 1.6 as JSON: what is in the file, not what is installed. It tells no time, and its serial
 * number comes from its content, so that the same file gives the same bill.
 *
 * @param runtime Node's own program, where it is in the file.
 */
export function sbom(
  subject: SbomSubject,
  { packages, neededByUs }: BundledPackages,
  runtime: LockedPackage | null,
): string {
  const subjectRef = `${subject.name}@${subject.version}`;
  const refs = new Map(packages.map(found => [found.folder, purlOf(found)]));
  const refsOf = (folders: readonly string[]): string[] =>
    [...new Set(folders.flatMap(folder => refs.get(folder) ?? []))].sort();
  const edges = new Map<string, Set<string>>();
  for (const found of packages) {
    const needed = edges.get(purlOf(found)) ?? new Set();
    for (const ref of refsOf(found.needs)) needed.add(ref);
    edges.set(purlOf(found), needed);
  }
  // A version that lies in two folders is one component.
  const components = [...new Map(packages.map(found => [purlOf(found), libraryOf(found)])).values()];
  const runtimes = runtime ? [{ ...libraryOf(runtime), type: 'platform' }] : [];
  const document = {
    $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
    bomFormat: 'CycloneDX',
    specVersion: '1.6',
    version: 1,
    metadata: {
      component: {
        type: 'application',
        'bom-ref': subjectRef,
        name: subject.name,
        version: subject.version,
        licenses: licensesOf(subject.license),
        properties: [{ name: 'entra-orphans:file', value: subject.fileName }],
        hashes: [{ alg: 'SHA-256', content: createHash('sha256').update(subject.content).digest('hex') }],
      },
    },
    components: [...components, ...runtimes].sort((a, b) => (a['bom-ref'] < b['bom-ref'] ? -1 : 1)),
    dependencies: [
      {
        ref: subjectRef,
        dependsOn: [...refsOf(neededByUs), ...runtimes.map(found => found['bom-ref'])].sort(),
      },
      ...[...edges]
        .map(([ref, needed]) => ({ ref, dependsOn: [...needed].filter(to => to !== ref).sort() }))
        .sort((a, b) => (a.ref < b.ref ? -1 : 1)),
    ],
  };
  const serialNumber = `urn:uuid:${uuidOf(JSON.stringify(document))}`;
  const { $schema, bomFormat, specVersion, ...rest } = document;
  return `${JSON.stringify({ $schema, bomFormat, specVersion, serialNumber, ...rest }, null, 2)}\n`;
}

function libraryOf(found: LockedPackage) {
  const [group, name] = nameParts(found.name);
  return {
    type: 'library',
    'bom-ref': purlOf(found),
    ...(group === null ? {} : { group }),
    name,
    version: found.version,
    licenses: licensesOf(found.license),
    purl: purlOf(found),
    hashes: [{ alg: 'SHA-512', content: found.sha512.toString('hex') }],
  };
}

const nameParts = (name: string): readonly [string | null, string] => {
  const [first = '', second] = name.split('/');
  return second === undefined ? [null, first] : [first, second];
};

/** A package URL of the type npm: the `@` of a scope is escaped. */
function purlOf({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string {
  const [group, own] = nameParts(name);
  return `pkg:npm/${group === null ? '' : `${encodeURIComponent(group)}/`}${own}@${version}`;
}

/** One identifier of SPDX, or an expression of several. */
function licensesOf(license: string | null): readonly object[] {
  if (license === null) return [];
  return /^[\w.+-]+$/.test(license) ? [{ license: { id: license } }] : [{ expression: license }];
}

/** A UUID of version 8 (RFC 9562) from the hash of a text. */
function uuidOf(text: string): string {
  const bytes = createHash('sha256').update(text).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
