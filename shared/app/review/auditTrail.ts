import { auditMonthOf } from '../../core/audit';
import type { AuditTable } from '../auditPorts';
import type { AuditTrail } from './deletionUseCasePorts';

/** Looks through the chains of the part review, from the month of `since` on: an entry may be recorded later than it says. */
export function createAuditTrail(table: Pick<AuditTable, 'months' | 'recorded'>): AuditTrail {
  return {
    async find(operationId, since, signal) {
      const first = auditMonthOf(since);
      for (const month of await table.months('review', signal)) {
        if (month < first) continue;
        const row = await table.recorded({ part: 'review', month }, operationId, signal);
        if (row) return row;
      }
      return null;
    },
  };
}
