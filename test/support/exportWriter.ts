import type { ContainerClient } from '@azure/storage-blob';
import { createHash, sign, type KeyObject } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import {
  manifestFileName,
  partName,
  signatureFileName,
  signedBytes,
  type ExportLineInput,
  type ExportManifestInput,
  type LineCounts,
} from '../../shared/core/exportFormat';

export type NamingContextInput = Omit<ExportManifestInput['namingContexts'][number], 'counts'>;

/** What an agent knows when it writes an export (docs/export-format.md). Times are milliseconds since 1970. */
export interface ExportInput {
  readonly source: string;
  readonly tenantId: string;
  readonly sequence: number;
  /** The hash of the previous export's manifest. */
  readonly previousManifest: string | null;
  /** An Ed25519 private key. */
  readonly key: KeyObject;
  readonly keyId: string;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly namingContexts: readonly NamingContextInput[];
  readonly anchorAttribute: string | null;
  readonly tombstones: ExportManifestInput['tombstones'];
  readonly canaries?: ExportManifestInput['canaries'];
  /** Default: the agent is not told. */
  readonly synchronisationRuns?: ExportManifestInput['synchronisationRuns'];
  readonly lines: Iterable<ExportLineInput>;
  readonly linesPerPart?: number;
}

/** An export, ready for upload. */
export interface WrittenExport {
  readonly source: string;
  /** `<yyyyMMddTHHmmssZ>` */
  readonly folder: string;
  /** File name → bytes, in the order of upload: parts, signature, manifest. */
  readonly files: ReadonlyMap<string, Buffer>;
  /** SHA-256 of manifest.json, lower-case hex. */
  readonly manifestHash: string;
}

const defaultLinesPerPart = 50_000;

export function writeExport(input: ExportInput): WrittenExport {
  const { key, lines, linesPerPart = defaultLinesPerPart, startedAt, finishedAt, ...described } = input;
  const counts = input.namingContexts.map(noLines);
  const parts: ExportManifestInput['parts'] = [];
  const files = new Map<string, Buffer>();
  let texts: string[] = [];
  const closePart = (): void => {
    const bytes = compress(texts.join(''));
    const name = partName(parts.length);
    parts.push({ name, bytes: bytes.length, sha256: sha256(bytes), lines: texts.length });
    files.set(name, bytes);
    texts = [];
  };
  for (const line of lines) {
    const counted = counts[line.namingContext];
    if (counted === undefined) throw new RangeError(`no naming context ${line.namingContext}`);
    counted[line.kind === 'tombstone' ? 'tombstone' : line.objectClass] += 1;
    texts.push(`${JSON.stringify(line)}\n`);
    if (texts.length === linesPerPart) closePart();
  }
  if (texts.length > 0 || parts.length === 0) closePart();
  const manifest: ExportManifestInput = {
    schemaVersion: 1,
    tenantId: described.tenantId,
    source: described.source,
    sequence: described.sequence,
    previousManifest: described.previousManifest,
    keyId: described.keyId,
    agentVersion: '0.1.0',
    startedAt: new Date(startedAt).toISOString(),
    finishedAt: new Date(finishedAt).toISOString(),
    namingContexts: described.namingContexts.map((context, index) => ({
      ...context,
      counts: counts[index] ?? noLines(),
    })),
    anchorAttribute: described.anchorAttribute,
    uncoveredDomains: [],
    tombstones: described.tombstones,
    canaries: described.canaries ?? [],
    completeness: nothingOdd(described.namingContexts.length),
    synchronisationRuns: described.synchronisationRuns ?? null,
    answeredRequests: [],
    parts,
    complete: true,
  };
  const folder = new Date(startedAt).toISOString().replaceAll(/[-:]|\.\d+/g, '');
  return signed({ source: input.source, folder }, files, Buffer.from(JSON.stringify(manifest, null, 1)), key);
}

/** The same export with another manifest, signed. */
export function amendManifest(
  written: WrittenExport,
  amend: (manifest: ExportManifestInput) => unknown,
  key: KeyObject,
): WrittenExport {
  const manifest = amend(manifestOf(written));
  return signed(written, written.files, Buffer.from(JSON.stringify(manifest)), key);
}

/** The same export with other bytes in a part; the manifest, signed again, has their number and hash. */
export function replacePart(
  written: WrittenExport,
  name: string,
  bytes: Buffer,
  key: KeyObject,
): WrittenExport {
  const replaced = { ...written, files: new Map(written.files).set(name, bytes) };
  const amend = (manifest: ExportManifestInput): ExportManifestInput => ({
    ...manifest,
    parts: manifest.parts.map(part =>
      part.name === name ? { ...part, bytes: bytes.length, sha256: sha256(bytes) } : part,
    ),
  });
  return amendManifest(replaced, amend, key);
}

/** The same export with these bytes for a manifest, signed as they are. */
export function signed(
  { source, folder }: Pick<WrittenExport, 'source' | 'folder'>,
  files: ReadonlyMap<string, Buffer>,
  manifest: Buffer,
  key: KeyObject,
): WrittenExport {
  const parts = [...files].filter(([name]) => name !== signatureFileName && name !== manifestFileName);
  return {
    source,
    folder,
    files: new Map([
      ...parts,
      [signatureFileName, sign(null, signedBytes(manifest), key)],
      [manifestFileName, manifest],
    ]),
    manifestHash: sha256(manifest),
  };
}

export function manifestOf(written: WrittenExport): ExportManifestInput {
  return JSON.parse(String(written.files.get(manifestFileName))) as ExportManifestInput;
}

/** Uploads as an agent does: no file is ever overwritten, and the manifest comes last. */
export async function uploadExport(container: ContainerClient, written: WrittenExport): Promise<void> {
  for (const [name, bytes] of written.files) {
    await container
      .getBlockBlobClient(`${written.source}/${written.folder}/${name}`)
      .uploadData(bytes, { conditions: { ifNoneMatch: '*' } });
  }
}

/** What an agent found that saw everything twice, with as many containers as naming contexts. */
export const nothingOdd = (containers: number): ExportManifestInput['completeness'] => ({
  secondCount: { onlyInFirst: 0, onlyInSecond: 0 },
  containers: { checked: containers, ignored: 0 },
  danglingLinks: 0,
  vanished: null,
  acceptedUnexplained: 0,
});

/** Level 1: the tests write more than they read back. */
const compress = (text: string): Buffer => gzipSync(text, { level: 1 });
const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const noLines = (): LineCounts => ({ user: 0, group: 0, contact: 0, computer: 0, other: 0, tombstone: 0 });
