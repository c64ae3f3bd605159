import { createHash } from 'node:crypto';
import path from 'node:path';
import { z } from 'zod';
import {
  exportFolderPattern,
  manifestFileName,
  manifestSchema,
  signatureFileName,
  type ExportManifest,
  type SourceName,
} from '../../../../shared/core/exportFormat';
import { sha256 } from '../../../../shared/core/exportPrimitives';
import { replaceFile, type FileSystem } from '../files/fileSystem';
import type { SealedManifest } from '../manifest/sealManifest';
import { DeliveryJournal } from './deliveryJournal';
import { stateInvalid } from './stateError';
import { objectListFactsSchema, type ObjectListFacts } from './stateFile';

const sealFileName = 'seal.json';

const sealSchema = z.strictObject({
  manifest: sha256,
  signature: sha256,
  objects: objectListFactsSchema,
});

/** A file of an export that lies in the outbox. */
export interface OutboxFile {
  readonly name: string;
  readonly path: string;
  /** SHA-256, lower-case hex. */
  readonly sha256: string;
}

/** An export in the outbox, of which files can be delivered. */
export interface Shipment {
  readonly source: SourceName;
  readonly folder: string;
  readonly path: string;
  readonly journal: DeliveryJournal;
}

/** A complete, signed export in the outbox. */
export interface SealedExport extends Shipment {
  readonly manifest: ExportManifest;
  readonly manifestHash: string;
  readonly parts: readonly OutboxFile[];
  readonly signatureFile: OutboxFile;
  readonly manifestFile: OutboxFile;
  readonly objects: ObjectListFacts;
}

export const outboxOf = (stateFolder: string): string => path.join(stateFolder, 'outbox');

/** What to do about a waiting export that can not be delivered as it is. */
export const discardAdvice =
  'Restore the folder from a backup, or run again with --discard-waiting: the next export takes its place.';

/** Names of the exports in the outbox, the oldest first. */
export async function listOutbox(files: FileSystem, stateFolder: string): Promise<readonly string[]> {
  return (await files.list(outboxOf(stateFolder))).filter(name => exportFolderPattern.test(name));
}

/** Whether the export is complete: its manifest is written last. */
export const isSealed = async (files: FileSystem, exportPath: string): Promise<boolean> =>
  (await files.stat(path.join(exportPath, manifestFileName))) !== null;

/** Removes an export. Without its manifest it is none any more, however far the removal gets. */
export async function removeExport(files: FileSystem, exportPath: string): Promise<void> {
  await files.remove(path.join(exportPath, manifestFileName));
  await files.syncFolder(exportPath);
  await files.remove(exportPath);
}

/** Writes seal, signature and manifest, in this order, beside parts and list of objects, which are durable already. */
export async function seal(
  files: FileSystem,
  exportPath: string,
  { bytes, signature }: SealedManifest,
  objects: ObjectListFacts,
): Promise<void> {
  const facts = { manifest: hashOf(bytes), signature: hashOf(signature), objects };
  await replaceFile(files, path.join(exportPath, sealFileName), Buffer.from(JSON.stringify(facts)));
  await replaceFile(files, path.join(exportPath, signatureFileName), signature);
  await replaceFile(files, path.join(exportPath, manifestFileName), bytes);
}

/**
 * Opens a sealed export, also one of an earlier process. Throws an `AgentError`, `stateInvalid`, where a file is not what was sealed;
 * the content of parts is checked when they are delivered. `journal`: the one that is open already.
 */
export async function openSealed(
  files: FileSystem,
  stateFolder: string,
  source: SourceName,
  folder: string,
  journal?: DeliveryJournal,
): Promise<SealedExport> {
  const exportPath = path.join(outboxOf(stateFolder), folder);
  const fileOf = (name: string, hash: string): OutboxFile => ({
    name,
    path: path.join(exportPath, name),
    sha256: hash,
  });
  const facts = parseSeal(await files.read(path.join(exportPath, sealFileName)), exportPath);
  const manifestFile = fileOf(manifestFileName, facts.manifest);
  const signatureFile = fileOf(signatureFileName, facts.signature);
  await readOutboxFile(files, signatureFile);
  const manifest = manifestSchema.parse(JSON.parse(String(await readOutboxFile(files, manifestFile))));
  return {
    source,
    folder,
    path: exportPath,
    journal: journal ?? (await DeliveryJournal.open(files, exportPath)),
    manifest,
    manifestHash: facts.manifest,
    parts: manifest.parts.map(part => fileOf(part.name, part.sha256)),
    signatureFile,
    manifestFile,
    objects: facts.objects,
  };
}

/** The file's bytes, which are those that were sealed. Throws an `AgentError`, `stateInvalid`. */
export async function readOutboxFile(files: FileSystem, file: OutboxFile): Promise<Buffer> {
  const content = await files.read(file.path);
  if (content !== null && hashOf(content) === file.sha256) return content;
  throw stateInvalid(
    `the file ${file.path} as it was written`,
    content === null ? 'no such file' : 'another content',
    discardAdvice,
  );
}

function parseSeal(content: Buffer | null, exportPath: string): z.output<typeof sealSchema> {
  try {
    return sealSchema.parse(JSON.parse(String(content)));
  } catch (error) {
    throw stateInvalid(
      `${sealFileName} in ${exportPath}`,
      content === null ? 'no such file' : 'something else',
      discardAdvice,
      { cause: error },
    );
  }
}

const hashOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
