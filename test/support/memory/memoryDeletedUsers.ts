import type { DeletedUsersStore, StoredDeletedUsers } from '../../../shared/app/ports';
import type { RecoverableType } from '../../../shared/app/deletionPorts';
import { AppError } from '../../../shared/core/appError';
import type { DeletedUsersMemory } from '../../../shared/core/cloudHistory';
import type { Instant } from '../../../shared/core/instant';
import type { CloudId } from '../../../shared/core/cloudObject';
import type { DeletedItem } from '../../../shared/core/cloudWrites/deletedItem';

/** The port DeletedUsersStore over a value, with ETags that change at every write. */
export class MemoryDeletedUsers implements DeletedUsersStore {
  stored: StoredDeletedUsers = { kind: 'none' };
  #written = 0;

  async read(): Promise<StoredDeletedUsers> {
    return this.stored;
  }

  async write(memory: DeletedUsersMemory, etag: string | null): Promise<void> {
    if ((this.stored.kind === 'none' ? null : this.stored.etag) !== etag)
      throw new AppError('writeConflict', 'the memory is not what was read');
    this.#written += 1;
    this.stored = { kind: 'kept', memory, etag: `"${this.#written}"` };
  }

  /** There were scans every night until then, which a test leaves out. */
  readLastAt(readAt: Instant): void {
    if (this.stored.kind !== 'kept') return;
    this.stored = { ...this.stored, memory: { ...this.stored.memory, readAt } };
  }

  /** Somebody wrote there what is no memory. */
  lose(): void {
    this.#written += 1;
    this.stored = { kind: 'lost', etag: `"${this.#written}"` };
  }
}

/** The deleted items as the scan reads them: ids, which may be changed between two runs. */
export class MemoryDeletedItems {
  /** Thrown instead of an answer. */
  error: Error | null = null;

  constructor(public ids: readonly CloudId[] = []) {}

  async list(_type: RecoverableType): Promise<readonly DeletedItem[]> {
    if (this.error) throw this.error;
    return this.ids.map(id => ({ id, deletedDateTime: null }));
  }
}
