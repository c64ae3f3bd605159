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
import { createRunLock } from './runLock';
import { createCandidateTable } from './tables/candidateTable';
import { createScanRunTable } from './tables/scanRunTable';

/** Containers and tables of the data account; infra and the local stack create them. */
export const containerNames = {
  exports: 'exports',
  evidence: 'evidence',
  locks: 'locks',
  requests: 'requests',
  audit: 'audit',
  snapshots: 'snapshots',
  notifications: 'notifications',
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
): { ports: DetectOrphansPorts; settings: DetectOrphansSettings } {
  const credential = new ManagedIdentityCredential({ clientId: configuration.readerClientId });
  const blobs = new BlobServiceClient(configuration.blobEndpoint, credential);
  const evidence = blobs.getContainerClient(containerNames.evidence);
  const candidates = new TableClient(configuration.tableEndpoint, tableNames.candidates, credential);
  const ports: DetectOrphansPorts = {
    directory: createCloudDirectory({
      endpoint: configuration.graphEndpoint,
      credential,
      clock: systemClock,
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
    lock: createRunLock({
      container: blobs.getContainerClient(containerNames.locks),
      clock: systemClock,
      log,
    }),
    clock: systemClock,
    log,
    newRunId: () => runId,
  };
  return { ports, settings: { sources: configuration.sources.map(expected => expected.source), version } };
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
