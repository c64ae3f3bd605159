import fc from 'fast-check';
import { csvOf, harmlessText, type CsvCell } from '../../../../shared/core/review/csv';

/** A strict parser of RFC 4180, section 2: what it does not expect, it refuses. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [];
  let at = 0;
  while (at < text.length) {
    const row: string[] = [];
    for (;;) {
      const [whole, inside, plain] =
        /^(?:"((?:[^"]|"")*)"|([^",\r\n]*))(?=,|\r\n)/u.exec(text.slice(at)) ?? [];
      if (whole === undefined) throw new SyntaxError(`no cell at ${at}`);
      row.push(inside?.replaceAll('""', '"') ?? plain ?? '');
      at += whole.length;
      if (text[at] !== ',') break;
      at += 1;
    }
    at += 2;
    rows.push(row);
  }
  return rows;
}

const nasty = fc.string({
  unit: fc.oneof(
    fc.constantFrom(
      ...Array.from('=+-@＝＋－＠﹦﹢﹣﹫\t\r\n",;\'\\ \u0000\u001b\u00a0\u200b\u202e\u2028\ufeff\ud800'),
    ),
    fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }),
  ),
  maxLength: 12,
});
const cell: fc.Arbitrary<CsvCell> = fc.oneof(nasty, fc.nat(), fc.boolean(), fc.constant(null));

test('any table comes back through a strict parser of RFC 4180, with its texts made harmless', () => {
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 5 })
        .chain(width => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 5 })),
      rows => {
        const csv = csvOf(['a', 'b'], rows);
        expect(csv.startsWith('\ufeff')).toBe(true);
        expect(parseCsv(csv.slice(1))).toEqual([
          ['a', 'b'],
          ...rows.map(row =>
            row.map(value => (typeof value === 'string' ? harmlessText(value) : String(value ?? ''))),
          ),
        ]);
      },
    ),
    { numRuns: 500 },
  );
});

test('no cell begins a formula, and none holds a control character', () => {
  fc.assert(
    fc.property(nasty, text => {
      const harmless = harmlessText(text);
      expect(harmless.trimStart()).not.toMatch(/^[=+\-@＝＋－＠﹦﹢﹣﹫\t\r\n]/u);
      expect(harmless).not.toMatch(/[\p{Cc}\p{Cs}\u2028\u2029\u202e]/u);
      // Where cells are parted by semicolons, too, whatever the quotation marks mean there.
      for (const part of harmless.split(';')) expect(part).not.toMatch(/^[\s"]*[=+\-@＝＋－＠﹦﹢﹣﹫]/u);
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ['=HYPERLINK("http://x")', `'=HYPERLINK("http://x")`],
  ['+49 30 1', "'+49 30 1"],
  ['-1', "'-1"],
  ['@SUM(A1)', "'@SUM(A1)"],
  ['＝1', "'＝1"],
  ['  =1', "'  =1"],
  ['\u200b=1', "'\u200b=1"],
  ['\t=1', '\\u0009=1'],
  ['Ada;=1', "Ada;'=1"],
  ['Ada\r\nBob', 'Ada\\u000d\\u000aBob'],
  ['Zoë 👩‍💻', 'Zoë 👩‍💻'],
  ["O'Neil, A-B", "O'Neil, A-B"],
])('%j is written as %j', (text, written) => {
  expect(harmlessText(text)).toBe(written);
});

test('figures of ours stay figures', () => {
  expect(csvOf(['n', 'b', 'nothing'], [[-1, true, null]])).toBe('\ufeff"n","b","nothing"\r\n-1,true,\r\n');
});
