import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import type { DetectOrphansPorts, DetectOrphansSettings } from '../app/detectOrphans';
import type { Clock, Log, ScanRunTable } from '../app/ports';
import type { Instant } from '../core/instant';
import type { Guid } from '../core/keys/guid';
import { version } from '../core/version';
import type { Configuration } from './configuration';
import { createExportStore } from './exports/exportStore';
import { createCloudDirectory } from './graph/cloudDirectory';
import { createSynchronisationReader } from './graph/synchronisation';
import { createRunLock } from './runLock';
import { createCandidateTable } from './tables/candidateTable';
import { createRuleTable } from './tables/ruleTable';
import { createScanRunTable } from './tables/scanRunTable';

/** Containers and tables of the data account; infra and the local stack create them. */
export const containerNames = {
  exports: 'exports',
  evidence: 'evidence',
  locks: 'locks',
  requests: 'requests',
  audit: 'audit',
  snapshots: 'snapshots',
} as const;
export const tableNames = {
  candidates: 'OrphanCandidates',
  runs: 'ScanRuns',
  decisions: 'Decisions',
  rules: 'Rules',
  audit: 'AuditLog',
} as const;

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
  const candidates = new TableClient(configuration.tableEndpoint, tableNames.candidates, credential);
  const ports: DetectOrphansPorts = {
    directory: createCloudDirectory({
      endpoint: configuration.graphEndpoint,
      credential,
      clock,
      log,
      correlationId: runId,
    }),
    exports: createExportStore({
      container: blobs.getContainerClient(containerNames.exports),
      tenantId: configuration.tenantId,
      sources: configuration.sources,
      log,
    }),
    candidates: createCandidateTable({ table: candidates, spill: evidence, log }),
    runs: buildScanRuns(configuration, log),
    rules: createRuleTable(new TableClient(configuration.tableEndpoint, tableNames.rules, credential)),
    synchronisation: createSynchronisationReader({
      endpoint: configuration.graphEndpoint,
      credential,
      clock,
      log,
      correlationId: runId,
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
