import type { BlobLeaseClient, BlockBlobClient, ContainerClient } from '@azure/storage-blob';
import type { Clock, HeldLock, Log, RunLock } from '../app/ports';
import { AppError } from '../core/appError';
import { formatInstant } from '../core/instant';
import { answeredWith, serviceCode, storageError, type StorageResource } from './storageErrors';

export interface RunLockOptions {
  readonly container: ContainerClient;
  readonly blobName?: string;
  /** 15 to 60, as Blob Storage has it. */
  readonly leaseSeconds?: number;
  /** For the note of who holds the lock since when; the lease itself runs on real time. */
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * One scan at a time: a lease on a blob, whose metadata `fence` counts the acquisitions. A holder that crashed loses the lease by
 * itself after `leaseSeconds`. `acquire` throws `storageUnavailable`.
 */
export function createRunLock(options: RunLockOptions): RunLock {
  const { container, blobName = 'scan.lock', leaseSeconds = 60, clock, log } = options;
  if (!(leaseSeconds >= 15 && leaseSeconds <= 60))
    throw new RangeError(`a lease of 15 to 60 seconds was expected, found ${leaseSeconds}`);
  const blob = container.getBlockBlobClient(blobName);
  const resource: StorageResource = {
    name: `container ${container.containerName}`,
    role: 'Storage Blob Data Contributor',
  };

  return {
    async acquire(signal) {
      try {
        await createIfMissing(blob, signal);
        const lease = blob.getBlobLeaseClient();
        const askedAt = performance.now();
        if (!(await leased(lease, leaseSeconds, signal))) return null;
        try {
          const fence = await nextFence(blob, lease.leaseId, clock, signal);
          return new HeldLease({ blob, lease, fence, leaseSeconds, askedAt, resource, log });
        } catch (error) {
          await releaseQuietly(lease, log);
          throw error;
        }
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },
  };
}

async function createIfMissing(blob: BlockBlobClient, abortSignal: AbortSignal): Promise<void> {
  try {
    await blob.upload('', 0, { conditions: { ifNoneMatch: '*' }, abortSignal });
  } catch (error) {
    // 412 where somebody holds a lease on it.
    if (!answeredWith(error, 409, 412)) throw error;
  }
}

/** false: somebody else has it. */
async function leased(lease: BlobLeaseClient, seconds: number, abortSignal: AbortSignal): Promise<boolean> {
  try {
    await lease.acquireLease(seconds, { abortSignal });
    return true;
  } catch (error) {
    if (answeredWith(error, 409)) return false;
    throw error;
  }
}

/** Counts this acquisition. Only the holder of the lease can write the blob, so nobody counts at the same time. */
async function nextFence(
  blob: BlockBlobClient,
  leaseId: string,
  clock: Clock,
  abortSignal: AbortSignal,
): Promise<number> {
  const conditions = { leaseId };
  const { metadata = {} } = await blob.getProperties({ conditions, abortSignal });
  const last = Number(metadata['fence'] ?? '0');
  if (!Number.isSafeInteger(last) || last < 0)
    throw new AppError(
      'storageUnavailable',
      `Expected a whole number in the metadata "fence" of the blob ${blob.name}, found ${JSON.stringify(metadata['fence'])}. ` +
        'Set it to the greatest fence in the table ScanRuns.',
    );
  const fence = last + 1;
  const note = { fence: String(fence), acquiredAt: formatInstant(clock.now()) };
  await blob.setMetadata({ ...metadata, ...note }, { conditions, abortSignal });
  return fence;
}

/** Not worth waiting for long, as the app may be stopping: the lease runs out by itself. */
const releaseMs = 5_000;

async function releaseQuietly(lease: BlobLeaseClient, log: Log): Promise<void> {
  try {
    await lease.releaseLease({ abortSignal: AbortSignal.timeout(releaseMs) });
  } catch (error) {
    log.warn(`the lease of the scan was not released and runs out by itself: ${describe(error)}`);
  }
}

const describe = (error: unknown): string =>
  error instanceof Error ? `${error.name} ${error.message}` : String(error);

interface HeldLeaseParts {
  readonly blob: BlockBlobClient;
  readonly lease: BlobLeaseClient;
  readonly fence: number;
  readonly leaseSeconds: number;
  /** When the lease was asked for (performance.now): it runs at least from then. */
  readonly askedAt: number;
  readonly resource: StorageResource;
  readonly log: Log;
}

class HeldLease implements HeldLock {
  readonly #parts: HeldLeaseParts;
  readonly #lost = new AbortController();
  /** Ends renewing, also one in flight. */
  readonly #closed = new AbortController();
  readonly #leaseMs: number;
  #renewal: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;

  constructor(parts: HeldLeaseParts) {
    this.#parts = parts;
    this.#leaseMs = parts.leaseSeconds * 1000;
    this.#expireAfter(parts.askedAt);
    this.#renewLater();
  }

  get fence(): number {
    return this.#parts.fence;
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  async assertHeld(signal: AbortSignal): Promise<void> {
    this.#throwUnlessOpen();
    const { blob, lease, resource } = this.#parts;
    try {
      const { metadata, leaseState } = await blob.getProperties({
        conditions: { leaseId: lease.leaseId },
        abortSignal: signal,
      });
      if (leaseState !== 'leased') this.#lose(`the lease is ${leaseState}`);
      else if (metadata?.['fence'] !== String(this.fence))
        this.#lose(`the fence is ${metadata?.['fence']}, not ${this.fence}`);
    } catch (error) {
      if (!endsTheLease(error)) throw storageError(error, resource, signal);
      this.#lose(answerOf(error));
    }
    this.#throwUnlessOpen();
  }

  #throwUnlessOpen(): void {
    this.lost.throwIfAborted();
    if (this.#closed.signal.aborted) throw lockLost('it was released');
  }

  async release(): Promise<void> {
    if (this.#closed.signal.aborted) return;
    this.#close();
    await releaseQuietly(this.#parts.lease, this.#parts.log);
  }

  #renewLater(): void {
    this.#renewal = setTimeout(() => void this.#renew(), this.#leaseMs / 3).unref();
  }

  async #renew(): Promise<void> {
    const askedAt = performance.now();
    try {
      // One that gets no answer is given up, so that there is time for another.
      const abortSignal = AbortSignal.any([this.#closed.signal, AbortSignal.timeout(this.#leaseMs / 3)]);
      await this.#parts.lease.renewLease({ abortSignal });
      if (this.#closed.signal.aborted) return;
      this.#expireAfter(askedAt);
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      if (endsTheLease(error)) return this.#lose(answerOf(error));
      this.#parts.log.warn(`the lease of the scan could not be renewed, trying again: ${describe(error)}`);
    }
    this.#renewLater();
  }

  #expireAfter(askedAt: number): void {
    clearTimeout(this.#expiry);
    const leftMs = askedAt + this.#leaseMs - performance.now();
    this.#expiry = setTimeout(() => this.#lose('its time passed without a renewal'), leftMs).unref();
  }

  #lose(how: string): void {
    if (this.#closed.signal.aborted) return;
    this.#close();
    this.#lost.abort(lockLost(how));
  }

  #close(): void {
    this.#closed.abort();
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
  }
}

/** Answers that say for certain that the lease is not ours: broken, run out and taken, or its blob deleted. */
const endsTheLease = (error: unknown) => answeredWith(error, 404, 409, 412);

const answerOf = (error: Parameters<typeof serviceCode>[0]): string =>
  `the storage answered ${serviceCode(error) ?? error.statusCode}`;

const lockLost = (how: string): AppError =>
  new AppError(
    'lockLost',
    `Expected to hold the lease of the scan, found that ${how}. This run writes nothing more; the next one starts anew.`,
  );
