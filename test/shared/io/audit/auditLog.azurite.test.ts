import { createAuditMirror } from '../../../../shared/io/audit/auditMirror';
import { createAuditTable } from '../../../../shared/io/audit/auditTable';
import { startStorage, type Storage } from '../tables/storage';
import { describeAuditLog } from './auditContract';

let storage: Storage;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());

describeAuditLog(async () => {
  const table = await storage.table();
  const container = await storage.container();
  return {
    table: createAuditTable(table),
    mirror: linesPerBlob =>
      createAuditMirror({ container, ...(linesPerBlob === undefined ? {} : { linesPerBlob }) }),
  };
});
