import fc from 'fast-check';
import { verifyAudit } from '../../../shared/app/verifyAudit';
import { AppError } from '../../../shared/core/appError';
import {
  auditActions,
  auditHash,
  auditMonthOf,
  type AuditMonth,
  type AuditRow,
} from '../../../shared/core/audit';
import type { AuditFinding, RowReading } from '../../../shared/core/auditVerification';
import { MemoryAuditMirror, MemoryAuditTable, type MemoryChain } from '../../support/memory/memoryAudit';
import { recordAll } from '../io/audit/auditContract';
import { open } from '../io/tables/storage';
import { instant } from '../../support/builders';

const months = ['2026-11-20T00:00:00Z', '2026-12-20T00:00:00Z', '2027-02-20T00:00:00Z'].map(instant);

interface Log {
  readonly table: MemoryAuditTable;
  readonly mirror: MemoryAuditMirror;
}

/** A log of so many rows in each of three months. */
async function aLog(rowsOfMonths: readonly number[]): Promise<Log> {
  const log = { table: new MemoryAuditTable(), mirror: new MemoryAuditMirror(4) };
  for (const [index, rows] of rowsOfMonths.entries())
    await recordAll(
      log,
      Array.from({ length: rows }, (_, row) => `operation-${index}-${row}`),
      { at: months[index]! },
    );
  return log;
}

const findingsOf = async (log: Log): Promise<readonly AuditFinding[]> =>
  (await verifyAudit(log, ['review'], open)).findings;

const monthAt = (month: number): AuditMonth => auditMonthOf(months[month]!);
const chainAt = ({ table }: Log, month: number): MemoryChain => table.chains.get(`review-${monthAt(month)}`)!;
const nameOf = (month: number, sequence: number): string =>
  `review-${monthAt(month)}/${String(sequence).padStart(10, '0')}`;

/** Replaces a row, under the key that it has. */
function replaceRow(chain: MemoryChain, sequence: number, change: (row: AuditRow) => AuditRow): void {
  chain.rows = chain.rows.map(reading =>
    reading.row?.sequence === sequence ? { ...reading, row: change(reading.row) } : reading,
  );
}

const resealed = (row: AuditRow): AuditRow => ({ ...row, hash: auditHash(row) });

/** Every value of a row, and another that might stand in its place. */
const changes: { readonly [name: string]: (row: AuditRow) => AuditRow } = {
  part: row => ({ ...row, part: 'scan' }),
  month: row => ({ ...row, month: '202601' as AuditMonth }),
  sequence: row => ({ ...row, sequence: row.sequence + 1 }),
  operationId: row => ({ ...row, operationId: `${row.operationId}x` }),
  at: row => ({ ...row, at: (row.at + 1) as AuditRow['at'] }),
  actorKind: row => ({ ...row, actor: { ...row.actor, kind: 'system' } }),
  actorId: row => ({ ...row, actor: { ...row.actor, id: 'somebody' } }),
  actorName: row => ({ ...row, actor: { ...row.actor, name: null } }),
  action: row => ({ ...row, action: auditActions.find(action => action !== row.action)! }),
  objectType: row => ({ ...row, object: { ...row.object!, type: 'group' } }),
  objectId: row => ({ ...row, object: { ...row.object!, id: 'another' } }),
  object: row => ({ ...row, object: null }),
  evidenceHash: row => ({ ...row, evidenceHash: null }),
  runId: row => ({ ...row, runId: 'another' }),
  correlationId: row => ({ ...row, correlationId: null }),
  details: row => ({ ...row, details: { comment: 'nothing to see' } }),
  previousHash: row => ({ ...row, previousHash: 'f'.repeat(64) }),
  hash: row => ({ ...row, hash: 'f'.repeat(64) }),
};

test('the changes are of every value that a row has', async () => {
  const log = await aLog([1]);
  const { actor, object, ...values } = chainAt(log, 0).rows[0]!.row!;
  const nested = [...Object.keys(actor), ...Object.keys(object!)].length;
  expect(Object.keys(changes)).toHaveLength(Object.keys(values).length + nested + 1);
});

const anywhere = fc
  .tuple(
    fc.array(fc.integer({ min: 2, max: 6 }), { minLength: 3, maxLength: 3 }),
    fc.nat(2),
    fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  )
  .map(([rows, month, where]) => ({ rows, month, sequence: 1 + Math.floor(where * rows[month]!) }));

/**
 * Law: after this mutation of a log that was whole, the row is named with all of these faults, or with some of them. Returns where
 * it does not hold; null: nowhere.
 */
async function undetected(
  mutate: (chain: MemoryChain, at: { readonly sequence: number; readonly last: number }, log: Log) => void,
  faults: readonly AuditFinding['fault'][],
  quantifier: 'every' | 'some' = 'every',
): Promise<unknown> {
  const property = fc.asyncProperty(anywhere, async ({ rows, month, sequence }) => {
    const log = await aLog(rows);
    const before = await findingsOf(log);
    mutate(chainAt(log, month), { sequence, last: rows[month]! }, log);
    const named = (await findingsOf(log)).filter(({ row }) => row.startsWith(nameOf(month, sequence)));
    const found = new Set(named.map(({ fault }) => fault));
    return before.length === 0 && faults[quantifier](fault => found.has(fault));
  });
  return (await fc.check(property, { numRuns: 40 })).counterexample;
}

describe('a mutation of a single row is found, and the row is named', () => {
  test.each(Object.keys(changes))('another %s', async name => {
    const change = changes[name]!;
    expect(
      await undetected(
        (chain, { sequence }) => replaceRow(chain, sequence, change),
        ['changed', 'mirroredOtherwise'],
      ),
    ).toBeNull();
  });

  test.each(Object.keys(changes).filter(name => name !== 'hash'))(
    'another %s, with the hash made to fit: the mirror tells',
    async name => {
      const change = changes[name]!;
      expect(
        await undetected(
          (chain, { sequence }) => replaceRow(chain, sequence, row => resealed(change(row))),
          ['mirroredOtherwise'],
        ),
      ).toBeNull();
    },
  );

  test('removed', async () => {
    expect(
      await undetected(
        (chain, { sequence }) => {
          chain.rows = chain.rows.filter(({ row }) => row?.sequence !== sequence);
        },
        ['removed', 'cutOff'],
        'some',
      ),
    ).toBeNull();
    // Before the end it is a gap; at the end the head and the mirror count more.
    const log = await aLog([3]);
    chainAt(log, 0).rows.splice(1, 1);
    expect(await findingsOf(log)).toContainEqual(
      expect.objectContaining({ fault: 'removed', row: nameOf(0, 2) }),
    );
    chainAt(log, 0).rows.pop();
    expect(await findingsOf(log)).toContainEqual(
      expect.objectContaining({ fault: 'cutOff', row: `${nameOf(0, 2)} to ${nameOf(0, 3)}` }),
    );
  });

  test('unreadable', async () => {
    expect(
      await undetected(
        (chain, { sequence }) => {
          chain.rows = chain.rows.map(reading =>
            reading.row?.sequence === sequence
              ? { ...reading, row: null, problem: 'sequence: text' }
              : reading,
          );
        },
        ['changed', 'mirroredOtherwise'],
      ),
    ).toBeNull();
  });

  test('its entry of the index removed, or leading elsewhere', async () => {
    expect(
      await undetected(
        (chain, { sequence }) => {
          chain.operations = chain.operations.filter(one => one.sequence !== sequence);
        },
        ['operationIndex'],
      ),
    ).toBeNull();
    for (const other of [999, null])
      expect(
        await undetected(
          (chain, { sequence }) => {
            chain.operations = chain.operations.map(one =>
              one.sequence === sequence ? { ...one, sequence: other } : one,
            );
          },
          ['operationIndex'],
        ),
      ).toBeNull();
  });

  test('its line of the mirror changed, removed, doubled or foreign', async () => {
    const lines = (chain: MemoryChain, log: Log): string[] => {
      const blobs = log.mirror.blobs.get(`review-${chain.rows[0]!.row!.month}`)!;
      return blobs.splice(0, blobs.length, blobs.flat())[0] ?? blobs[0]!;
    };
    const edit =
      (change: (all: string[], index: number) => void) =>
      (chain: MemoryChain, { sequence }: { sequence: number }, log: Log): void => {
        lines(chain, log);
        change(log.mirror.blobs.get(`review-${chain.rows[0]!.row!.month}`)![0]!, sequence - 1);
      };
    expect(
      await undetected(
        edit((all, at) => (all[at] = all[at]!.replace('Ada', 'Eve'))),
        ['mirroredOtherwise'],
      ),
    ).toBeNull();
    expect(
      await undetected(
        edit((all, at) => (all[at] = 'not JSON')),
        ['mirroredOtherwise'],
      ),
    ).toBeNull();
    expect(
      await undetected(
        edit((all, at) => (all[at] = '{"sequence":"text"}')),
        ['mirroredOtherwise'],
      ),
    ).toBeNull();
    // From there on every line is about the next row; at the end one is missing.
    expect(
      await undetected(
        edit((all, at) => void all.splice(at, 1)),
        ['mirroredOtherwise', 'notMirrored'],
        'some',
      ),
    ).toBeNull();
    expect(
      await undetected(
        edit((all, at) => void all.splice(at, 0, '{}')),
        ['mirroredOtherwise'],
      ),
    ).toBeNull();
  });
});

describe('two rows that changed places are found', () => {
  const swap = (chain: MemoryChain, sequence: number, other: number, keepSequence: boolean): void => {
    const [a, b] = [chain.rows[sequence - 1]!, chain.rows[other - 1]!];
    const put = (reading: RowReading, row: AuditRow): RowReading => ({
      ...reading,
      row: keepSequence ? resealed({ ...row, sequence: reading.row!.sequence }) : row,
    });
    [chain.rows[sequence - 1], chain.rows[other - 1]] = [put(a, b.row!), put(b, a.row!)];
  };
  test('as they are', async () => {
    expect(
      await undetected(
        (chain, { sequence, last }) => swap(chain, sequence, (sequence % last) + 1, false),
        ['reordered', 'mirroredOtherwise'],
      ),
    ).toBeNull();
  });
  test('with sequence and hash made to fit', async () => {
    expect(
      await undetected(
        (chain, { sequence, last }) => swap(chain, sequence, (sequence % last) + 1, true),
        ['mirroredOtherwise'],
      ),
    ).toBeNull();
  });
});

describe('a chain that was cut is found', () => {
  /** The tail from this row on, index and all. */
  const cut = (chain: MemoryChain, sequence: number): void => {
    chain.rows = chain.rows.filter(({ key }) => Number(key) < sequence);
    chain.operations = chain.operations.filter(one => one.sequence! < sequence);
  };
  const rewriteHead = (chain: MemoryChain): void => {
    const row = chain.rows.at(-1)?.row ?? null;
    chain.head = row && { ...chain.head!, sequence: row.sequence, hash: row.hash };
  };

  test('its tail', async () => {
    expect(await undetected((chain, { sequence }) => cut(chain, sequence), ['cutOff'])).toBeNull();
  });

  test('its tail, with the head rewritten: the mirror has more', async () => {
    expect(
      await undetected(
        (chain, { sequence }) => {
          cut(chain, sequence);
          rewriteHead(chain);
        },
        ['cutOff'],
      ),
    ).toBeNull();
  });

  test('its tail, with the head rewritten and the mirror cut too: the next month does not fit', async () => {
    const log = await aLog([4, 3, 2]);
    const chain = chainAt(log, 1);
    cut(chain, 2);
    rewriteHead(chain);
    log.mirror.blobs.set(`review-${monthAt(1)}`, [
      log.mirror.blobs.get(`review-${monthAt(1)}`)![0]!.slice(0, 1),
    ]);
    expect(await findingsOf(log)).toMatchObject([{ fault: 'link', row: nameOf(2, 1) }]);
  });

  test('its tail, with everything after it written anew: the mirror tells each row', async () => {
    const log = await aLog([4]);
    const chain = chainAt(log, 0);
    cut(chain, 3);
    rewriteHead(chain);
    const kept = log.mirror.blobs;
    const forged = { table: log.table, mirror: new MemoryAuditMirror() };
    await recordAll(forged, ['forged-1', 'forged-2'], { at: months[0]! });
    expect(log.mirror.blobs).toBe(kept);
    expect(await findingsOf(log)).toMatchObject([
      { fault: 'mirroredOtherwise', row: nameOf(0, 3) },
      { fault: 'mirroredOtherwise', row: nameOf(0, 4) },
    ]);
  });

  test.each([0, 1, 2])('month %i, taken out of the table', async month => {
    const log = await aLog([2, 3, 4]);
    log.table.chains.delete(`review-${monthAt(month)}`);
    const last = [2, 3, 4][month]!;
    const link = { fault: 'link', row: nameOf(Math.min(month + 1, 2), 1) };
    const range = `${nameOf(month, 1)} to ${nameOf(month, last)}`;
    expect(await findingsOf(log)).toMatchObject(
      [{ fault: 'cutOff', row: range }, link].slice(0, month < 2 ? 2 : 1),
    );
  });

  test.each([
    [0, 'link', nameOf(1, 1)],
    [1, 'link', nameOf(2, 1)],
    [2, 'head', `review-${monthAt(1)}/head`],
  ])('month %i, taken out of table and mirror', async (month, fault, row) => {
    const log = await aLog([2, 3, 4]);
    log.table.chains.delete(`review-${monthAt(month)}`);
    log.mirror.blobs.delete(`review-${monthAt(month)}`);
    expect(await findingsOf(log)).toContainEqual(expect.objectContaining({ fault, row }));
  });
});

describe('a head that does not fit is found', () => {
  test.each([
    ['counts less', { sequence: 2 }],
    ['has another hash', { hash: 'f'.repeat(64) }],
    ['goes on from another month', { previous: '202610' as AuditMonth }],
    ['goes on from none', { previous: null }],
    ['is followed by another month', { next: '209901' as AuditMonth }],
    ['is open', { next: null }],
  ] as const)('%s', async (_, given) => {
    const log = await aLog([2, 3, 2]);
    const chain = chainAt(log, 1);
    chain.head = { ...chain.head!, ...given };
    expect(await findingsOf(log)).toMatchObject([{ fault: 'head', row: `review-${monthAt(1)}/head` }]);
  });

  test('of the first month: goes on from something', async () => {
    const log = await aLog([2]);
    chainAt(log, 0).head = { ...chainAt(log, 0).head!, previous: '202610' as AuditMonth };
    expect(await findingsOf(log)).toMatchObject([
      { fault: 'head', message: expect.stringContaining('nothing is stored before it') },
    ]);
  });

  test('counts more: that many rows are cut off', async () => {
    const log = await aLog([3]);
    chainAt(log, 0).head = { ...chainAt(log, 0).head!, sequence: 4 };
    expect(await findingsOf(log)).toMatchObject([{ fault: 'cutOff', row: nameOf(0, 4) }]);
  });

  test('is missing', async () => {
    const log = await aLog([3]);
    chainAt(log, 0).head = null;
    expect(await findingsOf(log)).toMatchObject([{ fault: 'head', row: `review-${monthAt(0)}/head` }]);
  });

  test('cannot be read', async () => {
    const log = await aLog([3]);
    log.table.head = async () => {
      throw new AppError('rowInvalid', 'hash: text');
    };
    expect(await findingsOf(log)).toMatchObject([
      { fault: 'head', message: expect.stringContaining('hash: text') },
    ]);
  });

  test('a storage that does not answer is no finding', async () => {
    const log = await aLog([3]);
    const down = new AppError('storageUnavailable', 'down');
    log.table.head = () => Promise.reject(down);
    await expect(findingsOf(log)).rejects.toBe(down);
  });
});

describe('what was added is found', () => {
  test('a row under a key that is none', async () => {
    const log = await aLog([3]);
    const chain = chainAt(log, 0);
    chain.rows.push({ key: '0000000003x', row: chain.rows[2]!.row, problem: '' });
    expect(await findingsOf(log)).toContainEqual(
      expect.objectContaining({ fault: 'reordered', row: `review-${monthAt(0)}/0000000003x` }),
    );
  });

  test('an operation that is recorded twice, in one month or in two that follow each other', async () => {
    const log = await aLog([3, 3]);
    for (const [month, sequence, operationId] of [
      [0, 3, 'operation-0-0'],
      [1, 2, 'operation-0-1'],
    ] as const) {
      replaceRow(chainAt(log, month), sequence, row => resealed({ ...row, operationId }));
      expect(await findingsOf(log)).toContainEqual(
        expect.objectContaining({ fault: 'doubledOperation', row: nameOf(month, sequence) }),
      );
    }
  });

  test('an entry of the index that no row has', async () => {
    const log = await aLog([3]);
    for (const [operationId, sequence, message] of [
      ['ghost', 2, nameOf(0, 2)],
      ['ghost', null, 'no row'],
    ] as const) {
      const chain = chainAt(log, 0);
      chain.operations = [
        ...chain.operations.filter(one => one.operationId !== 'ghost'),
        { key: `op-${operationId}`, operationId, sequence },
      ];
      expect(await findingsOf(log)).toMatchObject([
        {
          fault: 'operationIndex',
          row: `review-${monthAt(0)}/op-ghost`,
          message: expect.stringContaining(message),
        },
      ]);
    }
  });

  test('a figure of a billion is one finding, not a billion', async () => {
    const log = await aLog([3]);
    log.mirror.blobs.get(`review-${monthAt(0)}`)!.push(['{"sequence":1000000000}']);
    const findings = await findingsOf(log);
    expect(findings).toContainEqual(
      expect.objectContaining({ fault: 'cutOff', row: `${nameOf(0, 4)} to review-202611/1000000000` }),
    );
    expect(findings.length).toBeLessThan(4);
  });
});

test('rows without a line at the end are told as a range', async () => {
  const log = await aLog([4]);
  log.mirror.blobs.set(`review-${monthAt(0)}`, [
    log.mirror.blobs.get(`review-${monthAt(0)}`)![0]!.slice(0, 2),
  ]);
  expect(await findingsOf(log)).toMatchObject([
    { fault: 'notMirrored', row: `${nameOf(0, 3)} to ${nameOf(0, 4)}` },
  ]);
});

test('rows that are added while a month is verified are no damage', async () => {
  const log = await aLog([2]);
  const rows = log.table.rows.bind(log.table);
  let opened = false;
  log.table.rows = async function* (chain, from) {
    yield* rows(chain, from);
    if (opened) return;
    opened = true;
    await recordAll(log, ['later-1', 'later-2'], { at: months[0]! });
  };
  expect(await verifyAudit(log, ['review'], open)).toEqual({
    status: 'whole',
    chains: 1,
    rows: 2,
    findings: [],
  });
  expect(await verifyAudit(log, ['review'], open)).toMatchObject({ status: 'whole', rows: 4 });
});

test.each([
  ['before its last row is read', 'head'],
  ['after its last row is read', 'rows'],
  ['after its index is read', 'operations'],
] as const)(
  'a month that is opened while the one before it is verified, %s, is no damage',
  async (_, step) => {
    const log = await aLog([2]);
    const head = log.table.head.bind(log.table);
    const rows = log.table.rows.bind(log.table);
    const operations = log.table.operations.bind(log.table);
    let opened = false;
    const openNext = async (): Promise<void> => {
      if (opened) return;
      opened = true;
      await recordAll(log, ['later-1'], { at: months[0]! });
      await recordAll(log, ['next-1', 'next-2'], { at: months[1]! });
    };
    const then = async function* <One>(all: AsyncIterable<One>, when: typeof step): AsyncIterable<One> {
      yield* all;
      if (when === step) await openNext();
    };
    log.table.head = async chain => {
      const found = await head(chain);
      if (step === 'head') await openNext();
      return found;
    };
    log.table.rows = (chain, from) => then(rows(chain, from), 'rows');
    log.table.operations = chain => then(operations(chain), 'operations');
    expect(await verifyAudit(log, ['review'], open)).toEqual({
      status: 'whole',
      chains: 2,
      rows: 5,
      findings: [],
    });
  },
);

test('a log without a row is whole', async () => {
  expect(await verifyAudit(await aLog([]), ['scan', 'review'], open)).toEqual({
    status: 'whole',
    chains: 0,
    rows: 0,
    findings: [],
  });
});
