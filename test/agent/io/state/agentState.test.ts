import {
  cpSync,
  existsSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import type { ExportDestination, ExportFindings } from '../../../../agent/src/app/exportPorts';
import { localFiles } from '../../../../agent/src/io/files/fileSystem';
import { adoptChain, AgentState, type AgentStateOptions } from '../../../../agent/src/io/state/agentState';
import { deliver } from '../../../../agent/src/io/upload/deliver';
import { sourceNameSchema } from '../../../../shared/core/exportFormat';
import { lostAnswerDays, type AnsweredRequest } from '../../../../shared/core/exportRequest';
import type { Instant } from '../../../../shared/core/instant';
import { runAgent } from '../../../support/agent/agentRun';
import { readChain } from '../../../support/agent/chain';
import { Mortality } from '../../../support/agent/crashingFiles';
import { memoryDestination } from '../../../support/agent/memoryDestination';
import { guidBytes, sampleFindings, sampleLine } from '../../../support/agent/sampleFindings';
import { temporaryFolders } from '../../../support/agent/temporaryFolder';
import { testKey } from '../../../support/agent/testKey';

const newFolder = temporaryFolders();
const contoso = sourceNameSchema.parse('contoso');
const key = testKey();
const never = new AbortController().signal;
const start = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const dayMs = 24 * 60 * 60 * 1000;
const lines = Array.from({ length: 10 }, (_, number) => sampleLine(number));
const requestId = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

/** An agent's machine, whose clock goes on only while the agent waits, or when it is set. */
class Machine {
  readonly folder = path.join(newFolder(), 'state');
  readonly stored = new Map<string, Buffer>();
  readonly destination: ExportDestination = memoryDestination(this.stored, new Mortality());
  readonly waits: number[] = [];
  now = start;

  get options(): AgentStateOptions & { files: typeof localFiles } {
    return {
      folder: this.folder,
      source: contoso,
      files: localFiles,
      clock: { now: () => this.now as Instant },
      wait: async milliseconds => {
        this.waits.push(milliseconds);
        this.now += milliseconds;
      },
    };
  }

  open = (changes: Partial<AgentStateOptions> = {}): Promise<AgentState> =>
    AgentState.open({ ...this.options, ...changes });

  run = (findings: Partial<ExportFindings> = {}) =>
    runAgent({ state: this.options, destination: this.destination, key, lines, findings });

  /** Seals an export, and leaves it in the outbox. */
  async leaveSealed(): Promise<string> {
    const state = await this.open();
    const draft = await state.begin(never);
    for (const line of lines) draft.parts.append(JSON.stringify(line));
    await draft.seal(sampleFindings(lines, this.now as Instant), key, '0.1.0');
    await state.close();
    return path.join(this.folder, 'outbox', draft.folder);
  }

  file = (name: string): string => path.join(this.folder, name);
}

const damaged = (message: RegExp) => ({ code: 'stateInvalid', message: expect.stringMatching(message) });

test('the chain goes on from one process to the next', async () => {
  const machine = new Machine();
  const first = await machine.run();
  const second = await machine.run();
  expect([first.sequence, second.sequence]).toEqual([1, 2]);
  expect(await readChain(machine.stored, contoso, key)).toHaveLength(2);
  const state = await machine.open();
  expect(state.lastExport).toMatchObject(second);
  expect(state.isNew).toBe(false);
  expect(state.source).toBe(contoso);
  await state.close();
});

test('an empty folder is a new source; only its owner may look into what becomes of it', async () => {
  const machine = new Machine();
  const state = await machine.open();
  expect([state.isNew, state.lastExport, await state.lastObjects(), await state.waiting()]).toEqual([
    true,
    null,
    null,
    null,
  ]);
  await state.close();
  await machine.run();
  const modes = readdirSync(machine.folder, { recursive: true, encoding: 'utf8' }).map(name => {
    const stat = statSync(machine.file(name));
    return [stat.isDirectory(), stat.mode & 0o777];
  });
  expect(modes.length).toBeGreaterThan(2);
  expect(modes.filter(([isFolder, mode]) => mode !== (isFolder === true ? 0o700 : 0o600))).toEqual([]);
  expect(statSync(machine.folder).mode & 0o777).toBe(0o700);
});

test('the objects of the last export are its live ones', async () => {
  const machine = new Machine();
  await machine.run();
  const state = await machine.open();
  const objects = (await state.lastObjects())!;
  const read: Buffer[] = [];
  await objects.read(block => read.push(Buffer.from(block)), never);
  const live = [...lines.keys()].filter(number => lines[number]!.kind === 'object');
  expect(objects.count).toBe(live.length);
  expect(Buffer.concat(read)).toEqual(Buffer.concat(live.map(guidBytes)));
  await state.close();
});

describe('two exports never have one name', () => {
  test.each([
    ['another second has begun: it does not wait', 1000, []],
    ['the second is the same: it waits for the next', 0, [322]],
    ['the clock is a second behind: it waits twice', -1000, [322, 1000]],
  ])('%s', async (_, elapsed, waits) => {
    const machine = new Machine();
    const first = await machine.run();
    machine.now = start + elapsed;
    const second = await machine.run();
    expect(machine.waits).toEqual(waits);
    expect(second.folder > first.folder).toBe(true);
  });

  test('a clock that was set back stops the agent: the export would look older than the one before', async () => {
    const machine = new Machine();
    await machine.run();
    machine.now = start - 3_600_000;
    await expect(machine.run()).rejects.toMatchObject(damaged(/clock.*20260102T030405Z/));
    machine.now = start + 1000;
    expect((await machine.run()).sequence).toBe(2);
  });

  test('nor with an export that was given up', async () => {
    const machine = new Machine();
    const state = await machine.open();
    const draft = await state.begin(never);
    await draft.abandon();
    expect(existsSync(draft.path)).toBe(false);
    const again = await state.begin(never);
    expect(again.folder > draft.folder).toBe(true);
    expect(again.sequence).toBe(1);
    await again.abandon();
    await state.close();
  });

  test('waiting is ended by the signal', async () => {
    const machine = new Machine();
    await machine.run();
    const { wait: _, ...realTime } = machine.options;
    const patient = await AgentState.open(realTime);
    const stop = new AbortController();
    const begun = patient.begin(stop.signal);
    stop.abort(new Error('stopped'));
    await expect(begun).rejects.toThrow(/stopped|aborted/);
    await patient.close();
  });
});

describe('a state that is damaged is told, and never begun anew', () => {
  test.each([
    ['text that is not JSON', '{"schemaVersion":1', /not JSON.*Restore/],
    ['nothing', '', /not JSON/],
    ['another version', '{"schemaVersion":2}', /schemaVersion/],
    ['a list', '[]', /all of it/],
  ])('%s in state.json', async (_, content, message) => {
    const machine = new Machine();
    await machine.run();
    writeFileSync(machine.file('state.json'), content);
    await expect(machine.run()).rejects.toMatchObject(damaged(message));
    // The lock is given back.
    expect(readdirSync(machine.file('lock'))).toEqual([]);
  });

  test.each([['lastExport'], ['answeredRequests'], ['lastFolder']])(
    '%s is missing in state.json',
    async property => {
      const machine = new Machine();
      await machine.run();
      const { [property]: _, ...rest } = JSON.parse(readFileSync(machine.file('state.json'), 'utf8'));
      writeFileSync(machine.file('state.json'), JSON.stringify(rest));
      await expect(machine.run()).rejects.toMatchObject(damaged(new RegExp(property)));
    },
  );

  test('state.json is gone, and the rest is there', async () => {
    const machine = new Machine();
    await machine.run();
    rmSync(machine.file('state.json'));
    await expect(machine.run()).rejects.toMatchObject(damaged(/last-objects/));
  });

  test('the list of objects is cut, or gone', async () => {
    const machine = new Machine();
    await machine.run();
    truncateSync(machine.file('last-objects'), 40);
    const state = await machine.open();
    await expect(state.lastObjects()).rejects.toMatchObject(damaged(/40 bytes/));
    rmSync(machine.file('last-objects'));
    await expect(state.lastObjects()).rejects.toMatchObject(damaged(/no such file/));
    await state.close();
  });

  test('it is the state of another source', async () => {
    const machine = new Machine();
    await machine.run();
    const fabrikam = sourceNameSchema.parse('fabrikam');
    await expect(machine.open({ source: fabrikam })).rejects.toMatchObject(damaged(/folder of its own/));
  });
});

test('a second agent on the same state is refused while the first one is at work', async () => {
  const machine = new Machine();
  const state = await machine.open();
  await expect(machine.run()).rejects.toMatchObject(damaged(/only agent/));
  await state.close();
  await machine.run();
});

describe('an export that waits', () => {
  test('is delivered before another one begins, under its own name', async () => {
    const machine = new Machine();
    const folder = await machine.leaveSealed();
    const state = await machine.open();
    await expect(state.begin(never)).rejects.toThrow('waits');
    await state.close();
    machine.now += 3_600_000;
    const last = await machine.run();
    expect(last.sequence).toBe(2);
    const chain = await readChain(machine.stored, contoso, key);
    expect(chain[0]!.folder).toBe(path.basename(folder));
    expect(readdirSync(path.dirname(folder))).toEqual([]);
  });

  test('is committed only once its manifest is delivered', async () => {
    const machine = new Machine();
    await machine.leaveSealed();
    const state = await machine.open();
    const sealed = (await state.waiting())!;
    await expect(state.commit(sealed)).rejects.toThrow('was not delivered');
    expect(state.lastExport).toBeNull();
    await state.close();
  });

  test('is committed where another destination has it, though the configuration names a new one', async () => {
    const machine = new Machine();
    await machine.leaveSealed();
    const state = await machine.open();
    await deliver((await state.waiting())!, machine.destination, localFiles, never);
    await state.close();
    const again = await machine.open();
    const sealed = (await again.waiting())!;
    const elsewhere: ExportDestination = {
      name: 'elsewhere',
      put: () => Promise.reject(new Error('must not be asked')),
    };
    await deliver(sealed, elsewhere, localFiles, never);
    await again.commit(sealed);
    expect(again.lastExport).toMatchObject({ sequence: 1 });
    await again.close();
  });

  test.each([
    ['its seal', 'seal.json', /seal\.json/],
    ['its signature', 'manifest.sig', /manifest\.sig/],
    ['its manifest', 'manifest.json', /manifest\.json/],
  ])('is told where %s is not what was sealed', async (_, name, message) => {
    const machine = new Machine();
    const folder = await machine.leaveSealed();
    writeFileSync(path.join(folder, name), '{}');
    const state = await machine.open();
    await expect(state.waiting()).rejects.toMatchObject(damaged(message));
    // A person may decide to go on without it.
    await state.discardWaiting();
    expect(await state.waiting()).toBeNull();
    await state.close();
    expect((await machine.run()).sequence).toBe(1);
  });

  test('is told where the seal or a part is gone, and nothing that is half gets out', async () => {
    const machine = new Machine();
    const folder = await machine.leaveSealed();
    rmSync(path.join(folder, 'part-00000.ndjson.gz'));
    await expect(machine.run()).rejects.toMatchObject(damaged(/part-00000.*no such file.*discard/));
    expect(machine.stored.size).toBe(0);
    rmSync(path.join(folder, 'seal.json'));
    await expect(machine.run()).rejects.toMatchObject(damaged(/no such file/));
  });

  test('is told where it is not the next of the chain', async () => {
    const machine = new Machine();
    await machine.leaveSealed();
    const chain = {
      sequence: 4,
      manifestHash: 'a'.repeat(64),
      folder: '20260101T000000Z',
      startedAt: 0 as Instant,
    };
    const state = JSON.parse(readFileSync(machine.file('state.json'), 'utf8'));
    state.lastExport = { ...chain, startedAt: '2026-01-01T00:00:00.000Z', objects: null };
    writeFileSync(machine.file('state.json'), JSON.stringify(state));
    await expect(machine.run()).rejects.toMatchObject(damaged(/follows number 4.*is number 1/));
  });

  test('is alone', async () => {
    const machine = new Machine();
    const folder = await machine.leaveSealed();
    cpSync(folder, path.join(path.dirname(folder), '20260102T030406Z'), { recursive: true });
    await expect(machine.run()).rejects.toMatchObject(damaged(/one export that waits/));
  });

  test('is not discarded where its manifest may be delivered', async () => {
    const machine = new Machine();
    await machine.leaveSealed();
    const state = await machine.open();
    const sealed = (await state.waiting())!;
    await sealed.journal.note(machine.destination, 'manifest.json', 'attempted');
    await expect(state.discardWaiting()).rejects.toMatchObject(damaged(/may be delivered/));
    expect(await state.waiting()).not.toBeNull();
    await state.close();
  });

  test('without a manifest is none, and is removed', async () => {
    const machine = new Machine();
    const folder = await machine.leaveSealed();
    rmSync(path.join(folder, 'manifest.json'));
    const state = await machine.open();
    expect(await state.waiting()).toBeNull();
    expect(existsSync(folder)).toBe(false);
    await state.close();
  });
});

describe('answers to requests', () => {
  const answered = (number: number): AnsweredRequest => ({
    id: requestId(number),
    kind: 'synchronisation',
    outcome: 'started',
    answeredAt: start as Instant,
  });

  test('are remembered once an export told them, the last twenty', async () => {
    const machine = new Machine();
    for (let number = 0; number < 22; number += 1)
      await machine.run({ answeredRequests: [{ ...answered(number), kind: 'export', outcome: 'exported' }] });
    const state = await machine.open();
    expect(state.answeredRequestIds).toEqual(Array.from({ length: 20 }, (_, index) => requestId(index + 2)));
    await state.close();
  });

  test('that were given before an export failed are told by the next one, and are not given twice', async () => {
    const machine = new Machine();
    const state = await machine.open();
    await state.noteAnswer(answered(1));
    const draft = await state.begin(never);
    await draft.abandon();
    await state.close();
    const again = await machine.open();
    expect(again.answeredRequestIds).toEqual([requestId(1)]);
    await again.close();
    await machine.run({ answeredRequests: [{ ...answered(2), kind: 'export', outcome: 'exported' }] });
    const [read] = await readChain(machine.stored, contoso, key);
    expect(read!.manifest.answeredRequests.map(({ id }) => id)).toEqual([requestId(1), requestId(2)]);
  });

  test('are told for as long as the app waits for them, since it reads the newest export only', async () => {
    const machine = new Machine();
    const state = await machine.open();
    await state.noteAnswer(answered(1));
    await state.close();
    await machine.run({ answeredRequests: [{ ...answered(2), kind: 'export', outcome: 'exported' }] });
    for (const ms of [dayMs, lostAnswerDays * dayMs, lostAnswerDays * dayMs + 1000]) {
      machine.now = start + ms;
      await machine.run();
    }
    const chain = await readChain(machine.stored, contoso, key);
    expect(chain.map(({ manifest }) => manifest.answeredRequests.map(({ id }) => id))).toEqual([
      [requestId(1), requestId(2)],
      [requestId(1)],
      [requestId(1)],
      [],
    ]);
    const after = await machine.open();
    expect(after.answeredRequestIds).toEqual([requestId(1), requestId(2)]);
    await after.close();
  });

  test('never fill a manifest, however many nights nothing could be exported', async () => {
    const machine = new Machine();
    const state = await machine.open();
    for (let number = 0; number < 30; number += 1) await state.noteAnswer(answered(number));
    await state.close();
    await machine.run({ answeredRequests: [answered(50), answered(51)] });
    const [read] = await readChain(machine.stored, contoso, key);
    expect(read!.manifest.answeredRequests).toHaveLength(10);
  });
});

describe('a chain that is taken over by hand', () => {
  const chain = {
    sequence: 41,
    manifestHash: 'a'.repeat(64),
    folder: '20260101T000000Z',
    startedAt: Date.UTC(2026, 0, 1) as Instant,
  };

  test('goes on from what the app accepted last, without the objects of then', async () => {
    const machine = new Machine();
    await adoptChain(machine.options, chain);
    const state = await machine.open();
    expect([state.isNew, await state.lastObjects()]).toEqual([false, null]);
    await state.close();
    await machine.run();
    const folder = [...machine.stored.keys()].find(name => name.endsWith('manifest.json'))!;
    expect(JSON.parse(machine.stored.get(folder)!.toString())).toMatchObject({
      sequence: 42,
      previousManifest: 'a'.repeat(64),
    });
  });

  test('takes no place of a state that is there', async () => {
    const machine = new Machine();
    await machine.run();
    await expect(adoptChain(machine.options, chain)).rejects.toMatchObject(damaged(/not replaced/));
    rmSync(machine.file('state.json'));
    await expect(adoptChain(machine.options, chain)).rejects.toMatchObject(damaged(/last-objects/));
  });
});
