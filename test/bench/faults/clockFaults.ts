import type { Fault } from './fault';
import { leaversLeave } from './storageFaults';

/** The app's own clock is wrong. */
const skewed = (name: string, skewMs: number, expected: Fault['expected']): Fault => ({
  name,
  group: 'clocks',
  answers: 'clock skew of a day',
  types: 'together',
  settings: { FAULT_CLOCK_SKEW_MS: String(skewMs) },
  strike: leaversLeave,
  expected,
});

const dayMs = 24 * 60 * 60 * 1000;

export const clockFaults: readonly Fault[] = [
  skewed("the app's clock is a day ahead", dayMs, { runs: ['refused'], gates: ['synchronisationFresh'] }),
  skewed("the app's clock is a day behind", -dayMs, { runs: ['refused'], gates: ['exportClock'] }),
  skewed("the app's clock is two days ahead", 2 * dayMs, { runs: ['refused'], gates: ['exportFresh'] }),
  {
    name: 'the tenant says that it was synchronised tomorrow',
    group: 'clocks',
    answers: 'clock skew of a day',
    types: 'together',
    async strike(world) {
      await leaversLeave(world);
      world.syncTenant({ onPremisesLastSyncDateTime: new Date(Date.now() + dayMs).toISOString() });
    },
    expected: { runs: ['refused', 'finished'] },
  },
];
