import type { ObjectType } from '../../../shared/core/objectType';
import type { Fault as GraphFault } from '../../support/graph/faults';
import type { ExpectThat, Fault } from './fault';
import type { FaultWorld } from './world';

const deletable = ['user', 'group', 'device'] as const;

/** Somebody asks for what was approved; it was expected to become so. */
async function expectAnswer(
  world: FaultWorld,
  type: ObjectType,
  wanted: readonly string[],
  expectThat: ExpectThat,
): Promise<string> {
  const orphan = world.orphan(type);
  const found = await world.administrator.askToDelete(orphan);
  expectThat(wanted.includes(found), `${wanted.join(' or ')} was expected, found ${found}`);
  const { directory } = world.services.graph;
  if (!directory.get(type, orphan.id)) {
    world.deletedAsTold(orphan);
    const times = directory.deletions.filter(one => one.id === orphan.id).length;
    expectThat(times === 1, `the ${type} was deleted ${times} times`);
  }
  return found;
}

/** The approved object is not deleted while this is so, and the answer says why. */
const keptBack = (
  name: string,
  answers: string,
  strike: Fault['strike'],
  wanted: readonly string[],
  mend?: Fault['mend'],
): Fault => ({
  name,
  group: 'deletion',
  answers,
  types: deletable,
  async strike(world, type) {
    await world.upload('now');
    await strike(world, type);
  },
  async night(world, type, expectThat) {
    await expectAnswer(world, type, wanted, expectThat);
    expectThat(
      world.services.graph.directory.get(type, world.orphan(type).id) !== undefined,
      `the ${type} was expected to be there`,
    );
    return await world.scan();
  },
  expected: { runs: ['finished'] },
  ...(mend && { mend }),
});

/** Graph answers the DELETE so; what it becomes at once, and what when it is asked for again. */
const answeredWith = (
  name: string,
  fault: GraphFault,
  times: number,
  first: readonly string[],
  second: readonly string[],
): Fault => ({
  name,
  group: 'deletion',
  answers: 'Graph while it deletes',
  types: deletable,
  strike: world => world.upload('now'),
  async night(world, type, expectThat) {
    const { id } = world.orphan(type);
    world.strikes.graph({ method: 'DELETE', path: new RegExp(id) }, fault, times);
    await expectAnswer(world, type, first, expectThat);
    await expectAnswer(world, type, second, expectThat);
    return await world.scan();
  },
  expected: { runs: ['finished'] },
});

const settled = ['deleted', 'gone', 'beingDeleted', 'notApproved', 'notCandidate'];

/** What may go wrong between an approval and a DELETE. */
export const deletionFaults: readonly Fault[] = [
  {
    name: 'deletion is asked for while a breach holds',
    group: 'deletion',
    answers: 'deletion attempts during a hold',
    types: 'together',
    async strike(world) {
      const source = world.lab.forests.at(-1) ?? '';
      world.agents.tamper(source, { input: input => ({ ...input, lines: [] }) });
      await world.upload();
    },
    async night(world, _type, expectThat) {
      const refused = await world.scan();
      expectThat(refused?.state === 'refused', `the empty export: ${refused?.state}`);
      await world.upload('now');
      return await world.scan();
    },
    expected: { runs: ['held'] },
  },
  {
    name: 'the AD object is undeleted after the last export',
    group: 'deletion',
    answers: 'case 37',
    types: deletable,
    strike: () => undefined,
    async night(world, type, expectThat) {
      await expectAnswer(world, type, ['waitingForExport'], expectThat);
      world.undelete(world.orphan(type));
      await world.upload('now');
      await expectAnswer(world, type, ['cameBack'], expectThat);
      return await world.scan();
    },
    expected: { runs: ['finished'] },
  },
  keptBack(
    'synchronisation writes to the object after it was approved',
    'recency is evidence of life',
    (world, type) => world.put(world.orphan(type), { onPremisesLastSyncDateTime: new Date().toISOString() }),
    ['syncedSince'],
    (world, type) => world.put(world.orphan(type)),
  ),
  keptBack(
    'the source of authority is transferred after the approval',
    'case 13',
    (world, type) => world.put(world.orphan(type), { onPremisesSyncEnabled: null }),
    ['notSynced'],
    (world, type) => world.put(world.orphan(type)),
  ),
  keptBack(
    'a tombstone in the Recycle Bin shows up after the approval',
    'case 15',
    async (world, type) => {
      const { home, source } = world.orphan(type);
      world.lines.get(source)?.push({
        kind: 'tombstone',
        objectClass: home.objectClass,
        namingContext: 0,
        objectGUID: home.objectGUID,
        whenChanged: new Date(Date.now() - 60_000).toISOString(),
        isRecycled: false,
        ...(home.objectSid === undefined ? {} : { objectSid: home.objectSid }),
      });
      await world.upload('now');
    },
    ['evidenceChanged'],
  ),
  keptBack(
    'the object can not be read again',
    'an outage',
    (world, type) =>
      world.strikes.graph(
        { method: 'GET', path: new RegExp(world.orphan(type).id) },
        { kind: 'answer', status: 503 },
      ),
    ['failed', 'HTTP 503', 'HTTP 502', 'HTTP 500'],
  ),
  {
    name: 'the kill switch is off',
    group: 'deletion',
    answers: 'ROLLOUT_STAGE',
    types: 'together',
    async strike(world) {
      await world.reviewing.restart({ ROLLOUT_STAGE: 'reportOnly' });
      await world.upload('now');
    },
    async night(world, _type, expectThat) {
      for (const type of deletable) {
        const found = await world.administrator.askToDelete(world.orphan(type));
        expectThat(found.startsWith('HTTP 4'), `a refusal was expected, found ${found}`);
      }
      return await world.scan();
    },
    expected: { runs: ['finished'] },
    mend: world => world.reviewing.restart(),
  },
  answeredWith(
    'the DELETE is refused (403)',
    { kind: 'answer', status: 403 },
    1,
    ['manual'],
    ['manual', 'notApproved', 'deleted'],
  ),
  answeredWith(
    'the DELETE is throttled three times',
    { kind: 'answer', status: 429, headers: { 'retry-after': '0.05' } },
    3,
    ['deleted'],
    settled,
  ),
  answeredWith(
    'the DELETE takes effect, and 500 is answered',
    { kind: 'answerAfter', status: 500 },
    1,
    ['deleted'],
    settled,
  ),
  answeredWith(
    'the DELETE takes effect, and its answer is lost',
    { kind: 'resetAfter' },
    1,
    ['deleted'],
    settled,
  ),
  answeredWith(
    'a proxy answers the DELETE with a page of its own, and the object is there',
    { kind: 'answer', status: 200, body: '<html></html>' },
    1,
    ['failed'],
    ['mayBeRestored'],
  ),
  {
    name: 'the process is killed (SIGKILL) at the DELETE',
    group: 'deletion',
    answers: 'killed between DELETE and its account',
    types: deletable,
    strike: world => world.upload('now'),
    async night(world, type, expectThat) {
      const { id } = world.orphan(type);
      world.strikes.graph(
        { method: 'DELETE', path: new RegExp(id) },
        { kind: 'run', callback: () => world.reviewing.worker.kill() },
        1,
      );
      await world.administrator.askToDelete(world.orphan(type)).then(
        () => expectThat(false, 'no answer was expected of a process that was killed'),
        () => undefined,
      );
      world.strikes.end();
      await world.reviewing.restart();
      await expectAnswer(world, type, ['beingDeleted'], expectThat);
      return await world.scan();
    },
    expected: { runs: ['finished'] },
  },
];
