import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { ManagedIdentityCredential } from '@azure/identity';
import { BlobServiceClient } from '@azure/storage-blob';
import { QueueClient } from '@azure/storage-queue';
import type { ApprovePorts, ApproveSettings } from '../app/review/approve';
import { createAuditLog } from '../app/auditWriter';
import type { AuditLog } from '../app/auditPorts';
import type { Log } from '../app/ports';
import type { ExportRequests } from '../app/review/exportRequestPort';
import type { ReleaseHoldPorts } from '../app/review/releaseHold';
import { createExportRequests } from '../app/review/requestExport';
import type { RequestScanPorts } from '../app/review/requestScan';
import type { Guid } from '../core/keys/guid';
import { scanQueueName } from '../core/scanRequest';
import { createAuditMirror } from './audit/auditMirror';
import { createAuditTable } from './audit/auditTable';
import { readConfiguration, type Configuration } from './configuration/configuration';
import { configurationError, type Environment } from './configuration/readSetting';
import { readReviewConfiguration } from './configuration/review';
import { createRequestBlobs } from './exportRequests';
import { createExportStore } from './exports/exportStore';
import type { RequestContext } from './http/api';
import { createScanQueue } from './scanQueue';
import { createDecisionTable } from './tables/decisionTable';
import { createFactsReader } from './tables/factsReader';
import { createRuleTable } from './tables/ruleTable';
import { containerNames, tableNames } from './storageNames';
import { buildScanRuns, systemClock } from './wiring';

/** What deciding needs of the app, with its real adapters. */
export type DecisionPorts = ApprovePorts &
  ReleaseHoldPorts &
  RequestScanPorts & {
    readonly approval: ApproveSettings;
    readonly newRunId: () => Guid;
    readonly exportRequests: ExportRequests;
  };

const newGuid = (): Guid => randomUUID() as string as Guid;

/** Throws `configurationInvalid` with every problem of the settings. */
export function buildDecisions(environment: Environment, { log }: RequestContext): DecisionPorts {
  const reading = readConfiguration(environment);
  if (reading.status === 'invalid') throw configurationError(reading.problems);
  const reviewReading = readReviewConfiguration(environment);
  if (reviewReading.status === 'invalid') throw configurationError(reviewReading.problems);
  const { configuration } = reading;
  const { review } = reviewReading;
  const credential = new ManagedIdentityCredential({ clientId: configuration.readerClientId });
  const table = (name: string): TableClient => new TableClient(configuration.tableEndpoint, name, credential);
  const blobs = new BlobServiceClient(configuration.blobEndpoint, credential);
  const audit = reviewAudit(configuration, log);
  return {
    facts: createFactsReader(table(tableNames.candidates)),
    decisions: createDecisionTable(table(tableNames.decisions)),
    rules: createRuleTable(table(tableNames.rules)),
    runs: buildScanRuns(configuration, log),
    audit,
    clock: systemClock,
    approval: review,
    newRunId: newGuid,
    queue: createScanQueue(new QueueClient(`${review.queueEndpoint}/${scanQueueName}`, credential)),
    exportRequests: createExportRequests({
      blobs: createRequestBlobs(blobs.getContainerClient(containerNames.requests)),
      exports: createExportStore({
        container: blobs.getContainerClient(containerNames.exports),
        tenantId: configuration.tenantId,
        sources: configuration.sources,
        log,
      }),
      audit,
      clock: systemClock,
      log,
      newId: newGuid,
    }),
  };
}

let shared: { readonly key: string; readonly audit: AuditLog } | null = null;
/** Of the request that came last: lines about the chain belong to no request alone. */
let latestLog: Log | null = null;

/** One log for the process, in which the requests queue up instead of getting into each other's way. */
export function reviewAudit(
  { tableEndpoint, blobEndpoint, readerClientId }: Configuration,
  log: Log,
): AuditLog {
  latestLog = log;
  const key = [tableEndpoint, blobEndpoint, readerClientId].join(' ');
  if (shared?.key === key) return shared.audit;
  const credential = new ManagedIdentityCredential({ clientId: readerClientId });
  const container = new BlobServiceClient(blobEndpoint, credential).getContainerClient(containerNames.audit);
  const audit = createAuditLog({
    part: 'review',
    table: createAuditTable(new TableClient(tableEndpoint, tableNames.audit, credential)),
    mirror: createAuditMirror({ container }),
    log: {
      debug: message => latestLog?.debug(message),
      info: message => latestLog?.info(message),
      warn: message => latestLog?.warn(message),
      error: message => latestLog?.error(message),
    },
  });
  shared = { key, audit };
  return audit;
}
