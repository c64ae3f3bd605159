import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { BlobServiceClient } from '@azure/storage-blob';
import { containerNames } from '../../../shared/io/storageNames';
import { uploadExport, writeExport, type ExportInput, type WrittenExport } from '../../support/exportWriter';
import type { Organisation } from '../../support/organisation/organisation';
import type { ExportMoment, SourceExporters } from '../../support/stack/services';

const keyId = 'lab';

/** What a fault may do to one export: to what it is made of, and to what was made. null: it is not uploaded at all. */
export interface Tampering {
  readonly input?: (input: ExportInput) => ExportInput;
  readonly written?: (written: WrittenExport, key: KeyObject) => WrittenExport | null;
}

/** The agents of the lab: one key for each source. A fault may tamper with the next export of one of them. */
export class LabAgents implements SourceExporters {
  readonly #keys = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();
  readonly #last = new Map<string, { sequence: number; manifestHash: string; startedAt: number }>();
  readonly #tampering = new Map<string, Tampering>();
  /** Every export that was uploaded, in order. */
  readonly uploaded: WrittenExport[] = [];

  constructor(
    sources: readonly string[],
    private readonly tenantId: string,
  ) {
    for (const source of sources) this.#keys.set(source, generateKeyPairSync('ed25519'));
  }

  setting(): string {
    return JSON.stringify(
      [...this.#keys].map(([source, { publicKey }]) => ({
        source,
        publicKeys: [
          {
            keyId,
            publicKey: publicKey.export({ format: 'der', type: 'spki' }).subarray(-32).toString('base64'),
          },
        ],
      })),
    );
  }

  keyOf(source: string): KeyObject {
    const key = this.#keys.get(source)?.privateKey;
    if (!key) throw new RangeError(`there is no key for the source ${source}`);
    return key;
  }

  /** The next export of the source is another one than the agent would make. */
  tamper(source: string, tampering: Tampering): void {
    this.#tampering.set(source, tampering);
  }

  /** A new world: nothing was exported before. */
  begin(): void {
    this.#last.clear();
    this.#tampering.clear();
    this.uploaded.length = 0;
  }

  async upload({ sources }: Organisation, blobs: BlobServiceClient, moment: ExportMoment): Promise<void> {
    const container = blobs.getContainerClient(containerNames.exports);
    for (const given of sources) {
      const { source } = given;
      const last = this.#last.get(source);
      const { input: change, written: replace } = this.#tampering.get(source) ?? {};
      this.#tampering.delete(source);
      const asMade = Math.max(given.startedAt, (last?.startedAt ?? 0) + 1000);
      const now = Math.max(Date.now(), (last?.startedAt ?? 0) + 1000);
      const startedAt = typeof moment === 'object' ? moment.startedAt : moment === 'now' ? now : asMade;
      const key = this.keyOf(source);
      const input: ExportInput = {
        ...given,
        tenantId: this.tenantId,
        sequence: (last?.sequence ?? 0) + 1,
        previousManifest: last?.manifestHash ? last.manifestHash : null,
        key,
        keyId,
        startedAt,
        finishedAt: startedAt + (given.finishedAt - given.startedAt),
      };
      const made = writeExport(change ? change(input) : input);
      const written = replace ? replace(made, key) : made;
      if (written === null) continue;
      await uploadExport(container, written);
      this.uploaded.push(written);
      this.#last.set(source, {
        sequence: input.sequence,
        manifestHash: written.manifestHash,
        startedAt: Math.max(startedAt, asMade),
      });
    }
  }
}
