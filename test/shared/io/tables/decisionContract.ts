import type {
  DecisionPage,
  DecisionTable,
  DeletionCaps,
  RuleTable,
} from '../../../../shared/app/decisionPorts';
import type { CloudId } from '../../../../shared/core/cloudObject';
import type { Decision, StoredDecision } from '../../../../shared/core/decision';
import { utcDayOf, type DeletionLimits } from '../../../../shared/core/decisionCaps';
import type { StoredRule } from '../../../../shared/core/rule';
import { decisionStates } from '../../../../shared/core/transitions';
import { instant } from '../../../support/builders';
import { ada, at, decisions, grace, later, userId } from '../../core/decisions';
import { aRule, contents } from '../../core/rules';
import { open } from './storage';

export const limits: DeletionLimits = { perDay: 10, perType: { user: 6, group: 5, contact: 0, device: 10 } };

/** Empty tables. */
export interface TestTables {
  readonly decisions: DecisionTable;
  caps(): DeletionCaps;
  readonly rules: RuleTable;
}

export const idOf = (ordinal: number): CloudId =>
  `00000000-0000-4000-8000-${ordinal.toString(16).padStart(12, '0')}` as CloudId;
const withoutEtag = ({ etag: _, ...decision }: StoredDecision): Decision => decision;

export const pageOf = (page: DecisionPage): Extract<DecisionPage, { kind: 'page' }> => {
  if (page.kind !== 'page') throw new RangeError(`a page was expected, found ${page.kind}`);
  return page;
};

/** What the tables of the part review promise. */
export function describeReviewTables(makeTables: () => Promise<TestTables>): void {
  let tables: TestTables;
  beforeEach(async () => {
    tables = await makeTables();
  });
  const conflict = (row: string): object => ({
    code: 'writeConflict',
    message: expect.stringContaining(row),
  });

  describe('decisions', () => {
    const all = { type: null, state: null, limit: 100, continuation: null } as const;

    test('a decision in each state is read as it was written', async () => {
      for (const [ordinal, state] of decisionStates.entries()) {
        const decision = { ...decisions[state], id: idOf(ordinal) } as Decision;
        const written = await tables.decisions.write(decision, null, open);
        const read = await tables.decisions.read('user', idOf(ordinal), open);
        expect(read).toEqual(written);
        expect(withoutEtag(read!)).toEqual(decision);
      }
      expect(await tables.decisions.read('group', idOf(0), open)).toBeNull();
    });

    test('every write carries the ETag that was read', async () => {
      const first = await tables.decisions.write(decisions.approved, null, open);
      const second = await tables.decisions.write(decisions.rejected, first.etag, open);
      expect(withoutEtag((await tables.decisions.read('user', userId, open))!)).toEqual(decisions.rejected);
      await expect(tables.decisions.write(decisions.lapsed, first.etag, open)).rejects.toMatchObject(
        conflict(`user/${userId}`),
      );
      await expect(tables.decisions.write(decisions.lapsed, null, open)).rejects.toMatchObject(
        conflict(`user/${userId}`),
      );
      expect(await tables.decisions.read('user', userId, open)).toEqual(second);
    });

    test('a row that is not there cannot be replaced', async () => {
      const { etag } = await tables.decisions.write(decisions.approved, null, open);
      await expect(
        tables.decisions.write({ ...decisions.approved, id: idOf(9) }, etag, open),
      ).rejects.toMatchObject(conflict(`user/${idOf(9)}`));
    });

    test('the same decision again is no conflict: the answer may have got lost', async () => {
      const first = await tables.decisions.write(decisions.approved, null, open);
      expect(await tables.decisions.write(decisions.approved, null, open)).toEqual(first);
      const second = await tables.decisions.write(decisions.deleting, first.etag, open);
      expect(await tables.decisions.write(decisions.deleting, first.etag, open)).toEqual(second);
    });

    test('of eight who decide at once, one wins', async () => {
      const first = await tables.decisions.write(decisions.approved, null, open);
      const outcomes = await Promise.allSettled(
        Array.from({ length: 8 }, (_, ordinal) =>
          tables.decisions.write({ ...decisions.rejected, operationId: `op-${ordinal}` }, first.etag, open),
        ),
      );
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(outcomes.filter(({ status }) => status === 'rejected')).toHaveLength(7);
    });

    test('are listed by type and state, in pages of at most the limit, until there is no more', async () => {
      const written: string[] = [];
      for (const type of ['device', 'user'] as const)
        for (let ordinal = 0; ordinal < 5; ordinal += 1) {
          const state = ordinal % 2 ? 'rejected' : 'approved';
          await tables.decisions.write({ ...decisions[state], type, id: idOf(ordinal) }, null, open);
          written.push(`${type}/${idOf(ordinal)} ${state}`);
        }
      // Rows of the caps are in the same table.
      await tables.caps().claim({ operationId: 'claim-1', type: 'user', count: 1, at }, open);
      const listed = async (query: object): Promise<string[]> => {
        const found: string[] = [];
        let continuation: string | null = null;
        do {
          const page = pageOf(
            await tables.decisions.list({ ...all, limit: 2, ...query, continuation }, open),
          );
          expect(page.decisions.length).toBeLessThanOrEqual(2);
          found.push(...page.decisions.map(({ type, id, state }) => `${type}/${id} ${state}`));
          ({ continuation } = page);
        } while (continuation !== null);
        return found;
      };
      expect(await listed({})).toEqual(written);
      expect(await listed({ type: 'user' })).toEqual(written.filter(row => row.startsWith('user')));
      expect(await listed({ state: 'approved' })).toEqual(written.filter(row => row.endsWith('approved')));
      expect(await listed({ type: 'device', state: 'rejected' })).toHaveLength(2);
      expect(await listed({ type: 'group' })).toEqual([]);
    });

    test.each(['', 'x', 'e30=', Buffer.from('{"nextPartitionKey":7}').toString('base64')])(
      'a continuation that is none (%j) is a value',
      async continuation => {
        expect(await tables.decisions.list({ ...all, continuation }, open)).toEqual({
          kind: 'continuationInvalid',
        });
      },
    );
  });

  describe('the daily caps', () => {
    const claim = (operationId: string, count: number, given: object = {}) =>
      tables.caps().claim({ operationId, type: 'user', count, at, ...given }, open);

    test('grant up to the cap, for each type and in all', async () => {
      expect(await claim('1', 4)).toEqual({
        operationId: '1',
        day: '20261120',
        type: 'user',
        granted: 4,
        returned: 0,
      });
      expect(await claim('2', 4)).toMatchObject({ granted: 2 });
      expect(await claim('3', 4)).toMatchObject({ granted: 0 });
      expect(await claim('4', 9, { type: 'device' })).toMatchObject({ granted: 4 });
      expect(await claim('5', 1, { type: 'group' })).toMatchObject({ granted: 0 });
    });

    test('begin anew with the day of UTC', async () => {
      await claim('1', 6);
      expect(await claim('2', 1, { at: instant('2026-11-20T23:59:59.999Z') })).toMatchObject({ granted: 0 });
      expect(await claim('3', 1, { at: instant('2026-11-21T00:00:00Z') })).toMatchObject({ granted: 1 });
    });

    test('count a claim that is repeated once', async () => {
      const first = await claim('1', 4);
      expect(await claim('1', 6)).toEqual(first);
      expect(await claim('2', 6)).toMatchObject({ granted: 2 });
    });

    test('take back what did not happen, once, and never more than was granted', async () => {
      const first = await claim('1', 6);
      await tables.caps().giveBack(first, 2, open);
      await tables.caps().giveBack(first, 2, open);
      await tables.caps().giveBack(first, 1, open);
      expect(await claim('2', 6)).toMatchObject({ granted: 2 });
      await tables.caps().giveBack(first, 99, open);
      expect(await claim('3', 6)).toMatchObject({ granted: 4 });
      expect(await claim('1', 6)).toMatchObject({ granted: 6, returned: 6 });
    });

    test('give nothing back for what was never claimed', async () => {
      const ghost = { operationId: 'x', day: utcDayOf(at), type: 'user', granted: 6, returned: 0 } as const;
      await tables.caps().giveBack(ghost, 6, open);
      await claim('1', 6);
      await tables.caps().giveBack(ghost, 6, open);
      expect(await claim('2', 1)).toMatchObject({ granted: 0 });
    });

    test('hold for eight instances at once', async () => {
      const claims = await Promise.all(
        Array.from({ length: 8 }, (_, ordinal) => claim(`instance-${ordinal}`, 2)),
      );
      expect(claims.reduce((sum, { granted }) => sum + granted, 0)).toBe(6);
    });
  });

  describe('rules', () => {
    const stored = (): Promise<StoredRule[]> => Array.fromAsync(tables.rules.readAll(open));

    test('a rule of each kind is read as it was added', async () => {
      const rules = contents.map((content, ordinal) =>
        aRule(content, { ruleId: idOf(ordinal), expiresAt: ordinal % 2 ? later(1) : null }),
      );
      for (const rule of rules) await tables.rules.add(rule, open);
      const read = (await stored()).map(({ etag: _, ...rule }) => rule);
      expect(read.toSorted((a, b) => (a.ruleId < b.ruleId ? -1 : 1))).toEqual(rules);
    });

    test('an id is one rule: the same again is no conflict, another one is', async () => {
      const rule = aRule(contents[0]!);
      await tables.rules.add(rule, open);
      await tables.rules.add(rule, open);
      await expect(tables.rules.add({ ...rule, owner: grace }, open)).rejects.toMatchObject(
        conflict(`exclusion/${rule.ruleId}`),
      );
      expect(await stored()).toMatchObject([{ owner: ada }]);
    });

    test('is removed as it was read, once', async () => {
      const rule = aRule(contents[0]!);
      await tables.rules.add(rule, open);
      const [{ etag }] = (await stored()) as [StoredRule];
      await tables.rules.remove('exclusion', rule.ruleId, etag, open);
      expect(await stored()).toEqual([]);
      await expect(tables.rules.remove('exclusion', rule.ruleId, etag, open)).rejects.toMatchObject(
        conflict(`exclusion/${rule.ruleId}`),
      );
      await tables.rules.add(rule, open);
      await expect(tables.rules.remove('exclusion', rule.ruleId, etag, open)).rejects.toMatchObject(
        conflict(rule.ruleId),
      );
      expect(await stored()).toHaveLength(1);
    });
  });
}
