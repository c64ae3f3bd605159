import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { BlobServiceClient, ContainerClient } from '@azure/storage-blob';
import type { ExportManifestInput } from '../../../shared/core/exportFormat';
import { requestBlobName, requestSchema, type ExportRequest } from '../../../shared/core/exportRequest';
import { containerNames } from '../../../shared/io/storageNames';
import { amendManifest, uploadExport, writeExport } from '../exportWriter';
import type { Organisation, Source } from '../organisation/organisation';
import type { ExportMoment, SourceExporters } from './services';

const keyId = 'local';

/** The agents of the sample organisation: for each source a key, a sequence, and a chain of manifests. */
export class SourceAgents implements SourceExporters {
  readonly #keys = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();
  readonly #last = new Map<string, { sequence: number; manifestHash: string; startedAt: number }>();

  constructor(
    sources: readonly Source[],
    private readonly tenantId: string,
  ) {
    for (const { source } of sources) this.#keys.set(source, generateKeyPairSync('ed25519'));
  }

  /** The value of EXPORT_SOURCES. */
  setting(): string {
    return JSON.stringify(
      [...this.#keys].map(([source, { publicKey }]) => ({
        source,
        publicKeys: [{ keyId, publicKey: rawPublicKey(publicKey) }],
      })),
    );
  }

  async upload({ sources }: Organisation, blobs: BlobServiceClient, moment: ExportMoment): Promise<void> {
    const container = blobs.getContainerClient(containerNames.exports);
    const requests = blobs.getContainerClient(containerNames.requests);
    for (const given of sources) {
      const { source } = given;
      const last = this.#last.get(source);
      const key = this.#keys.get(source)?.privateKey;
      if (!key) throw new RangeError(`there is no key for the source ${source}`);
      // What it answers is read before it begins, as an agent does.
      const request = moment === 'now' ? await exportRequestOf(requests, source) : null;
      // A folder is named by its second, so each export is at least one younger than the last.
      const earliest = last ? last.startedAt + 1000 : 0;
      if (moment === 'now') await until(earliest);
      const startedAt = startOf(moment, Math.max(given.startedAt, earliest));
      if (startedAt < earliest)
        throw new RangeError(`the next export of ${source} begins a second after the last`);
      const written = writeExport({
        ...given,
        tenantId: this.tenantId,
        sequence: (last?.sequence ?? 0) + 1,
        previousManifest: last?.manifestHash ?? null,
        key,
        keyId,
        startedAt,
        synchronisationRuns: synchronisationBefore(startedAt),
        finishedAt: moment === 'asMade' ? given.finishedAt + startedAt - given.startedAt : startedAt,
      });
      const answered = request ? amendManifest(written, answering(request, startedAt), key) : written;
      await uploadExport(container, answered);
      const { manifestHash } = answered;
      this.#last.set(source, { sequence: (last?.sequence ?? 0) + 1, manifestHash, startedAt });
    }
  }
}

const cycleMs = 30 * 60_000;

/** Synchronisation of a day: every half hour a run of two minutes, which succeeded, the last one ten minutes before. */
const synchronisationBefore = (at: number): NonNullable<ExportManifestInput['synchronisationRuns']> =>
  Array.from({ length: 48 }, (_, index) => {
    const startedAt = at - 10 * 60_000 - (47 - index) * cycleMs;
    return {
      startedAt: new Date(startedAt).toISOString(),
      finishedAt: new Date(startedAt + 2 * 60_000).toISOString(),
      succeeded: true,
      exportedDeletes: 0,
    };
  });

/** The request that lies there, whether or not it was answered before. */
async function exportRequestOf(container: ContainerClient, source: string): Promise<ExportRequest | null> {
  const blob = container.getBlockBlobClient(requestBlobName(source, 'export'));
  if (!(await blob.exists())) return null;
  return requestSchema.parse(JSON.parse(String(await blob.downloadToBuffer())));
}

const answering =
  ({ id, kind }: ExportRequest, at: number) =>
  (manifest: ExportManifestInput): ExportManifestInput => ({
    ...manifest,
    answeredRequests: [{ id, kind, outcome: 'exported', answeredAt: new Date(at).toISOString() }],
  });

function startOf(moment: ExportMoment, asMade: number): number {
  if (moment === 'asMade') return asMade;
  return moment === 'now' ? Date.now() : moment.startedAt;
}

/** Waits for a time of the clock: the next second, at most. */
async function until(at: number): Promise<void> {
  const wait = at - Date.now();
  if (wait > 0) await new Promise(resolve => setTimeout(resolve, wait));
}

/** The 32 bytes of RFC 8032, base64: the end of the key's SubjectPublicKeyInfo. */
const rawPublicKey = (key: KeyObject): string =>
  key.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
