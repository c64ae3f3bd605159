import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { BlobServiceClient } from '@azure/storage-blob';
import { containerNames } from '../../../shared/io/wiring';
import { uploadExport, writeExport } from '../exportWriter';
import type { Organisation, Source } from '../organisation/organisation';
import type { SourceExporters } from './services';

const keyId = 'local';

/** The agents of the sample organisation: for each source a key, a sequence, and a chain of manifests. */
export class SourceAgents implements SourceExporters {
  readonly #keys = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();
  readonly #last = new Map<string, { sequence: number; manifestHash: string }>();

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

  async upload({ sources }: Organisation, blobs: BlobServiceClient): Promise<void> {
    const container = blobs.getContainerClient(containerNames.exports);
    for (const given of sources) {
      const last = this.#last.get(given.source);
      const sequence = (last?.sequence ?? 0) + 1;
      // Each export is a second younger than the last: a folder is named by its second.
      const startedAt = given.startedAt + (sequence - 1) * 1000;
      const key = this.#keys.get(given.source)?.privateKey;
      if (!key) throw new RangeError(`there is no key for the source ${given.source}`);
      const written = writeExport({
        ...given,
        tenantId: this.tenantId,
        sequence,
        previousManifest: last?.manifestHash ?? null,
        key,
        keyId,
        startedAt,
      });
      await uploadExport(container, written);
      this.#last.set(given.source, { sequence, manifestHash: written.manifestHash });
    }
  }
}

/** The 32 bytes of RFC 8032, base64: the end of the key's SubjectPublicKeyInfo. */
const rawPublicKey = (key: KeyObject): string =>
  key.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64');
