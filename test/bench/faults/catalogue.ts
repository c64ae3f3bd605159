import { clockFaults } from './clockFaults';
import { concurrencyFaults } from './concurrencyFaults';
import { deletionFaults } from './deletionFaults';
import { exportFaults } from './exportFaults';
import type { Fault } from './fault';
import { graphFaults } from './graphFaults';
import { killFaults } from './killFaults';
import { notificationFaults } from './notificationFaults';

import { storageFaults } from './storageFaults';
import { synchronisationFaults } from './synchronisationFaults';
import { volumeFaults } from './volumeFaults';

/** Every fault, but for the scenarios of the numbered cases (scenarioFaults). */
export const faults: readonly Fault[] = [
  ...exportFaults,
  ...graphFaults,
  ...synchronisationFaults,
  ...clockFaults,
  ...concurrencyFaults,
  ...storageFaults,
  ...volumeFaults,
  ...deletionFaults,
  ...notificationFaults,
  ...killFaults,
];
