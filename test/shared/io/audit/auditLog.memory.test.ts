import { MemoryAuditMirror, MemoryAuditTable } from '../../../support/memory/memoryAudit';
import { describeAuditLog } from './auditContract';

describeAuditLog(async () => ({
  table: new MemoryAuditTable(),
  mirror: linesPerBlob => new MemoryAuditMirror(linesPerBlob),
}));
