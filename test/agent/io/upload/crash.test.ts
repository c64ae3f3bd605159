import fc from 'fast-check';
import path from 'node:path';
import type { AgentStateOptions } from '../../../../agent/src/io/state/agentState';
import type { FileSystem } from '../../../../agent/src/io/files/fileSystem';
import type { Processes } from '../../../../agent/src/io/state/stateLock';
import { sourceNameSchema } from '../../../../shared/core/exportFormat';
import type { Instant } from '../../../../shared/core/instant';
import { runAgent } from '../../../support/agent/agentRun';
import { readChain } from '../../../support/agent/chain';
import { Crash, crashingFiles, Mortality } from '../../../support/agent/crashingFiles';
import { memoryDestination } from '../../../support/agent/memoryDestination';
import { sampleLine } from '../../../support/agent/sampleFindings';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';
import { testKey } from '../../../support/agent/testKey';

const newFolder = temporaryFolders();
const contoso = sourceNameSchema.parse('contoso');
const key = testKey();
const linesOf = (run: number) => Array.from({ length: 12 + run }, (_, number) => sampleLine(number));

/** A machine on which the agent is started again and again, with one state folder and one container. */
class Machine {
  readonly stored = new Map<string, Buffer>();
  readonly #folder = path.join(newFolder(), 'contoso');
  #starts = 0;
  #now = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

  /** Starts the agent, and lets it die at a step. Resolves with its steps, and whether it died. */
  async start(crashAt = Infinity): Promise<Mortality> {
    const mortality = new Mortality(crashAt);
    const pid = (this.#starts += 1);
    try {
      await runAgent({
        state: this.#stateOptions(crashingFiles(mortality), pid),
        destination: memoryDestination(this.stored, mortality),
        key,
        lines: linesOf(pid),
      });
    } catch (error) {
      if (!(error instanceof Crash)) throw error;
    }
    return mortality;
  }

  #stateOptions(files: FileSystem, pid: number): AgentStateOptions & { files: FileSystem } {
    // The process before is dead; the machine was not booted.
    const processes: Processes = {
      self: () => ({ host: 'agent', pid, start: null, uptime: 1000 }),
      isRunning: other => other === pid,
      startOf: () => null,
    };
    return {
      folder: this.#folder,
      source: contoso,
      files,
      processes,
      // Every start is in the same second as the death before it, which is what the wait is for.
      clock: { now: () => this.#now as Instant },
      wait: async milliseconds => {
        this.#now += milliseconds;
      },
      partLimits: { maxLines: 5 },
    };
  }

  get starts(): number {
    return this.#starts;
  }
}

async function stepsOfOneRun(): Promise<number> {
  const machine = new Machine();
  await machine.start();
  return (await machine.start()).steps;
}

/** How many records each export has, once it is sure that every one with a manifest is whole, and that none is there twice. */
async function recordsOfChain(machine: Machine): Promise<readonly number[]> {
  const chain = await readChain(machine.stored, contoso, key);
  return chain.map(({ records }) => records.length);
}

test('a crash at any step leaves an export that is finished, or begun anew, and never a wrong or a double one', async () => {
  const steps = await stepsOfOneRun();
  expect(steps).toBeGreaterThan(50);
  for (let crashAt = 1; crashAt <= steps; crashAt += 1) {
    const machine = new Machine();
    await machine.start();
    expect((await machine.start(crashAt)).isDead).toBe(true);
    await machine.start();
    expect((await recordsOfChain(machine)).at(-1)).toBe(linesOf(machine.starts).length);
  }
});

test('a crash at any step of the very first run loses nothing either', async () => {
  const steps = (await new Machine().start()).steps;
  for (let crashAt = 1; crashAt <= steps; crashAt += 1) {
    const machine = new Machine();
    await machine.start(crashAt);
    await machine.start();
    expect((await recordsOfChain(machine)).at(-1)).toBe(linesOf(machine.starts).length);
  }
});

test('crashes of the runs that clean up after a crash change nothing of that', async () => {
  const steps = await stepsOfOneRun();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 1, max: steps }), { minLength: 2, maxLength: 5 }),
      async crashes => {
        const machine = new Machine();
        for (const crashAt of crashes) await machine.start(crashAt);
        await machine.start();
        expect((await recordsOfChain(machine)).at(-1)).toBe(linesOf(machine.starts).length);
      },
    ),
    { numRuns: 60 },
  );
}, 120_000);

test('a file is on the disk before it gets its name, and its name before anything is built on it', async () => {
  const machine = new Machine();
  await machine.start();
  const { trace } = await machine.start();
  const renames = trace.flatMap((step, at) => {
    const [, from, to] = /^rename (\S+) > (\S+)$/.exec(step) ?? [];
    // A lock means nothing after the death of its process.
    return from === undefined || to === undefined || from.includes('lock') ? [] : [{ from, to, at }];
  });
  const last = (at: number, matches: (step: string) => boolean): number =>
    trace.findLastIndex((step, index) => index < at && matches(step));
  const next = (at: number, matches: (step: string) => boolean): number => {
    const found = trace.findIndex((step, index) => index > at && matches(step));
    return found === -1 ? Infinity : found;
  };
  const unsynced = renames.filter(
    ({ from, at }) =>
      // The list of objects is moved as it is, long after it was written.
      from.endsWith('.tmp') &&
      last(at, step => step === `sync ${from}`) <
        last(at, step => step === `append ${from}` || step === `writeAt ${from}`),
  );
  const unnamed = renames.filter(({ to, at }) => {
    const synced = next(at, step => step === `syncFolder ${path.dirname(to)}`);
    return (
      synced === Infinity ||
      synced > next(at, step => step.startsWith('put ') && step.endsWith(path.basename(to)))
    );
  });
  expect(renames.length).toBeGreaterThan(8);
  expect({ unsynced, unnamed }).toEqual({ unsynced: [], unnamed: [] });
});
