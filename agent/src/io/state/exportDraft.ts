import type { SourceName } from '../../../../shared/core/exportFormat';
import type { AnsweredRequest } from '../../../../shared/core/exportRequest';
import type { Instant } from '../../../../shared/core/instant';
import type { ExportDraft, ExportFindings, WrittenPart } from '../../app/exportPorts';
import type { FileSystem } from '../files/fileSystem';
import type { SigningKey } from '../keys/signingKey';
import { sealManifest } from '../manifest/sealManifest';
import { GzipPartWriter, type PartWriterOptions } from '../parts/partWriter';
import type { DeliveryJournal } from './deliveryJournal';
import { ObjectListFile } from './objectList';
import { openSealed, removeExport, seal, type SealedExport, type Shipment } from './outbox';

/** What the state knows of an export that begins. */
export interface DraftFrame {
  readonly files: FileSystem;
  readonly stateFolder: string;
  readonly source: SourceName;
  readonly folder: string;
  readonly path: string;
  readonly startedAt: Instant;
  readonly sequence: number;
  readonly previousManifest: string | null;
  readonly journal: DeliveryJournal;
  /** Answers that the manifest has to tell beside its own. */
  readonly answersToTell: readonly AnsweredRequest[];
  readonly partLimits?: Pick<PartWriterOptions, 'maxLines' | 'maxBytes'>;
}

/** The export in the making, in the outbox. */
export class OutboxDraft implements ExportDraft, Shipment {
  readonly parts: GzipPartWriter;
  readonly objects: ObjectListFile;
  readonly #frame: DraftFrame;
  #partClosed: (part: WrittenPart) => void = () => {};

  constructor(frame: DraftFrame) {
    const { files, path } = frame;
    this.#frame = frame;
    this.parts = new GzipPartWriter({
      ...frame.partLimits,
      files,
      folder: path,
      onClosed: part => this.#partClosed(part),
    });
    this.objects = new ObjectListFile(files, path);
  }

  get source(): SourceName {
    return this.#frame.source;
  }
  get startedAt(): Instant {
    return this.#frame.startedAt;
  }
  get folder(): string {
    return this.#frame.folder;
  }
  get path(): string {
    return this.#frame.path;
  }
  get sequence(): number {
    return this.#frame.sequence;
  }
  get journal(): DeliveryJournal {
    return this.#frame.journal;
  }

  /** Is told of each part that is complete, and may be delivered. */
  whenPartClosed(listener: (part: WrittenPart) => void): void {
    this.#partClosed = listener;
  }

  /**
   * Closes parts and list, signs the manifest, and writes it last: from then on the export is complete, and waits for its delivery.
   * Throws an `AgentError`, `exportIncomplete`, where the app would refuse it.
   */
  async seal(findings: ExportFindings, key: SigningKey, agentVersion: string): Promise<SealedExport> {
    const { files, stateFolder, source, folder, path, answersToTell } = this.#frame;
    const { sequence, previousManifest, startedAt } = this.#frame;
    const parts = await this.parts.close();
    const objects = await this.objects.close();
    const manifest = sealManifest(
      { source, sequence, previousManifest, agentVersion, startedAt, parts },
      { ...findings, answeredRequests: [...answersToTell, ...findings.answeredRequests] },
      key,
    );
    await seal(files, path, manifest, objects);
    return openSealed(files, stateFolder, source, folder, this.journal);
  }

  async abandon(): Promise<void> {
    await this.parts.abandon();
    await this.objects.abandon();
    await removeExport(this.#frame.files, this.path);
  }
}
