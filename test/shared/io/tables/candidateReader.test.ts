import { RestError } from '@azure/data-tables';
import type { ContainerClient } from '@azure/storage-blob';
import { AppError } from '../../../../shared/core/appError';
import { rowOfFacts } from '../../../../shared/io/tables/candidateRow';
import { createCandidateTable } from '../../../../shared/io/tables/candidateTable';
import { aCandidate, describeCandidateReader, idOf, pageOf } from './candidateReaderContract';
import { startPages } from './pagesStandIn';
import { listeningLog, open, startStorage, type Storage } from './storage';

let storage: Storage;
let spill: ContainerClient;
beforeAll(async () => {
  storage = await startStorage();
  spill = await storage.container();
});
afterAll(() => storage.stop());

const from = { after: null, token: null };
const query = { type: 'user', state: null, limit: 100 } as const;

describeCandidateReader(async () =>
  createCandidateTable({ table: await storage.table(), spill, log: listeningLog() }),
);

test('a list asks for the columns of its rows, and not for the evidence', async () => {
  const pages = await startPages([[rowOfFacts(aCandidate())]]);
  try {
    const candidates = createCandidateTable({ table: pages.table, spill, log: listeningLog() });
    for (const limit of [0, 1_001]) await candidates.list({ ...query, limit, from }, open);
    const asked = pages.asked.map(search => new URLSearchParams(search));
    expect(asked.map(one => one.get('$top'))).toEqual(['1', '1000']);
    const columns = asked[0]?.get('$select')?.split(',') ?? [];
    expect(columns).toEqual(expect.arrayContaining(['PartitionKey', 'RowKey', 'evidenceHash', 'mail']));
    expect(columns).not.toContain('evidence');
  } finally {
    await pages.stop();
  }
});

test('over empty pages a list gives the first that has something, and after eight of them where to go on', async () => {
  const row = (ordinal: number) => rowOfFacts(aCandidate({ id: idOf(ordinal) }));
  const pages = await startPages([[], [], [row(1)], ...Array.from({ length: 8 }, () => []), [row(2)]]);
  try {
    const candidates = createCandidateTable({ table: pages.table, spill, log: listeningLog() });
    const first = pageOf(await candidates.list({ ...query, from }, open));
    expect(first.facts.map(({ id }) => id)).toEqual([idOf(1)]);
    const second = pageOf(await candidates.list({ ...query, from: first.next! }, open));
    expect([second.facts, pages.asked.length]).toEqual([[], 11]);
    const third = pageOf(await candidates.list({ ...query, from: second.next! }, open));
    expect([third.facts.map(({ id }) => id), third.next]).toEqual([[idOf(2)], null]);
  } finally {
    await pages.stop();
  }
});

test('a token that the service refuses is no failure of the storage', async () => {
  const table = await storage.table();
  const candidates = createCandidateTable({ table, spill, log: listeningLog() });
  const refuse = (statusCode: number): void => {
    jest.spyOn(table, 'listEntities').mockImplementation(() => {
      throw new RestError('no', { statusCode });
    });
  };
  const token = Buffer.from('{"nextPartitionKey":"x"}').toString('base64');
  refuse(400);
  expect(await candidates.list({ ...query, from: { after: null, token } }, open)).toEqual({
    kind: 'continuationInvalid',
  });
  await expect(candidates.list({ ...query, from }, open)).rejects.toMatchObject({
    code: 'storageUnavailable',
  });
  refuse(503);
  await expect(candidates.list({ ...query, from: { after: null, token } }, open)).rejects.toMatchObject({
    code: 'storageUnavailable',
  });
});

test('a row that is none is refused, in a list and alone, without its values', async () => {
  const table = await storage.table();
  const candidates = createCandidateTable({ table, spill, log: listeningLog() });
  await table.createEntity({ ...rowOfFacts(aCandidate()), state: 'secret' });
  for (const call of [
    () => candidates.list({ ...query, from }, open),
    () => candidates.read('user', idOf(1), open),
  ]) {
    const error = (await call().catch((thrown: unknown) => thrown)) as AppError;
    expect(error).toMatchObject({ code: 'rowInvalid', message: expect.stringContaining('state') });
    expect(error.message).not.toContain('secret');
  }
});

test('says what is missing where there is no table, and throws what the caller stopped for', async () => {
  const table = await storage.table({ name: 'MissingCandidates', missing: true });
  const candidates = createCandidateTable({ table, spill, log: listeningLog() });
  const stop = new AppError('stopped', 'SIGTERM');
  for (const call of [
    (signal: AbortSignal) => candidates.list({ ...query, from }, signal),
    (signal: AbortSignal) => candidates.read('user', idOf(1), signal),
  ]) {
    await expect(call(open)).rejects.toMatchObject({ code: 'storageUnavailable' });
    await expect(call(AbortSignal.abort(stop))).rejects.toBe(stop);
  }
});
