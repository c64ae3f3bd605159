import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import type { SynchronizationStatusCode } from '@microsoft/microsoft-graph-types';
import type { CloudObject } from '../../../shared/core/cloudObject';
import type { ExportLineInput } from '../../../shared/core/exportFormat';
import type { StoredFacts } from '../../../shared/core/facts';
import { formatInstant, type Instant } from '../../../shared/core/instant';
import type { ExportRecord } from '../../../shared/core/onPremisesObject';
import type { ScanRun } from '../../../shared/core/scanRun';
import { defaultWaitingRules } from '../../../shared/core/waiting';
import type { CloudSyncJob } from '../../../shared/core/synchronisation';
import { createDeletedUsersStore } from '../../../shared/io/deletedUsersStore';
import { rowOfDecision } from '../../../shared/io/tables/decisionRow';
import { createRuleTable } from '../../../shared/io/tables/ruleTable';
import { createCandidateTable } from '../../../shared/io/tables/candidateTable';
import { containerNames, tableNames } from '../../../shared/io/wiring';
import { instant } from '../../support/builders';
import { amendManifest, uploadExport, writeExport } from '../../support/exportWriter';
import type { MemoryExport } from '../../support/memory/memoryExports';
import { metAtOnce } from '../../support/scanDefaults';
import {
  scenarioCloud,
  scenarioDeleted,
  scenarioExports,
  scenarioMemory,
  scenarioRows,
  scenarioSynchronisation,
  type ScenarioInput,
} from '../../support/scenario';
import { guidOf, labTenantId } from './lab';
import type { FaultWorld } from './world';

const tonight = '2026-11-20T02:00:00Z';
const tonightsNumber = 7;
const keyId = 'scenario';
const dayMs = 24 * 60 * 60 * 1000;
const signal = (): AbortSignal => AbortSignal.timeout(30_000);

/** A second forest that has nothing to do with the story: one user, and no cloud object of it. */
export const unrelatedSource = 'elsewhere';

const perType = (figure: number) => ({ user: figure, group: figure, contact: figure, device: figure });

/** As test/support/scanDefaults has them, as far as the setting allows it: what a scenario is about is no gate. */
const generousLimits = {
  exportAgeHours: 720,
  clockAheadMinutes: 60,
  exportFloorObjects: 0,
  exportDropPercent: 100,
  replicationLagHours: 720,
  synchronisationAgeHours: 720,
  matchRateFloorPercent: perType(0),
  candidatesLeastObjects: 1_000_000,
  candidatesObjects: perType(1_000_000),
  newMissingObjects: perType(1_000_000),
  pendingDeletionsObjects: 1_000_000,
};

/** The keys of whoever exports in scenarios; made once. */
const keys = new Map<string, { privateKey: KeyObject; publicKey: KeyObject }>();
function keyOf(source: string): { privateKey: KeyObject; publicKey: KeyObject } {
  const key = keys.get(source) ?? generateKeyPairSync('ed25519');
  keys.set(source, key);
  return key;
}

/** The sources that must have an export. */
export const sourcesOf = (input: ScenarioInput, forests: 1 | 2): readonly string[] => {
  const expected = input.expected ?? input.exports.map(one => one.source);
  return forests > expected.length ? [...expected, unrelatedSource] : expected;
};

/** The settings under which the story is judged; one process of the part scan serves all stories that have the same. */
export function scenarioSettings(input: ScenarioInput, forests: 1 | 2): Readonly<Record<string, string>> {
  const sources = sourcesOf(input, forests).map(source => ({
    source,
    publicKeys: [
      {
        keyId,
        publicKey: keyOf(source)
          .publicKey.export({ format: 'der', type: 'spki' })
          .subarray(-32)
          .toString('base64'),
      },
    ],
  }));
  const rules = input.time ? { ...defaultWaitingRules, ...input.time.rules } : metAtOnce;
  return {
    EXPORT_SOURCES: JSON.stringify(sources),
    GATE_LIMITS: JSON.stringify({ ...generousLimits, ...input.limits }),
    ...(jobsOf(input).length > 0 && {
      CLOUD_SYNC_SERVICE_PRINCIPAL_IDS: [...new Set(jobsOf(input).map(job => job.servicePrincipalId))].join(
        ',',
      ),
    }),
    WAITING_RULES: JSON.stringify(rules),
  };
}

/** The jobs of Cloud Sync that the story has. */
function jobsOf(input: ScenarioInput): readonly CloudSyncJob[] {
  const cloudSync = scenarioSynchronisation(input).cloudSync;
  return cloudSync?.status === 'read' ? cloudSync.jobs : [];
}

/** Puts the story on stage: tenant, exports, rows and records before tonight. Answers by how much (ms) its dates were moved. */
export async function stageScenario(
  world: FaultWorld,
  input: ScenarioInput,
  forests: 1 | 2,
): Promise<number> {
  await world.empty();
  const scenarioNow = instant(input.time?.now ?? tonight);
  // Whole seconds: folders are named by them.
  const moved = Math.floor((Date.now() - scenarioNow) / 1000) * 1000;
  const move = (at: Instant): Instant => (at + moved) as Instant;
  for (const object of scenarioCloud(input)) putCloudObject(world, object, move);
  stageSynchronisation(world, input, move);
  const before = recordsBefore(input, sourcesOf(input, forests), move);
  for (const run of before) await world.services.runs.create(run, signal());
  await stageMemory(world, input, (scenarioNow - dayMs) as Instant, move);
  const made = scenarioExports(input);
  for (const one of made) await upload(world, one, before.at(-1) ?? null, move);
  if (sourcesOf(input, forests).length > (input.expected?.length ?? made.length))
    await upload(world, unrelatedExport(made), before.at(-1) ?? null, move);
  return moved;
}

function stageSynchronisation(world: FaultWorld, input: ScenarioInput, move: (at: Instant) => Instant): void {
  const { enabled, lastSync } = scenarioSynchronisation(input);
  const told = input.time?.tenantLastSync ?? lastSync;
  world.syncTenant({
    ...(enabled !== undefined && { onPremisesSyncEnabled: enabled }),
    ...(told !== undefined && {
      onPremisesLastSyncDateTime: told === null ? null : formatInstant(move(instant(told))),
    }),
  });
  for (const [id, jobs] of Map.groupBy(jobsOf(input), job => job.servicePrincipalId))
    world.services.graph.directory.setSynchronizationJobs(
      id,
      jobs.map(job => ({ id: job.id, status: { code: job.code as SynchronizationStatusCode } })),
    );
}

/** What is known before tonight: rows, what the app deleted, who was among the deleted items, which domains are retired. */
async function stageMemory(
  world: FaultWorld,
  input: ScenarioInput,
  lastNight: Instant,
  move: (at: Instant) => Instant,
): Promise<void> {
  const { azurite, operator, blobs } = world.services;
  const deleted = scenarioDeleted(input);
  // A row that the table has of an object that was deleted by us keeps its state, with the evidence by which it is known again.
  const evidence = new Map(deleted.map(({ row }) => [row.id, row.evidence]));
  const rows = scenarioRows(input).map(row => ({ ...row, evidence: evidence.get(row.id) ?? row.evidence }));
  const known = new Set(rows.map(row => row.id));
  await writeRows(world, [...rows, ...deleted.map(({ row }) => row).filter(row => !known.has(row.id))], move);
  const decisions = new TableClient(azurite.tableEndpoint, tableNames.decisions, operator);
  for (const { decision } of deleted)
    await decisions.createEntity(rowOfDecision({ ...decision, deletedAt: move(decision.deletedAt) }));
  const { restored, retiredDomains } = scenarioMemory(input);
  const memory = {
    completeSince: null,
    readAt: move(lastNight),
    deleted: new Set(restored),
    left: new Map(),
  };
  await createDeletedUsersStore(blobs.getContainerClient(containerNames.evidence)).write(
    memory,
    null,
    signal(),
  );
  const rules = createRuleTable(new TableClient(azurite.tableEndpoint, tableNames.rules, operator));
  for (const domainSid of retiredDomains)
    await rules.add(
      {
        ruleId: guidOf(domainSid),
        content: { kind: 'retiredDomain', domainSid },
        reason: 'decommissioned',
        owner: { id: guidOf('owner'), name: 'Ada Lovelace' },
        createdAt: move(lastNight),
        expiresAt: null,
      },
      signal(),
    );
}

/** An export like the first one of the story, of another forest. */
function unrelatedExport([first]: readonly MemoryExport[]): MemoryExport {
  if (!first) throw new RangeError('a scenario has an export');
  const [context] = first.manifest.namingContexts;
  if (!context) throw new RangeError('an export has a naming context');
  const source = unrelatedSource as typeof first.source;
  const objectGUID = guidOf(unrelatedSource);
  return {
    ...first,
    source,
    manifest: {
      ...first.manifest,
      source,
      anchorAttribute: 'mS-DS-ConsistencyGuid',
      uncoveredDomains: [],
      namingContexts: [
        {
          ...context,
          distinguishedName: 'DC=elsewhere,DC=example',
          domain: { dnsName: 'elsewhere.example', sid: 'S-1-5-21-11-22-33' },
        },
      ],
    },
    records: [
      {
        kind: 'object',
        source,
        domainName: 'elsewhere.example',
        namingContext: 0,
        objectClass: 'user',
        objectGUID,
        distinguishedName: 'CN=Nobody,DC=elsewhere,DC=example',
        inScope: true,
      },
    ],
  };
}

async function upload(
  world: FaultWorld,
  { source, manifest, records }: MemoryExport,
  before: ScanRun | null,
  move: (at: Instant) => Instant,
): Promise<void> {
  const { privateKey: key } = keyOf(source);
  const last = before?.exports.find(used => used.source === source);
  const written = writeExport({
    source,
    tenantId: labTenantId,
    sequence: (last?.sequence ?? 0) + 1,
    previousManifest: last?.manifestHash ?? null,
    key,
    keyId,
    startedAt: move(manifest.startedAt),
    finishedAt: move(manifest.finishedAt),
    namingContexts: manifest.namingContexts.map(({ counts: _, ...context }) => ({
      ...context,
      domainController: { ...context.domainController, oldestInboundSuccess: null },
    })),
    anchorAttribute: manifest.anchorAttribute,
    tombstones: manifest.tombstones,
    synchronisationRuns:
      manifest.synchronisationRuns?.map(run => ({
        ...run,
        startedAt: formatInstant(move(run.startedAt)),
        finishedAt: formatInstant(move(run.finishedAt)),
      })) ?? null,
    lines: records.map(record => lineOf(record, move)),
  });
  const amended = amendManifest(
    written,
    made => ({ ...made, uncoveredDomains: manifest.uncoveredDomains }),
    key,
  );
  await uploadExport(world.services.blobs.getContainerClient(containerNames.exports), amended);
}

function lineOf(record: ExportRecord, move: (at: Instant) => Instant): ExportLineInput {
  const { source: _, domainName: __, ...line } = record;
  return line.kind === 'tombstone' ? { ...line, whenChanged: formatInstant(move(line.whenChanged)) } : line;
}

/** The accepted runs that the story names; else one that was aborted, so that tonight's is number 7. */
function recordsBefore(
  { time }: ScenarioInput,
  sources: readonly string[],
  move: (at: Instant) => Instant,
): readonly ScanRun[] {
  const number = (time?.runNumber ?? tonightsNumber) - 1;
  const plain = (runNumber: number, startedAt: Instant): ScanRun => ({
    runId: guidOf(`run ${runNumber}`),
    runNumber,
    state: 'aborted',
    startedAt,
    finishedAt: startedAt,
    durations: {},
    reasons: [],
    gates: [],
    exports: [],
    counts: {},
    plan: null,
    planDigest: null,
    fence: runNumber,
    version: '0.0.0',
    acceptedBefore: null,
    holds: [],
    synchronisation: null,
  });
  const told = time?.runs ?? [];
  if (told.length === 0) return number < 1 ? [] : [plain(number, move(instant('2026-11-19T02:00:00Z')))];
  let acceptedBefore: string | null = null;
  return told.map((given): ScanRun => {
    const startedAt = move(instant(given.startedAt));
    const run: ScanRun = {
      ...plain(given.runNumber, startedAt),
      state: 'finished',
      acceptedBefore,
      exports: sources.map(source => ({
        source: source as ScanRun['exports'][number]['source'],
        folder: '',
        sequence: given.runNumber,
        manifestHash: createHash('sha256')
          .update(given.exports ?? String(given.runNumber))
          .digest('hex'),
        startedAt,
        finishedAt: startedAt,
        lines: 0,
        namingContexts: [],
      })),
      synchronisation: {
        tenant: {
          tenantId: labTenantId as never,
          enabled: true,
          lastSyncDateTime: given.tenantLastSync === undefined ? null : move(instant(given.tenantLastSync)),
          cloudSync: { status: 'notConfigured' },
        },
        sources: [],
      },
    };
    acceptedBefore = run.runId;
    return run;
  });
}

async function writeRows(
  { services: { azurite, operator, blobs } }: FaultWorld,
  rows: readonly StoredFacts[],
  move: (at: Instant) => Instant,
): Promise<void> {
  const silent = (): void => undefined;
  const table = createCandidateTable({
    table: new TableClient(azurite.tableEndpoint, tableNames.candidates, operator),
    spill: blobs.getContainerClient(containerNames.evidence),
    log: { debug: silent, info: silent, warn: silent, error: silent },
  });
  const moveOrNull = (at: Instant | null): Instant | null => (at === null ? null : move(at));
  await table.write(
    rows.map(({ etag: _, ...facts }) => ({
      etag: null,
      facts: {
        ...facts,
        firstObservedAt: move(facts.firstObservedAt),
        changedAt: move(facts.changedAt),
        onPremisesLastSyncDateTime: moveOrNull(facts.onPremisesLastSyncDateTime),
        waitsFor: facts.waitsFor.map(wait => ({ ...wait, until: moveOrNull(wait.until) })),
      },
    })),
    async () => undefined,
    signal(),
  );
}

/** What Graph would answer for the object: the inverse of shared/io/graph/entities. */
function putCloudObject(
  { services: { graph } }: FaultWorld,
  object: CloudObject,
  move: (at: Instant) => Instant,
): void {
  const { directory } = graph;
  const entity = Object.fromEntries(
    Object.entries(object).flatMap(([name, value]): [string, unknown][] => {
      if (name === 'type') return [];
      if (name === 'assignedLicenseCount')
        return [['assignedLicenses', several(Number(value), at => ({ skuId: guidOf(`licence ${at}`) }))]];
      if (name === 'onPremisesProvisioningErrorCount')
        return [
          ['onPremisesProvisioningErrors', several(Number(value), () => ({ category: 'PropertyConflict' }))],
        ];
      if (name.endsWith('DateTime') && typeof value === 'number')
        return [[name, formatInstant(move(value as Instant))]];
      return [[name, value]];
    }),
  );
  switch (object.type) {
    case 'user':
      return directory.put('user', entity);
    case 'group':
      return directory.put('group', { groupTypes: [], ...entity });
    case 'contact':
      return directory.put('contact', entity);
    case 'device':
      return directory.put('device', entity);
  }
}

const several = <Value>(count: number, make: (at: number) => Value): Value[] =>
  Array.from({ length: count }, (_, at) => make(at));
