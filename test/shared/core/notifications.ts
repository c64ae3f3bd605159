import type { Guid } from '../../../shared/core/keys/guid';
import type { NotificationEvent, NotificationKind } from '../../../shared/core/notification';
import type { SourceName } from '../../../shared/core/exportFormat';
import { instant } from '../../support/builders';

export const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
export const night = '2026-11-20';
export const at = instant('2026-11-20T02:00:00Z');
const runId = '0f0f0f0f-0000-4000-8000-000000000001';

/** One event of each kind. */
export const samples: { readonly [Kind in NotificationKind]: Extract<NotificationEvent, { kind: Kind }> } = {
  newCandidates: {
    kind: 'newCandidates',
    at,
    runId,
    added: { user: 2, device: 1 },
    missing: { user: 12, device: 1 },
    missingBefore: { user: 10 },
  },
  hold: {
    kind: 'hold',
    at,
    runId,
    refused: true,
    gates: [
      {
        gate: 'exportPresent',
        source: 'contoso',
        type: null,
        found: 'missing',
        limit: 'one complete export',
      },
      { gate: 'graphListComplete', source: null, type: 'user', found: '90', limit: '100 to 110' },
      { gate: 'clocksAgree', source: null, type: null, found: '900 s', limit: '300 s' },
    ],
    earlier: [{ gate: 'exportDrop', source: 'contoso', type: null, runId: 'run-7' }],
  },
  missedWork: {
    kind: 'missedWork',
    at,
    missed: {
      scan: { lastFinishedAt: instant('2026-11-18T02:00:00Z') },
      exports: [{ source: 'contoso' as SourceName, lastFinishedAt: null }],
    },
  },
  deletions: {
    kind: 'deletions',
    at,
    callId: 'cccccccc-0000-4000-8000-000000000001' as Guid,
    counts: { deleted: 3, quarantined: 0, manual: 1, failed: 2, refused: 0, gone: 0 },
    deleted: { user: 2, group: 1 },
    remaining: 4,
  },
  madeAgain: { kind: 'madeAgain', at, runId, objects: { user: 1 } },
};
