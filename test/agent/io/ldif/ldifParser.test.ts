import fc from 'fast-check';
import { LdifParser, type LdifRecord } from '../../../../agent/src/io/ldif/ldifParser';
import { encodingOf } from '../../../../agent/src/io/ldif/textEncoding';
import type { DirectoryEntry } from '../../../../agent/src/core/directoryEntry';
import { encoded, entryOf, ldifdeStyle, writeLdif, type LdifStyle } from './ldifWriter';

const encodings = ['utf8', 'utf8WithMark', 'utf16le', 'utf16be'] as const;

/** Parses a whole file, handed over in chunks of these sizes, round and round. */
function parse(file: Buffer, chunks: readonly number[] = [file.length + 1]): readonly LdifRecord[] {
  const records: LdifRecord[] = [];
  const { encoding, markBytes } = encodingOf(file);
  const parser = new LdifParser(
    { encoding, line: 1, offset: markBytes },
    record => records.push(record),
    (line, problem) => new Error(`line ${line}: ${problem}`),
  );
  for (let at = markBytes, turn = 0; at < file.length; turn += 1) {
    const end = at + (chunks[turn % chunks.length] as number);
    parser.push(file.subarray(at, end));
    at = end;
  }
  parser.end();
  return records;
}

const plain = (entries: readonly DirectoryEntry[]): unknown =>
  entries.map(({ distinguishedName, attributes }) => ({
    distinguishedName,
    attributes: [...attributes].map(([name, values]) => [name, values.map(value => value.toString('hex'))]),
  }));

const read = (file: Buffer | string, chunks?: readonly number[]): unknown =>
  plain(parse(typeof file === 'string' ? Buffer.from(file) : file, chunks).map(({ entry }) => entry));

const bytes = fc.uint8Array({ maxLength: 200 }).map(value => Buffer.from(value));
const text = fc.string({ unit: 'binary', maxLength: 60 }).map(value => Buffer.from(value, 'utf8'));
const namePart = fc
  .string({
    unit: fc.constantFrom('a', 'B', ' ', 'é', '日', '😀', '#', ':', '<', '=', '\u00a0'),
    minLength: 1,
    maxLength: 30,
  })
  .map(value => value.trim() || 'x')
  .chain(value =>
    fc.constantFrom(
      value,
      `\\,${value}`,
      `${value}\\0A`,
      `\\#${value}\\"`,
      `${value}\\ `,
      `\\+${value}\\;\\<\\>\\=`,
    ),
  );
const attributeName = fc.constantFrom(
  'objectguid',
  'mail',
  'description',
  'usercertificate;binary',
  '2.5.4.3',
  'x-1',
);
const entry = fc.record({
  distinguishedName: namePart.map(name => `CN=${name},DC=contoso,DC=example`),
  attributes: fc
    .uniqueArray(fc.tuple(attributeName, fc.array(fc.oneof(bytes, text), { minLength: 1, maxLength: 4 })), {
      selector: ([name]) => name,
    })
    .map(list => new Map(list)),
});
const style: fc.Arbitrary<LdifStyle> = fc.record({
  encoding: fc.constantFrom(...encodings),
  lineEnd: fc.constantFrom('\n', '\r\n'),
  width: fc.integer({ min: 3, max: 120 }),
  withVersion: fc.boolean(),
  withChangeType: fc.boolean(),
});
const chunkSizes = fc.array(fc.integer({ min: 1, max: 70 }), { minLength: 1, maxLength: 5 });

describe('LDIF that is read is what was written', () => {
  it('any entries, in any encoding, with any folds, in any chunks', () => {
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 4 }), style, chunkSizes, (entries, how, chunks) => {
        expect(read(writeLdif(entries, how), chunks)).toEqual(plain(entries));
      }),
      { numRuns: 400 },
    );
  });

  it('a record tells where it begins, so that reading can begin there', () => {
    fc.assert(
      fc.property(fc.array(entry, { minLength: 1, maxLength: 5 }), style, (entries, how) => {
        const file = writeLdif(entries, how);
        const { encoding } = encodingOf(file);
        const all = parse(file);
        for (const { offset, line, entry: whole } of all) {
          const found: LdifRecord[] = [];
          const parser = new LdifParser(
            { encoding, line, offset },
            record => found.push(record),
            (_, problem) => new Error(problem),
          );
          parser.push(file.subarray(offset));
          expect(found[0]).toEqual({ entry: whole, line, offset });
        }
      }),
      { numRuns: 100 },
    );
  });

  it('text beyond ASCII that was written as it is, a character parted by a fold too', () => {
    const dn = 'CN=Zoë 😀😀😀😀,DC=contoso,DC=example';
    for (const encoding of encodings)
      for (let width = 3; width < 20; width += 1) {
        const unfolded = `dn: ${dn}`;
        const unit = encoding.startsWith('utf16') ? 'utf16le' : 'utf8';
        const raw = Buffer.from(unfolded, unit);
        const step = width * (unit === 'utf16le' ? 2 : 1);
        const parts: Buffer[] = [];
        for (let at = 0; at < raw.length; at += step)
          parts.push(Buffer.from(at === 0 ? '' : '\n ', unit), raw.subarray(at, at + step));
        parts.push(Buffer.from('\n\n', unit));
        const body = Buffer.concat(parts);
        const mark = encoded('', encoding);
        const file = Buffer.concat([mark, encoding === 'utf16be' ? body.swap16() : body]);
        expect(read(file)).toEqual([{ distinguishedName: dn, attributes: [] }]);
      }
  });

  it('ldifde: changetype add, CRLF, no version', () => {
    expect(read('dn: CN=a,DC=x\r\nchangetype: add\r\nobjectClass: top\r\nobjectClass: user\r\n\r\n')).toEqual(
      plain([entryOf('CN=a,DC=x', { objectClass: ['top', 'user'] })]),
    );
  });

  it('ldifde: a record ended by a dash', () => {
    expect(read('dn: CN=a,DC=x\nchangetype: add\nmail: a@x\n-\n\n')).toEqual(
      plain([entryOf('CN=a,DC=x', { mail: 'a@x' })]),
    );
  });

  it('ldapsearch and ldbsearch: comments, folded ones too, referrals, and a summary', () => {
    const file =
      '# record 1\n#  folded\n  comment\ndn: DC=x\nname: x\n\n# refldap://x/DC=a\n\n# Referral\nref: ldap://x/DC=b\n\n# returned 2 records\n';
    expect(read(file)).toEqual(plain([entryOf('DC=x', { name: 'x' })]));
  });

  it('rootDSE: an empty name', () => {
    expect(read('dn:\ncurrentTime: 20260102030405.0Z\n\n')).toEqual(
      plain([entryOf('', { currentTime: '20260102030405.0Z' })]),
    );
  });

  it('spaces before a value do not count, and those behind it do', () => {
    expect(read('dn: DC=x\na:   b  \nc:b\nd::  YQ==\n\n')).toEqual(
      plain([entryOf('DC=x', { a: 'b  ', c: 'b', d: 'a' })]),
    );
  });

  it('an attribute in ranges, when all of them are there', () => {
    const file =
      'dn: DC=x\nmember;range=0-1: a\nmember;range=0-1: b\nmail: m\nMember;Range=2-2: c\nmember;range=3-*: d\n\n';
    expect(read(file)).toEqual(plain([entryOf('DC=x', { mail: 'm', member: ['a', 'b', 'c', 'd'] })]));
  });

  it('an empty file, and one of nothing but comments, has no record', () => {
    expect(read('')).toEqual([]);
    expect(read('version: 1\n\n# nothing\n')).toEqual([]);
  });
});

describe('LDIF that is damaged is refused, with its line and without its content', () => {
  const head = 'dn: DC=secret\n';
  it.each<readonly [string, string | Buffer, number, string]>([
    ['a value by URL', `${head}a:< file:///secret\n\n`, 2, 'never followed'],
    ['a line without a colon', `${head}secret\n\n`, 2, 'without a colon'],
    ['a name that is none', `${head}se cret: x\n\n`, 2, 'attribute name'],
    ['base64 with a wrong letter', `${head}a:: c2Vj*mV0\n\n`, 2, 'base64'],
    ['base64 without its padding', `${head}a:: c2VjcmV\n\n`, 2, 'base64'],
    ['base64 with bits left over', `${head}a:: YR==\n\n`, 2, 'base64'],
    ['base64 with a space', `${head}a:: YWFh YWFh\n\n`, 2, 'base64'],
    ['a name in base64 that is no UTF-8', 'dn:: /w==\n\n', 1, 'distinguished name in UTF-8'],
    ['bytes that are no UTF-8', Buffer.from(`${head}a: secr\xe9t\n\n`, 'latin1'), 2, 'UTF-8'],
    ['half a surrogate pair', encoded(`${head}a: \ud83d\n\n`, 'utf16le'), 2, 'UTF-16'],
    ['a NUL', `${head}a: secret\0\n\n`, 2, 'NUL'],
    ['UTF-16 without its mark', encoded(`${head}\n`, 'utf16le').subarray(2), 1, 'NUL'],
    ['a CR within a line', `${head}a: b\rc: d\n\n`, 2, 'CR'],
    ['a record without a name', 'cn: secret\n\n', 1, 'begins with "dn:"'],
    ['a record without a name, behind another', `${head}\ncn: secret\n\n`, 3, 'begins with "dn:"'],
    ['a name with an option', 'dn;range=0-*: DC=secret\n\n', 1, 'begins with "dn:"'],
    ['a referral that goes on', 'ref: ldap://x\ncn: secret\n\n', 2, 'begins with "dn:"'],
    ['two names in one record', `${head}dn: DC=other\n\n`, 2, 'empty line'],
    ['another version', 'version: 2\n\n', 1, 'version 1'],
    ['a version behind a record', `${head}\nversion: 1\n\n`, 3, 'begins with "dn:"'],
    ['a version within a record', `${head}version: 1\n\n`, 2, 'first line only'],
    ['a continuation of nothing', ' secret\n', 1, 'continuation'],
    ['a continuation behind an empty line', `${head}\n secret\n\n`, 3, 'continuation'],
    ['changetype modify', `${head}changetype: modify\nadd: member\nmember: x\n-\n\n`, 2, 'change record'],
    ['changetype delete', `${head}changetype: delete\n\n`, 2, 'change record'],
    ['changetype modrdn', `${head}changetype: modrdn\n\n`, 2, 'change record'],
    ['changetype behind an attribute', `${head}cn: x\nchangetype: add\n\n`, 3, 'change record'],
    ['a control', `${head}control: 1.2.3 true\nchangetype: delete\n\n`, 2, 'change record'],
    ['a dash in a record of content', `${head}cn: x\n-\n\n`, 3, '"-"'],
    ['two dashes', `${head}changetype: add\n-\n-\n\n`, 4, '"-"'],
    ['an attribute behind a dash', `${head}changetype: add\ncn: x\n-\ncn: y\n\n`, 5, 'behind "-"'],
    ['the first range alone', `${head}member;range=0-1: a\nmember;range=0-1: b\n\n`, 1, 'first 2'],
    [
      'a range that is short',
      `${head}member;range=0-2: a\nmember;range=3-*: b\n\n`,
      3,
      '3 values in a range, found 1',
    ],
    ['a last range that is short', `${head}member;range=0-2: a\n\n`, 1, '3 values in a range, found 1'],
    ['a gap between ranges', `${head}member;range=0-0: a\nmember;range=2-*: b\n\n`, 3, 'without a gap'],
    ['ranges that do not begin at 0', `${head}member;range=1500-*: a\n\n`, 2, 'without a gap'],
    [
      'a range behind the last one',
      `${head}member;range=0-*: a\nmember;range=5-*: a\n\n`,
      3,
      'without a gap',
    ],
    ['a range backwards', `${head}member;range=5-2: a\n\n`, 2, 'ends behind its beginning'],
    ['a range that is none', `${head}member;range=5: a\n\n`, 2, '"range=first-last"'],
    ['two ranges in one line', `${head}member;range=0-*;range=0-*: a\n\n`, 2, '"range=first-last"'],
    ['values in ranges and others', `${head}member: a\nmember;range=0-*: a\n\n`, 3, 'found both'],
    ['others and values in ranges', `${head}member;range=0-*: a\nmember: a\n\n`, 3, 'found both'],
    ['an end within a line', `${head}cn: sec`, 2, 'was cut'],
    ['an end within a character of UTF-16', encoded(`${head}\n`, 'utf16le').subarray(0, -1), 2, 'was cut'],
    ['an end within a record', `${head}cn: secret\n`, 3, 'was cut'],
    ['an end within a referral', 'ref: ldap://x\n', 2, 'was cut'],
  ])('%s', (_, file, line, problem) => {
    const parsing = (): unknown => parse(Buffer.from(file));
    expect(parsing).toThrow(`line ${line}: `);
    expect(parsing).toThrow(problem);
    expect(parsing).not.toThrow('secret');
  });

  it('a line that never ends', () => {
    const line = Buffer.alloc(16 * 1024 * 1024 - 1, 'a');
    line.write('cn: ');
    const whole = (value: Buffer): Buffer => Buffer.concat([Buffer.from(head), value, Buffer.from('\n\n')]);
    expect(parse(whole(line))).toHaveLength(1);
    expect(() => parse(whole(Buffer.concat([line, Buffer.from('a')])))).toThrow(
      'line 2: expected a line of at most',
    );
  });

  it('a folded line that never ends', () => {
    const file = `${head}cn: a\n${` ${'a'.repeat(1024 * 1024)}\n`.repeat(17)}\n`;
    expect(() => parse(Buffer.from(file))).toThrow('line 2: expected a line of at most');
  });

  it('a record that never ends', () => {
    const line = `member: ${'a'.repeat(8 * 1024 * 1024)}\n`;
    const parser = new LdifParser(
      { encoding: 'utf8', line: 1, offset: 0 },
      () => undefined,
      (at, problem) => new Error(`${at}: ${problem}`),
    );
    parser.push(Buffer.from(head));
    const chunk = Buffer.from(line);
    for (let at = 0; at < 31; at += 1) parser.push(chunk);
    expect(() => {
      parser.push(chunk);
      parser.push(Buffer.from('cn: a\n'));
    }).toThrow('1: expected a record of at most');
  });
});

function readOrRefused(file: Buffer): readonly unknown[] | 'refused' {
  try {
    return read(file) as readonly unknown[];
  } catch {
    return 'refused';
  }
}

describe('a file that was cut', () => {
  it('at any byte, is refused or lacks whole records', () => {
    const entries = [1, 2, 3].map(at =>
      entryOf(`CN=é${at},DC=x`, { mail: `a${at}@x`, objectGUID: Buffer.alloc(16, at) }),
    );
    for (const encoding of encodings) {
      const file = writeLdif(entries, { ...ldifdeStyle, encoding, width: 20 });
      const whole = read(file) as readonly unknown[];
      const lengths = Array.from({ length: file.length }, (_, length) => length);
      const answers = lengths.map(length => readOrRefused(file.subarray(0, length)));
      const accepted = answers.filter(answer => answer !== 'refused');
      for (const records of accepted) expect(records).toEqual(whole.slice(0, Math.min(records.length, 2)));
      expect(accepted.length).toBeLessThan(file.length / 10);
    }
  });
});
