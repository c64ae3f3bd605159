import { TableClient } from '@azure/data-tables';
import { createAuditLog } from '../../../shared/app/auditWriter';
import { verifyAudit } from '../../../shared/app/verifyAudit';
import { auditParts } from '../../../shared/core/audit';
import { createAuditMirror } from '../../../shared/io/audit/auditMirror';
import { createAuditTable } from '../../../shared/io/audit/auditTable';
import { containerNames, tableNames } from '../../../shared/io/storageNames';
import type { AuditLine } from './report';
import type { FaultWorld } from './world';

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

/** The audit log of all that went on in the world, verified as `npm run audit:verify` does. */
export async function auditOf(
  { services: { azurite, operator, blobs } }: FaultWorld,
  world: string,
): Promise<AuditLine> {
  const store = {
    table: createAuditTable(new TableClient(azurite.tableEndpoint, tableNames.audit, operator)),
    mirror: createAuditMirror({ container: blobs.getContainerClient(containerNames.audit) }),
  };
  // What a fault left out of the mirror is put there by the next row of its chain, which may not have come.
  for (const part of auditParts)
    await createAuditLog({ part, ...store, log: silent }).catchUp(AbortSignal.timeout(60_000));
  const { status, chains, rows } = await verifyAudit(store, auditParts, AbortSignal.timeout(120_000));
  return { world, status, chains, rows };
}
