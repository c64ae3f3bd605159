import type { LineCounts, SourceName } from '../../../../shared/core/exportFormat';
import type { JudgedExport } from '../../../../shared/core/gates/exportGates';
import type { Instant } from '../../../../shared/core/instant';
import type { ExportUsed } from '../../../../shared/core/scanRun';
import { instant } from '../../../support/builders';
import { scenarioExports } from '../../../support/scenario';

export const hourMs = 60 * 60 * 1000;
export const minuteMs = 60 * 1000;
export const now = instant('2026-11-20T02:00:00Z');
export const before = (ms: number): Instant => (now - ms) as Instant;
export const contoso = 'DC=contoso,DC=example';

export const lineCounts = (given: Partial<LineCounts> = {}): LineCounts => ({
  user: 0,
  group: 0,
  contact: 0,
  computer: 0,
  other: 0,
  tombstone: 0,
  ...given,
});

export const anExport = (given: Partial<ExportUsed> = {}): ExportUsed => ({
  source: 'contoso' as SourceName,
  folder: '20261120T010000Z',
  sequence: 7,
  manifestHash: 'd'.repeat(64),
  startedAt: before(hourMs),
  finishedAt: before(hourMs / 2),
  lines: 0,
  namingContexts: [{ distinguishedName: contoso, counts: lineCounts({ user: 100 }) }],
  ...given,
});

const [written] = scenarioExports({ exports: [{ source: 'contoso', records: [] }], cloud: [] });

/** An export with its manifest, seen for the first time; `last`: the export of the last accepted run. */
export const judged = (
  used: Partial<ExportUsed> = {},
  manifest: Partial<JudgedExport['manifest']> = {},
  last: ExportUsed | null = null,
): JudgedExport => ({
  used: anExport(used),
  manifest: { ...written!.manifest, ...manifest },
  before: last,
  seenAt: null,
});
