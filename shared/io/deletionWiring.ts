import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import type { Notify } from '../app/notify';
import { createAuditTrail } from '../app/review/auditTrail';
import type { DeletionPorts, DeletionSettings } from '../app/review/deletionUseCasePorts';
import { createExportRequests } from '../app/review/requestExport';
import { parseGuid, type Guid } from '../core/keys/guid';
import { createAuditTable } from './audit/auditTable';
import { readConfiguration } from './configuration/configuration';
import { readDeletionConfiguration } from './configuration/deletion';
import { configurationError, type Environment } from './configuration/readSetting';
import { reviewAudit } from './decisionWiring';
import { createRequestBlobs } from './exportRequests';
import { createExportStore } from './exports/exportStore';
import { createCloudDeleter } from './graph/cloudDeleter';
import { createCloudDirectory } from './graph/cloudDirectory';
import { createCloudSnapshots } from './graph/cloudSnapshots';
import { createDeletedItems } from './graph/deletedItems';
import { createGraphClient } from './graph/graphClient';
import { createGraphRequests } from './graph/graphRequests';
import { createSynchronisationReader } from './graph/synchronisation';
import type { RequestContext } from './http/api';
import { buildNotify } from './notificationWiring';
import { createDeletionRecords } from './snapshots';
import { createDeletionCaps } from './tables/decisionCapsTable';
import { createDecisionTable } from './tables/decisionTable';
import { createFactsReader } from './tables/factsReader';
import { createRuleTable } from './tables/ruleTable';
import { containerNames, tableNames } from './storageNames';
import { buildScanRuns, systemClock } from './wiring';

/** How the part review deletes: the only place that has the deleter's identity. */
export interface Deletions {
  readonly ports: DeletionPorts;
  readonly settings: DeletionSettings;
  readonly notify: Notify;
}

/** Reads of a call may not outlive it: fewer tries, and shorter ones, than the scan's. */
const requestLimits = { attempts: 4, longestWaitMs: 30_000, attemptTimeoutMs: 30_000 };

/**
 * Deletion with its real adapters. Every credential names its identity: what reads never deletes, and what deletes reads nothing.
 * Throws `configurationInvalid` with every problem of the settings.
 */
export function buildDeletions(
  environment: Environment,
  { log, correlationId: requestId }: RequestContext,
): Deletions {
  const reading = readConfiguration(environment);
  if (reading.status === 'invalid') throw configurationError(reading.problems);
  const deletionReading = readDeletionConfiguration(environment);
  if (deletionReading.status === 'invalid') throw configurationError(deletionReading.problems);
  const { configuration } = reading;
  const { deletion } = deletionReading;
  const reader = new ManagedIdentityCredential({ clientId: configuration.readerClientId });
  const deleter = new ManagedIdentityCredential({ clientId: deletion.deleterClientId });
  const endpoint = configuration.graphEndpoint;
  const correlationId = parseGuid(requestId) ?? (randomUUID() as string as Guid);
  const clock = systemClock;
  const table = (name: string): TableClient => new TableClient(configuration.tableEndpoint, name, reader);
  const blobs = new BlobServiceClient(configuration.blobEndpoint, reader);
  const decisions = table(tableNames.decisions);
  const requests = createGraphRequests({
    client: createGraphClient(endpoint, reader),
    correlationId,
    log,
    clock,
    limits: requestLimits,
  });
  const audit = reviewAudit(configuration, log);
  const exports = createExportStore({
    container: blobs.getContainerClient(containerNames.exports),
    tenantId: configuration.tenantId,
    sources: configuration.sources,
    log,
  });
  const ports: DeletionPorts = {
    facts: createFactsReader(table(tableNames.candidates)),
    decisions: createDecisionTable(decisions),
    caps: createDeletionCaps({ table: decisions, limits: deletion.limits }),
    rules: createRuleTable(table(tableNames.rules)),
    runs: buildScanRuns(configuration, log),
    synchronisation: createSynchronisationReader({
      endpoint,
      credential: reader,
      clock,
      log,
      correlationId,
      limits: requestLimits,
      cloudSyncServicePrincipalIds: configuration.cloudSyncServicePrincipalIds,
    }),
    directory: createCloudDirectory({
      endpoint,
      credential: reader,
      clock,
      log,
      correlationId,
      limits: requestLimits,
    }),
    exports,
    requests: createExportRequests({
      blobs: createRequestBlobs(blobs.getContainerClient(containerNames.requests)),
      exports,
      audit,
      clock,
      log,
      newId: () => randomUUID() as string as Guid,
    }),
    deleter: createCloudDeleter({
      endpoint,
      credential: deleter,
      clock,
      log,
      correlationId,
      contactsThroughBeta: deletion.contactsThroughBeta,
    }),
    deletedItems: createDeletedItems(requests),
    snapshots: createCloudSnapshots({ requests, clock }),
    records: createDeletionRecords(blobs.getContainerClient(containerNames.snapshots)),
    audit,
    trail: createAuditTrail(createAuditTable(table(tableNames.audit))),
    clock,
    log,
  };
  const { sources: expected, tenantId, gateLimits: limits } = configuration;
  const sources = expected.map(one => one.source);
  const { rollout, perCall, fourEyesTypes, quarantineDays } = deletion;
  return {
    ports,
    settings: { rollout, perCall, fourEyesTypes, quarantineDays, sources, tenantId, limits },
    notify: buildNotify(configuration, log),
  };
}
