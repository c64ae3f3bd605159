import type { Fault } from './fault';
import type { LabObject } from './lab';
import type { StorageFault, StorageRequest } from './storageFront';
import { always } from './strikes';
import type { FaultWorld } from './world';

/** A write of a run: what it is for, and how it is known. */
interface StorageWrite {
  readonly name: string;
  readonly fits: (request: StorageRequest) => boolean;
}

const isRecord = ({ service, method, path }: StorageRequest): boolean =>
  service === 'table' && method === 'PUT' && path.startsWith('ScanRuns(');
const isOpen = ({ body }: StorageRequest): boolean => body.includes('"state":"running"');
const isLock = ({ service, method, path }: StorageRequest): boolean =>
  service === 'blob' && method === 'PUT' && path.startsWith('locks/scan.lock');
const rowsOf =
  (type: string) =>
  ({ service, method, path, body }: StorageRequest): boolean =>
    service === 'table' &&
    method === 'POST' &&
    path.startsWith('$batch') &&
    body.includes(`"PartitionKey":"${type}"`);

/** Every write of a run, in its order. That there are no others is looked at in each world (`writesOfARun`). */
export const storageWrites: readonly StorageWrite[] = [
  { name: 'the lock is made', fits: request => isLock(request) && !request.path.includes('comp=') },
  { name: 'the lease is taken', fits: request => isLock(request) && request.leaseAction === 'acquire' },
  {
    name: 'the fencing number is counted',
    fits: request => isLock(request) && request.path.includes('comp=metadata'),
  },
  {
    name: 'the record of the run is made',
    fits: ({ service, method, path }) => service === 'table' && method === 'POST' && path === 'ScanRuns',
  },
  { name: 'what holds is put on record', fits: request => isRecord(request) && isOpen(request) },
  {
    name: 'the users among the deleted items are remembered',
    fits: ({ service, method, path }) =>
      service === 'blob' && method === 'PUT' && path.startsWith('evidence/memory/'),
  },
  {
    name: 'long evidence is put into a blob',
    fits: ({ service, method, path }) =>
      service === 'blob' && method === 'PUT' && /^evidence\/[0-9a-f]{64}\.json/.test(path),
  },
  { name: 'the users are written', fits: rowsOf('user') },
  { name: 'the groups are written', fits: rowsOf('group') },
  { name: 'the contacts are written', fits: rowsOf('contact') },
  { name: 'the devices are written', fits: rowsOf('device') },
  { name: 'the record is closed', fits: request => isRecord(request) && !isOpen(request) },
  { name: 'the lease is given back', fits: request => isLock(request) && request.leaseAction === 'release' },
];

const serverBusy = { status: 503, code: 'ServerBusy' } as const;

/** And those of a run that asks the agents for synchronisation, as one does for what waits for it. */
const askingWrites: readonly StorageWrite[] = [
  {
    name: 'synchronisation is asked for',
    fits: ({ service, method, path }) =>
      service === 'blob' && method === 'PUT' && path.startsWith('requests/'),
  },
  {
    name: 'the asking is put into the audit log',
    fits: ({ service, method, path, body }) =>
      service === 'table' && method === 'POST' && path.startsWith('$batch') && body.includes('AuditLog'),
  },
  {
    name: 'the audit log is mirrored',
    fits: ({ service, method, path }) =>
      service === 'blob' && method === 'PUT' && path.startsWith('audit/') && path.includes('appendblock'),
  },
];

/** Made once a month, and so never again here. */
const isNewMirror = ({ service, method, path }: StorageRequest): boolean =>
  service === 'blob' && method === 'PUT' && path.startsWith('audit/') && !path.includes('comp=');

/** What becomes of such a write. */
const fates: readonly { readonly how: string; readonly fault: StorageFault; readonly times: number }[] = [
  { how: 'is refused with 503 for ever', fault: { kind: 'answer', ...serverBusy }, times: always },
  { how: 'is cut off for ever', fault: { kind: 'cut' }, times: always },
  { how: 'is done, and its answer is lost, for ever', fault: { kind: 'swallow' }, times: always },
  {
    how: 'is done, and 503 is answered, for ever',
    fault: { kind: 'answerAfter', ...serverBusy },
    times: always,
  },
  { how: 'is done, and its answer is lost once', fault: { kind: 'swallow' }, times: 1 },
];

/** Enough addresses that the evidence does not fit into a column. */
const manyAddresses = (object: LabObject): readonly string[] =>
  Array.from(
    { length: 900 },
    (_, at) => `smtp:address-${at}.${object.name}@aliases.${object.source}.example`,
  );

/** Tonight the leavers have left, so that a row of each type is written, and one whose evidence is long. */
export async function leaversLeave(world: FaultWorld): Promise<void> {
  for (const leaver of world.lab.leavers) {
    world.leave(leaver);
    if (leaver.type === 'user') world.put(leaver, { proxyAddresses: manyAddresses(leaver) });
  }
  await world.upload();
}

const strictTime = { WAITING_RULES: '{}' };
const allWrites = [...storageWrites, ...askingWrites];

const writesOfARun: Fault = {
  name: 'every write of a run is one of those that are made to fail',
  settings: strictTime,
  group: 'storage',
  answers: 'storage failing at each write',
  types: 'together',
  async strike(world) {
    await leaversLeave(world);
    world.front.requests.length = 0;
  },
  async night(world, _type, expectThat) {
    const run = await world.scan();
    const written = world.front.requests.filter(({ method }) => !['GET', 'HEAD'].includes(method));
    for (const request of written)
      expectThat(
        isNewMirror(request) || allWrites.some(({ fits }) => fits(request)),
        `${request.service} ${request.method} ${request.path.slice(0, 60)} is a write that no fault stands for`,
      );
    for (const { name, fits } of allWrites)
      expectThat(written.some(fits), `"${name}" was expected among the writes of a run`);
    return run;
  },
  expected: { runs: ['finished'] },
};

/** The storage fails at each write of a run, before and after it took effect. */
export const storageFaults: readonly Fault[] = [
  writesOfARun,
  ...allWrites.flatMap(({ name, fits }) =>
    fates.map(({ how, fault, times }): Fault => ({
      name: `the write by which ${name} ${how}`,
      group: 'storage',
      answers: 'storage failing at each write',
      series: name,
      ...(askingWrites.some(write => write.name === name) && { settings: strictTime }),
      types: 'together',
      async strike(world) {
        await leaversLeave(world);
        world.strikes.storage(name, fits, fault, times);
      },
      expected: { runs: ['finished', 'failed', 'aborted', 'refused', 'running', 'none'] },
    })),
  ),
  {
    name: 'the tables answer nothing at all',
    group: 'storage',
    answers: 'an outage',
    types: 'together',
    async strike(world) {
      await leaversLeave(world);
      world.strikes.storage('tables', ({ service }) => service === 'table', { kind: 'cut' });
    },
    expected: { runs: ['none'] },
  },
  {
    name: 'the blobs answer nothing at all',
    group: 'storage',
    answers: 'an outage',
    types: 'together',
    async strike(world) {
      await leaversLeave(world);
      world.strikes.storage('blobs', ({ service }) => service === 'blob', { kind: 'cut' });
    },
    expected: { runs: ['failed'] },
  },
  {
    name: 'a part of the export can not be read',
    group: 'storage',
    answers: 'case 8, storage',
    types: 'together',
    async strike(world) {
      await leaversLeave(world);
      world.strikes.storage('a part', ({ method, path }) => method === 'GET' && path.endsWith('.ndjson.gz'), {
        kind: 'answer',
        ...serverBusy,
      });
    },
    expected: { runs: ['refused', 'failed'] },
  },
  {
    name: 'a part of the export can not be read in the second pass',
    group: 'storage',
    answers: 'case 8, storage',
    types: 'together',
    async strike(world) {
      await leaversLeave(world);
      let seen = 0;
      const parts = world.lab.forests.length;
      world.strikes.storage(
        'a part, once more',
        ({ method, path }) => method === 'GET' && path.endsWith('.ndjson.gz') && (seen += 1) > parts,
        { kind: 'answer', ...serverBusy },
      );
    },
    expected: { runs: ['refused', 'failed'] },
  },
  ...(['OrphanCandidates', 'ScanRuns', 'Rules'] as const).map((table): Fault => ({
    name: `the table ${table} can not be read`,
    group: 'storage',
    answers: 'an outage',
    types: 'together',
    async strike(world) {
      await leaversLeave(world);
      world.strikes.storage(
        table,
        ({ service, method, path }) => service === 'table' && method === 'GET' && path.startsWith(table),
        { kind: 'answer', ...serverBusy },
      );
    },
    expected: { runs: table === 'ScanRuns' ? ['none'] : ['failed'] },
  })),
];
