import { TableClient } from '@azure/data-tables';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import type { AuditStore } from '../app/verifyAudit';
import type { DecisionTable } from '../app/decisionPorts';
import type { CandidateReader, CloudDirectory, Clock, ExportStore, Log, ScanRunTable } from '../app/ports';
import type { SourceName } from '../core/exportFormat';
import type { Instant } from '../core/instant';
import type { Guid } from '../core/keys/guid';
import { createAuditMirror } from './audit/auditMirror';
import { createAuditTable } from './audit/auditTable';
import type { Configuration } from './configuration';
import { createExportStore } from './exports/exportStore';
import { createCloudDirectory } from './graph/cloudDirectory';
import { createCandidateTable } from './tables/candidateTable';
import { createDecisionTable } from './tables/decisionTable';
import { createScanRunTable } from './tables/scanRunTable';
import { containerNames, tableNames } from './wiring';

/** What the part review has beside the tables and containers of the scan; infra and the local stack create them. */
export const reviewTableNames = { decisions: 'Decisions', audit: 'AuditLog' } as const;
export const auditContainerName = 'audit';

/** Everything that the routes which only read need. */
export interface ReadingAdapters {
  readonly directory: CloudDirectory;
  readonly exports: ExportStore;
  readonly candidates: CandidateReader;
  readonly decisions: DecisionTable;
  readonly runs: ScanRunTable;
  readonly audit: AuditStore;
  readonly sources: readonly SourceName[];
  readonly clock: Clock;
  readonly log: Log;
}

/** One request: its id goes to Graph, its log is the request's own. */
export interface ReadingRequest {
  readonly correlationId: string;
  readonly log: Log;
}

/** The adapters of the reading routes. Clients, and with them the tokens and connections, are made once a process. */
export function createReading(configuration: Configuration): (request: ReadingRequest) => ReadingAdapters {
  const credential = new ManagedIdentityCredential({ clientId: configuration.readerClientId });
  const blobs = new BlobServiceClient(configuration.blobEndpoint, credential);
  const tableOf = (name: string): TableClient =>
    new TableClient(configuration.tableEndpoint, name, credential);
  const [candidates, runs, decisions, audit] = [
    tableOf(tableNames.candidates),
    tableOf(tableNames.runs),
    tableOf(reviewTableNames.decisions),
    tableOf(reviewTableNames.audit),
  ];
  const evidence = blobs.getContainerClient(containerNames.evidence);
  const exported = blobs.getContainerClient(containerNames.exports);
  const clock: Clock = { now: () => Date.now() as Instant };
  return ({ correlationId, log }) => ({
    directory: createCloudDirectory({
      endpoint: configuration.graphEndpoint,
      credential,
      clock,
      log,
      // The frame makes it: always a GUID.
      correlationId: correlationId as Guid,
    }),
    exports: createExportStore({
      container: exported,
      tenantId: configuration.tenantId,
      sources: configuration.sources,
      log,
    }),
    candidates: createCandidateTable({ table: candidates, spill: evidence, log }),
    decisions: createDecisionTable(decisions),
    runs: createScanRunTable({ table: runs, spill: evidence, log }),
    audit: {
      table: createAuditTable(audit),
      mirror: createAuditMirror({ container: blobs.getContainerClient(auditContainerName) }),
    },
    sources: configuration.sources.map(expected => expected.source),
    clock,
    log,
  });
}
