import fc from 'fast-check';
import { canonicalJson } from '../../../../shared/core/canonicalJson';
import { cutJson } from '../../../../shared/io/graph/cutJson';

test('what fits stays as it is', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
      expect(JSON.parse(canonicalJson(cutJson(value)))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});

test('a text is kept up to its limit, and cut beyond it', () => {
  const longest = 'a'.repeat(32 * 1024);
  expect(cutJson(longest)).toBe(longest);
  expect(cutJson(`${longest}b`)).toEqual({ cut: 'a text of 32769 characters' });
});

test('a collection is kept up to its limit, and cut beyond it', () => {
  const most = Array.from({ length: 10_000 }, (_, n) => n);
  expect(cutJson(most)).toEqual(most);
  expect(cutJson([...most, 0, 1])).toEqual([...most, { cut: '2 more items' }]);
  const members = Object.fromEntries(most.map(n => [`p${n}`, n]));
  expect(cutJson({ ...members, more: 1 })).toEqual(members);
});

test('nesting is cut at its limit', () => {
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);
  expect(cutJson(nested(8))).toEqual(nested(8));
  expect(JSON.stringify(cutJson(nested(9)))).toContain('nested too deeply');
});

test.each([undefined, null, Number.NaN, Infinity, () => 1, Symbol('s')])('%p is null', value => {
  expect(cutJson(value)).toBeNull();
});

test('a name that means something to JavaScript is data', () => {
  const value: unknown = JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}');
  expect(JSON.stringify(cutJson(value))).toBe('{"__proto__":{"polluted":true},"constructor":1}');
});
