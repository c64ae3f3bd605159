import type { AuditMirror, AuditRecording, AuditTable } from '../../../../shared/app/auditPorts';
import { createAuditLog, type AuditWriterOptions } from '../../../../shared/app/auditWriter';
import { verifyAudit, type AuditReport } from '../../../../shared/app/verifyAudit';
import { AppError } from '../../../../shared/core/appError';
import {
  auditParts,
  genesisHash,
  mirrorLineOf,
  type AuditChain,
  type AuditEntry,
  type AuditMonth,
  type AuditPart,
  type AuditRow,
} from '../../../../shared/core/audit';
import { instant } from '../../../support/builders';
import { listeningLog, open } from '../tables/storage';

/** An empty table and an empty container. */
export interface TestStore {
  readonly table: AuditTable;
  mirror(linesPerBlob?: number): AuditMirror;
}

export const november = { part: 'review', month: '202611' as AuditMonth } as const;
export const december = { part: 'review', month: '202612' as AuditMonth } as const;

export const anEntry = (operationId: string, given: Partial<AuditEntry> = {}): AuditEntry => ({
  operationId,
  at: instant('2026-11-20T02:03:04.567Z'),
  actor: { kind: 'person', id: '0a0a0a0a-0000-0000-0000-000000000001', name: 'Ada Lovelace' },
  action: 'candidateApproved',
  object: { type: 'user', id: '0b0b0b0b-0000-0000-0000-000000000001' },
  evidenceHash: 'e'.repeat(64),
  runId: 'run-1',
  correlationId: 'correlation-1',
  details: { comment: 'left in May', until: null, tries: [1, 2.5, true] },
  ...given,
});

export const inDecember = { at: instant('2026-12-01T00:00:00Z') };

/** No time passes in a backoff. */
const hurried = { sleep: async () => {}, random: () => 0.5 };

export interface Bench {
  readonly table: AuditTable;
  readonly mirror: AuditMirror;
}

/** A writer as another process would be: it remembers nothing. */
export function writer(
  { table, mirror }: Bench,
  given: Partial<AuditWriterOptions> = {},
): ReturnType<typeof createAuditLog> & { readonly lines: readonly string[] } {
  const log = listeningLog();
  const options = { part: 'review', table, mirror, log, ...hurried, ...given } as const;
  return { ...createAuditLog(options), lines: log.lines };
}

export const recordAll = async (
  bench: Bench,
  operations: readonly string[],
  given: Partial<AuditEntry> = {},
): Promise<AuditRecording[]> => {
  const log = writer(bench);
  const recordings: AuditRecording[] = [];
  for (const operation of operations) recordings.push(await log.record(anEntry(operation, given), open));
  return recordings;
};

export const verified = (bench: Bench, parts: readonly AuditPart[] = auditParts): Promise<AuditReport> =>
  verifyAudit(bench, parts, open);

async function rowsOf({ table }: Bench, chain: AuditChain = november): Promise<AuditRow[]> {
  const rows = await Array.fromAsync(table.rows(chain, 0, open));
  return rows.map(({ row }) => row!);
}

const linesOf = ({ mirror }: Bench, chain: AuditChain = november): Promise<string[]> =>
  Array.fromAsync(mirror.lines(chain, open));

const operationsOf = async (bench: Bench, chain: AuditChain = november): Promise<string[]> =>
  (await rowsOf(bench, chain)).map(row => row.operationId);

const lost = new AppError('storageUnavailable', 'the answer got lost');

/** A port whose method fails once at its `nth` call, before or after it took effect. */
function failing<Port extends object>(
  port: Port,
  method: keyof Port & string,
  when: 'before' | 'after',
  error: unknown = lost,
  nth = 1,
): Port {
  let calls = 0;
  return new Proxy(port, {
    get(target, name) {
      const original = Reflect.get(target, name) as (...given: unknown[]) => unknown;
      if (name !== method) return original.bind(target);
      return async (...given: unknown[]) => {
        calls += 1;
        if (calls === nth && when === 'before') throw error;
        const answer = await original.apply(target, given);
        if (calls === nth) throw error;
        return answer;
      };
    },
  });
}

/** What the audit log promises on any store. */
export function describeAuditLog(makeStore: () => Promise<TestStore>): void {
  let store: TestStore;
  let bench: Bench;
  beforeEach(async () => {
    store = await makeStore();
    bench = { table: store.table, mirror: store.mirror() };
  });
  const whole = (chains: number, rows: number): AuditReport => ({
    status: 'whole',
    chains,
    rows,
    findings: [],
  });

  describe('a row', () => {
    test('says what was recorded, follows the one before, and is mirrored', async () => {
      const recordings = await recordAll(bench, ['one', 'two', 'three']);
      expect(recordings.map(({ status, mirrored }) => [status, mirrored])).toEqual(
        Array.from({ length: 3 }, () => ['recorded', true]),
      );
      const rows = await rowsOf(bench);
      expect(rows).toEqual(recordings.map(({ row }) => row));
      expect(rows[0]).toMatchObject({ ...anEntry('one'), ...november, previousHash: genesisHash });
      expect(rows.map(row => row.sequence)).toEqual([1, 2, 3]);
      expect(rows.map(row => row.previousHash)).toEqual([genesisHash, rows[0]!.hash, rows[1]!.hash]);
      expect(await linesOf(bench)).toEqual(rows.map(mirrorLineOf));
      expect(await verified(bench)).toEqual(whole(1, 3));
    });

    test('keeps what no column would: control characters, escapes, emptiness, null', async () => {
      const name = 'A\u0000\ud800 \\u0041 \u007f ‮ 𝒜';
      const details = { [name]: [name, '', null, -0.5e-7, {}], __proto__x: 'ÿ' };
      const entry = anEntry('odd', {
        actor: { kind: 'system', id: 'nightlyScan', name },
        object: null,
        evidenceHash: null,
        runId: null,
        correlationId: null,
        details,
      });
      await writer(bench).record(entry, open);
      expect(await rowsOf(bench)).toMatchObject([entry]);
      expect((await writer(bench).record(entry, open)).row).toMatchObject(entry);
      expect(await verified(bench)).toEqual(whole(1, 1));
    });

    test('of a part goes into a chain of that part', async () => {
      await recordAll(bench, ['one']);
      await writer(bench, { part: 'scan' }).record(anEntry('one'), open);
      expect(await bench.table.months('scan', open)).toEqual(['202611']);
      expect(await bench.mirror.months('scan', open)).toEqual(['202611']);
      expect(await verified(bench)).toEqual(whole(2, 2));
      expect(await verified(bench, ['scan'])).toEqual(whole(1, 1));
    });
  });

  describe('an operation is recorded once', () => {
    test('a repetition gets the row of the first time', async () => {
      const [first] = await recordAll(bench, ['one', 'two']);
      const later = { details: 'other', at: instant('2026-11-21T00:00:00Z') };
      const again = await writer(bench).record(anEntry('one', later), open);
      expect(again).toEqual({ status: 'alreadyRecorded', row: first!.row, mirrored: true });
      expect(await verified(bench)).toEqual(whole(1, 2));
    });

    test.each([
      ['action', { action: 'candidateRejected' }],
      ['object', { object: { type: 'user', id: 'other' } }],
      ['type of object', { object: { type: 'group', id: anEntry('x').object!.id } }],
      ['no object', { object: null }],
    ] as const)('an operation id that was used for another %s is refused', async (_, given) => {
      await recordAll(bench, ['one']);
      await expect(writer(bench).record(anEntry('one', given), open)).rejects.toMatchObject({
        code: 'writeConflict',
        message: expect.stringContaining('review-202611/0000000001'),
      });
      expect(await verified(bench)).toEqual(whole(1, 1));
    });

    test('eight writers with the same one: one records it', async () => {
      const recordings = await Promise.all(
        Array.from({ length: 8 }, () => writer(bench, { random: Math.random }).record(anEntry('one'), open)),
      );
      const statuses = recordings.map(({ status }) => status).toSorted();
      expect(statuses).toEqual([...Array<string>(7).fill('alreadyRecorded'), 'recorded']);
      expect(await verified(bench)).toEqual(whole(1, 1));
    });

    test('an answer that got lost after the commit: the retry finds it, and it was ours', async () => {
      await recordAll(bench, ['zero']);
      const table = failing(bench.table, 'commit', 'after');
      const recording = await writer({ ...bench, table }).record(anEntry('one'), open);
      expect(recording).toMatchObject({ status: 'recorded', row: { sequence: 2 }, mirrored: true });
      expect(await operationsOf(bench)).toEqual(['zero', 'one']);
      expect(await verified(bench)).toEqual(whole(1, 2));
    });

    test('an attempt that failed before the commit is made again', async () => {
      for (const method of ['commit', 'head', 'recorded'] as const) {
        const table = failing(bench.table, method, 'before');
        const recording = await writer({ ...bench, table }).record(anEntry(method), open);
        expect(recording).toMatchObject({ status: 'recorded', mirrored: true });
      }
      expect(await verified(bench)).toEqual(whole(1, 3));
    });
  });

  describe('writers at the same time', () => {
    test('eight of them: nothing is lost, the chain and its mirror are whole', async () => {
      const writers = Array.from({ length: 8 }, () => writer(bench, { random: Math.random, attempts: 500 }));
      const recordings = await Promise.all(
        writers.flatMap((log, ordinal) =>
          [1, 2, 3, 4].map(time => log.record(anEntry(`writer-${ordinal}-${time}`), open)),
        ),
      );
      expect(recordings.every(({ status }) => status === 'recorded')).toBe(true);
      expect(new Set(await operationsOf(bench)).size).toBe(32);
      // Who met others too often left its line to the next writer.
      await writer(bench).catchUp(open);
      expect(await verified(bench)).toEqual(whole(1, 32));
    });

    test('calls of one writer are recorded in the order of the calls', async () => {
      const log = writer(bench);
      const names = Array.from({ length: 6 }, (_, ordinal) => `call-${ordinal}`);
      await Promise.all(names.map(name => log.record(anEntry(name), open)));
      expect(await operationsOf(bench)).toEqual(names);
    });

    test('a call that fails does not hold up the next one', async () => {
      const log = writer(bench);
      const stop = new AppError('stopped', 'SIGTERM');
      const [stopped, recorded] = await Promise.allSettled([
        log.record(anEntry('one'), AbortSignal.abort(stop)),
        log.record(anEntry('two'), open),
      ]);
      expect(stopped).toEqual({ status: 'rejected', reason: stop });
      expect(recorded.status).toBe('fulfilled');
      expect(await operationsOf(bench)).toEqual(['two']);
    });

    test('a verification meanwhile finds no damage', async () => {
      await recordAll(bench, ['zero']);
      const writing = recordAll(
        bench,
        Array.from({ length: 12 }, (_, ordinal) => `row-${ordinal}`),
      );
      const reports: AuditReport[] = [];
      for (let time = 0; time < 4; time += 1) reports.push(await verified(bench));
      await writing;
      const faults = reports.flatMap(({ findings }) => findings.map(({ fault }) => fault));
      expect(faults.filter(fault => fault !== 'notMirrored')).toEqual([]);
    });

    test('who finds others ahead at every attempt gives up, with nothing written', async () => {
      const table = new Proxy(bench.table, {
        get: (target, name) =>
          name === 'commit' ? async () => 'conflict' : (Reflect.get(target, name) as () => void).bind(target),
      });
      await expect(
        writer({ ...bench, table }, { attempts: 3 }).record(anEntry('one'), open),
      ).rejects.toMatchObject({ code: 'writeConflict', message: expect.stringContaining('3 attempts') });
      expect(await bench.table.months('review', open)).toEqual([]);
    });
  });

  describe('the mirror', () => {
    test('catches up, in order, what a crash left', async () => {
      await recordAll(bench, ['one']);
      const down = failing(bench.mirror, 'append', 'before');
      const crashed = writer({ ...bench, mirror: down });
      expect(await crashed.record(anEntry('two'), open)).toMatchObject({
        status: 'recorded',
        mirrored: false,
      });
      expect(crashed.lines.join()).toContain('not mirrored');
      expect((await verified(bench)).findings).toMatchObject([
        { fault: 'notMirrored', row: 'review-202611/0000000002' },
      ]);
      await recordAll(bench, ['three']);
      expect(await linesOf(bench)).toEqual((await rowsOf(bench)).map(mirrorLineOf));
      expect(await verified(bench)).toEqual(whole(1, 3));
    });

    test('is not doubled where the answer to an append got lost', async () => {
      const mirror = failing(bench.mirror, 'append', 'after', lost, 2);
      const log = writer({ ...bench, mirror });
      const mirrored: boolean[] = [];
      for (const name of ['one', 'two', 'three'])
        mirrored.push((await log.record(anEntry(name), open)).mirrored);
      expect(mirrored).toEqual([true, false, true]);
      expect(await verified(bench)).toEqual(whole(1, 3));
    });

    test('is caught up on demand, and again without effect', async () => {
      const mirror = failing(bench.mirror, 'append', 'before');
      const log = writer({ ...bench, mirror });
      await log.record(anEntry('one'), open);
      await log.catchUp(open);
      await log.catchUp(open);
      expect(await verified(bench)).toEqual(whole(1, 1));
    });

    test('goes on in another blob when one is full', async () => {
      bench = { ...bench, mirror: store.mirror(3) };
      await recordAll(bench, ['1', '2', '3']);
      expect(await bench.mirror.tail(november, open)).toMatchObject({ blob: 1, lines: 3 });
      await recordAll(bench, ['4', '5', '6', '7']);
      expect(await bench.mirror.tail(november, open)).toMatchObject({ blob: 3, lines: 1 });
      expect(await bench.mirror.months('review', open)).toEqual(['202611']);
      expect(await linesOf(bench)).toEqual((await rowsOf(bench)).map(mirrorLineOf));
      expect(await verified(bench)).toEqual(whole(1, 7));
    });

    test('goes on in order across full blobs while eight write', async () => {
      bench = { ...bench, mirror: store.mirror(3) };
      await Promise.all(
        Array.from({ length: 8 }, (_, ordinal) =>
          writer(bench, { random: Math.random, attempts: 500 }).record(anEntry(`writer-${ordinal}`), open),
        ),
      );
      await writer(bench).catchUp(open);
      expect(await verified(bench)).toEqual(whole(1, 8));
    });

    test('takes nothing where it does not end with a row of the chain', async () => {
      const foreign = JSON.stringify({ sequence: 1, note: 'not ours' });
      await bench.mirror.append(november, await bench.mirror.tail(november, open), foreign, open);
      const log = writer(bench);
      expect(await log.record(anEntry('one'), open)).toMatchObject({ status: 'recorded', mirrored: false });
      expect(log.lines.join()).toContain('its last line is not the row 0000000001');
      await expect(log.catchUp(open)).rejects.toMatchObject({ code: 'rowInvalid' });
      expect(await linesOf(bench)).toEqual([foreign]);
      expect((await verified(bench)).findings).toMatchObject([
        { fault: 'mirroredOtherwise', row: 'review-202611/0000000001' },
      ]);
    });

    test.each([
      ['no JSON', 'secret', 'no row of the log'],
      ['more than the chain has', '{"sequence":9}', 'has the row 0000000009, and the table does not'],
    ])('takes nothing after %s', async (_, line, message) => {
      await bench.mirror.append(november, await bench.mirror.tail(november, open), line, open);
      const log = writer(bench);
      expect(await log.record(anEntry('one'), open)).toMatchObject({ mirrored: false });
      expect(log.lines.join()).toContain(message);
      expect(log.lines.join()).not.toContain('secret');
    });

    test('where others append first at every attempt, the row waits for the next writer', async () => {
      const mirror = new Proxy(bench.mirror, {
        get: (target, name) =>
          name === 'append'
            ? async () => ({ status: 'moved' })
            : (Reflect.get(target, name) as () => void).bind(target),
      });
      const log = writer({ ...bench, mirror });
      expect(await log.record(anEntry('one'), open)).toMatchObject({ status: 'recorded', mirrored: false });
      expect(log.lines.join()).toContain('at each of 24 attempts that others had');
    });
  });

  describe('the turn of the month', () => {
    test('the next month goes on from the last hash of the month before, which is closed', async () => {
      await recordAll(bench, ['one', 'two']);
      await recordAll(bench, ['three'], inDecember);
      const [, two] = await rowsOf(bench);
      expect(await rowsOf(bench, december)).toMatchObject([{ sequence: 1, previousHash: two!.hash }]);
      expect(await bench.table.head(november, open)).toMatchObject({ next: '202612', previous: null });
      expect(await bench.table.head(december, open)).toMatchObject({ next: null, previous: '202611' });
      expect(await verified(bench)).toEqual(whole(2, 3));
    });

    test('months without a row are left out, and the link spans them', async () => {
      await recordAll(bench, ['one']);
      await recordAll(bench, ['two'], { at: instant('2027-03-01T00:00:00Z') });
      expect(await bench.table.months('review', open)).toEqual(['202611', '202703']);
      expect(await verified(bench)).toEqual(whole(2, 2));
    });

    test('a writer whose clock is behind goes on in the open month', async () => {
      await recordAll(bench, ['one']);
      await recordAll(bench, ['two'], inDecember);
      await recordAll(bench, ['three']);
      await recordAll(bench, ['four'], { at: instant('2026-10-01T00:00:00Z') });
      expect(await operationsOf(bench)).toEqual(['one']);
      expect(await operationsOf(bench, december)).toEqual(['two', 'three', 'four']);
      expect(await verified(bench)).toEqual(whole(2, 4));
    });

    test('an operation that was recorded before it is not recorded again after it', async () => {
      const [first] = await recordAll(bench, ['one']);
      expect(await writer(bench).record(anEntry('one', inDecember), open)).toMatchObject({
        status: 'alreadyRecorded',
        row: first!.row,
      });
      await recordAll(bench, ['two'], inDecember);
      expect(await writer(bench).record(anEntry('one', inDecember), open)).toMatchObject({
        status: 'alreadyRecorded',
        row: first!.row,
      });
      expect(await verified(bench)).toEqual(whole(2, 2));
    });

    test('a crash between closing one and opening the next is made good by the next writer', async () => {
      await recordAll(bench, ['one']);
      await bench.table.close(november, (await bench.table.head(november, open))!, december.month, open);
      expect((await verified(bench)).findings).toMatchObject([
        { fault: 'head', row: 'review-202611/head', message: expect.stringContaining('202612 follows') },
      ]);
      // Late, and still in the month that was closed.
      await recordAll(bench, ['two']);
      expect(await operationsOf(bench, december)).toEqual(['two']);
      expect(await verified(bench)).toEqual(whole(2, 2));
    });

    test('a crash between closing one and opening the next holds nobody to that next month', async () => {
      await recordAll(bench, ['one']);
      await bench.table.close(november, (await bench.table.head(november, open))!, december.month, open);
      await recordAll(bench, ['two'], { at: instant('2027-01-05T00:00:00Z') });
      expect(await operationsOf(bench, december)).toEqual(['two']);
      await recordAll(bench, ['three'], { at: instant('2027-01-05T00:00:00Z') });
      expect(await bench.table.months('review', open)).toEqual(['202611', '202612', '202701']);
      expect(await verified(bench)).toEqual(whole(3, 3));
    });

    test('what a crash left unmirrored at the end of a month is caught up in the next', async () => {
      await recordAll(bench, ['one']);
      const mirror = failing(bench.mirror, 'append', 'before');
      await writer({ ...bench, mirror }).record(anEntry('two'), open);
      await recordAll(bench, ['three'], inDecember);
      expect(await verified(bench)).toEqual(whole(2, 3));
    });

    test('a mirror of the month before that does not fit holds up no row of this one', async () => {
      await recordAll(bench, ['one']);
      await bench.mirror.append(november, await bench.mirror.tail(november, open), 'x', open);
      const [recording] = await recordAll(bench, ['two'], inDecember);
      expect(recording).toMatchObject({ status: 'recorded', mirrored: true });
    });

    test('eight writers on both sides of it: nothing is lost, both chains are whole', async () => {
      await recordAll(bench, ['zero']);
      const writers = Array.from({ length: 8 }, () => writer(bench, { random: Math.random, attempts: 500 }));
      await Promise.all(
        writers.flatMap((log, ordinal) =>
          [1, 2].map(time =>
            log.record(anEntry(`writer-${ordinal}-${time}`, ordinal % 2 ? inDecember : {}), open),
          ),
        ),
      );
      await writer(bench).catchUp(open);
      const all = [...(await operationsOf(bench)), ...(await operationsOf(bench, december))];
      expect(new Set(all).size).toBe(17);
      expect(await verified(bench)).toEqual(whole(2, 17));
    });

    test('a month that gets a row while it is closed is closed after that row', async () => {
      await recordAll(bench, ['one']);
      const table = new Proxy(bench.table, {
        get(target, name) {
          const original = Reflect.get(target, name) as (...given: unknown[]) => unknown;
          if (name !== 'close') return original.bind(target);
          return async (...given: unknown[]) => {
            // Only before the first attempt: afterwards this is an operation that is recorded.
            await recordAll(bench, ['meanwhile']);
            return original.apply(target, given);
          };
        },
      });
      await writer({ ...bench, table }).record(anEntry('two', inDecember), open);
      expect(await operationsOf(bench)).toEqual(['one', 'meanwhile']);
      expect(await operationsOf(bench, december)).toEqual(['two']);
      expect(await verified(bench)).toEqual(whole(2, 3));
    });
  });

  describe('errors', () => {
    test('a storage that gives no answer at all ends in its own error, soon', async () => {
      let calls = 0;
      const table = new Proxy(bench.table, {
        get: (target, name) =>
          name === 'commit'
            ? async () => {
                calls += 1;
                throw lost;
              }
            : (Reflect.get(target, name) as () => void).bind(target),
      });
      await expect(writer({ ...bench, table }).record(anEntry('one'), open)).rejects.toBe(lost);
      expect(calls).toBe(4);
      const once = writer({ ...bench, table }, { attempts: 1 });
      await expect(once.record(anEntry('one'), open)).rejects.toBe(lost);
      expect(calls).toBe(5);
    });

    test('any other error is not tried again', async () => {
      const table = failing(bench.table, 'commit', 'before', new TypeError('a bug'));
      await expect(writer({ ...bench, table }).record(anEntry('one'), open)).rejects.toThrow('a bug');
      expect(await bench.table.months('review', open)).toEqual([]);
    });

    test('an id that cannot be a key is a programming error, found before anything is written', () => {
      const log = writer(bench);
      for (const id of ['', 'a/b', 'a#', 'ü', 'x'.repeat(201)]) {
        expect(() => log.record(anEntry(id), open)).toThrow(RangeError);
        expect(() => log.record(anEntry('one', { object: { type: 'user', id } }), open)).toThrow(RangeError);
      }
    });

    test('a wait between attempts ends when the caller stops', async () => {
      const stop = new AbortController();
      const reason = new AppError('stopped', 'SIGTERM');
      const table = new Proxy(bench.table, {
        get: (target, name) =>
          name === 'commit'
            ? async () => {
                queueMicrotask(() => stop.abort(reason));
                return 'conflict';
              }
            : (Reflect.get(target, name) as () => void).bind(target),
      });
      const log = createAuditLog({ part: 'review', ...bench, table, log: listeningLog(), random: () => 1 });
      await expect(log.record(anEntry('one'), stop.signal)).rejects.toBe(reason);
    });
  });
}
