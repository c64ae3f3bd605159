import fc from 'fast-check';
import type { ListedFacts } from '../../../../shared/app/ports';
import { collectCandidates, mostRowsCollected } from '../../../../shared/app/review/collectCandidates';
import {
  listBudgetMs,
  listCandidates,
  mostRowsLookedAt,
  type CandidateList,
  type CandidateListQuery,
} from '../../../../shared/app/review/listCandidates';
import type { CandidateFacts } from '../../../../shared/core/facts';
import type { Instant } from '../../../../shared/core/instant';
import { objectTypes } from '../../../../shared/core/objectType';
import { versionOf } from '../../../../shared/core/review/version';
import { MemoryDecisions } from '../../../support/memory/memoryDecisions';
import { MemoryCandidates } from '../../../support/memory/memoryTables';
import { decisions as samples, later } from '../../core/decisions';
import { aCandidate, idOf } from '../../io/tables/candidateReaderContract';

const open = new AbortController().signal;
const everything: CandidateListQuery = {
  state: null,
  type: null,
  decision: null,
  search: null,
  limit: 100,
  continuation: null,
};

/** A clock that tests move. */
class Desk {
  readonly candidates = new MemoryCandidates();
  readonly decisions = new MemoryDecisions();
  now = later(1) as number;
  readonly clock = { now: () => this.now as Instant };

  async has(...facts: readonly Partial<CandidateFacts>[]): Promise<this> {
    const writes = facts.map(each => ({ etag: null, facts: aCandidate(each) }));
    await this.candidates.write(writes, async () => {});
    return this;
  }

  async list(query: Partial<CandidateListQuery> = {}): Promise<Extract<CandidateList, { kind: 'page' }>> {
    const list = await listCandidates(this, { ...everything, ...query }, open);
    if (list.kind !== 'page') throw new RangeError(list.kind);
    return list;
  }

  /** All pages, one after the other. */
  async pages(query: Partial<CandidateListQuery>): Promise<string[][]> {
    const pages: string[][] = [];
    let continuation: string | null = null;
    do {
      const page = await this.list({ ...query, continuation });
      pages.push(page.items.map(({ facts }) => key(facts)));
      ({ continuation } = page);
    } while (continuation !== null);
    return pages;
  }
}

const key = ({ type, id }: Pick<ListedFacts, 'type' | 'id'>): string => `${type}/${id}`;

test('paging visits each row exactly once and in the order of the keys, for any length of a page', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(
        fc.record({ type: fc.constantFrom(...objectTypes), at: fc.nat(40), found: fc.boolean() }),
        { selector: ({ type, at }) => `${type}${at}`, maxLength: 30 },
      ),
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 1, max: 7 }),
      fc.constantFrom<string | null>(null, 'NEEDLE'),
      async (rows, limit, pageSize, search) => {
        const desk = await new Desk().has(
          ...rows.map(({ type, at, found }) => ({
            type,
            id: idOf(at),
            displayName: found ? 'a needle' : 'hay',
          })),
        );
        desk.candidates.pageSize = pageSize;
        const pages = await desk.pages({ limit, search });
        const wanted = rows.filter(({ found }) => search === null || found);
        expect(pages.flat()).toEqual(wanted.map(({ type, at }) => key({ type, id: idOf(at) })).sort());
        // Only the last page may be short: nothing here takes more than a call's budget.
        for (const page of pages.slice(0, -1)) expect(page).toHaveLength(limit);
      },
    ),
  );
});

describe('a list', () => {
  test('is narrowed to a type and a state', async () => {
    const desk = await new Desk().has(
      { id: idOf(1) },
      { id: idOf(2), state: 'attention' },
      { id: idOf(3), type: 'group' },
    );
    expect((await desk.pages({ type: 'user' })).flat()).toEqual([`user/${idOf(1)}`, `user/${idOf(2)}`]);
    expect((await desk.pages({ state: 'candidate' })).flat()).toEqual([
      `group/${idOf(3)}`,
      `user/${idOf(1)}`,
    ]);
  });

  test('has each decision as it stands, and the version of both rows', async () => {
    const desk = await new Desk().has({ id: samples.approved.id }, { id: idOf(9) });
    const stored = await desk.decisions.write(samples.approved, null);
    const [open9, decided] = (await desk.list()).items;
    expect(open9).toMatchObject({ decision: null });
    expect(decided?.decision).toMatchObject({ state: 'approved', until: later(14) });
    expect(decided?.version).toBe(versionOf(decided!.facts, stored));
    desk.now = later(14);
    expect((await desk.list()).items[1]?.decision).toMatchObject({ state: 'lapsed', recorded: 'approved' });
  });

  test('is narrowed by what is in force', async () => {
    const desk = await new Desk().has({ id: idOf(1) }, { id: idOf(2) }, { id: idOf(3) });
    await desk.decisions.write({ ...samples.approved, id: idOf(1) }, null);
    await desk.decisions.write({ ...samples.rejected, id: idOf(2) }, null);
    const found = async (decision: CandidateListQuery['decision']): Promise<string[]> =>
      (await desk.pages({ decision, limit: 1 })).flat();
    expect(await found('approved')).toEqual([`user/${idOf(1)}`]);
    expect(await found('rejected')).toEqual([`user/${idOf(2)}`]);
    expect(await found('none')).toEqual([`user/${idOf(3)}`]);
    desk.now = later(14);
    expect(await found('approved')).toEqual([]);
    expect(await found('lapsed')).toEqual([`user/${idOf(1)}`]);
  });
});

describe('a continuation', () => {
  const forged = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');

  test.each([
    ['no base64', '%%%'],
    ['no JSON', Buffer.from('{').toString('base64url')],
    ['no list', forged({ type: 'user' })],
    ['too short', forged(['user', null])],
    ['too long', forged(['user', null, null, null])],
    ['another type', forged(['computer', null, null])],
    ['an id that is none', forged(['user', "x' or true", null])],
    ['an id in upper case', forged(['user', idOf(10).toUpperCase(), null])],
    ['a token that is no text', forged(['user', null, 7])],
    ['a token without end', forged(['user', null, 'x'.repeat(2_049)])],
    ['a token that the storage does not know', forged(['user', null, 'x'])],
  ])('that is %s is refused as a value', async (_, continuation) => {
    const desk = await new Desk().has({});
    expect(await listCandidates(desk, { ...everything, continuation }, open)).toEqual({
      kind: 'continuationInvalid',
    });
  });

  test('is of the list of its type', async () => {
    const desk = await new Desk().has({ id: idOf(1) }, { id: idOf(2) });
    const { continuation } = await desk.list({ limit: 1 });
    const list = (type: 'user' | 'group') =>
      listCandidates(desk, { ...everything, type, continuation }, open);
    expect(await list('group')).toEqual({ kind: 'continuationInvalid' });
    expect(await list('user')).toMatchObject({ kind: 'page', items: [{ facts: { id: idOf(2) } }] });
  });
});

describe('a search looks at no more than one call may take', () => {
  const crowd = async (count: number): Promise<Desk> =>
    new Desk().has(...Array.from({ length: count }, (_, at) => ({ id: idOf(at), displayName: 'hay' })));

  test('of rows: at the bound it says so, one below it is whole', async () => {
    const below = await (await crowd(mostRowsLookedAt)).list({ search: 'needle', type: 'user' });
    expect(below).toEqual({ kind: 'page', items: [], continuation: null, cutBy: null });
    const desk = await crowd(mostRowsLookedAt + 1);
    desk.candidates.rows.set('user/last', {
      ...aCandidate({ id: idOf(mostRowsLookedAt), displayName: 'a needle' }),
      etag: 'e',
    });
    desk.candidates.rows.delete(`user/${idOf(mostRowsLookedAt)}`);
    const first = await desk.list({ search: 'needle', type: 'user' });
    expect(first).toMatchObject({ items: [], cutBy: 'rows', continuation: expect.any(String) });
    const second = await desk.list({ search: 'needle', type: 'user', continuation: first.continuation });
    expect(second).toMatchObject({
      items: [{ facts: { id: idOf(mostRowsLookedAt) } }],
      continuation: null,
      cutBy: null,
    });
  });

  test('of time: it goes on where it stopped', async () => {
    const desk = await crowd(5);
    desk.candidates.pageSize = 2;
    const list = desk.candidates.list.bind(desk.candidates);
    desk.candidates.list = async query => {
      desk.now += listBudgetMs / 2;
      return await list(query);
    };
    const first = await desk.list({ search: 'hay', type: 'user' });
    expect(first).toMatchObject({ cutBy: 'time', continuation: expect.any(String) });
    expect(first.items).toHaveLength(4);
    const second = await desk.list({ search: 'hay', type: 'user', continuation: first.continuation });
    expect(second).toMatchObject({ items: [{ facts: { id: idOf(4) } }], continuation: null });
  });

  test('a page that is full, or the last one, was cut by nothing', async () => {
    const desk = await crowd(2);
    const list = desk.candidates.list.bind(desk.candidates);
    desk.candidates.list = async query => {
      desk.now += listBudgetMs;
      return await list(query);
    };
    expect(await desk.list({ type: 'user', limit: 1 })).toMatchObject({ cutBy: null });
    expect(await desk.list({ type: 'user', limit: 2 })).toMatchObject({ cutBy: null, continuation: null });
  });
});

describe('a whole list', () => {
  const whole = { state: null, type: null, decision: null, search: null };
  const ids = (count: number) => Array.from({ length: count }, (_, at) => ({ id: idOf(at) }));

  test('has every row, over all pages', async () => {
    const desk = await new Desk().has(...ids(2_500));
    const collected = await collectCandidates(desk, whole, open);
    expect(collected.kind === 'whole' && collected.items.map(({ facts }) => facts.id)).toEqual(
      ids(2_500).map(({ id }) => id),
    );
  });

  test(`has ${mostRowsCollected} rows or is refused, and never cut in silence`, async () => {
    const desk = await new Desk().has(...ids(mostRowsCollected));
    expect(await collectCandidates(desk, whole, open)).toMatchObject({ kind: 'whole' });
    await desk.has({ type: 'device' });
    expect(await collectCandidates(desk, whole, open)).toEqual({ kind: 'tooLong' });
  });

  test('that takes too long is refused, too', async () => {
    const desk = await new Desk().has(...ids(1_001));
    const read = desk.candidates.list.bind(desk.candidates);
    desk.candidates.list = async query => {
      desk.now += 60_000;
      return await read(query);
    };
    expect(await collectCandidates(desk, whole, open)).toEqual({ kind: 'tooSlow' });
  });

  test('whose table was made anew meanwhile is refused', async () => {
    const desk = await new Desk().has(...ids(1_001));
    const read = desk.candidates.list.bind(desk.candidates);
    desk.candidates.list = async query =>
      query.from.token === null ? await read(query) : { kind: 'continuationInvalid' };
    expect(await collectCandidates(desk, { ...whole, type: 'user' }, open)).toEqual({ kind: 'tooSlow' });
  });
});
