import { createAuditTrail } from '../../../../shared/app/review/auditTrail';
import type { AuditEntry } from '../../../../shared/core/audit';
import { instant } from '../../../support/builders';
import { memoryAuditLog } from '../../../support/memory/memoryAudit';

const { signal } = new AbortController();
const entry = (operationId: string, at: string): AuditEntry => ({
  operationId,
  at: instant(at),
  actor: { kind: 'system', id: 'test', name: null },
  action: 'scanFinished',
  object: null,
  evidenceHash: null,
  runId: null,
  correlationId: null,
  details: {},
});

test('finds a row in its month and in later ones, and looks at no earlier one', async () => {
  const log = memoryAuditLog('review');
  await log.record(entry('october', '2026-10-31T23:59:59Z'), signal);
  await log.record(entry('november', '2026-11-01T00:00:00Z'), signal);
  await log.record(entry('december', '2026-12-01T00:00:00Z'), signal);
  const asked: string[] = [];
  const trail = createAuditTrail({
    months: part => log.table.months(part),
    recorded: (chain, id) => {
      asked.push(chain.month);
      return log.table.recorded(chain, id);
    },
  });
  const since = instant('2026-11-15T00:00:00Z');
  expect((await trail.find('november', since, signal))?.operationId).toBe('november');
  expect((await trail.find('december', since, signal))?.month).toBe('202612');
  expect(await trail.find('october', since, signal)).toBeNull();
  expect(new Set(asked)).toEqual(new Set(['202611', '202612']));
});
