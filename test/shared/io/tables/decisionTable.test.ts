import type { TableClient } from '@azure/data-tables';
import fc from 'fast-check';
import { AppError } from '../../../../shared/core/appError';
import type { Decision } from '../../../../shared/core/decision';
import { decisionStates } from '../../../../shared/core/transitions';
import { createDeletionCaps } from '../../../../shared/io/tables/decisionCapsTable';
import { decisionOfRow, rowOfDecision } from '../../../../shared/io/tables/decisionRow';
import { createDecisionTable } from '../../../../shared/io/tables/decisionTable';
import { ruleOfRow, rowOfRule } from '../../../../shared/io/tables/ruleRow';
import { createRuleTable } from '../../../../shared/io/tables/ruleTable';
import { anyDecision, at, decisions, quarantine, userId } from '../../core/decisions';
import { aRule, contents } from '../../core/rules';
import { anyText } from './arbitraries';
import { describeReviewTables, idOf, limits, pageOf } from './decisionContract';
import { startPages } from './pagesStandIn';
import { open, startStorage, type Storage } from './storage';

let storage: Storage;
let table: TableClient;
beforeAll(async () => {
  storage = await startStorage();
});
afterAll(() => storage.stop());
beforeEach(async () => {
  table = await storage.table();
});

const hurried = { sleep: async () => {}, random: () => 0.5 };
const all = { type: null, state: null, limit: 100, continuation: null } as const;

describeReviewTables(async () => {
  const rules = await storage.table();
  return {
    decisions: createDecisionTable(table),
    caps: () => createDeletionCaps({ table, limits, ...hurried }),
    rules: createRuleTable(rules),
  };
});

describe('rows', () => {
  test('any decision is read as it was written', () => {
    fc.assert(
      fc.property(anyDecision(anyText), decision => {
        const row = { ...rowOfDecision(decision), etag: 'e' };
        expect(decisionOfRow('T', row)).toEqual({ ...decision, etag: 'e' });
      }),
    );
  });

  test('any decision is read as it was written, through the service', async () => {
    const stored = createDecisionTable(table);
    const samples = fc.sample(anyDecision(anyText), { numRuns: 40, seed: 7 });
    for (const decision of samples) {
      const { etag } = await stored.write(decision, null, open);
      expect(await stored.read(decision.type, decision.id, open)).toEqual({ ...decision, etag });
    }
  });

  test('any rule is read as it was written', () => {
    for (const content of contents)
      fc.assert(
        fc.property(anyText, anyText, (reason, name) => {
          const rule = aRule(content, { reason, owner: { id: userId, name } });
          expect(ruleOfRow('T', { ...rowOfRule(rule), etag: 'e' })).toEqual({ ...rule, etag: 'e' });
        }),
        { numRuns: 20 },
      );
  });

  test('a column that became null disappears', async () => {
    const stored = createDecisionTable(table);
    const { etag } = await stored.write({ ...decisions.approved, quarantine }, null, open);
    await stored.write(decisions.approved, etag, open);
    expect(await table.getEntity('user', userId)).not.toHaveProperty('quarantineUntil');
  });
});

describe('a row that is no decision is refused, and named without its values', () => {
  const without = (decision: Decision, ...columns: string[]): object =>
    Object.fromEntries(Object.entries(rowOfDecision(decision)).filter(([name]) => !columns.includes(name)));

  test.each<[string, object, RegExp]>([
    ['a foreign row', { partitionKey: 'user', rowKey: userId, note: 'secret' }, /schemaVersion/],
    ['another version', { ...rowOfDecision(decisions.approved), schemaVersion: 2 }, /schemaVersion/],
    ['another state', { ...rowOfDecision(decisions.approved), state: 'secret' }, /state/],
    ['another type', { ...rowOfDecision(decisions.approved), partitionKey: 'computer' }, /partitionKey/],
    ['a key that is no GUID', { ...rowOfDecision(decisions.approved), rowKey: 'secret' }, /rowKey/],
    [
      'a hash that is none',
      { ...rowOfDecision(decisions.approved), approvalEvidenceHash: 'secret' },
      /approvalEvidenceHash/,
    ],
    [
      'a date as text',
      { ...rowOfDecision(decisions.approved), approvalExpiresAt: 'secret' },
      /approvalExpiresAt/,
    ],
    [
      'another reason of a lapse',
      { ...rowOfDecision(decisions.lapsed), lapseReason: 'secret' },
      /lapseReason/,
    ],
    [
      'a state without what it needs',
      { ...rowOfDecision(decisions.approved), state: 'deleting' },
      /deletion: its columns were expected in deleting/,
    ],
    [
      'a state with what does not belong to it',
      { ...rowOfDecision(decisions.deleting), state: 'approved' },
      /deletion: no such columns/,
    ],
    ['a group in part', without(decisions.approved, 'approvalExpiresAt'), /approval: all of its columns/],
    ['a person in part', without(decisions.approved, 'approvedByName'), /approvedBy: all of its columns/],
    [
      'the rest of a group',
      without(
        decisions.rejected,
        'rejectedBy',
        'rejectedByName',
        'rejectedAt',
        'rejectionEvidenceHash',
        'rejectionReason',
      ),
      /rejection: all of its columns/,
    ],
  ])('%s', async (_, row, message) => {
    const { partitionKey, rowKey } = row as { partitionKey: string; rowKey: string };
    await table.createEntity({ ...row, partitionKey, rowKey });
    const error = (await createDecisionTable(table)
      .list(all, open)
      .catch((thrown: unknown) => thrown)) as AppError;
    expect(error).toMatchObject({ code: 'rowInvalid', message: expect.stringMatching(message) });
    expect(error.message).toContain(`${partitionKey}/${rowKey}`);
    expect(error.message.replace(rowKey, '')).not.toContain('secret');
  });

  test('every column of an approval is needed, but for the two that may be absent', () => {
    const optional = new Set(['approvalComment', 'approvalConfirmation']);
    const columns = Object.keys(rowOfDecision(decisions.approved)).filter(
      name => name.startsWith('appro') && !optional.has(name),
    );
    expect(columns).toHaveLength(6);
    for (const column of columns)
      expect(() => decisionOfRow('T', { ...without(decisions.approved, column), etag: 'e' })).toThrow(
        /approv/,
      );
  });
});

describe('a row that is no rule is refused', () => {
  const row = rowOfRule(aRule(contents[0]!));
  test.each<[string, object, RegExp]>([
    ['a foreign row', { partitionKey: 'exclusion', rowKey: 'x', note: 'secret' }, /schemaVersion/],
    ['another kind', { ...row, partitionKey: 'amnesty' }, /partitionKey/],
    ['an exclusion without its object', { ...row, objectId: undefined }, /content\.excludes\.id/],
    ['an exclusion of both sorts', { ...row, attribute: 'mail', value: 'x' }, /content\.excludes/],
    ['a column of another kind', { ...row, gate: 'volume' }, /content/],
    ['a kind with the columns of another', { ...row, partitionKey: 'breakGlass' }, /content/],
    [
      'a domain that is no SID',
      { ...rowOfRule(aRule(contents[2]!)), domainSid: 'secret' },
      /content\.domainSid/,
    ],
  ])('%s', async (_, bad, message) => {
    const { partitionKey, rowKey } = bad as { partitionKey: string; rowKey: string };
    await table.createEntity({ ...bad, partitionKey, rowKey });
    const error = (await Array.fromAsync(createRuleTable(table).readAll(open)).catch(
      (thrown: unknown) => thrown,
    )) as AppError;
    expect(error).toMatchObject({ code: 'rowInvalid', message: expect.stringMatching(message) });
    expect(error.message).not.toContain('secret');
  });
});

describe('a list over short and empty pages', () => {
  const row = (ordinal: number) => rowOfDecision({ ...decisions.approved, id: idOf(ordinal) });

  test('gives the first page that has something, and where to go on', async () => {
    const pages = await startPages([[], [], [row(1)], [], [row(2)]]);
    try {
      const stored = createDecisionTable(pages.table);
      const first = pageOf(await stored.list(all, open));
      expect(first.decisions.map(({ id }) => id)).toEqual([idOf(1)]);
      const second = pageOf(await stored.list({ ...all, continuation: first.continuation }, open));
      expect(second.decisions.map(({ id }) => id)).toEqual([idOf(2)]);
      expect(second.continuation).toBeNull();
      expect(pages.asked).toHaveLength(5);
    } finally {
      await pages.stop();
    }
  });

  test('ends after eight requests with an empty page, and where to go on', async () => {
    const pages = await startPages([...Array.from({ length: 8 }, () => []), [row(1)]]);
    try {
      const stored = createDecisionTable(pages.table);
      const first = pageOf(await stored.list(all, open));
      expect([first.decisions, pages.asked.length]).toEqual([[], 8]);
      const second = pageOf(await stored.list({ ...all, continuation: first.continuation }, open));
      expect(second.decisions).toHaveLength(1);
    } finally {
      await pages.stop();
    }
  });

  test('asks for 1 to 1,000 rows', async () => {
    const pages = await startPages([[]]);
    try {
      for (const limit of [0, 1, 1_000, 1_001])
        await createDecisionTable(pages.table).list({ ...all, limit }, open);
      expect(pages.asked.map(asked => new URLSearchParams(asked).get('$top'))).toEqual([
        '1',
        '1',
        '1000',
        '1000',
      ]);
    } finally {
      await pages.stop();
    }
  });
});

describe('caps', () => {
  const request = { operationId: '1', type: 'user', count: 1, at } as const;

  test('that others change at every attempt are given up', async () => {
    const caps = createDeletionCaps({ table, limits, ...hurried });
    const first = await caps.claim(request, open);
    const stale = await table.getEntity('_caps', '20261120');
    jest.spyOn(table, 'getEntity').mockImplementation(async (...given) => {
      const [, key] = given;
      if (key === '20261120') return { ...stale, etag: `W/"datetime'2026-01-01T00%3A00%3A00Z'"` };
      return Object.getPrototypeOf(table).getEntity.apply(table, given);
    });
    await expect(caps.claim({ ...request, operationId: '3' }, open)).rejects.toMatchObject({
      code: 'writeConflict',
      message: expect.stringContaining('_caps/20261120'),
    });
    await expect(caps.giveBack(first, 1, open)).rejects.toMatchObject({ code: 'writeConflict' });
  });

  test('that are damaged grant nothing', async () => {
    const caps = createDeletionCaps({ table, limits, ...hurried });
    await caps.claim(request, open);
    await table.updateEntity({ partitionKey: '_caps', rowKey: '20261120', user: -5 }, 'Merge', { etag: '*' });
    await expect(caps.claim({ ...request, operationId: '2' }, open)).rejects.toMatchObject({
      code: 'rowInvalid',
      message: expect.stringContaining('_caps/20261120'),
    });
  });

  test('are of one table with the decisions, and no decision', async () => {
    await createDeletionCaps({ table, limits }).claim(request, open);
    expect(pageOf(await createDecisionTable(table).list(all, open)).decisions).toEqual([]);
  });
});

describe('errors', () => {
  const calls = (client: TableClient, signal: AbortSignal) => {
    const [stored, caps, rules] = [
      createDecisionTable(client),
      createDeletionCaps({ table: client, limits }),
      createRuleTable(client),
    ];
    return [
      () => stored.read('user', userId, signal),
      () => stored.write(decisions.approved, null, signal),
      () => stored.list(all, signal),
      () => caps.claim({ operationId: '1', type: 'user', count: 1, at }, signal),
      () => Array.fromAsync(rules.readAll(signal)),
      () => rules.add(aRule(contents[0]!), signal),
      () => rules.remove('exclusion', 'x', `W/"datetime'2026-01-01T00%3A00%3A00Z'"`, signal),
    ];
  };

  test('say what is missing where there is no table', async () => {
    const missing = await storage.table({ name: 'MissingReview', missing: true });
    for (const call of calls(missing, open))
      await expect(call()).rejects.toMatchObject({
        code: 'storageUnavailable',
        message: expect.stringMatching(/table MissingReview.*infra/),
      });
  });

  test('are what the caller stopped for', async () => {
    const stop = new AppError('stopped', 'SIGTERM');
    for (const call of calls(table, AbortSignal.abort(stop))) await expect(call()).rejects.toBe(stop);
  });
});

test('there is a decision of every state', () => {
  expect(Object.keys(decisions).toSorted()).toEqual([...decisionStates].toSorted());
});
