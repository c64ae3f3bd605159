import fc from 'fast-check';
import { compileFilter } from '../../../agent/src/core/filterMatch';
import {
  attributesOf,
  maxFilterDepth,
  maxFilterLength,
  parseFilter,
  printFilter,
  type Filter,
} from '../../../agent/src/core/ldapFilter';
import { entryOf, guidBytes } from './entries';

const filterOf = (text: string): Filter => {
  const parsed = parseFilter(text);
  if (parsed.kind === 'invalid') throw new Error(`${parsed.problem} at ${parsed.at}`);
  return parsed.filter;
};
const matches = (text: string, attributes: Parameters<typeof entryOf>[1]): boolean =>
  compileFilter(filterOf(text))(entryOf('CN=x', attributes));

const guid = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const ada = {
  cn: 'Ada Lovelace',
  objectClass: ['top', 'person', 'user'],
  userAccountControl: '514',
  groupType: '-2147483646',
  whenCreated: '20260101000000.0Z',
  description: ['a*b', 'brackets (x)', String.raw`back\slash`],
  objectGUID: guidBytes(guid),
  sn: 'Müller',
  adminDescription: 'User_NoSync',
};
const guidFilter = [...guidBytes(guid)].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('');

describe('a filter', () => {
  test.each([
    ['(cn=ada lovelace)', true],
    ['(CN=ADA LOVELACE)', true],
    ['(cn=ada)', false],
    ['(cn~=ada lovelace)', true],
    ['(cn=*)', true],
    ['(mail=*)', false],
    ['(objectClass=USER)', true],
    ['(cn=ada*)', true],
    ['(cn=*lace)', true],
    ['(cn=*a l*)', true],
    ['(cn=a*a*ace)', true],
    ['(cn=a*love*lace)', true],
    ['(cn=a*lace*love*)', false],
    ['(cn=ada*a lovelace)', false],
    ['(cn=lov*)', false],
    ['(cn=*lov)', false],
    ['(sn=M*ller)', true],
    ['(sn=MÜLLER)', true],
    [String.raw`(sn=m\c3\bcller)`, true],
    [String.raw`(description=a\2ab)`, true],
    [String.raw`(description=a\2Ac)`, false],
    [String.raw`(description=*\28x\29)`, true],
    [String.raw`(description=back\5cslash)`, true],
    [`(objectGUID=${guidFilter})`, true],
    [`(objectGUID=${guidFilter.replace('e0', 'e1')})`, false],
    ['(userAccountControl>=514)', true],
    ['(userAccountControl>=515)', false],
    ['(userAccountControl>=99)', true],
    ['(userAccountControl<=514)', true],
    ['(userAccountControl<=513)', false],
    ['(userAccountControl<=1000)', true],
    ['(whenCreated>=20251231235959.0Z)', true],
    ['(whenCreated>=20260101000001.0Z)', false],
    ['(whenCreated<=20260101000000.0Z)', true],
    ['(whenCreated<=20251231235959.0Z)', false],
    ['(mail>=a)', false],
    ['(userAccountControl:1.2.840.113556.1.4.803:=2)', true],
    ['(userAccountControl:1.2.840.113556.1.4.803:=514)', true],
    ['(userAccountControl:1.2.840.113556.1.4.803:=3)', false],
    ['(userAccountControl:1.2.840.113556.1.4.804:=3)', true],
    ['(userAccountControl:1.2.840.113556.1.4.804:=1)', false],
    ['(groupType:1.2.840.113556.1.4.803:=2147483648)', true],
    ['(groupType:1.2.840.113556.1.4.803:=-2147483648)', true],
    ['(cn:1.2.840.113556.1.4.804:=1)', false],
    ['(&(cn=ada*)(objectClass=user))', true],
    ['(&(cn=ada*)(objectClass=group))', false],
    ['(|(cn=bob)(objectClass=user))', true],
    ['(|(cn=bob)(objectClass=group))', false],
    ['(!(cn=bob))', true],
    ['(!(mail=*))', true],
    ['(!(cn=ada*))', false],
    [' ( & (cn=ada*)\n ( ! ( objectClass=group) ) ) ', true],
    ['(objectCategory=CN=Person,CN=Schema,CN=Configuration,DC=x)', false],
    ['(adminDescription=User_*)', true],
  ])('%s: %p', (text, expected) => {
    expect(matches(text, ada)).toBe(expected);
  });

  test('a value of leading spaces keeps them', () => {
    expect(matches('(cn= a)', { cn: ' a' })).toBe(true);
    expect(matches('(cn= a)', { cn: 'a' })).toBe(false);
  });

  test.each([
    ['', '"(" was expected', 0],
    ['cn=a', '"(" was expected', 0],
    ['(cn=a', '")" was expected', 5],
    ['(cn=a)(cn=b)', 'the end was expected', 6],
    ['(&)', 'an empty (&)', 2],
    ['(|)', 'an empty (&) or (|)', 2],
    ['(&(cn=a)', '"(" was expected', 8],
    ['(&(cn=a)x)', '"(" was expected', 8],
    ['(!(cn=a)(cn=b))', '")" was expected', 8],
    ['(!cn=a)', '"(" was expected', 2],
    ['(cn)', 'an attribute, an operator and a value', 1],
    ['(cn=a(b)', 'an attribute, an operator and a value', 1],
    ['(=a)', 'the name of an attribute', 1],
    ['(c n=a)', 'the name of an attribute', 1],
    ['(2.5.4.3=a)', 'the name of an attribute', 1],
    ['(cn;lang-de=a)', 'the name of an attribute', 1],
    ['(cn=)', 'a value was expected', 1],
    ['(cn=a**b)', 'between two "*"', 1],
    ['(cn=**)', 'between two "*"', 1],
    [String.raw`(cn=a\2)`, 'two hexadecimal digits', 1],
    [String.raw`(cn=a\zz)`, 'two hexadecimal digits', 1],
    [String.raw`(cn=a\ff*)`, 'UTF-8 was expected', 1],
    ['(cn>=a*)', 'without "*" was expected', 1],
    ['(cn<=)', 'without "*" was expected', 1],
    [String.raw`(cn<=\ff)`, 'without "*" was expected', 1],
    ['(objectCategory=person)', 'use objectClass', 1],
    ['(&(cn=a)(memberOf:1.2.840.113556.1.4.1941:=CN=x))', '1941 (in chain) can only be evaluated', 9],
    ['(cn:=a)', 'was expected, found ""', 1],
    ['(cn:dn:1.2.840.113556.1.4.803:=1)', 'found ":dn:1.2', 1],
    ['(cn:1.2.840.113556.1.4.803:=0x2)', 'a decimal number was expected, found "0x2"', 1],
    [`(cn=${'a'.repeat(maxFilterLength)})`, `at most ${maxFilterLength} characters`, maxFilterLength],
  ])('%s is refused: %s', (text, problem, at) => {
    expect(parseFilter(text)).toEqual({ kind: 'invalid', problem: expect.stringContaining(problem), at });
  });

  test('may be as long and as deep as the limits, and no longer or deeper', () => {
    expect(parseFilter(`(cn=${'a'.repeat(maxFilterLength - 5)})`).kind).toBe('filter');
    const nested = (depth: number): string => `${'(!'.repeat(depth - 1)}(cn=a)${')'.repeat(depth - 1)}`;
    expect(parseFilter(nested(maxFilterDepth)).kind).toBe('filter');
    expect(parseFilter(nested(maxFilterDepth + 1)).kind).toBe('invalid');
    expect(parseFilter('(&'.repeat(8000)).kind).toBe('invalid');
  });

  test('names its attributes', () => {
    const filter = filterOf('(&(cn=a)(|(CN=b*)(!(mail=*)))(a>=1)(b<=1)(c:1.2.840.113556.1.4.803:=1))');
    expect([...attributesOf(filter)]).toEqual(['cn', 'mail', 'a', 'b', 'c']);
  });
});

const text = fc.string({
  unit: fc.constantFrom('a', 'B', '*', '(', ')', '\\', 'ü', '1', ' ', '\0'),
  maxLength: 3,
});
const someText = text.filter(value => value !== '');
const attribute = fc.constantFrom('cn', 'mail', 'userAccountControl');
const leaf: fc.Arbitrary<Filter> = fc.oneof(
  fc.record({ kind: fc.constant('present' as const), attribute }),
  fc.record({
    kind: fc.constant('equal' as const),
    attribute,
    value: fc
      .oneof(someText, fc.uint8Array({ minLength: 1, maxLength: 3 }))
      .map(value => Buffer.from(value as string)),
  }),
  fc
    .record({
      kind: fc.constant('substrings' as const),
      attribute,
      initial: text,
      any: fc.array(someText, { maxLength: 2 }),
      final: text,
    })
    .filter(({ initial, any, final }) => initial + any.join('') + final !== ''),
  fc.record({
    kind: fc.constantFrom('greaterOrEqual' as const, 'lessOrEqual' as const),
    attribute,
    value: someText,
  }),
  fc.record({
    kind: fc.constantFrom('allBits' as const, 'anyBit' as const),
    attribute,
    mask: fc.bigInt({ min: -8n, max: 8n }),
  }),
);
const { filter: anyFilter } = fc.letrec<{ filter: Filter }>(tie => ({
  filter: fc.oneof(
    { maxDepth: 4 },
    leaf,
    fc.record({ kind: fc.constant('not' as const), filter: tie('filter') }),
    fc.record({
      kind: fc.constantFrom('and' as const, 'or' as const),
      filters: fc.array(tie('filter'), { minLength: 1, maxLength: 3 }),
    }),
  ),
}));
const value = fc.oneof(text, fc.integer({ min: -8, max: 8 }).map(String));
const anyEntry = fc
  .record(
    { cn: fc.array(value, { minLength: 1, maxLength: 2 }), mail: value, userAccountControl: value },
    { requiredKeys: [] },
  )
  .map(attributes => entryOf('CN=x', attributes));

describe('filters obey', () => {
  test('parse after print is the identity', () => {
    fc.assert(
      fc.property(anyFilter, filter => {
        expect(filterOf(printFilter(filter))).toEqual(filter);
      }),
    );
  });

  test('not not f is f, and f and not f never match together', () => {
    fc.assert(
      fc.property(anyFilter, anyEntry, (filter, entry) => {
        const not: Filter = { kind: 'not', filter };
        expect(compileFilter({ kind: 'not', filter: not })(entry)).toBe(compileFilter(filter)(entry));
        expect(compileFilter({ kind: 'and', filters: [filter, not] })(entry)).toBe(false);
      }),
    );
  });

  test("De Morgan's laws", () => {
    const pair = fc.constantFrom(['and', 'or'] as const, ['or', 'and'] as const);
    fc.assert(
      fc.property(pair, anyFilter, anyFilter, anyEntry, ([one, other], a, b, entry) => {
        const left: Filter = { kind: 'not', filter: { kind: one, filters: [a, b] } };
        const right: Filter = {
          kind: other,
          filters: [
            { kind: 'not', filter: a },
            { kind: 'not', filter: b },
          ],
        };
        expect(compileFilter(left)(entry)).toBe(compileFilter(right)(entry));
      }),
    );
  });

  test('what is equal is present, at least and at most itself, and a substring of itself', () => {
    fc.assert(
      fc.property(someText, given => {
        const entry = entryOf('CN=x', { cn: given });
        const filters: Filter[] = [
          { kind: 'equal', attribute: 'cn', value: Buffer.from(given.toUpperCase()) },
          { kind: 'present', attribute: 'cn' },
          { kind: 'greaterOrEqual', attribute: 'cn', value: given },
          { kind: 'lessOrEqual', attribute: 'cn', value: given },
          { kind: 'substrings', attribute: 'cn', initial: '', any: [given], final: '' },
        ];
        for (const filter of filters) expect(compileFilter(filter)(entry)).toBe(true);
      }),
    );
  });

  test('no text makes the parser throw', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...Array.from('(&|!=*~<>:)\\ab1.')), maxLength: 30 }),
        given => {
          expect(['filter', 'invalid']).toContain(parseFilter(given).kind);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
