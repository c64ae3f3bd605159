import path from 'node:path';
import { TableClient } from '@azure/data-tables';
import type { Group, User } from '@microsoft/microsoft-graph-types';
import type { ExportLineInput } from '../../../shared/core/exportFormat';
import type { StoredFacts } from '../../../shared/core/facts';
import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import type { ScanRun } from '../../../shared/core/scanRun';
import { containerNames, tableNames } from '../../../shared/io/storageNames';
import { reviewSteps } from '../../stories/reviewSteps';
import type { Organisation } from '../../support/organisation/organisation';
import { candidatesAtOnce } from '../../support/stack/candidatesAtOnce';
import { startReviewPart, type ReviewPart } from '../../support/stack/reviewPart';
import {
  readerPermissions,
  startServices,
  type ExportMoment,
  type Services,
} from '../../support/stack/services';
import { startWebhookReceiver, type WebhookReceiver } from '../../support/webhookReceiver';
import { startWorker, type Worker } from '../../support/stack/worker';
import { Administrator } from './administrator';
import { keyOf, labTenantId, makeLab, organisationOf, type Lab, type LabObject } from './lab';
import { LabAgents } from './labAgents';
import { startStorageFront, type StorageFront } from './storageFront';
import { Strikes } from './strikes';

/** Tables and containers that a new world begins without; the audit log goes on, as its chain must. */
const wipedTables = [tableNames.candidates, tableNames.runs, tableNames.decisions, tableNames.rules];
const wipedContainers = [
  containerNames.exports,
  containerNames.evidence,
  containerNames.requests,
  containerNames.notifications,
];

const pollMs = 10;
/** How long (ms) a run may take; the lab is small. */
const runLimitMs = 120_000;
const mostRecords = 20;
/** How long (ms) the storage itself may take on a machine that has much to do. */
const answerLimitMs = 60_000;
const scanEnded = /Executed 'Functions\.(?:nightlyScan|scanRequests)'/;
/**
 * The embedded stack with the lab in it: the built app, as the part scan and the part review in two processes, over Azurite and the
 * Graph stand-in. Between the app and the storage stands a front for faults. One world after the other lives in it.
 */
export class FaultWorld {
  lab: Lab;
  /** Changed by faults; what the next exports hold, by source. */
  lines = new Map<string, ExportLineInput[]>();
  readonly strikes: Strikes;
  readonly administrator: Administrator;
  #settings = JSON.stringify({});
  readonly #gone = new Set<string>();
  readonly #deleted = new Set<string>();

  private constructor(
    readonly forests: 1 | 2,
    readonly services: Services,
    readonly agents: LabAgents,
    readonly front: StorageFront,
    public scanning: Worker,
    readonly reviewing: ReviewPart,
    /** What both parts logged since the world began. */
    readonly log: string[],
    /** Where notifications go, if a fault's settings say so. */
    readonly webhook: WebhookReceiver,
  ) {
    this.lab = makeLab(forests, 'first');
    this.strikes = new Strikes(services.graph.faults, front);
    this.administrator = new Administrator(reviewSteps({ reviewing }));
  }

  static async start(forests: 1 | 2): Promise<FaultWorld> {
    const lab = makeLab(forests, 'first');
    const agents = new LabAgents(lab.forests, labTenantId);
    const services = await startServices({
      organisation: organisationOf(lab),
      graphPermissions: [...readerPermissions, 'Synchronization.Read.All'],
      exporters: async () => agents,
    });
    const { azurite, authority } = services;
    const front = await startStorageFront({
      certificate: await authority.issue(),
      endpoints: { blob: azurite.blobEndpoint, table: azurite.tableEndpoint, queue: azurite.queueEndpoint },
    });
    const webhook = await startWebhookReceiver(await authority.issue());
    const log: string[] = [];
    const scanning = await startScanning(services, front, {}, line => log.push(line));
    const reviewing = await startReviewPart(services, {
      port: 0,
      onLogLine: line => log.push(line),
      settings: { ROLLOUT_STAGE: 'normal', ...shortWaits, ...frontSettings(front) },
    });
    return new FaultWorld(forests, services, agents, front, scanning, reviewing, log, webhook);
  }

  async stop(): Promise<void> {
    await this.reviewing.stop();
    if (!this.scanning.ended) await this.scanning.stop();
    await this.front.stop();
    await this.webhook.stop();
    await this.services.stop();
  }

  /** A new process of the part scan, with these settings beside the first ones. */
  async restartScan(settings: Readonly<Record<string, string>> = {}): Promise<void> {
    if (!this.scanning.ended) await this.scanning.stop();
    this.scanning = await startScanning(this.services, this.front, settings, line => this.log.push(line));
    this.#settings = JSON.stringify(settings);
  }

  /** After a cell that broke off: both parts in new processes where they ended, nothing held up. */
  async recover(): Promise<void> {
    this.strikes.end();
    if (!this.scanning.ended) await this.scanning.kill();
    await this.restartScan();
    await this.reviewing.restart();
  }

  /** The part scan runs under these settings, in a new process where it does not yet. */
  async scanUnder(settings: Readonly<Record<string, string>>): Promise<void> {
    if (this.scanning.ended || this.#settings !== JSON.stringify(settings)) await this.restartScan(settings);
  }

  /** Nothing is in the storage, and nothing in the tenant. */
  async empty(): Promise<void> {
    this.strikes.begin();
    await this.breakLease();
    await this.wipe();
    const { directory } = this.services.graph;
    for (const type of objectTypes)
      for (const { id } of directory.slice(type, null, '', Infinity).entities as readonly { id?: string }[])
        directory.remove(type, id ?? '');
    this.log.length = 0;
  }

  /** Empties the storage and the tenant, and fills the tenant with a lab of its own. */
  async begin(salt: string): Promise<void> {
    await this.empty();
    this.lab = makeLab(this.forests, salt);
    for (const object of this.lab.objects) this.put(object);
    this.lines = new Map(organisationOf(this.lab).sources.map(({ source, lines }) => [source, [...lines]]));
    this.webhook.answer(202);
    this.syncTenant();
    this.#gone.clear();
    for (const orphan of this.lab.orphans) this.#gone.add(keyOf(orphan));
    this.#deleted.clear();
    this.administrator.approved.clear();
    this.agents.begin();
  }

  /** An installation of today: nothing is known, nothing is decided. */
  async wipe(): Promise<void> {
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

  /** Exports of what is true. */
  async upload(moment?: ExportMoment): Promise<void> {
    await this.services.upload(this.organisation(), moment ?? 'asMade');
  }

  /** Starts the timer function and waits for its end, or for that of the process. null: it left no record. */
  async scan(): Promise<ScanRun | null> {
    const [run] = await this.scansOf(() => this.scanning.runTimer('nightlyScan'));
    return run ?? null;
  }

  /** Records that are new after `start` has started so many functions and they have ended; the newest first. */
  async scansOf(start: () => Promise<unknown>, functions = 1): Promise<readonly ScanRun[]> {
    const before = new Set((await this.records()).map(run => run.runId));
    const expected = this.ended() + functions;
    await start();
    await this.waitUntil(() => this.ended() >= expected || this.scanning.ended, 'the end of the scan');
    return (await this.records()).filter(run => !before.has(run.runId));
  }

  /** How many scans ended in this world. */
  ended(): number {
    return this.log.filter(line => scanEnded.test(line)).length;
  }

  /** For what has no event of its own. */
  async waitUntil(holds: () => boolean, what: string, limitMs = runLimitMs): Promise<void> {
    for (const until = Date.now() + limitMs; !holds();) {
      if (Date.now() > until)
        throw new Error(`${what} was expected within ${limitMs} ms: ${this.log.slice(-20).join('\n')}`);
      await new Promise(resolve => setTimeout(resolve, pollMs));
    }
  }

  /** Whatever a process that ended left of the lease is broken, as an administrator can do who does not want to wait a minute. */
  async breakLease(): Promise<void> {
    const lock = this.services.blobs.getContainerClient(containerNames.locks).getBlobClient('scan.lock');
    // 404: no lock, 409: no lease.
    await lock
      .getBlobLeaseClient()
      .breakLease(0)
      .catch((error: { statusCode?: number }) => {
        if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
      });
  }

  /** The AD object is deleted for good: its cloud object is an orphan from now on. */
  leave(object: LabObject): void {
    this.takeAway(object);
    this.#gone.add(keyOf(object));
  }

  /** An orphan's AD object is undeleted. */
  undelete(object: LabObject): void {
    this.bringBack(object);
    this.#gone.delete(keyOf(object));
  }

  /** Deleted because an administrator said so, and everything was as it had to be. */
  deletedAsTold(object: LabObject): void {
    this.#gone.delete(keyOf(object));
    this.#deleted.add(keyOf(object));
  }

  /** Deleted in the tenant by somebody else, without a fault of ours. */
  deletedElsewhere(object: LabObject): void {
    this.services.graph.directory.remove(object.type, object.id);
    this.deletedAsTold(object);
  }

  /** It has no AD object, or had none when it was deleted. */
  mayBeCandidate(row: Pick<LabObject, 'type' | 'id'>): boolean {
    return this.#gone.has(keyOf(row)) || this.#deleted.has(keyOf(row));
  }

  /** The newest first. */
  async records(): Promise<readonly ScanRun[]> {
    return await this.services.runs.newest(mostRecords, AbortSignal.timeout(answerLimitMs));
  }

  /** The record that says what holds: the highest number, whatever the clock said. */
  async newestUnderLease(): Promise<ScanRun | undefined> {
    const records = (await this.records()).filter(run => run.fence !== null);
    return records.toSorted((a, b) => b.runNumber - a.runNumber)[0];
  }

  /** Keys of all that has no AD object, `type/id`: what must be found, and nothing else. */
  get truth(): ReadonlySet<string> {
    return this.#gone;
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

  leaver(type: ObjectType, forest = this.lab.forests.at(-1)): LabObject {
    return one(this.lab.leavers.filter(object => object.type === type && object.source === forest));
  }

  orphan(type: ObjectType, forest = this.lab.forests[0]): LabObject {
    return one(this.lab.orphans.filter(object => object.type === type && object.source === forest));
  }

  /** Objects that are in the tenant no more, of those that were put there. */
  missingFromTenant(): readonly string[] {
    const { directory } = this.services.graph;
    return this.lab.objects
      .filter(
        object => directory.get(object.type, object.id) === undefined && !this.#deleted.has(keyOf(object)),
      )
      .map(keyOf);
  }
}

const frontSettings = ({ endpoints }: StorageFront): Readonly<Record<string, string>> => ({
  DATA_BLOB_ENDPOINT: endpoints.blob,
  DATA_TABLE_ENDPOINT: endpoints.table,
});

/** Loaded before the app: see there. */
const shortWaits = { NODE_OPTIONS: `--require=${path.join(__dirname, 'shortWaits.js')}` };

const startScanning = (
  { settings, platform }: Services,
  front: StorageFront,
  given: Readonly<Record<string, string>>,
  onLogLine: (line: string) => void,
): Promise<Worker> =>
  startWorker({
    environment: {
      ...settings,
      ...frontSettings(front),
      ...candidatesAtOnce,
      ...shortWaits,
      ...given,
      ...platform,
    },
    port: 0,
    onLogLine,
  });

/** A second process of the part scan. Its log is the world's, too. */
export const startAnotherScan = (world: FaultWorld): Promise<Worker> =>
  startScanning(world.services, world.front, {}, line => world.log.push(line));

function one<Value>(values: readonly Value[]): Value {
  const [value] = values;
  if (value === undefined || values.length !== 1)
    throw new RangeError(`one was expected, found ${values.length}`);
  return value;
}

export const everyType: readonly ObjectType[] = objectTypes;
