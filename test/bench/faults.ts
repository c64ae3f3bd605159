import { parseArgs } from 'node:util';
import { objectTypes, type ObjectType } from '../../shared/core/objectType';
import { exportFaults } from './faults/exportFaults';
import type { Fault, Outcome } from './faults/fault';
import { clockFaults, concurrencyFaults, killFaults } from './faults/processFaults';
import { storageFaults } from './faults/storageFaults';
import { graphFaults } from './faults/graphFaults';
import { runFault } from './faults/judgeFault';
import { synchronisationFaults } from './faults/synchronisationFaults';
import { FaultWorld } from './faults/world';

const faults: readonly Fault[] = [
  ...exportFaults,
  ...graphFaults,
  ...synchronisationFaults,
  ...clockFaults,
  ...concurrencyFaults,
  ...storageFaults,
  ...killFaults,
];

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: { only: { type: 'string' }, forests: { type: 'string', default: '1,2' } },
  });
  const outcomes: Outcome[] = [];
  for (const forests of values.forests.split(',').map(Number) as (1 | 2)[]) {
    const world = await FaultWorld.start(forests);
    try {
      for (const fault of faults) {
        if (
          values.only &&
          !fault.name.includes(values.only) &&
          !fault.answers.includes(values.only) &&
          fault.group !== values.only
        )
          continue;
        if (fault.forests && !fault.forests.includes(forests)) continue;
        const types: readonly ObjectType[] = fault.types === 'together' ? ['user'] : fault.types;
        for (const type of types) {
          const found = await runFault(world, fault, type, `${outcomes.length}`);
          outcomes.push(...found);
          process.stdout.write(
            `${found.every(one => one.lost.length === 0) ? 'ok  ' : 'LOST'} ${forests} ${type} ${fault.name}: ${found[0]?.happened} | ${found[0]?.refused}\n`,
          );
          for (const what of found[0]?.lost ?? []) process.stdout.write(`       ${what}\n`);
        }
      }
    } finally {
      await world.stop();
    }
  }
  return outcomes.every(one => one.lost.length === 0) && objectTypes.length > 0;
}

main().then(
  proved => {
    process.exitCode = proved ? 0 : 1;
    return undefined;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
