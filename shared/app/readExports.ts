import { AppError, type ErrorCode } from '../core/appError';
import type { SourceName } from '../core/exportFormat';
import type { ExportOutcome } from '../core/gates/exportGates';
import { OnPremisesIndex } from '../core/onPremisesIndex';
import type { ExportRecord } from '../core/onPremisesObject';
import type { ExportUsed } from '../core/scanRun';
import type { ExportStore, Log, OpenedExport } from './ports';

/** The newest exports of all expected sources, and the index over those that were accepted. */
export interface ExportsRead {
  readonly outcomes: ReadonlyMap<SourceName, ExportOutcome>;
  readonly accepted: readonly OpenedExport[];
  readonly used: readonly ExportUsed[];
  /** Only to be relied on where every outcome is `accepted`: a part is verified when it was read to its end. */
  readonly index: OnPremisesIndex;
}

const refusals: ReadonlyMap<ErrorCode, 'missing' | 'unreadable' | 'refused'> = new Map([
  ['exportMissing', 'missing'],
  ['storageUnavailable', 'unreadable'],
  ['exportRefused', 'refused'],
]);

/** First pass: verifies and indexes every source, also after one was refused, so that a run reports every reason at once. */
export async function readExports(
  store: ExportStore,
  sources: readonly SourceName[],
  log: Log,
  signal: AbortSignal,
): Promise<ExportsRead> {
  const index = new OnPremisesIndex();
  const outcomes = new Map<SourceName, ExportOutcome>();
  const accepted: OpenedExport[] = [];
  const used: ExportUsed[] = [];
  for (const source of sources) {
    const before = index.size;
    try {
      const opened = await store.openNewest(source, signal);
      await opened.readRecords(record => index.add(record), signal);
      const lines = index.size - before;
      log.info(`export of ${source}: ${opened.folder}, sequence ${opened.manifest.sequence}, ${lines} lines`);
      outcomes.set(source, { status: 'accepted', sequence: opened.manifest.sequence, lines });
      accepted.push(opened);
      used.push(usedExport(opened, lines));
    } catch (error) {
      signal.throwIfAborted();
      const outcome = refusalOf(error);
      log.error(outcome.reason);
      outcomes.set(source, outcome);
    }
  }
  return { outcomes, accepted, used, index };
}

function refusalOf(error: unknown): Extract<ExportOutcome, { reason: string }> {
  const status = error instanceof AppError ? refusals.get(error.code) : undefined;
  if (!(error instanceof AppError) || !status) throw error;
  return { status, reason: error.message };
}

const usedExport = ({ source, folder, manifest, manifestHash }: OpenedExport, lines: number): ExportUsed => ({
  source,
  folder,
  sequence: manifest.sequence,
  manifestHash,
  startedAt: manifest.startedAt,
  finishedAt: manifest.finishedAt,
  lines,
  namingContexts: manifest.namingContexts.map(({ distinguishedName, counts }) => ({
    distinguishedName,
    counts,
  })),
});

/** Second pass: the same records in the same order. An export that no longer verifies throws. */
export async function readAgain(
  accepted: readonly OpenedExport[],
  visit: (record: ExportRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  for (const opened of accepted) await opened.readRecords(visit, signal);
}
