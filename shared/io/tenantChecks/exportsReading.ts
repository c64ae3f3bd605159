import type { ExportStore } from '../../app/ports';
import { AppError } from '../../core/appError';
import type { SourceName } from '../../core/exportFormat';
import type { Instant } from '../../core/instant';
import { OnPremisesIndex } from '../../core/onPremisesIndex';
import type { ExportsIndexed } from '../../core/tenantChecks/anchorAgreement';

/** The exports of all sources, or why there is nothing to compare the cloud with. */
export type ExportsReading =
  | { readonly kind: 'read'; readonly exports: ExportsIndexed }
  | { readonly kind: 'notRead'; readonly why: string };

export interface ExportsToRead {
  readonly store: ExportStore;
  readonly sources: readonly SourceName[];
}

const guidAnchors = new Set(['objectguid', 'ms-ds-consistencyguid']);

/** Reads and verifies the newest export of every source. One that is refused leaves nothing to rely on. */
export async function readExportsIndexed(
  { store, sources }: ExportsToRead,
  signal: AbortSignal,
): Promise<ExportsReading> {
  const index = new OnPremisesIndex();
  const deletedAt = new Map<number, Instant>();
  const textAnchorSources = new Set<SourceName>();
  try {
    for (const source of sources) {
      const opened = await store.openNewest(source, signal);
      const anchor = opened.manifest.anchorAttribute?.toLowerCase();
      if (anchor !== undefined && !guidAnchors.has(anchor)) textAnchorSources.add(source);
      await opened.readRecords(record => {
        const ordinal = index.add(record);
        if (record.kind === 'tombstone') deletedAt.set(ordinal, record.whenChanged);
      }, signal);
    }
    return { kind: 'read', exports: { index, deletedAt, textAnchorSources } };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError) return { kind: 'notRead', why: error.message };
    throw error;
  }
}
