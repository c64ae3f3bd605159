import type { SynchronisationReader } from '../../../shared/app/ports';
import type { Instant } from '../../../shared/core/instant';
import type { Guid } from '../../../shared/core/keys/guid';
import type { TenantSynchronisation } from '../../../shared/core/synchronisation';

/** The port SynchronisationReader over a value, which may be changed between two runs. */
export class MemorySynchronisation implements SynchronisationReader {
  /** Thrown instead of an answer. */
  error: Error | null = null;
  state: TenantSynchronisation;

  constructor(state: Partial<TenantSynchronisation> = {}) {
    this.state = {
      tenantId: '11111111-2222-4333-8444-555555555555' as Guid,
      enabled: true,
      lastSyncDateTime: 0 as Instant,
      cloudSync: { status: 'notConfigured' },
      ...state,
    };
  }

  async read(): Promise<TenantSynchronisation> {
    if (this.error) throw this.error;
    return this.state;
  }
}
