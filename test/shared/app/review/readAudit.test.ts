import { readAudit, type AuditPage, type AuditQuery } from '../../../../shared/app/review/readAudit';
import { verifyAuditWithin } from '../../../../shared/app/review/verifyAuditWithin';
import { AppError } from '../../../../shared/core/appError';
import { MemoryAuditMirror, MemoryAuditTable } from '../../../support/memory/memoryAudit';
import { december, inDecember, november, recordAll } from '../../io/audit/auditContract';
import { open } from '../../io/tables/storage';

const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `operation-${at}`);
let log: { readonly table: MemoryAuditTable; readonly mirror: MemoryAuditMirror };
beforeEach(() => {
  log = { table: new MemoryAuditTable(), mirror: new MemoryAuditMirror() };
});

const query: AuditQuery = { part: 'review', month: november.month, after: 0, limit: 100 };
const read = (given: Partial<AuditQuery> = {}): Promise<AuditPage> =>
  readAudit(log.table, { ...query, ...given }, open);
const operations = ({ rows }: AuditPage): unknown[] => rows.map(({ row }) => row?.operationId);

describe('the audit log is read', () => {
  test.each([1, 2, 3, 7, 8])('in its order, each row once, %i a page', async limit => {
    await recordAll(log, ids(7));
    const found: unknown[] = [];
    for (let after: number | null = 0; after !== null;) {
      const page: AuditPage = await read({ after, limit });
      expect(page.rows.length).toBeLessThanOrEqual(limit);
      found.push(...operations(page));
      after = page.next;
    }
    expect(found).toEqual(ids(7));
  });

  test('from the newest month, where none is named, and says which there are', async () => {
    await recordAll(log, ['one']);
    await recordAll(log, ['two'], inDecember);
    const newest = await read({ month: null });
    expect(newest).toMatchObject({
      month: december.month,
      months: [november.month, december.month],
      next: null,
    });
    expect(operations(newest)).toEqual(['two']);
    expect(operations(await read())).toEqual(['one']);
    expect(await read({ part: 'scan', month: null })).toEqual({
      month: null,
      months: [],
      rows: [],
      next: null,
    });
  });

  test('with the rows that can not be read, and a foreign key leads no page in a circle', async () => {
    await recordAll(log, ids(2));
    const chain = log.table.chains.get(`review-${november.month}`)!;
    chain.rows[1] = { key: '0000000002', row: null, problem: 'damaged' };
    chain.rows.push(
      { key: '9', row: null, problem: 'foreign' },
      { key: '9x', row: null, problem: 'foreign' },
    );
    const first = await read({ limit: 2 });
    expect(first).toMatchObject({ rows: [{}, { row: null, problem: 'damaged' }], next: 2 });
    expect(await read({ after: 2, limit: 1 })).toMatchObject({ rows: [{ key: '9' }], next: null });
  });
});

describe('a verification within a time', () => {
  test('says what verifying says', async () => {
    await recordAll(log, ids(3));
    expect(await verifyAuditWithin(log, ['review'], 10_000, open)).toMatchObject({
      status: 'whole',
      rows: 3,
    });
  });

  /** Answers only when it is stopped. */
  const endless = (_: unknown, signal: AbortSignal): Promise<never> =>
    new Promise((__, reject) => {
      if (signal.aborted) reject(signal.reason as Error);
      signal.addEventListener('abort', () => reject(signal.reason as Error));
    });

  test('that is not finished says so, and never that the log is whole', async () => {
    const table = Object.assign(log.table, { months: endless });
    expect(await verifyAuditWithin({ ...log, table }, ['review'], 1, open)).toEqual({
      status: 'notFinished',
    });
  });

  test('throws what the caller stopped for, and what the storage says', async () => {
    const table = Object.assign(log.table, { months: endless });
    const stop = new AppError('stopped', 'SIGTERM');
    const stopped = verifyAuditWithin({ ...log, table }, ['review'], 10_000, AbortSignal.abort(stop));
    await expect(stopped).rejects.toBe(stop);
    const down = new AppError('storageUnavailable', 'down');
    const broken = Object.assign(log.table, { months: () => Promise.reject(down) });
    await expect(verifyAuditWithin({ ...log, table: broken }, ['review'], 10_000, open)).rejects.toBe(down);
  });
});
