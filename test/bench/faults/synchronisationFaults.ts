import type { Fault } from './fault';

const hourMs = 60 * 60 * 1000;
const agoHours = (hours: number): string => new Date(Date.now() - hours * hourMs).toISOString();

const tenantFault = (name: string, answers: string, change: () => object, gate: string): Fault => ({
  name,
  group: 'synchronisation',
  answers,
  types: 'together',
  async strike(world) {
    for (const type of ['user', 'group', 'contact', 'device'] as const) world.takeAway(world.victim(type));
    await world.upload();
    world.syncTenant(change());
  },
  expected: { runs: ['refused'], gates: [gate] },
  mend(world) {
    for (const victim of world.lab.victims) world.bringBack(victim);
  },
});

/** Synchronisation that is switched off, has stopped, or holds its deletions back. */
export const synchronisationFaults: readonly Fault[] = [
  tenantFault(
    'synchronisation is disabled, and objects went meanwhile',
    'case 12',
    () => ({ onPremisesSyncEnabled: false }),
    'synchronisationEnabled',
  ),
  tenantFault(
    'synchronisation was never enabled',
    'case 12',
    () => ({ onPremisesSyncEnabled: null }),
    'synchronisationEnabled',
  ),
  tenantFault(
    'synchronisation has stopped two days ago, and objects went meanwhile',
    'cases 11 and 12',
    () => ({ onPremisesLastSyncDateTime: agoHours(48) }),
    'synchronisationFresh',
  ),
  tenantFault(
    'nobody may read when synchronisation ran',
    'Organization.Read.All is missing',
    () => ({ onPremisesLastSyncDateTime: null }),
    'synchronisationFresh',
  ),
  {
    name: 'the organization can not be read',
    group: 'synchronisation',
    answers: 'a permission change',
    types: 'together',
    async strike(world) {
      await world.upload();
      world.strikes.graph({ path: /^\/v1\.0\/organization/ }, { kind: 'answer', status: 403 });
    },
    expected: {
      runs: ['refused'],
      gates: ['tenantAgrees', 'synchronisationEnabled', 'synchronisationFresh'],
    },
  },
];
