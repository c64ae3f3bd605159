import type { Fault } from './fault';
import { leaversLeave, storageWrites } from './storageFaults';
import type { StorageRequest } from './storageFront';
import { startAnotherScan, type FaultWorld } from './world';

const writeOf = (name: string): ((request: StorageRequest) => boolean) =>
  storageWrites.find(write => write.name === name)?.fits ?? (() => false);
const isCheckOfTheLease = ({ service, method, path }: StorageRequest): boolean =>
  service === 'blob' && method === 'HEAD' && path === 'locks/scan.lock';

/** Holds the run up at the first request that fits, does this meanwhile, and lets it go on. */
async function meanwhile(
  world: FaultWorld,
  fits: (request: StorageRequest) => boolean,
  act: () => Promise<void>,
): Promise<void> {
  const reached = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  world.strikes.storage(
    'held up',
    request => {
      if (!fits(request)) return false;
      reached.resolve();
      return true;
    },
    { kind: 'hold', until: goOn.promise },
    1,
  );
  await world.scanning.runTimer('nightlyScan');
  await reached.promise;
  try {
    await act();
  } finally {
    goOn.resolve();
  }
}

const heldUp = (
  name: string,
  answers: string,
  at: () => (request: StorageRequest) => boolean,
  act: (world: FaultWorld) => Promise<void>,
  runs: Fault['expected']['runs'],
): Fault => ({
  name,
  group: 'two at once',
  answers,
  types: 'together',
  strike: leaversLeave,
  async night(world) {
    const records = await world.scansOf(() => meanwhile(world, at(), () => act(world)));
    return records.at(-1) ?? null;
  },
  expected: { runs },
});

/** The second check: the first one is before the fencing number is counted. */
function fromTheSecond(fits: (request: StorageRequest) => boolean): (request: StorageRequest) => boolean {
  let seen = 0;
  return request => fits(request) && (seen += 1) > 1;
}

/** Each row was written by one run, and all that had to be found is. */
const together = async (
  world: FaultWorld,
  start: () => Promise<unknown>,
  expectThat: Parameters<NonNullable<Fault['night']>>[2],
): Promise<Awaited<ReturnType<NonNullable<Fault['night']>>>> => {
  const records = await world.scansOf(start, 2);
  const accepted = records.filter(run => run.state === 'finished');
  const others = records.filter(run => run.state !== 'finished');
  expectThat(records.length === 2, `two records were expected, found ${records.length}`);
  expectThat(
    others.every(run => run.state === 'skipped') && accepted.length > 0,
    `one finished, and one skipped or finished after it was expected, found ${records.map(run => run.state).join(' and ')}`,
  );
  const created = accepted.map(run => run.plan?.created ?? 0);
  expectThat(
    created.filter(count => count > 0).length === 1,
    `one run was expected to write the new rows, found ${created.join(' and ')}`,
  );
  const fences = accepted.map(run => run.fence);
  expectThat(new Set(fences).size === fences.length, 'two runs had one fencing number');
  return accepted[0] ?? null;
};

/** Two scans at once, and a lease that is lost. */
export const concurrencyFaults: readonly Fault[] = [
  {
    name: 'the timer fires twice',
    group: 'two at once',
    answers: 'two scans at once',
    types: 'together',
    strike: leaversLeave,
    night: (world, _type, expectThat) =>
      together(
        world,
        () => Promise.all([world.scanning.runTimer('nightlyScan'), world.scanning.runTimer('nightlyScan')]),
        expectThat,
      ),
    expected: { runs: ['finished'] },
  },
  {
    name: 'the timer fires while a scan is asked for',
    group: 'two at once',
    answers: 'two scans at once',
    types: 'together',
    strike: leaversLeave,
    night: (world, _type, expectThat) =>
      together(
        world,
        async () => {
          const asked = world.administrator.steps.call('approver', 'POST', '/scans', { body: {} });
          await Promise.all([asked, world.scanning.runTimer('nightlyScan')]);
          expectThat((await asked).status === 202, `POST /scans: ${(await asked).status}`);
        },
        expectThat,
      ),
    expected: { runs: ['finished'] },
  },
  {
    name: 'two processes scan',
    group: 'two at once',
    answers: 'two scans at once',
    types: 'together',
    strike: leaversLeave,
    async night(world, _type, expectThat) {
      const another = await startAnotherScan(world);
      try {
        return await together(
          world,
          () => Promise.all([world.scanning.runTimer('nightlyScan'), another.runTimer('nightlyScan')]),
          expectThat,
        );
      } finally {
        await another.stop();
      }
    },
    expected: { runs: ['finished'] },
  },
  heldUp(
    'the lease is broken before the first row is written',
    'a lease lost in mid-run',
    () => writeOf('what holds is put on record'),
    world => world.breakLease(),
    ['aborted'],
  ),
  heldUp(
    'the lease is broken while it is looked at',
    'a lease lost in mid-run',
    () => fromTheSecond(isCheckOfTheLease),
    world => world.breakLease(),
    ['aborted'],
  ),
  heldUp(
    'the lease is broken while rows are on their way',
    'a lease lost in mid-run',
    () => writeOf('the groups are written'),
    world => world.breakLease(),
    ['aborted'],
  ),
  {
    name: 'the lease is broken, and another process scans from beginning to end while rows are on their way',
    group: 'two at once',
    answers: 'a lease lost in mid-run',
    types: 'together',
    strike: leaversLeave,
    async night(world, _type, expectThat) {
      const another = await startAnotherScan(world);
      try {
        const records = await world.scansOf(
          () =>
            meanwhile(world, writeOf('the users are written'), async () => {
              await world.breakLease();
              const ended = world.ended();
              await another.runTimer('nightlyScan');
              await world.waitUntil(() => world.ended() > ended, 'the end of the second scan');
            }),
          2,
        );
        const [second, first] = records;
        expectThat(second?.state === 'finished', `the second scan: ${second?.state}`);
        expectThat(
          first?.state === 'aborted' || first?.state === 'failed',
          `the first scan: ${first?.state}`,
        );
        return second ?? null;
      } finally {
        await another.stop();
      }
    },
    expected: { runs: ['finished'] },
  },
  heldUp(
    'the process is asked to end (SIGTERM) while rows are on their way',
    'a deployment in mid-run',
    () => writeOf('the groups are written'),
    async world => {
      process.kill(world.scanning.pid, 'SIGTERM');
      await world.waitUntil(() => world.log.some(line => line.includes('because of SIGTERM')), 'the stop');
    },
    ['aborted', 'finished'],
  ),
];
