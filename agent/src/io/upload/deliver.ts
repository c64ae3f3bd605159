import path from 'node:path';
import { eachLimited } from '../../../../shared/app/eachLimited';
import type { ExportDestination, WrittenPart } from '../../app/exportPorts';
import type { FileSystem } from '../files/fileSystem';
import type { OutboxDraft } from '../state/exportDraft';
import { readOutboxFile, type OutboxFile, type SealedExport, type Shipment } from '../state/outbox';
import { NameTakenError } from './nameTaken';

/** Files that are on their way at once. */
export const parallelFiles = 4;

/**
 * Delivers a sealed export: all parts, then the signature, then the manifest, which makes it an export for the app. What the journal
 * has as confirmed is left out, so that a delivery that broke off goes on. A manifest that was confirmed at any destination ends
 * it. Throws an `AgentError`: `uploadUnavailable`, `uploadRefused`, `stateInvalid`; or the signal's reason.
 */
export async function deliver(
  sealed: SealedExport,
  destination: ExportDestination,
  files: FileSystem,
  signal: AbortSignal,
): Promise<void> {
  if (sealed.journal.isConfirmed(sealed.manifestFile.name)) return;
  const send = (file: OutboxFile): Promise<void> => deliverFile(sealed, file, destination, files, signal);
  await eachLimited(sealed.parts, parallelFiles, send);
  await send(sealed.signatureFile);
  await send(sealed.manifestFile);
}

async function deliverFile(
  { source, folder, journal }: Shipment,
  file: OutboxFile,
  destination: ExportDestination,
  files: FileSystem,
  signal: AbortSignal,
): Promise<void> {
  const known = journal.stateOf(destination, file.name);
  if (known === 'confirmed') return;
  const content = await readOutboxFile(files, file);
  const attempted = known === 'attempted';
  if (!attempted) await journal.note(destination, file.name, 'attempted');
  try {
    await destination.put({ source, folder, name: file.name, content, attempted }, signal);
  } catch (error) {
    // Otherwise the next run would take the other one's file for its own.
    if (error instanceof NameTakenError) await journal.note(destination, file.name, 'taken');
    throw error;
  }
  await journal.note(destination, file.name, 'confirmed');
}

/** Parts that are delivered while the directory is still being read. */
export interface EarlyDelivery {
  /** Why it stopped; the delivery of the sealed export tries again. null: it goes on. */
  readonly problem: unknown;
  /** Starts nothing more, and resolves when nothing is on its way any more. Never rejects. */
  settled(): Promise<void>;
}

/**
 * Delivers each part of a draft as soon as it is complete. It is a head start and no more: it stops at the first problem, never fails
 * the reading, and what is missing is delivered when the export is sealed.
 */
export function deliverWhileReading(
  draft: OutboxDraft,
  destination: ExportDestination,
  files: FileSystem,
  signal: AbortSignal,
): EarlyDelivery {
  const waiting: WrittenPart[] = [];
  const workers = new Set<Promise<void>>();
  let problem: unknown = null;
  let stopped = false;

  const next = (): WrittenPart | undefined => (stopped || problem !== null ? undefined : waiting.shift());
  const work = async (): Promise<void> => {
    try {
      for (let part = next(); part !== undefined; part = next()) {
        const file = { name: part.name, path: path.join(draft.path, part.name), sha256: part.sha256 };
        await deliverFile(draft, file, destination, files, signal);
      }
    } catch (error) {
      problem ??= error;
    }
  };
  draft.whenPartClosed(part => {
    waiting.push(part);
    if (workers.size === parallelFiles) return;
    const worker = work().finally(() => workers.delete(worker));
    workers.add(worker);
  });
  return {
    get problem() {
      return problem;
    },
    async settled() {
      stopped = true;
      await Promise.all(workers);
    },
  };
}
