import { addRuleRoute, listRulesRoute, removeRuleRoute } from '../../functions/httpRules';
import { AppError } from '../../shared/core/appError';
import { exclusionOf, activeRules } from '../../shared/core/rule';
import { dayMs, later, userId } from '../shared/core/decisions';
import { aRule } from '../shared/core/rules';
import { expectDocumented } from '../shared/io/http/expectDocumented';
import { asApplication } from '../shared/io/http/sampleApi';
import { anotherPerson, personId, ReviewBench, someFacts } from './reviewBench';

let bench: ReviewBench;
beforeEach(() => {
  bench = new ReviewBench();
});

const exclusion = { kind: 'exclusion', excludes: { by: 'id', type: 'user', id: userId } };
const add = (content: object = exclusion, more: object = {}, given: object = {}): Promise<Response> =>
  bench.ask('POST', '/rules', { content, reason: 'board decision', expiresAt: null, ...more }, given);
interface Shown {
  readonly ruleId: string;
  readonly kind: string;
  readonly etag: string;
}
const added = async (answer: Response): Promise<Shown> =>
  (await expectDocumented(addRuleRoute, answer)) as Shown;
const remove = ({ kind, ruleId, etag }: Shown, given: object = {}): Promise<Response> =>
  bench.ask('DELETE', `/rules/${kind}/${ruleId}`, {}, { ifMatch: etag, ...given });
const list = async (): Promise<unknown> =>
  expectDocumented(
    listRulesRoute,
    await bench.ask('GET', '/rules', null, { claims: { roles: ['Orphans.Reader'] } }),
  );

test.each([
  exclusion,
  {
    kind: 'exclusion',
    excludes: { by: 'attribute', type: 'group', attribute: 'mail', value: 'all@contoso.example' },
  },
  { kind: 'retiredDomain', domainSid: 'S-1-5-21-1-2-3' },
  { kind: 'breakGlass', userId },
])('a rule is added with reason, owner and end, and audited (%j)', async content => {
  const answer = await add(content, { expiresAt: '2026-12-24T00:00:00Z' });
  expect(answer.status).toBe(201);
  const rule = await added(answer);
  expect(answer.headers.get('etag')).toBe(rule.etag);
  expect(await list()).toEqual({ rules: [rule] });
  expect(rule).toMatchObject({
    content,
    reason: 'board decision',
    owner: { id: personId },
    expiresAt: '2026-12-24T00:00:00.000Z',
    active: true,
  });
  expect(bench.audit.rows).toMatchObject([
    {
      action: 'ruleAdded',
      actor: { id: personId },
      object: { type: 'rule', id: rule.ruleId },
      details: { content, reason: 'board decision' },
    },
  ]);
});

test('the same request again is one rule and one audit row', async () => {
  const first = await added(await add());
  bench.now += 1_000;
  const again = await add();
  expect(again.status).toBe(200);
  expect(await added(again)).toEqual(first);
  await add(exclusion, {}, { claims: anotherPerson });
  await add(exclusion, { reason: 'another reason' });
  expect(bench.rules.rows.size).toBe(3);
  expect(bench.audit.rows).toHaveLength(3);
});

test('a rule that has expired is shown as such, and keeps nothing', async () => {
  await add(exclusion, { expiresAt: '2026-12-24T00:00:00Z' });
  bench.now = later(60);
  expect(await list()).toMatchObject({ rules: [{ active: false }] });
  expect(exclusionOf(activeRules(bench.rules.rows.values(), later(60)), someFacts())).toBeNull();
});

test.each([
  [{ kind: 'holdRelease', runId: 'run-1', gate: 'volume' }, {}],
  [{ kind: 'breakGlass', userId: 'root' }, {}],
  [{ kind: 'everything' }, {}],
  [{ ...exclusion, more: 1 }, {}],
  [exclusion, { reason: ' ' }],
  [exclusion, { reason: undefined }],
  [exclusion, { expiresAt: undefined }],
  [exclusion, { expiresAt: 'soon' }],
  [exclusion, { owner: 'me' }],
  [exclusion, { expiresAt: '2026-11-20T09:00:00Z' }],
])('%j with %j is refused', async (content, more) => {
  const answer = await add(content, more);
  expect(await expectDocumented(addRuleRoute, answer)).toMatchObject({ status: 400 });
  expect([bench.rules.rows.size, bench.audit.rows]).toEqual([0, []]);
});

test.each(['userPrincipalName', 'mail', 'onPremisesSamAccountName', 'onPremisesDomainName', 'displayName'])(
  'an exclusion by %s that looks like a pattern is refused, since it would keep nothing',
  async attribute => {
    const excludes = { by: 'attribute', type: 'user', attribute, value: 'svc-*' };
    const answer = await add({ kind: 'exclusion', excludes });
    expect(await expectDocumented(addRuleRoute, answer)).toMatchObject({
      status: 400,
      errors: [{ pointer: '/body/content/excludes/value' }],
    });
    expect(bench.rules.rows.size).toBe(0);
  },
);

test.each([
  ['an application', asApplication],
  ['a reader', { roles: ['Orphans.Reader'] }],
  ['a deleter', { roles: ['Orphans.Deleter'] }],
])('%s may not', async (_, claims) => {
  const rule = await added(await add());
  expect((await add(exclusion, {}, { claims })).status).toBe(403);
  expect((await remove(rule, { claims })).status).toBe(403);
});

test('a rule is removed as it was read, and audited', async () => {
  const rule = await added(await add());
  const answer = await remove(rule);
  expect(answer.status).toBe(204);
  expect(await expectDocumented(removeRuleRoute, answer)).toBeNull();
  expect(bench.rules.rows.size).toBe(0);
  expect(bench.audited()).toEqual([`ruleAdded rule/${rule.ruleId}`, `ruleRemoved rule/${rule.ruleId}`]);
  expect(await expectDocumented(removeRuleRoute, await remove(rule))).toMatchObject({ status: 404 });
});

test('one that is added again after its removal is a new one for the audit', async () => {
  const rule = await added(await add());
  await remove(rule);
  bench.now += 1_000;
  const again = await added(await add());
  expect(await expectDocumented(removeRuleRoute, await remove(rule))).toMatchObject({ status: 412 });
  await remove(again);
  expect(bench.audit.rows.map(row => row.action)).toEqual([
    'ruleAdded',
    'ruleRemoved',
    'ruleAdded',
    'ruleRemoved',
  ]);
});

describe('a crash', () => {
  test('between a rule and its audit row loses neither, whoever comes next', async () => {
    bench.ports = () => ({
      ...bench.memoryPorts(),
      audit: { record: () => Promise.reject(new AppError('storageUnavailable', 'crash')) },
    });
    expect((await add()).status).toBe(503);
    expect(bench.rules.rows.size).toBe(1);
    bench.ports = () => bench.memoryPorts();
    await add({ kind: 'retiredDomain', domainSid: 'S-1-5-21-1-2-3' }, {}, { claims: anotherPerson });
    expect(bench.audit.rows.map(row => row.actor.id)).toEqual([personId, anotherPerson['oid']]);
  });

  test('between the audit row of a removal and the removal leaves the rule in force', async () => {
    const rule = await added(await add());
    const crashing = Object.assign(Object.create(bench.rules) as typeof bench.rules, {
      remove: () => Promise.reject(new AppError('storageUnavailable', 'crash')),
    });
    bench.ports = () => ({ ...bench.memoryPorts(), rules: crashing });
    expect((await remove(rule)).status).toBe(503);
    expect(bench.rules.rows.size).toBe(1);
    bench.ports = () => bench.memoryPorts();
    expect((await remove(rule)).status).toBe(204);
    expect(bench.audit.rows.map(row => row.action)).toEqual(['ruleAdded', 'ruleRemoved']);
  });
});

test('a rule that somebody removed right after it was added is answered with a tag that matches nothing', async () => {
  const rules = Object.assign(Object.create(bench.rules) as typeof bench.rules, {
    add: async () => undefined,
  });
  bench.ports = () => ({ ...bench.memoryPorts(), rules });
  const rule = await added(await add());
  expect((await remove(rule)).status).toBe(404);
});

test('old rules are not looked at for their audit rows', async () => {
  await bench.rules.add(aRule({ kind: 'breakGlass', userId }));
  bench.now += 36 * dayMs;
  await add();
  expect(bench.audit.rows).toHaveLength(1);
});
