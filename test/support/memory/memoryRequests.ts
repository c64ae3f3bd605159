import type { RequestBlobs, StoredRequest } from '../../../shared/app/review/requestExport';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { ExportRequest, RequestKind } from '../../../shared/core/exportRequest';

/** The port RequestBlobs over a map, keyed by `source/kind`, with ETags that change at every write. */
export class MemoryRequestBlobs implements RequestBlobs {
  readonly blobs = new Map<string, StoredRequest>();
  /** Thrown instead of an answer. */
  error: Error | null = null;

  async read(source: SourceName, kind: RequestKind): Promise<StoredRequest | null> {
    if (this.error) throw this.error;
    return this.blobs.get(`${source}/${kind}`) ?? null;
  }

  async write(
    source: SourceName,
    request: ExportRequest,
    etag: string | null,
  ): Promise<'written' | 'conflict'> {
    const key = `${source}/${request.kind}`;
    if ((this.blobs.get(key)?.etag ?? null) !== etag) return 'conflict';
    this.blobs.set(key, { etag: `"${request.id}"`, request });
    return 'written';
  }
}
