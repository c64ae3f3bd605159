import type { Fault } from './fault';
import { leaversLeave } from './storageFaults';

const kills = 50;

/** Fractions from 0 to 1 that look like chance and are the same each time (mulberry32). */
function fraction(seed: number): number {
  let state = (seed * 0x6d2b79f5) >>> 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 2 ** 32;
}

/** How long (ms) a run of the lab takes at least; a kill comes at a fraction of what the last one took. */
const shortestRunMs = 150;

/** The process is killed at 50 moments of a run, by turns in one and in two forests. */
export const killFaults: readonly Fault[] = Array.from({ length: kills }, (_, at): Fault => {
  const part = fraction(at + 1);
  return {
    name: `the process is killed (SIGKILL) after ${(part * 100).toFixed(1)} % of a run`,
    group: 'killed',
    answers: 'the process killed at 50 random moments',
    series: 'kill',
    types: 'together',
    forests: [at % 2 === 0 ? 1 : 2],
    strike: leaversLeave,
    async night(world) {
      const [before] = await world.records();
      const lastedMs = Math.max(shortestRunMs, before?.durations['total'] ?? 0);
      const records = await world.scansOf(async () => {
        await world.scanning.runTimer('nightlyScan');
        await new Promise(resolve => setTimeout(resolve, part * lastedMs));
        await world.scanning.kill();
      });
      return records[0] ?? null;
    },
    expected: { runs: ['none', 'running', 'finished'] },
  };
});
