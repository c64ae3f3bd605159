import type { TableClient } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import type { AuditMirror, AuditTable } from '../../../../shared/app/auditPorts';
import { AppError } from '../../../../shared/core/appError';
import { longestAuditName, longestDetails, nextAuditRow } from '../../../../shared/core/audit';
import { createAuditMirror } from '../../../../shared/io/audit/auditMirror';
import { auditOfRow, rowOfAudit, rowOfHead } from '../../../../shared/io/audit/auditRows';
import { createAuditTable } from '../../../../shared/io/audit/auditTable';
import { open, startStorage, type Storage } from '../tables/storage';
import { startPages } from '../tables/pagesStandIn';
import { anEntry, december, inDecember, november, recordAll, verified, writer } from './auditContract';

let storage: Storage;
let client: TableClient;
let container: ContainerClient;
let table: AuditTable;
let mirror: AuditMirror;

beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());
beforeEach(async () => {
  client = await storage.table();
  container = await storage.container();
  table = createAuditTable(client);
  mirror = createAuditMirror({ container });
});

const second = '0000000002';
const { row: aRow, head: aHead } = nextAuditRow(november, anEntry('one'), null, null);

test('the longest that is recorded fits into its columns, uncut', async () => {
  const entry = anEntry('x'.repeat(200), {
    // Each of these takes six characters in a column.
    actor: { kind: 'person', id: 'x', name: '\u0000'.repeat(longestAuditName) },
    details: '\u007f'.repeat(longestDetails - 2),
  });
  await writer({ table, mirror }).record(entry, open);
  expect(await Array.fromAsync(table.rows(november, 0, open))).toMatchObject([{ row: entry }]);
  expect(await verified({ table, mirror })).toMatchObject({ status: 'whole', rows: 1 });
});

describe('a column that somebody changed in the table is found, and the row is named', () => {
  const columns = Object.keys(rowOfAudit(aRow)).filter(name => !/^(partition|row)Key$/.test(name));

  test.each(columns)('%s', async column => {
    await recordAll({ table, mirror }, ['one', 'two', 'three']);
    const stored = await client.getEntity('review-202611', second);
    const { [column]: value, etag: _, timestamp: __, ...rest } = stored;
    const others = [
      ...(column === 'at' ? [new Date(0)] : []),
      ...(typeof value === 'number' ? [value + 1] : []),
      ...(typeof value === 'string' ? [value.replace(/.$/, last => (last === '0' ? '1' : '0'))] : []),
      'other',
      7,
      undefined,
    ];
    for (const other of others) {
      const row = { ...rest, ...(other === undefined ? {} : { [column]: other }) };
      await client.updateEntity(row as { partitionKey: string; rowKey: string }, 'Replace', { etag: '*' });
      const { findings } = await verified({ table, mirror });
      expect([other, findings]).toEqual([
        other,
        expect.arrayContaining([expect.objectContaining({ row: `review-202611/${second}` })]),
      ]);
    }
  });

  test.each([
    ['the head', 'head', { sequence: 'x' }, 'head'],
    ['an entry of the index', 'op-two', { sequence: 'x' }, second],
    ['an entry of the index', 'op-two', { sequence: 3 }, second],
  ])('%s', async (_, key, given, named) => {
    await recordAll({ table, mirror }, ['one', 'two', 'three']);
    await client.updateEntity({ partitionKey: 'review-202611', rowKey: key, ...given }, 'Merge', {
      etag: '*',
    });
    expect((await verified({ table, mirror })).findings).toContainEqual(
      expect.objectContaining({ row: `review-202611/${named}` }),
    );
  });
});

describe('a damaged row is refused, and never appended to', () => {
  test('a head that is none', async () => {
    await recordAll({ table, mirror }, ['one']);
    await client.updateEntity({ partitionKey: 'review-202611', rowKey: 'head', hash: 'secret' }, 'Merge', {
      etag: '*',
    });
    const error = await recordAll({ table, mirror }, ['two']).catch((thrown: unknown) => thrown as AppError);
    expect(error).toMatchObject({
      code: 'rowInvalid',
      message: expect.stringContaining('review-202611/head'),
    });
    expect((error as AppError).message).not.toContain('secret');
  });

  test('rows without a head', async () => {
    await recordAll({ table, mirror }, ['one']);
    await client.deleteEntity('review-202611', 'head', { etag: '*' });
    await expect(recordAll({ table, mirror }, ['two'])).rejects.toMatchObject({
      code: 'rowInvalid',
      message: expect.stringContaining('rows without one'),
    });
    await expect(recordAll({ table, mirror }, ['two'], inDecember)).rejects.toMatchObject({
      code: 'rowInvalid',
    });
  });

  test('an operation whose row is gone', async () => {
    await recordAll({ table, mirror }, ['one']);
    await client.deleteEntity('review-202611', '0000000001', { etag: '*' });
    await expect(recordAll({ table, mirror }, ['one'])).rejects.toMatchObject({
      code: 'rowInvalid',
      message: expect.stringContaining('review-202611/0000000001'),
    });
  });

  test('half an object', () => {
    const { objectId: _, ...row } = rowOfAudit(aRow);
    expect(() => auditOfRow('T', row)).toThrow(/objectId/);
  });
});

test('a partition that is no chain is left out, and so is a blob that is no mirror', async () => {
  await recordAll({ table, mirror }, ['one']);
  await client.createEntity({ partitionKey: 'review-notes', rowKey: 'x' });
  await client.createEntity({ partitionKey: 'reviewed', rowKey: 'x' });
  await container.getAppendBlobClient('review/notes.txt').create();
  await container.getAppendBlobClient('review/209913.ndjson').create();
  expect(await table.months('review', open)).toEqual(['202611']);
  expect(await mirror.months('review', open)).toEqual(['202611']);
});

test('the mirror of a month is the blobs that the documents name, one line a row', async () => {
  const small = createAuditMirror({ container, linesPerBlob: 2 });
  await recordAll({ table, mirror: small }, ['one', 'two', 'three']);
  await recordAll({ table, mirror: small }, ['four'], inDecember);
  const names: string[] = [];
  for await (const { name, properties } of container.listBlobsFlat())
    names.push(`${name} ${properties.blobType} ${properties.contentType}`);
  expect(names).toEqual([
    'review/202611-2.ndjson AppendBlob application/x-ndjson',
    'review/202611.ndjson AppendBlob application/x-ndjson',
    'review/202612.ndjson AppendBlob application/x-ndjson',
  ]);
  const text = (await container.getBlobClient('review/202611.ndjson').downloadToBuffer()).toString();
  expect(text.split('\n').map(line => line && JSON.parse(line).operationId)).toEqual(['one', 'two', '']);
});

describe('the tail of the mirror', () => {
  test('is that of the last blob with a line in it: a crash may leave an empty one', async () => {
    const small = createAuditMirror({ container, linesPerBlob: 2 });
    await recordAll({ table, mirror: small }, ['one', 'two']);
    await container.getAppendBlobClient('review/202611-2.ndjson').create();
    expect(await small.tail(november, open)).toMatchObject({
      blob: 2,
      length: 0,
      lines: 0,
      lastLine: expect.stringContaining('"operationId":"two"'),
    });
    await recordAll({ table, mirror: small }, ['three']);
    expect(await verified({ table, mirror: small })).toMatchObject({ status: 'whole' });
  });

  test('is no row where the last line was not ended', async () => {
    await recordAll({ table, mirror }, ['one']);
    await container.getAppendBlobClient('review/202611.ndjson').appendBlock('{"sequence":2', 13);
    expect(await recordAll({ table, mirror }, ['two'])).toMatchObject([
      { status: 'recorded', mirrored: false },
    ]);
    expect((await verified({ table, mirror })).findings).toMatchObject([
      { fault: 'mirroredOtherwise', row: `review-202611/${second}` },
    ]);
  });
});

test('months are found over short and empty pages', async () => {
  const rows = [rowOfHead(november, aHead), rowOfHead(december, aHead)];
  const pages = await startPages([[], [rows[0]!], []]);
  try {
    // The stand-in answers every question alike: the second one ends the search, since the month is the same.
    const asked = createAuditTable(pages.table);
    const first = asked.months('review', AbortSignal.timeout(500));
    await expect(first).rejects.toThrow(/timeout/);
    expect(pages.asked.length).toBeGreaterThan(2);
    expect(decodeURIComponent(pages.asked.at(-1)!)).toContain("PartitionKey gt 'review-202611'");
  } finally {
    await pages.stop();
  }
});

describe('errors', () => {
  const stop = new AppError('stopped', 'SIGTERM');
  const calls = (given: { table: AuditTable; mirror: AuditMirror }, signal: AbortSignal) => [
    () => given.table.months('review', signal),
    () => given.table.head(november, signal),
    () => given.table.recorded(november, 'one', signal),
    () => given.table.commit({ row: aRow, head: aHead, etag: null }, signal),
    () =>
      given.table.close(
        november,
        { ...aHead, etag: `W/"datetime'2026-01-01T00%3A00%3A00Z'"` },
        december.month,
        signal,
      ),
    () => Array.fromAsync(given.table.rows(november, 0, signal)),
    () => Array.fromAsync(given.table.operations(november, signal)),
    () => given.mirror.months('review', signal),
    () => given.mirror.tail(november, signal),
    () => given.mirror.append(november, { blob: 1, length: 0, lines: 0, lastLine: null }, 'x', signal),
    () => Array.fromAsync(given.mirror.lines(november, signal)),
  ];

  test('say what is missing where there is no table and no container', async () => {
    const missing = {
      table: createAuditTable(await storage.table({ name: 'MissingAudit', missing: true })),
      mirror: createAuditMirror({ container: await storage.container({ missing: true }) }),
    };
    for (const call of calls(missing, open))
      await expect(call()).rejects.toMatchObject({
        code: 'storageUnavailable',
        message: expect.stringMatching(/(table MissingAudit|container).*infra/),
      });
  });

  test('are what the caller stopped for', async () => {
    for (const call of calls({ table, mirror }, AbortSignal.abort(stop)))
      await expect(call()).rejects.toBe(stop);
  });
});
