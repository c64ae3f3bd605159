import type { ObjectType } from '../../../shared/core/objectType';
import type { Fault } from './fault';
import type { LabObject } from './lab';
import type { FaultWorld } from './world';
import { everyType } from './world';

/** The limits of volume are made for thousands of objects; here 4 are many. */
const fewAreMany = { GATE_LIMITS: JSON.stringify({ candidatesLeastObjects: 4 }) };
/** The rules of time as an installation has them by default. */
const strictTime = { ...fewAreMany, WAITING_RULES: '{}' };

/** Living objects of the type, in the last forest. */
function some(world: FaultWorld, type: ObjectType, count: number): readonly LabObject[] {
  const forest = world.lab.forests.at(-1);
  return world.lab.objects
    .filter(object => object.type === type && object.source === forest && /\d$/.test(object.name))
    .slice(0, count);
}

/** More than the limits below, and not so many that the exports or the keys are doubted (exportDrop, matchRate). */
const hidden = 5;

/** All that is missing is in the list, whether or not it may be approved. */
async function expectListed(
  world: FaultWorld,
  objects: readonly LabObject[],
  expectThat: Parameters<NonNullable<Fault['night']>>[2],
): Promise<void> {
  const rows = new Set((await world.rows()).map(row => row.id as string));
  const unlisted = objects.filter(object => !rows.has(object.id));
  expectThat(
    unlisted.length === 0,
    `${unlisted.length} of ${objects.length} missing objects are not in the list`,
  );
}

/** So many that wrong keys are more likely than so many orphans. */
const most = 15;

const hide = async (world: FaultWorld, type: ObjectType): Promise<void> => {
  for (const object of some(world, type, hidden)) world.takeAway(object);
  await world.upload();
};
const show = (world: FaultWorld, type: ObjectType): void => {
  for (const object of some(world, type, hidden)) world.bringBack(object);
};

const limits = (changes: object): Readonly<Record<string, string>> => ({
  GATE_LIMITS: JSON.stringify(changes),
});

/** More goes than a night may lose. */
export const volumeFaults: readonly Fault[] = [
  {
    name: 'an OU is renamed, and its objects are out of sight',
    group: 'volume',
    answers: 'an OU rename',
    types: everyType,
    settings: strictTime,
    strike: hide,
    async night(world, type, expectThat) {
      const run = await world.scan();
      await expectListed(world, some(world, type, hidden), expectThat);
      return run;
    },
    expected: { runs: ['finished'], gates: ['candidates'], locks: true },
    mend: show,
  },
  {
    name: 'a lock stays when the figure falls by itself',
    group: 'volume',
    answers: 'an OU rename that is put right',
    types: everyType,
    settings: strictTime,
    strike: hide,
    async night(world, type) {
      await world.scan();
      show(world, type);
      await world.upload();
      return await world.scan();
    },
    expected: { runs: ['finished'], locks: true },
  },
  {
    name: 'more objects are newly missing than a night may bring',
    group: 'volume',
    answers: 'a script that ran',
    types: everyType,
    settings: limits({
      candidatesLeastObjects: 1000,
      newMissingObjects: { user: 4, group: 4, contact: 4, device: 4 },
    }),
    async strike(world, type) {
      for (const object of some(world, type, hidden)) world.leave(object);
      await world.upload();
    },
    async night(world, type, expectThat) {
      const run = await world.scan();
      await expectListed(world, some(world, type, hidden), expectThat);
      return run;
    },
    expected: { runs: ['finished'], gates: ['newMissing'], locks: true },
  },
  {
    name: 'more deletions wait than the accidental-delete threshold lets through',
    group: 'volume',
    answers: 'case 12, the threshold',
    types: 'together',
    settings: limits({ candidatesLeastObjects: 1000, pendingDeletionsObjects: 5 }),
    async strike(world) {
      for (const leaver of world.lab.leavers) world.leave(leaver);
      await world.upload();
    },
    expected: { runs: ['finished'], gates: ['pendingDeletions'], locks: true },
  },
  {
    name: 'the first night of a tenant with years of orphans',
    group: 'volume',
    answers: 'a volume gate never hides the list',
    types: everyType,
    firstNight: true,
    settings: fewAreMany,
    async strike(world, type) {
      for (const object of some(world, type, hidden)) world.leave(object);
      await world.upload();
    },
    async night(world, type, expectThat) {
      const run = await world.scan();
      await expectListed(world, some(world, type, hidden), expectThat);
      if (type !== 'contact') {
        const approval = await world.administrator.approve(world.orphan(type)).then(
          () => 'approved',
          () => 'refused',
        );
        expectThat(approval === 'refused', `approval of a locked ${type} was expected to be refused`);
      }
      return run;
    },
    expected: { runs: ['finished'], gates: ['candidates'], locks: true },
  },
  {
    name: 'the first night of a tenant of which most are orphans',
    group: 'volume',
    answers: 'case 24; years of orphans',
    types: ['user', 'group'],
    firstNight: true,
    async strike(world, type) {
      for (const object of some(world, type, most)) world.leave(object);
      await world.upload();
    },
    expected: { runs: ['refused'], gates: ['matchRate'] },
  },
];
