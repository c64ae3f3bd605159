import { TableClient } from '@azure/data-tables';
import type { SynchronizationStatusCode } from '@microsoft/microsoft-graph-types';
import type { StoredFacts } from '../../../shared/core/facts';
import { formatInstant, type Instant } from '../../../shared/core/instant';
import { createDeletedUsersStore } from '../../../shared/io/deletedUsersStore';
import { rowOfDecision } from '../../../shared/io/tables/decisionRow';
import { createRuleTable } from '../../../shared/io/tables/ruleTable';
import { createCandidateTable } from '../../../shared/io/tables/candidateTable';
import { containerNames, tableNames } from '../../../shared/io/storageNames';
import { instant } from '../../support/builders';
import {
  scenarioCloud,
  scenarioDeleted,
  scenarioExports,
  scenarioMemory,
  scenarioRows,
  scenarioSynchronisation,
  type ScenarioInput,
} from '../../support/scenario';
import { guidOf } from './lab';
import type { FaultWorld } from './world';
import { putCloudObject } from './scenarioCloud';
import { sourcesOf, unrelatedExport, uploadScenario } from './scenarioExports';
import { recordsBefore } from './scenarioRecords';
import { jobsOf } from './scenarioSettings';

const tonight = '2026-11-20T02:00:00Z';
const dayMs = 24 * 60 * 60 * 1000;
/** How long (ms) it may take to put a story on stage. */
const stagingMs = 4_000;
const signal = (): AbortSignal => AbortSignal.timeout(30_000);

/** Puts the story on stage: tenant, exports, rows and records before tonight. Answers by how much (ms) its dates were moved. */
export async function stageScenario(
  world: FaultWorld,
  input: ScenarioInput,
  forests: 1 | 2,
): Promise<number> {
  await world.empty();
  const scenarioNow = instant(input.time?.now ?? tonight);
  // Stories of time tell what a second decides: there the night begins when they say, as soon as all is on stage.
  const aheadMs = input.time ? stagingMs : 0;
  // Whole seconds: folders are named by them.
  const moved = Math.floor((Date.now() + aheadMs - scenarioNow) / 1000) * 1000;
  const move = (at: Instant): Instant => (at + moved) as Instant;
  for (const object of scenarioCloud(input)) putCloudObject(world, object, move);
  stageSynchronisation(world, input, move);
  const before = recordsBefore(input, sourcesOf(input, forests), move);
  for (const run of before) await world.services.runs.create(run, signal());
  await stageMemory(world, input, (scenarioNow - dayMs) as Instant, move);
  const made = scenarioExports(input);
  for (const one of made) await uploadScenario(world, one, before.at(-1) ?? null, move);
  if (sourcesOf(input, forests).length > (input.expected?.length ?? made.length))
    await uploadScenario(world, unrelatedExport(made), before.at(-1) ?? null, move);
  await new Promise(resolve => setTimeout(resolve, scenarioNow + moved - Date.now()));
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
