import { type AccessControlEntry, bytesOfSid, textOfSid, withEntry } from './securityDescriptor';

const sid = 'S-1-5-21-1004336348-1177238915-4294967295-1104';

/** A descriptor with an empty DACL alone: control SE_DACL_PRESENT | SE_SELF_RELATIVE, the DACL at 20. */
const empty = Buffer.from(`01000480${'00'.repeat(12)}140000000400080000000000`, 'hex');

/** Type, flags and mask of every entry. */
function entriesOf(descriptor: Buffer): string[] {
  const start = descriptor.readUInt32LE(16);
  const found: string[] = [];
  let position = start + 8;
  for (let left = descriptor.readUInt16LE(start + 4); left > 0; left -= 1) {
    const [type, flags, mask] = [
      descriptor[position],
      descriptor[position + 1],
      descriptor.readUInt32LE(position + 4),
    ];
    const size = descriptor.readUInt16LE(position + 2);
    found.push(`${type}/${flags}/${mask} ${textOfSid(descriptor.subarray(position + 8, position + size))}`);
    position += size;
  }
  expect(position).toBe(start + descriptor.readUInt16LE(start + 2));
  expect(position).toBe(descriptor.length);
  return found;
}

const entry = (given: Partial<AccessControlEntry>): AccessControlEntry => ({
  type: 'allow',
  rights: ['listContents'],
  sid,
  inherited: false,
  ...given,
});

describe('security descriptors', () => {
  test('a SID survives its bytes', () => {
    expect(bytesOfSid(sid).toString('hex')).toBe('010500000000000515000000dcf4dc3b833d2b46ffffffff50040000');
    for (const text of [sid, 'S-1-5-11', 'S-1-5-32-544', 'S-1-1-0'])
      expect(textOfSid(bytesOfSid(text))).toBe(text);
  });

  test('a denial stands before every grant, a grant after the denials', () => {
    const everyone = 'S-1-1-0';
    let descriptor = withEntry(empty, entry({}));
    descriptor = withEntry(descriptor, entry({ type: 'deny', rights: ['readProperties'], inherited: true }));
    descriptor = withEntry(descriptor, entry({ sid: everyone, rights: ['listContents', 'readProperties'] }));
    expect(entriesOf(descriptor)).toEqual([`1/2/16 ${sid}`, `0/0/20 ${everyone}`, `0/0/4 ${sid}`]);
  });

  test('a grant stands before an inherited denial', () => {
    const inherited = withEntry(empty, entry({ type: 'deny' }));
    inherited.writeUInt8(0x12, 29);
    expect(entriesOf(withEntry(inherited, entry({})))).toEqual([`0/0/4 ${sid}`, `1/18/4 ${sid}`]);
  });

  test('one without a DACL is refused', () => {
    expect(() => withEntry(Buffer.alloc(20), entry({}))).toThrow('DACL');
  });
});
