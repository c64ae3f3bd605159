import type { CloudId } from '../../../shared/core/cloudObject';
import type { Instant } from '../../../shared/core/instant';
import { activeRules, exclusionOf, releaseOf, ruleContentSchema, ruleKinds } from '../../../shared/core/rule';
import { at, later, userId } from './decisions';
import { aRule, contents } from './rules';

const rules = contents.map(content => aRule(content));
const [byId, byValue, retired, release, breakGlass] = rules;
const other = '0c0c0c0c-0000-0000-0000-000000000009' as CloudId;
const object = {
  type: 'user',
  id: other,
  displayName: null,
  userPrincipalName: null,
  mail: null,
  onPremisesSamAccountName: null,
  onPremisesDomainName: null,
} as const;

test('rules in force are found by what they are asked for', () => {
  const active = activeRules(rules, at);
  expect(exclusionOf(active, { ...object, id: userId })).toBe(byId);
  expect(exclusionOf(active, { ...object, onPremisesDomainName: 'LAB.EXAMPLE' })).toBe(byValue);
  expect(exclusionOf(active, { ...object, id: '0c0c0c0c-0000-0000-0000-000000000001' as CloudId })).toBe(
    breakGlass,
  );
  expect(active.retiredDomains.get('S-1-5-21-1-2-3')).toBe(retired);
  expect(releaseOf(active, 'run-1', 'volume')).toBe(release);
});

test('a rule is about nothing else', () => {
  const active = activeRules(rules, at);
  expect(exclusionOf(active, object)).toBeNull();
  expect(exclusionOf(active, { ...object, type: 'group', id: userId })).toBeNull();
  expect(exclusionOf(active, { ...object, type: 'group', onPremisesDomainName: 'lab.example' })).toBeNull();
  expect(exclusionOf(active, { ...object, displayName: 'lab.example' })).toBeNull();
  expect(exclusionOf(active, { ...object, onPremisesDomainName: 'sub.lab.example' })).toBeNull();
  expect(releaseOf(active, 'run-2', 'volume')).toBeNull();
  expect(releaseOf(active, 'run-1', 'exportPresent')).toBeNull();
});

test('a value is found however its letters are encoded, and whatever space is around it', () => {
  const excluding = (value: string) =>
    activeRules(
      [
        aRule({
          kind: 'exclusion',
          excludes: { by: 'attribute', type: 'user', attribute: 'displayName', value },
        }),
      ],
      at,
    );
  const composed = 'Zo\u00eb';
  const decomposed = 'Zoe\u0308';
  for (const [ruled, found] of [
    [decomposed, composed],
    [composed, decomposed],
    [` ${composed} `, composed],
    [composed, `${composed} `],
  ] as const)
    expect(exclusionOf(excluding(ruled), { ...object, displayName: found })).not.toBeNull();
  expect(exclusionOf(excluding(composed), { ...object, displayName: 'Zoe' })).toBeNull();
});

test('a rule is in force until its expiry, and not at it', () => {
  const countAt = (now: number): number => {
    const active = activeRules(rules, now as Instant);
    return Object.values(active).reduce((sum, { size }) => sum + size, 0);
  };
  expect([-1, 0, 1].map(ms => countAt(later(30) + ms))).toEqual([rules.length, 0, 0]);
  expect(countAt(at - 1)).toBe(rules.length);
  const forEver = rules.map(rule => ({ ...rule, expiresAt: null }));
  expect(activeRules(forEver, later(9_999)).retiredDomains.size).toBe(1);
});

test('every kind has a sample', () => {
  expect([...new Set(contents.map(({ kind }) => kind))]).toEqual(ruleKinds);
});

test.each([
  ['a kind that there is not', { kind: 'amnesty' }],
  ['an exclusion of everything', { kind: 'exclusion', excludes: { by: 'attribute', type: 'user' } }],
  [
    'an empty value',
    { kind: 'exclusion', excludes: { by: 'attribute', type: 'user', attribute: 'mail', value: '' } },
  ],
  [
    'another attribute',
    { kind: 'exclusion', excludes: { by: 'attribute', type: 'user', attribute: 'id', value: 'x' } },
  ],
  ['an id in upper case', { kind: 'breakGlass', userId: userId.toUpperCase() }],
  ['a domain without SID', { kind: 'retiredDomain', domainSid: 'contoso.example' }],
  ['a gate with a slash', { kind: 'holdRelease', runId: 'run-1', gate: 'a/b' }],
  ['more than belongs to the kind', { kind: 'breakGlass', userId, gate: 'volume' }],
])('%s is no rule', (_, content) => {
  expect(ruleContentSchema.safeParse(content).success).toBe(false);
});
