import type { ContainerClient } from '@azure/storage-blob';
import type { Log } from '../../app/ports';
import { partDiagnosisSchema, type PartDiagnosis } from '../../core/doctor/diagnosis';
import { answeredWith, storageError, type StorageResource } from '../storageErrors';

/** In the container `evidence`, which the part scan writes and the part review reads. It holds ids of identities and of the tenant. */
export const scanNoteBlob = 'diagnosis/scan.json';
const largestBytes = 64 * 1024;

const resourceOf = (container: ContainerClient, role: StorageResource['role']): StorageResource => ({
  name: `container ${container.containerName}`,
  role,
});

/** Writes down what the part scan found about itself; the newest note counts. Throws `storageUnavailable`. */
export async function writeScanNote(
  container: ContainerClient,
  diagnosis: PartDiagnosis,
  signal: AbortSignal,
): Promise<void> {
  const bytes = Buffer.from(JSON.stringify(diagnosis));
  try {
    await container.getBlockBlobClient(scanNoteBlob).upload(bytes, bytes.length, {
      abortSignal: signal,
      blobHTTPHeaders: { blobContentType: 'application/json' },
    });
  } catch (error) {
    throw storageError(error, resourceOf(container, 'Storage Blob Data Contributor'), signal);
  }
}

/** The newest note; null: there is none, or it cannot be read, which the log says. Throws only where the caller stopped. */
export async function readScanNote(
  container: ContainerClient,
  log: Log,
  signal: AbortSignal,
): Promise<PartDiagnosis | null> {
  try {
    const blob = container.getBlobClient(scanNoteBlob);
    const { contentLength = Infinity } = await blob.getProperties({ abortSignal: signal });
    if (contentLength > largestBytes) throw new RangeError(`at most ${largestBytes} bytes were expected`);
    const bytes = await blob.downloadToBuffer(0, undefined, { abortSignal: signal });
    const parsed = partDiagnosisSchema.safeParse(JSON.parse(bytes.toString('utf8')));
    if (parsed.success && parsed.data.part === 'scan') return parsed.data;
    log.warn(`The blob ${scanNoteBlob} was expected to be a diagnosis of the part scan, of this version.`);
  } catch (error) {
    signal.throwIfAborted();
    if (!answeredWith(error, 404)) {
      const found = storageError(error, resourceOf(container, 'Storage Blob Data Reader'), signal);
      log.warn(`The blob ${scanNoteBlob} cannot be read: ${String((found as Partial<Error>).message)}`);
    }
  }
  return null;
}
