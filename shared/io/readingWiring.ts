import { TableClient } from '@azure/data-tables';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import type { AuditStore } from '../app/verifyAudit';
import type { DecisionTable } from '../app/decisionPorts';
import type { CandidateReader, CloudDirectory, Clock, ExportStore, Log, ScanRunTable } from '../app/ports';
import type { SourceName } from '../core/exportFormat';
import type { Guid } from '../core/keys/guid';
import { createAuditMirror } from './audit/auditMirror';
import { createAuditTable } from './audit/auditTable';
import { readConfiguration, type Configuration } from './configuration/configuration';
import { configurationError, type Environment } from './configuration/readSetting';
import { settings } from './configuration/settings';
import { createExportStore } from './exports/exportStore';
import type { RequestContext } from './http/api';
import { createCloudDirectory } from './graph/cloudDirectory';
import { createCandidateTable } from './tables/candidateTable';
import { createDecisionTable } from './tables/decisionTable';
import { createScanRunTable } from './tables/scanRunTable';
import { containerNames, tableNames } from './storageNames';
import { systemClock } from './wiring';

/** Everything that the routes which only read need. */
export interface ReadingAdapters {
  readonly directory: CloudDirectory;
  readonly exports: ExportStore;
  readonly candidates: CandidateReader;
  readonly decisions: DecisionTable;
  readonly runs: ScanRunTable;
  readonly auditStore: AuditStore;
  readonly sources: readonly SourceName[];
  readonly clock: Clock;
  readonly log: Log;
}

/** The adapters of the reading routes. Clients, and with them the tokens and connections, are made once a process. */
function createReading(configuration: Configuration): (request: RequestContext) => ReadingAdapters {
  const credential = new ManagedIdentityCredential({ clientId: configuration.readerClientId });
  const blobs = new BlobServiceClient(configuration.blobEndpoint, credential);
  const tableOf = (name: string): TableClient =>
    new TableClient(configuration.tableEndpoint, name, credential);
  const [candidates, runs, decisions, audit] = [
    tableOf(tableNames.candidates),
    tableOf(tableNames.runs),
    tableOf(tableNames.decisions),
    tableOf(tableNames.audit),
  ];
  const evidence = blobs.getContainerClient(containerNames.evidence);
  const exported = blobs.getContainerClient(containerNames.exports);
  return ({ correlationId, log }) => ({
    directory: createCloudDirectory({
      endpoint: configuration.graphEndpoint,
      credential,
      clock: systemClock,
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
    auditStore: {
      table: createAuditTable(audit),
      mirror: createAuditMirror({ container: blobs.getContainerClient(containerNames.audit) }),
    },
    sources: configuration.sources.map(expected => expected.source),
    clock: systemClock,
    log,
  });
}

let shared: { readonly key: string; readonly reading: ReturnType<typeof createReading> } | null = null;

/** What the reading routes need for one request. Throws `configurationInvalid` with every problem of the settings. */
export function buildReading(environment: Environment, request: RequestContext): ReadingAdapters {
  const key = JSON.stringify(Object.keys(settings).map(name => environment[name] ?? null));
  if (shared?.key !== key) {
    const reading = readConfiguration(environment);
    if (reading.status === 'invalid') throw configurationError(reading.problems);
    shared = { key, reading: createReading(reading.configuration) };
  }
  return shared.reading(request);
}
