import fc from 'fast-check';
import { LineSplitter } from '../../../../shared/io/exports/lineSplitter';

/** Lines and the fault, from bytes cut at these offsets. */
function split(bytes: Buffer, cuts: readonly number[]): { lines: string[]; fault: string | null } {
  const lines: string[] = [];
  const splitter = new LineSplitter(
    text => lines.push(text),
    ({ line, problem }) => new Error(`${line}: ${problem}`),
  );
  const offsets = [0, ...cuts.map(cut => cut % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  try {
    for (const [index, offset] of offsets.slice(1).entries())
      splitter.push(bytes.subarray(offsets[index], offset));
    splitter.end();
  } catch (error) {
    return { lines, fault: (error as Error).message };
  }
  expect(splitter.lines).toBe(lines.length);
  return { lines, fault: null };
}

const cuts = fc.array(fc.nat(), { maxLength: 8 });

test('lines come out as they went in, wherever the bytes are cut', () => {
  const line = fc.string({ unit: 'binary' }).map(text => text.replaceAll('\n', ' '));
  fc.assert(
    fc.property(fc.array(line), cuts, (lines, at) => {
      const bytes = Buffer.from(lines.map(each => `${each}\n`).join(''));
      expect(split(bytes, at)).toEqual({ lines, fault: null });
    }),
  );
});

test('the first line with bytes that are not UTF-8 is named, and the lines before it are handed over', () => {
  const bytes = Buffer.concat([
    Buffer.from('one\nzwölf\n'),
    Buffer.from([0xc3, 0x0a]),
    Buffer.from('four\n'),
  ]);
  fc.assert(
    fc.property(cuts, at => {
      expect(split(bytes, at)).toEqual({
        lines: ['one', 'zwölf'],
        fault: '3: expected UTF-8, found other bytes',
      });
    }),
  );
});

test('bytes after the last line feed are a fault', () => {
  expect(split(Buffer.from('one\ntw'), [])).toEqual({
    lines: ['one'],
    fault: '2: expected a line feed at its end, found the end of the file',
  });
});

test('a line of exactly 4 MiB is taken, one of a byte more is not, ended or not', () => {
  const longest = Buffer.alloc(4 * 1024 * 1024 + 1, 'x');
  longest[longest.length - 1] = 0x0a;
  expect(split(longest, [70_000]).lines[0]).toHaveLength(4 * 1024 * 1024);
  const fault = '1: expected at most 4194304 bytes, found more';
  expect(split(Buffer.concat([Buffer.from('x'), longest]), []).fault).toBe(fault);
  expect(split(Buffer.alloc(4 * 1024 * 1024 + 1, 'x'), [70_000]).fault).toBe(fault);
});
