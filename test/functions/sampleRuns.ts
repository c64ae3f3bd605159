import type { SourceName } from '../../shared/core/exportFormat';
import type { ScanRun } from '../../shared/core/scanRun';
import { instant } from '../support/builders';
import { aGate } from '../support/scanDefaults';

const startedAt = instant('2026-11-20T02:00:00Z');
const gate = aGate();

const finished: ScanRun = {
  runId: 'run-7',
  runNumber: 7,
  state: 'finished',
  startedAt,
  finishedAt: instant('2026-11-20T02:03:00Z'),
  durations: { exports: 1_000, total: 180_000 },
  reasons: [],
  gates: [gate],
  exports: [
    {
      source: 'contoso' as SourceName,
      folder: '20261120T000000Z',
      sequence: 3,
      manifestHash: 'a'.repeat(64),
      startedAt,
      finishedAt: startedAt,
      lines: 12,
      namingContexts: [],
    },
  ],
  counts: { user: { read: 2, notSynced: 0, outcomes: { live: 1, absent: 1 }, unknownReasons: {} } },
  plan: { created: 1, refreshed: 0, attention: 0, withdrawn: 0, unchanged: 4 },
  planDigest: 'b'.repeat(64),
  fence: 9,
  version: '0.1.0',
  acceptedBefore: null,
  holds: [],
  synchronisation: null,
};

/** A run that went well, one that a gate refused, and one that runs. */
export const samplesOfRuns = {
  finished,
  refused: {
    ...finished,
    runId: 'run-8',
    runNumber: 8,
    state: 'refused',
    startedAt: instant('2026-11-21T02:00:00Z'),
    reasons: ['There is no export of contoso.'],
    gates: [
      { ...gate, passed: false, found: 'missing', reason: 'There is no export of contoso.', severity: 1 },
    ],
    exports: [],
    counts: {},
    plan: null,
    planDigest: null,
  },
  running: {
    ...finished,
    runId: 'run-9',
    runNumber: 9,
    state: 'running',
    startedAt: instant('2026-11-22T02:00:00Z'),
    finishedAt: null,
    gates: [],
    exports: [],
    counts: {},
    plan: null,
    planDigest: null,
    fence: null,
  },
} as const satisfies Readonly<Record<string, ScanRun>>;
