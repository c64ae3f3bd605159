import fc from 'fast-check';
import { deepestBody, largestBody, parseStrictJson, readBody } from '../../../../shared/io/http/requestBody';

async function* chunksOf(...sizes: readonly number[]): AsyncGenerator<Uint8Array> {
  for (const size of sizes) yield new Uint8Array(size);
}

test('a body of exactly the limit is read, one byte more is not', async () => {
  expect(await readBody(chunksOf(largestBody - 1, 1), null)).toMatchObject({ kind: 'read' });
  expect(await readBody(chunksOf(largestBody, 1), null)).toEqual({ kind: 'tooLarge' });
});

test('a declared length above the limit is refused unread, and no body is an empty one', async () => {
  let read = false;
  const body = async function* (): AsyncGenerator<Uint8Array> {
    read = true;
    yield new Uint8Array(1);
  };
  expect(await readBody(body(), String(largestBody + 1))).toEqual({ kind: 'tooLarge' });
  expect(read).toBe(false);
  expect(await readBody(body(), 'x')).toEqual({ kind: 'read', bytes: Buffer.from([0]) });
  expect(await readBody(null, null)).toEqual({ kind: 'read', bytes: Buffer.alloc(0) });
});

test('reading stops at the limit', async () => {
  let chunks = 0;
  const long = async function* (): AsyncGenerator<Uint8Array> {
    while (chunks < 1000) {
      chunks++;
      yield new Uint8Array(1024);
    }
  };
  expect(await readBody(long(), '10')).toEqual({ kind: 'tooLarge' });
  expect(chunks).toBe(largestBody / 1024 + 1);
});

const parse = (text: string): ReturnType<typeof parseStrictJson> => parseStrictJson(Buffer.from(text));

test('JSON without an object that has a name twice is read as JSON.parse does', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), value => {
      const text = JSON.stringify(value);
      fc.pre(!text.includes('"__proto__":'));
      expect(parse(text)).toEqual({ kind: 'json', value: JSON.parse(text) });
    }),
  );
});

test.each([
  ['{"a":1,"a":2}', 'same name twice'],
  ['{"a":1,"\\u0061":2}', 'same name twice'],
  ['[{"b":{"a":1,"c":[],"a":2}}]', 'same name twice'],
  ['{"__proto__":1}', '__proto__'],
  ['{"a":[{"__pr\\u006fto__":{}}]}', '__proto__'],
  ['{"a":1', 'is not JSON'],
  ['', 'is not JSON'],
  ['\uFEFF{}', 'is not JSON'],
  ['{a:1}', 'is not JSON'],
  ['NaN', 'is not JSON'],
])('%s is refused', (text, why) => {
  expect(parse(text)).toEqual({ kind: 'refused', why: expect.stringContaining(why) as string });
});

test('what is not UTF-8 is refused', () => {
  expect(parseStrictJson(new Uint8Array([0x22, 0xff, 0x22]))).toEqual({
    kind: 'refused',
    why: 'is not UTF-8',
  });
});

test.each([
  '{"a":{"a":1},"b":{"a":1}}',
  '[{"a":1},{"a":1}]',
  '{"a":"a","b":"a"}',
  '{"a:":"{\\"a\\":1","a":"\\\\"}',
])('%s has no name twice', text => expect(parse(text).kind).toBe('json'));

test('nesting is bounded, and the limit is exact', () => {
  const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
  expect(parse(nested(deepestBody)).kind).toBe('json');
  expect(parse(nested(deepestBody + 1))).toMatchObject({
    why: expect.stringContaining('deeper than 16') as string,
  });
  expect(parse('{"a":'.repeat(deepestBody + 1) + '1' + '}'.repeat(deepestBody + 1)).kind).toBe('refused');
});

test('the largest and worst bodies are refused in no time', () => {
  const worst = [
    '['.repeat(largestBody / 2) + ']'.repeat(largestBody / 2),
    '"' + '\\"'.repeat(largestBody / 2 - 1),
    '{"a":"' + '\\"'.repeat(largestBody / 2 - 10) + '"}',
    '['.repeat(largestBody),
  ];
  const start = performance.now();
  for (const text of worst) parse(text);
  expect(performance.now() - start).toBeLessThan(2_000);
});
