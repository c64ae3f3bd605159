import fc from 'fast-check';
import { ByteKeyTable } from '../../../shared/core/byteKeyTable';

const key = (number: number): Uint8Array => {
  const bytes = new Uint8Array(16);
  new DataView(bytes.buffer).setUint32(number % 4 === 0 ? 12 : 0, number);
  return bytes;
};

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

describe('ByteKeyTable', () => {
  test('behaves like a Map, whatever is put into it', () => {
    const operation = fc.record({ at: fc.nat(40), value: fc.nat(1000), replace: fc.boolean() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 200 }), operations => {
        const table = new ByteKeyTable();
        const model = new Map<number, number>();
        for (const { at, value, replace } of operations) {
          const isNew = !model.has(at);
          if (replace || isNew) model.set(at, value);
          const added = replace ? table.set(key(at), value) : table.add(key(at), value);
          expect(added).toBe(replace ? undefined : isNew);
        }
        expect(table.size).toBe(model.size);
        for (let at = 0; at <= 40; at += 1) {
          expect(table.get(key(at))).toBe(model.get(at));
          expect(table.has(key(at))).toBe(model.has(at));
        }
        const isOdd = (value: number): boolean => value % 2 === 1;
        const odd = [...model].filter(([, value]) => isOdd(value)).map(([at]) => hex(key(at)));
        expect([...table.keysWith(isOdd)].map(hex).sort()).toEqual(odd.sort());
      }),
    );
  });

  test('grows beyond its first size, and beyond the size that was expected, and loses nothing', () => {
    for (const expected of [0, 3000]) {
      const table = new ByteKeyTable(expected);
      for (let number = 0; number < 10_000; number += 1) table.add(key(number), number);
      expect(table.size).toBe(10_000);
      for (let number = 0; number < 10_000; number += 1) expect(table.get(key(number))).toBe(number);
      expect(table.get(key(10_001))).toBeUndefined();
    }
  });

  test('hands out its keys as copies', () => {
    const table = new ByteKeyTable();
    table.add(key(1));
    for (const copy of table.keysWith(() => true)) copy.fill(9);
    expect([...table.keysWith(() => true)]).toEqual([key(1)]);
  });

  test.each([15, 17])('a key of %i bytes is a programming error', length => {
    expect(() => new ByteKeyTable().add(new Uint8Array(length))).toThrow('16 bytes');
  });
});
