import type { TableClient } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import type { CandidateReader, CandidateTable, FactsWrite } from '../../../../shared/app/ports';
import { AppError } from '../../../../shared/core/appError';
import type { CloudId } from '../../../../shared/core/cloudObject';
import type { CandidateFacts, StoredFacts } from '../../../../shared/core/facts';
import type { Instant } from '../../../../shared/core/instant';
import { factsOfRow, rowOfFacts } from '../../../../shared/io/tables/candidateRow';
import { createCandidateTable } from '../../../../shared/io/tables/candidateTable';
import { instant } from '../../../support/builders';
import { anyFacts } from './arbitraries';
import { aCandidate, idOf } from './candidateReaderContract';
import { startPages } from './pagesStandIn';
import { all, listeningLog, open, startStorage, type Storage } from './storage';

const hashOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const created = (...facts: CandidateFacts[]): FactsWrite[] =>
  facts.map(each => ({ etag: null, facts: each }));
const withoutEtag = ({ etag: _, ...facts }: StoredFacts): CandidateFacts => facts;
const byId = (facts: readonly CandidateFacts[]): CandidateFacts[] =>
  facts.toSorted((a, b) => (`${a.type}${a.id}` < `${b.type}${b.id}` ? -1 : 1));
const always = async (): Promise<void> => {};

let storage: Storage;
let table: TableClient;
let spill: ContainerClient;
let candidates: CandidateTable & CandidateReader;

beforeAll(async () => {
  storage = await startStorage();
  spill = await storage.container();
});
afterAll(() => storage.stop());
beforeEach(async () => {
  table = await storage.table();
  candidates = createCandidateTable({ table, spill, log: listeningLog() });
});

const read = (): Promise<StoredFacts[]> => all(candidates.readAll(open));
const write = (writes: readonly FactsWrite[]): Promise<void> => candidates.write(writes, always, open);

describe('what is written is what is read', () => {
  test('any facts, through the service', async () => {
    const facts = fc.sample(anyFacts, { numRuns: 150, seed: 7 });
    await write(created(...facts));
    expect(byId((await read()).map(withoutEtag))).toEqual(byId(facts));
  });

  test('any facts, as a row', () => {
    fc.assert(
      fc.property(anyFacts, facts => {
        expect(factsOfRow('T', { ...rowOfFacts(facts), etag: 'e' })).toEqual({ ...facts, etag: 'e' });
      }),
    );
  });

  test('a column that became null disappears', async () => {
    await write(created(aCandidate({ mail: 'ann@contoso.example' })));
    const [row] = await read();
    await write([{ etag: row!.etag, facts: aCandidate({ displayName: null }) }]);
    const stored = await table.getEntity('user', idOf(1));
    expect(stored).not.toHaveProperty('mail');
    expect(stored).not.toHaveProperty('displayName');
    expect(stored).toHaveProperty('userPrincipalName', 'ann@contoso.example');
  });

  test('the last of the waits is a column of its own', async () => {
    const [soon, late] = [instant('2026-02-01T00:00:00Z'), instant('2026-03-01T00:00:00Z')];
    const waitsFor = [
      { for: 'recycleBin', until: late },
      { for: 'grace', until: soon },
      { for: 'synchronisation', until: null },
    ] as const;
    expect(rowOfFacts(aCandidate({ waitsFor }))).toMatchObject({
      waitsUntil: new Date(late),
      waitsFor: expect.stringContaining('{"for":"grace","until":"2026-02-01T00:00:00.000Z"}'),
    });
    expect(rowOfFacts(aCandidate({ waitsFor: waitsFor.slice(2) }))).not.toHaveProperty('waitsUntil');
  });

  test("a time before the table's calendar, such as .NET's 0001-01-01, becomes the earliest that it holds", () => {
    const noDate = instant('0001-01-01T00:00:00Z');
    const row = rowOfFacts(aCandidate({ onPremisesLastSyncDateTime: noDate }));
    expect(row['onPremisesLastSyncDateTime']).toEqual(new Date('1601-01-01T00:00:00Z'));
  });

  test('a number that Edm.Int32 does not hold is refused, not stored otherwise', async () => {
    const tooLarge = aCandidate({ assignedLicenseCount: 2 ** 31 });
    await expect(write(created(aCandidate({ id: idOf(2) }), tooLarge))).rejects.toThrow(RangeError);
    expect(await read()).toEqual([]);
  });
});

describe('reading', () => {
  test('goes on over short and empty pages to the last', async () => {
    const row = (ordinal: number) => rowOfFacts(aCandidate({ id: idOf(ordinal) }));
    const pages = await startPages([[], [row(1)], [], [], [row(2), row(3)], []]);
    try {
      const stored = createCandidateTable({ table: pages.table, spill, log: listeningLog() });
      const ids = (await all(stored.readAll(open))).map(facts => facts.id);
      expect(ids).toEqual([idOf(1), idOf(2), idOf(3)]);
      expect(pages.asked).toHaveLength(6);
    } finally {
      await pages.stop();
    }
  });

  test.each([
    ['a foreign row', { partitionKey: 'user', rowKey: idOf(1), note: 'secret' }, 'schemaVersion'],
    ['another partition', { ...rowOfFacts(aCandidate()), partitionKey: 'computer' }, 'partitionKey'],
    ['a key that is no GUID', { ...rowOfFacts(aCandidate()), rowKey: 'secret' }, 'rowKey'],
    ['another version', { ...rowOfFacts(aCandidate()), schemaVersion: 2 }, 'schemaVersion'],
    ['a date as text', { ...rowOfFacts(aCandidate()), changedAt: 'secret' }, 'changedAt'],
    ['a state that there is not', { ...rowOfFacts(aCandidate()), state: 'secret' }, 'state'],
    ['waits that are not JSON', { ...rowOfFacts(aCandidate()), waitsFor: 'secret' }, 'waitsFor'],
    ['waits of another shape', { ...rowOfFacts(aCandidate()), waitsFor: '[{"for":"secret"}]' }, 'waitsFor'],
    ['evidence twice', { ...rowOfFacts(aCandidate()), evidenceBlob: 'x.json' }, 'evidence'],
  ])('refuses %s, and names table, row and column but no value', async (_, row, column) => {
    await table.createEntity(row);
    const error: unknown = await read().then(
      () => null,
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: 'rowInvalid' });
    const { message } = error as AppError;
    expect(message).toContain(table.tableName);
    expect(message).toContain(`${row.partitionKey}/${row.rowKey}`);
    expect(message).toMatch(new RegExp(`found ${column}[.:]`));
    expect(message.replace(row.rowKey, '')).not.toContain('secret');
  });

  test('refuses a time that is no date', () => {
    const row = rowOfFacts(aCandidate());
    for (const waitsFor of [
      '[{"for":"grace","until":"2026-13-01T00:00:00Z"}]',
      '[{"for":"grace","until":5}]',
    ])
      expect(() => factsOfRow('T', { ...row, etag: 'e', waitsFor })).toThrow(/waitsFor/);
    expect(() => factsOfRow('T', null)).toThrow(/without keys/);
  });

  test('throws what the caller stopped for', async () => {
    await write(created(aCandidate()));
    const stop = new AppError('stopped', 'SIGTERM');
    await expect(all(candidates.readAll(AbortSignal.abort(stop)))).rejects.toBe(stop);
    await expect(candidates.write(created(aCandidate()), always, AbortSignal.abort(stop))).rejects.toBe(stop);
  });

  test('says what is missing where there is no table', async () => {
    const missing = createCandidateTable({
      table: await storage.table({ name: 'Missing', missing: true }),
      spill,
      log: listeningLog(),
    });
    const expected = { code: 'storageUnavailable', message: expect.stringMatching(/table Missing.*infra/) };
    await expect(all(missing.readAll(open))).rejects.toMatchObject(expected);
    await expect(missing.write(created(aCandidate()), always, open)).rejects.toMatchObject(expected);
  });
});

describe('batches', () => {
  test('1,000 rows of four types are written in batches of at most 100 of one type', async () => {
    const types = ['user', 'group', 'contact', 'device'] as const;
    const facts = Array.from({ length: 1000 }, (_, ordinal) =>
      aCandidate({ id: idOf(ordinal), type: types[(ordinal % 7) % 4]! }),
    );
    const submit = jest.spyOn(table, 'submitTransaction');
    const beforeBatch = jest.fn(always);
    await candidates.write(created(...facts), beforeBatch, open);
    const batches = submit.mock.calls.map(([actions]) => actions);
    expect(Math.max(...batches.map(batch => batch.length))).toBe(100);
    for (const batch of batches) expect(new Set(batch.map(([, row]) => row.partitionKey)).size).toBe(1);
    expect(beforeBatch).toHaveBeenCalledTimes(batches.length);
    expect(byId((await read()).map(withoutEtag))).toEqual(byId(facts));
  });

  test('no request is larger than the 4 MiB that the service takes', async () => {
    const sizes: number[] = [];
    table.pipeline.addPolicy({
      name: 'measure',
      sendRequest: (request, next) => {
        if (typeof request.body === 'string') sizes.push(Buffer.byteLength(request.body));
        return next(request);
      },
    });
    const json = JSON.stringify('€'.repeat(29_990));
    const facts = Array.from({ length: 100 }, (_, ordinal) =>
      aCandidate({ id: idOf(ordinal), evidence: { kind: 'inline', json } }),
    );
    await write(created(...facts));
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(4 * 1024 * 1024);
    expect(Math.max(...sizes)).toBeGreaterThan(3 * 1024 * 1024);
    expect(await read()).toHaveLength(100);
  });

  test('beforeBatch stops the writing: what was written stays, nothing is added', async () => {
    const facts = Array.from({ length: 250 }, (_, ordinal) => aCandidate({ id: idOf(ordinal) }));
    const lost = new AppError('lockLost', 'taken');
    const beforeBatch = jest.fn(always).mockResolvedValueOnce().mockRejectedValue(lost);
    await expect(candidates.write(created(...facts), beforeBatch, open)).rejects.toBe(lost);
    expect(beforeBatch).toHaveBeenCalledTimes(2);
    expect(await read()).toHaveLength(100);
  });

  test('a signal that is aborted while beforeBatch runs stops the writing too', async () => {
    const stop = new AbortController();
    const reason = new AppError('stopped', 'SIGTERM');
    const beforeBatch = async (): Promise<void> => stop.abort(reason);
    await expect(candidates.write(created(aCandidate()), beforeBatch, stop.signal)).rejects.toBe(reason);
    expect(await read()).toEqual([]);
  });

  test('one row twice in the input is a programming error, found before anything is written', async () => {
    const facts = [aCandidate({ id: idOf(2) }), aCandidate(), aCandidate({ state: 'observed' })];
    await expect(write(created(...facts))).rejects.toThrow(RangeError);
    await expect(write(created(...facts))).rejects.toThrow(`user/${idOf(1)}`);
    expect(await read()).toEqual([]);
  });
});

describe('a row that is not what was read is a conflict, and its whole batch is not written', () => {
  const conflictAt = (id: CloudId) => ({
    code: 'writeConflict',
    message: expect.stringContaining(`user/${id}`),
  });

  test('two writers with the same ETag: exactly one wins', async () => {
    await write(created(aCandidate()));
    const [row] = await read();
    const outcomes = await Promise.allSettled(
      ['one', 'two', 'three'].map(displayName =>
        write([{ etag: row!.etag, facts: aCandidate({ displayName }) }]),
      ),
    );
    const losers = outcomes.filter(outcome => outcome.status === 'rejected').map(({ reason }) => reason);
    expect(losers).toEqual(Array.from({ length: 2 }, () => expect.objectContaining(conflictAt(idOf(1)))));
  });

  test.each([0, 1, 2, 3, 4, 5])(
    'named at position %i of a batch of creations and replacements',
    async bad => {
      const rows = [0, 1, 2, 3, 4, 5].map(ordinal => aCandidate({ id: idOf(ordinal) }));
      const isReplacement = (ordinal: number): boolean => [0, 2, 3].includes(ordinal);
      await write(created(...rows.filter((_, ordinal) => isReplacement(ordinal) !== (ordinal === bad))));
      const before = await read();
      const etags = new Map(before.map(row => [row.id, row.etag]));
      const changed = rows.map((facts, ordinal) => ({
        etag: isReplacement(ordinal) ? (etags.get(facts.id) ?? before[0]!.etag) : null,
        facts: { ...facts, displayName: 'changed' },
      }));
      await expect(write(changed)).rejects.toMatchObject(conflictAt(idOf(bad)));
      expect(await read()).toEqual(before);
    },
  );

  test('also where the answer names no position', async () => {
    await write(created(aCandidate()));
    const submit = table.submitTransaction.bind(table);
    jest.spyOn(table, 'submitTransaction').mockImplementation((...given) =>
      submit(...given).catch((error: Error) => {
        error.message = error.message.replace(/^\d+:/, '');
        throw error;
      }),
    );
    await expect(write(created(aCandidate()))).rejects.toMatchObject({
      code: 'writeConflict',
      message: expect.stringContaining('one of 1'),
    });
  });
});

describe('evidence that is too long for a column', () => {
  const json = JSON.stringify('é'.repeat(30_000));
  const long = (given: Partial<CandidateFacts> = {}): CandidateFacts =>
    aCandidate({
      evidence: { kind: 'inline', json },
      evidenceHash: hashOf(`${table.tableName} long`),
      ...given,
    });

  test('goes to a blob named by its hash, before the row that names it', async () => {
    const order: string[] = [];
    jest.spyOn(table, 'submitTransaction').mockImplementation(async () => {
      for await (const { name } of spill.listBlobsFlat()) order.push(name);
      throw new Error('no row');
    });
    const facts = long();
    await expect(write(created(facts))).rejects.toThrow('no row');
    expect(order).toContain(`${facts.evidenceHash}.json`);
  });

  test('is read back as the name of its blob, and stays there when the row is written again', async () => {
    const facts = long();
    await write(created(facts));
    const blob = `${facts.evidenceHash}.json`;
    const [row] = await read();
    expect(row).toMatchObject({ evidence: { kind: 'spilled', blob } });
    expect((await spill.getBlobClient(blob).downloadToBuffer()).toString()).toBe(json);
    await write([{ etag: row!.etag, facts: { ...row!, state: 'withdrawn' } }]);
    expect(await read()).toMatchObject([{ state: 'withdrawn', evidence: { kind: 'spilled', blob } }]);
  });

  test('may be there already, and is not written over', async () => {
    const facts = long();
    await spill.getBlockBlobClient(`${facts.evidenceHash}.json`).upload('first', 5);
    await write(created(facts));
    expect(await read()).toHaveLength(1);
    const stored = await spill.getBlobClient(`${facts.evidenceHash}.json`).downloadToBuffer();
    expect(stored.toString()).toBe('first');
  });

  test('keeps the row from being written where the blob can not be', async () => {
    const missing = await storage.container({ missing: true });
    const table2 = createCandidateTable({ table, spill: missing, log: listeningLog() });
    await expect(table2.write(created(long()), always, open)).rejects.toMatchObject({
      code: 'storageUnavailable',
      message: expect.stringMatching(new RegExp(`container ${missing.containerName}.*infra`)),
    });
    expect(await read()).toEqual([]);
  });

  test('exactly as long as a column takes it is not', () => {
    const fits = aCandidate({ evidence: { kind: 'inline', json: 'x'.repeat(30_000) } });
    expect(rowOfFacts(fits)).toHaveProperty('evidence');
    expect(rowOfFacts(fits)).not.toHaveProperty('evidenceBlob');
  });
});

test('an instant is stored to the millisecond', async () => {
  const changedAt = 1_767_322_245_001 as Instant;
  await write(created(aCandidate({ changedAt })));
  expect(await read()).toMatchObject([{ changedAt }]);
});
