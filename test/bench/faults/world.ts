import { TableClient } from '@azure/data-tables';
import type { Group, User } from '@microsoft/microsoft-graph-types';
import type { ExportLineInput } from '../../../shared/core/exportFormat';
import type { StoredFacts } from '../../../shared/core/facts';
import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import type { ScanRun } from '../../../shared/core/scanRun';
import { containerNames, tableNames } from '../../../shared/io/wiring';
import { reviewSteps, type ListedItem, type ReviewSteps } from '../../stories/reviewSteps';
import type { Organisation } from '../../support/organisation/organisation';
import { candidatesAtOnce } from '../../support/stack/candidatesAtOnce';
import { startReviewPart, type ReviewPart } from '../../support/stack/reviewPart';
import { startServices, type Services } from '../../support/stack/services';
import { startWorker, type Worker } from '../../support/stack/worker';
import { labTenantId, makeLab, organisationOf, type Lab, type LabObject } from './lab';
import { LabAgents } from './labAgents';
import { startStorageFront, type StorageFront } from './storageFront';

/** Tables and containers that a new world begins without; the audit log goes on, as its chain must. */
const wipedTables = [tableNames.candidates, tableNames.runs, tableNames.decisions, tableNames.rules];
const wipedContainers = [containerNames.exports, containerNames.evidence, containerNames.requests];

const runPollMs = 25;
/** How long (ms) a run may take; the lab is small. */
const runLimitMs = 60_000;

/**
 * The embedded stack with the lab in it: the built app, as the part scan and the part review in two processes, over Azurite and the
 * Graph stand-in. Between the app and the storage stands a front for faults. One world after the other lives in it.
 */
export class FaultWorld {
  lab: Lab;
  /** Changed by faults; what the next exports hold, by source. */
  lines = new Map<string, ExportLineInput[]>();
  readonly log: string[] = [];
  steps!: ReviewSteps;

  private constructor(
    readonly forests: 1 | 2,
    readonly services: Services,
    readonly agents: LabAgents,
    readonly front: StorageFront,
    public scanning: Worker,
    readonly reviewing: ReviewPart,
  ) {
    this.lab = makeLab(forests, 'first');
  }

  static async start(forests: 1 | 2): Promise<FaultWorld> {
    const lab = makeLab(forests, 'first');
    const agents = new LabAgents(lab.forests, labTenantId);
    const services = await startServices({
      organisation: organisationOf(lab),
      exporters: async () => agents,
    });
    const { azurite, authority } = services;
    const front = await startStorageFront({
      certificate: await authority.issue(),
      endpoints: { blob: azurite.blobEndpoint, table: azurite.tableEndpoint, queue: azurite.queueEndpoint },
    });
    const log: string[] = [];
    const scanning = await startScanning(services, front, {}, line => log.push(line));
    const reviewing = await startReviewPart(services, {
      port: 0,
      onLogLine: line => log.push(line),
      settings: { ROLLOUT_STAGE: 'normal', ...frontSettings(front) },
    });
    const world = new FaultWorld(forests, services, agents, front, scanning, reviewing);
    world.steps = reviewSteps({ reviewing } as Parameters<typeof reviewSteps>[0]);
    return world;
  }

  async stop(): Promise<void> {
    await this.reviewing.stop();
    if (!this.scanning.ended) await this.scanning.stop();
    await this.front.stop();
    await this.services.stop();
  }

  /** A new process of the part scan, with these settings beside the first ones. */
  async restartScan(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    if (!this.scanning.ended) await this.scanning.stop();
    this.scanning = await startScanning(this.services, this.front, settings, line => this.log.push(line));
  }

  /** Empties the storage and the tenant, and fills the tenant with a lab of its own. */
  async begin(salt: string): Promise<void> {
    const { services, agents } = this;
    this.front.faults = () => null;
    services.graph.faults.clear();
    await this.#wipe();
    for (const object of this.lab.objects) services.graph.directory.remove(object.type, object.id);
    this.lab = makeLab(this.forests, salt);
    for (const object of this.lab.objects) this.put(object);
    this.lines = new Map(organisationOf(this.lab).sources.map(({ source, lines }) => [source, [...lines]]));
    this.syncTenant();
    agents.begin();
    this.log.length = 0;
  }

  async #wipe(): Promise<void> {
    const { azurite, operator, blobs } = this.services;
    for (const name of wipedTables) {
      const table = new TableClient(azurite.tableEndpoint, name, operator);
      for await (const { partitionKey, rowKey } of table.listEntities())
        await table.deleteEntity(String(partitionKey), String(rowKey), { etag: '*' });
    }
    for (const name of wipedContainers) {
      const container = blobs.getContainerClient(name);
      for await (const blob of container.listBlobsFlat()) await container.deleteBlob(blob.name);
    }
  }

  /** Puts the object into the tenant, with these properties changed. */
  put({ type, entity }: LabObject, change: object = {}): void {
    const { directory } = this.services.graph;
    const changed = { ...entity, ...change };
    switch (type) {
      case 'user':
        return directory.put('user', changed as User);
      case 'group':
        return directory.put('group', changed as Group);
      case 'contact':
        return directory.put('contact', changed);
      case 'device':
        return directory.put('device', changed);
    }
  }

  /** Synchronisation reports, as it does every half hour. */
  syncTenant(change: object = {}): void {
    this.services.graph.directory.changeOrganization({
      onPremisesSyncEnabled: true,
      onPremisesLastSyncDateTime: new Date(Date.now() - 20 * 60_000).toISOString(),
      ...change,
    });
  }

  /** The AD object is deleted, or is out of sight: it has no line in the next export. */
  takeAway(object: LabObject): void {
    const lines = this.#linesOf(object.source);
    const at = lines.findIndex(line => line.objectGUID === object.home.objectGUID);
    if (at === -1) throw new RangeError(`${object.name} has no line`);
    lines.splice(at, 1);
  }

  /** The AD object is there (again), changed or as it was. */
  bringBack(object: LabObject, change: Partial<LabObject['home']> = {}): void {
    const lines = this.#linesOf(object.source);
    const at = lines.findIndex(line => line.objectGUID === object.home.objectGUID);
    const line = { ...object.home, ...change };
    if (at === -1) lines.push(line);
    else lines[at] = line;
  }

  #linesOf(source: string): ExportLineInput[] {
    const lines = this.lines.get(source);
    if (!lines) throw new RangeError(`there is no source ${source}`);
    return lines;
  }

  /** The organisation as it is now. */
  organisation(): Organisation {
    const organisation = organisationOf(this.lab);
    return {
      ...organisation,
      sources: organisation.sources.map(source => ({ ...source, lines: this.#linesOf(source.source) })),
    };
  }

  async upload(moment?: { readonly startedAt: number }): Promise<void> {
    await this.services.upload(this.organisation(), moment ?? 'asMade');
  }

  /** Starts the timer function and waits for the record that it leaves; null: the process ended without one. */
  async scan(): Promise<ScanRun | null> {
    const { runs } = this.services;
    const newest = async (): Promise<ScanRun | undefined> =>
      (await runs.newest(1, AbortSignal.timeout(10_000)))[0];
    const before = await newest();
    await this.scanning.runTimer('nightlyScan');
    const until = Date.now() + runLimitMs;
    for (;;) {
      const run = await newest();
      if (run && run.runId !== before?.runId && run.state !== 'running') return run;
      if (this.scanning.ended) return run && run.runId !== before?.runId ? run : null;
      if (Date.now() > until) throw new Error(`the scan did not end: ${this.log.slice(-20).join('\n')}`);
      await new Promise(resolve => setTimeout(resolve, runPollMs));
    }
  }

  async rows(): Promise<readonly StoredFacts[]> {
    return await this.services.candidates();
  }

  /** Keys of the candidates, `type/id`. */
  async candidates(): Promise<readonly string[]> {
    const rows = await this.rows();
    return rows.filter(row => row.state === 'candidate').map(row => `${row.type}/${row.id}`);
  }

  victim(type: ObjectType, forest = this.lab.forests.at(-1)): LabObject {
    return one(this.lab.victims.filter(object => object.type === type && object.source === forest));
  }

  orphan(type: ObjectType, forest = this.lab.forests[0]): LabObject {
    return one(this.lab.orphans.filter(object => object.type === type && object.source === forest));
  }

  /** What an administrator sees of an object; null: there is no row. */
  async item({ type, id }: LabObject): Promise<ListedItem | null> {
    const answer = await this.steps.call<ListedItem>('reader', 'GET', `/candidates/${type}/${id}`);
    return answer.status === 200 ? { ...answer.json, etag: answer.headers.get('etag') ?? '' } : null;
  }

  /** Releases everything that holds, as an administrator does: the run and the gate named twice, with a reason. */
  async releaseAll(): Promise<readonly string[]> {
    const [newest] = await this.services.runs.newest(1, AbortSignal.timeout(10_000));
    const held = new Map(
      (newest?.holds ?? []).map(({ runId, gate }) => [`${runId} ${gate}`, { runId, gate }]),
    );
    for (const { runId, gate } of held.values()) {
      const answer = await this.steps.call('approver', 'POST', `/scans/${runId}/release`, {
        body: { gate, statement: { runId, gate }, reason: 'looked at, and put right' },
      });
      if (answer.status !== 201 && answer.status !== 200)
        throw new Error(`POST /scans/${runId}/release: ${answer.status} ${answer.text}`);
    }
    return [...held.values()].map(({ gate }) => gate);
  }

  /** Objects that are in the tenant no more, of those that were put there. */
  missingFromTenant(): readonly string[] {
    const { directory } = this.services.graph;
    return this.lab.objects
      .filter(({ type, id }) => directory.get(type, id) === undefined)
      .map(({ type, id }) => `${type}/${id}`);
  }
}

const frontSettings = ({ endpoints }: StorageFront): Readonly<Record<string, string>> => ({
  DATA_BLOB_ENDPOINT: endpoints.blob,
  DATA_TABLE_ENDPOINT: endpoints.table,
});

const startScanning = (
  { settings, platform }: Services,
  front: StorageFront,
  given: Readonly<Record<string, string>>,
  onLogLine: (line: string) => void,
): Promise<Worker> =>
  startWorker({
    environment: { ...settings, ...frontSettings(front), ...candidatesAtOnce, ...given, ...platform },
    port: 0,
    onLogLine,
  });

function one<Value>(values: readonly Value[]): Value {
  const [value] = values;
  if (value === undefined || values.length !== 1)
    throw new RangeError(`one was expected, found ${values.length}`);
  return value;
}

export const everyType: readonly ObjectType[] = objectTypes;
