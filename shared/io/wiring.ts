import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { createAuditLog } from '../app/auditWriter';
import type { DetectOrphansPorts, DetectOrphansSettings } from '../app/detectOrphans';
import type { Clock, Log, ScanRunTable } from '../app/ports';
import { createExportRequests } from '../app/review/requestExport';
import type { Instant } from '../core/instant';
import type { Guid } from '../core/keys/guid';
import { version } from '../core/version';
import { createAuditMirror } from './audit/auditMirror';
import { createAuditTable } from './audit/auditTable';
import type { Configuration } from './configuration/configuration';
import { createDeletedUsersStore } from './deletedUsersStore';
import { createRequestBlobs } from './exportRequests';
import { createExportStore } from './exports/exportStore';
import { createCloudDirectory } from './graph/cloudDirectory';
import { createDeletedItems } from './graph/deletedItems';
import { createGraphClient } from './graph/graphClient';
import { createGraphRequests } from './graph/graphRequests';
import { createSynchronisationReader } from './graph/synchronisation';
import { createRunLock } from './runLock';
import { containerNames, tableNames } from './storageNames';
import { createCandidateTable } from './tables/candidateTable';
import { createDecisionReader } from './tables/decisionReader';
import { createRuleReader } from './tables/ruleReader';
import { createScanRunTable } from './tables/scanRunTable';

export const systemClock: Clock = { now: () => Date.now() as Instant };

/** The scan with its real adapters. Every credential names its identity: a default one would pick another in silence. */
export function buildScan(
  configuration: Configuration,
  log: Log,
  runId: Guid = randomUUID() as string as Guid,
  clock: Clock = systemClock,
): { ports: DetectOrphansPorts; settings: DetectOrphansSettings } {
  const credential = new ManagedIdentityCredential({ clientId: configuration.readerClientId });
  const blobs = new BlobServiceClient(configuration.blobEndpoint, credential);
  const evidence = blobs.getContainerClient(containerNames.evidence);
  const tableOf = (name: string): TableClient =>
    new TableClient(configuration.tableEndpoint, name, credential);
  const graph = { endpoint: configuration.graphEndpoint, credential, clock, log, correlationId: runId };
  const client = createGraphClient(graph.endpoint, credential);
  // Not `exports`: the compiled module has that name for its own.
  const exportStore = createExportStore({
    container: blobs.getContainerClient(containerNames.exports),
    tenantId: configuration.tenantId,
    sources: configuration.sources,
    log,
  });
  const candidates = createCandidateTable({ table: tableOf(tableNames.candidates), spill: evidence, log });
  const requestBlobs = createRequestBlobs(blobs.getContainerClient(containerNames.requests));
  const ports: DetectOrphansPorts = {
    directory: createCloudDirectory(graph),
    exports: exportStore,
    candidates,
    history: {
      deletedItems: createDeletedItems(createGraphRequests({ ...graph, client })),
      deletedUsers: createDeletedUsersStore(evidence),
      decisions: createDecisionReader(tableOf(tableNames.decisions)),
      evidence: candidates,
    },
    asking: {
      requestBlobs,
      requests: createExportRequests({
        blobs: requestBlobs,
        exports: exportStore,
        audit: createAuditLog({
          part: 'scan',
          table: createAuditTable(tableOf(tableNames.audit)),
          mirror: createAuditMirror({ container: blobs.getContainerClient(containerNames.audit) }),
          log,
        }),
        clock,
        log,
        newId: () => randomUUID() as string as Guid,
      }),
    },
    runs: buildScanRuns(configuration, log),
    rules: createRuleReader(tableOf(tableNames.rules)),
    synchronisation: createSynchronisationReader({
      ...graph,
      cloudSyncServicePrincipalIds: configuration.cloudSyncServicePrincipalIds,
    }),
    lock: createRunLock({
      container: blobs.getContainerClient(containerNames.locks),
      clock: systemClock,
      log,
    }),
    clock,
    log,
    newRunId: () => runId,
  };
  const { sources, tenantId, gateLimits: limits, waitingRules: waiting } = configuration;
  const settings: DetectOrphansSettings = {
    sources: sources.map(expected => expected.source),
    tenantId,
    limits,
    waiting,
    version,
  };
  return { ports, settings };
}

/** The run records alone, for health. */
export function buildScanRuns(configuration: Configuration, log: Log): ScanRunTable {
  const credential = new ManagedIdentityCredential({ clientId: configuration.readerClientId });
  const table = new TableClient(configuration.tableEndpoint, tableNames.runs, credential);
  const spill = new BlobServiceClient(configuration.blobEndpoint, credential).getContainerClient(
    containerNames.evidence,
  );
  return createScanRunTable({ table, spill, log });
}
