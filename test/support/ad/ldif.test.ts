import fc from 'fast-check';
import { entriesOf } from './ldapsearch';
import { addRecord, deleteRecord } from './ldifRecord';

describe('LDIF', () => {
  test('is read back as it was written, whatever the values are', () => {
    const value = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.uint8Array().map(bytes => Buffer.from(bytes)),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), fc.array(value), (name, values) => {
        const [entry, ...others] = entriesOf(
          addRecord(`CN=${name}`, { description: values, mail: undefined }),
        );
        expect(others).toEqual([]);
        expect(entry?.distinguishedName).toBe(`CN=${name}`);
        expect(entry?.attributes.get('description') ?? []).toEqual(
          values.map(one => Buffer.from(one as string)),
        );
        expect([...entry!.attributes.keys()]).toEqual(
          values.length > 0 ? ['changetype', 'description'] : ['changetype'],
        );
      }),
    );
  });

  test('has a value as text only where every reader takes it for that text', () => {
    const lines = ['plain', ' blank', 'blank ', ':colon', '<file', 'a\nb', 'Zoë', '', Buffer.from('x')].map(
      value => addRecord('CN=a', { description: value }).split('\n')[2]?.split(' ')[0],
    );
    const [plain, encoded] = ['description:', 'description::'];
    expect(lines).toEqual([plain, encoded, encoded, encoded, encoded, encoded, encoded, plain, encoded]);
  });

  test('deletes by GUID, which has to be encoded', () => {
    expect(deleteRecord('<GUID=1>')).toBe('dn:: PEdVSUQ9MT4=\nchangetype: delete\n\n');
  });

  test.each([
    ['no line feed at its end', 'dn: CN=a'],
    ['a record that begins with an attribute', 'mail: a@b.example\n\n'],
    ['a value in a file', 'dn: CN=a\nphoto:< file:///a\n'],
    ['a folded line', 'dn: CN=a\ndescription: a\n b\n'],
    ['something else', 'dn: CN=a\nLDAP error\n'],
  ])('that has %s is refused', (_, text) => {
    expect(() => entriesOf(text)).toThrow('expected');
  });

  test('keeps every value of an attribute, and skips what is said to people', () => {
    const [first, second] = entriesOf(
      '# pagedresults\ndn: CN=a\nMember: x\nmember: y\n\n# refldap://b\n\ndn: CN=b\n\n',
    );
    expect(first?.attributes).toEqual(new Map([['member', [Buffer.from('x'), Buffer.from('y')]]]));
    expect(second).toEqual({ distinguishedName: 'CN=b', attributes: new Map() });
  });
});
