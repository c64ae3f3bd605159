import fc from 'fast-check';
import { guidFromBytes, type Guid } from '../../../shared/core/keys/guid';
import type { Sid } from '../../../shared/core/keys/sid';
import {
  accessCheck,
  accessRights,
  emptyGuid,
  entryFlags,
  parseSecurityDescriptor,
  type AccessEntry,
  type SecurityDescriptor,
} from '../../../agent/src/core/securityDescriptor';
import { aceBytes, aclBytes, buildDescriptor, descriptorBytes, rawAce } from './securityDescriptors';

const { listContents, readProperty } = accessRights;
const me = 'S-1-5-21-1-2-3-1104' as Sid;
const myGroup = 'S-1-5-21-1-2-3-1105' as Sid;
const another = 'S-1-5-21-1-2-3-9999' as Sid;
const callers = new Set<string>([me, myGroup]);
const property = 'bf967961-0de6-11d0-a285-00aa003049e2' as Guid;
const propertySet = 'e48d0154-bcf8-11d1-8702-00c04fb96050' as Guid;
const otherProperty = 'bf967962-0de6-11d0-a285-00aa003049e2' as Guid;

const entry = (changes: Partial<AccessEntry>): AccessEntry => ({
  effect: 'allow',
  isConditional: false,
  flags: 0,
  mask: listContents,
  objectType: null,
  inheritedObjectType: null,
  sid: me,
  ...changes,
});
const allow = (changes: Partial<AccessEntry> = {}): AccessEntry => entry(changes);
const deny = (changes: Partial<AccessEntry> = {}): AccessEntry => entry({ effect: 'deny', ...changes });
const listed = (...entries: AccessEntry[]): SecurityDescriptor => ({
  owner: null,
  dacl: { kind: 'list', entries },
});
const canList = (...entries: AccessEntry[]) =>
  accessCheck(listed(...entries), callers, { rights: listContents, objectTypes: null });
const canRead = (...entries: AccessEntry[]) =>
  accessCheck(listed(...entries), callers, {
    rights: readProperty,
    objectTypes: new Set([property, propertySet]),
  });

describe('an access check', () => {
  test('grants nothing by itself', () => {
    expect(canList()).toBe('notGranted');
    expect(canList(allow({ sid: another }))).toBe('notGranted');
    expect(canList(allow({ mask: readProperty }))).toBe('notGranted');
    expect(accessCheck(listed(allow()), new Set(), { rights: listContents, objectTypes: null })).toBe(
      'notGranted',
    );
  });

  test.each(['null', 'absent'] as const)('grants everything where the DACL is %s', kind => {
    const descriptor: SecurityDescriptor = { owner: null, dacl: { kind } };
    expect(accessCheck(descriptor, new Set(), { rights: 0x1ff, objectTypes: null })).toBe('granted');
  });

  test('the first entry that is about a right decides', () => {
    expect(canList(allow())).toBe('granted');
    expect(canList(allow({ sid: myGroup }))).toBe('granted');
    expect(canList(deny(), allow())).toBe('denied');
    expect(canList(allow(), deny())).toBe('granted');
    expect(canList(deny({ mask: readProperty }), allow())).toBe('granted');
    expect(canList(deny({ sid: another }), allow())).toBe('granted');
  });

  test('several rights may come from several entries, and one that is denied denies all', () => {
    const both = { rights: listContents | readProperty, objectTypes: null };
    const list = allow();
    const read = allow({ mask: readProperty, sid: myGroup });
    expect(accessCheck(listed(list, read), callers, both)).toBe('granted');
    expect(accessCheck(listed(list), callers, both)).toBe('notGranted');
    expect(accessCheck(listed(list, deny({ mask: readProperty }), read), callers, both)).toBe('denied');
  });

  test('what is only inherited by others is not about the object', () => {
    expect(canList(allow({ flags: entryFlags.inheritOnly | entryFlags.containerInherit }))).toBe(
      'notGranted',
    );
    expect(canList(deny({ flags: entryFlags.inheritOnly }), allow({ flags: entryFlags.inherited }))).toBe(
      'granted',
    );
  });

  test.each([
    [0x8000_0000, 'granted', 'granted'],
    [0x1000_0000, 'granted', 'granted'],
    [0x2000_0000, 'granted', 'notGranted'],
    [0x4000_0000, 'notGranted', 'notGranted'],
  ])('generic right %i: list %s, read %s', (mask, list, read) => {
    expect(canList(allow({ mask }))).toBe(list);
    expect(canRead(allow({ mask }))).toBe(read);
  });

  test('entries with a condition deny, and do not allow', () => {
    expect(canList(allow({ isConditional: true }))).toBe('notGranted');
    expect(canList(deny({ isConditional: true }), allow())).toBe('denied');
  });

  test.each([
    ['no type', null, 'granted', 'denied'],
    ['the property', property, 'granted', 'denied'],
    ['its property set', propertySet, 'granted', 'denied'],
    ['another property', otherProperty, 'notGranted', 'granted'],
    ['the empty GUID', emptyGuid as Guid, 'notGranted', 'denied'],
  ])('for a property, an entry about %s allows and denies as it should', (_, objectType, allowed, denied) => {
    expect(canRead(allow({ mask: readProperty, objectType }))).toBe(allowed);
    expect(canRead(deny({ mask: readProperty, objectType }), allow({ mask: readProperty }))).toBe(denied);
  });

  test('for the object as a whole, an entry about a part of it denies, and does not allow', () => {
    expect(canList(allow({ objectType: property }))).toBe('notGranted');
    expect(canList(deny({ objectType: property }), allow())).toBe('denied');
  });

  test('entries for the rights of the owner are about the owner', () => {
    const dacl = listed(deny({ sid: 'S-1-3-4' as Sid }), allow()).dacl;
    const list = { rights: listContents, objectTypes: null };
    expect(accessCheck({ owner: me, dacl }, callers, list)).toBe('denied');
    expect(accessCheck({ owner: another, dacl }, callers, list)).toBe('granted');
    expect(accessCheck({ owner: null, dacl }, callers, list)).toBe('granted');
  });
});

const sid = fc.constantFrom(me, myGroup, another, 'S-1-1-0' as Sid);
const guid = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(bytes => guidFromBytes(bytes) as Guid);
const anyEntry: fc.Arbitrary<AccessEntry> = fc.record({
  effect: fc.constantFrom('allow', 'deny'),
  isConditional: fc.boolean(),
  flags: fc.nat(255),
  mask: fc.nat(0xffff_ffff),
  objectType: fc.option(guid, { nil: null }),
  inheritedObjectType: fc.option(guid, { nil: null }),
  sid,
});
const anyDescriptor: fc.Arbitrary<SecurityDescriptor> = fc.record({
  owner: fc.option(sid, { nil: null }),
  dacl: fc.oneof(
    { weight: 8, arbitrary: fc.record({ kind: fc.constant('list' as const), entries: fc.array(anyEntry) }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'absent' as const }) },
    { weight: 1, arbitrary: fc.constant({ kind: 'null' as const }) },
  ),
});

describe('a security descriptor', () => {
  const parsed = (bytes: Uint8Array) => {
    const result = parseSecurityDescriptor(bytes);
    return result.kind === 'descriptor' ? result.descriptor : result.reason;
  };
  const withAces = (...aces: Uint8Array[]): Buffer => descriptorBytes(me, aclBytes(aces));
  const patched = (bytes: Buffer, at: number, ...values: number[]): Buffer => {
    const copy = Buffer.from(bytes);
    copy.set(values, at);
    return copy;
  };
  const ownerLength = 28;
  const acl = 20 + ownerLength;
  const ace = acl + 8;
  const one = withAces(aceBytes(allow()));

  test('is read as it was built', () => {
    fc.assert(
      fc.property(anyDescriptor, fc.nat(7), (descriptor, shift) => {
        const bytes = buildDescriptor(descriptor);
        expect(parsed(bytes)).toEqual(descriptor);
        // In the middle of a larger buffer too.
        const larger = Buffer.concat([Buffer.alloc(shift, 0xff), bytes, Buffer.alloc(9, 0xff)]);
        expect(parsed(larger.subarray(shift, shift + bytes.length))).toEqual(descriptor);
      }),
    );
  });

  test('of random or damaged bytes never throws, and never grants', () => {
    const damaged = fc
      .tuple(anyDescriptor, fc.nat(), fc.nat(255), fc.nat())
      .map(([descriptor, at, value, cut]) => {
        const bytes = buildDescriptor(descriptor);
        return patched(bytes, at % bytes.length, value).subarray(0, cut % (bytes.length + 1));
      });
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), damaged), bytes => {
        expect(['descriptor', 'malformed']).toContain(parseSecurityDescriptor(bytes).kind);
      }),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        const result = parseSecurityDescriptor(bytes);
        const granted =
          result.kind === 'descriptor' &&
          result.descriptor.dacl.kind === 'list' &&
          accessCheck(result.descriptor, callers, { rights: listContents, objectTypes: null });
        expect(granted).not.toBe('granted');
      }),
      { numRuns: 2000 },
    );
  });

  test('that is cut anywhere is malformed', () => {
    const bytes = withAces(
      aceBytes(allow()),
      aceBytes(deny({ objectType: property, inheritedObjectType: property })),
    );
    for (let length = 0; length < bytes.length; length += 1)
      expect(parseSecurityDescriptor(bytes.subarray(0, length)).kind).toBe('malformed');
  });

  test('may have a DACL longer than its entries, and what follows a SID', () => {
    const condition = aceBytes(allow({ isConditional: true }), Buffer.from('artx'));
    const padded = aceBytes(deny(), Buffer.alloc(4));
    const acls = aclBytes([condition, padded, Buffer.alloc(8)], 4, 2);
    expect(parsed(descriptorBytes(null, acls))).toEqual(listed(allow({ isConditional: true }), deny()));
  });

  test.each([0x02, 0x03, 0x04, 0x07, 0x08, 0x0d, 0x0e, 0x0f, 0x10, 0x11, 0x12, 0x13])(
    'may have entries of type %i, which do not deny',
    type => {
      expect(parsed(withAces(rawAce(type, 0, Buffer.alloc(8)), aceBytes(allow())))).toMatchObject({
        dacl: { entries: [allow()] },
      });
    },
  );

  test.each([
    ['of 19 bytes', one.subarray(0, 19), '20 bytes at least were expected, found 19'],
    ['of another revision', patched(one, 0, 2), 'revision 1 was expected, found 2'],
    ['that is absolute', patched(one, 3, 0), 'self-relative'],
    ['with an owner outside', patched(one, 4, 0xff, 0xff), 'the owner or the group is no SID'],
    ['with a group that is no SID', patched(one, 8, 21), 'the owner or the group is no SID'],
    ['with a DACL outside', patched(one, 16, 0xff, 0xff), 'lies outside'],
    ['with a DACL of revision 3', patched(one, acl, 3), 'revision 2 or 4 was expected, found 3'],
    ['with a DACL that is too long', patched(one, acl + 2, 0xff), 'ends outside'],
    ['with a DACL that is too short', patched(one, acl + 2, 4), 'entry 1 of 1 lies outside'],
    ['with an entry missing', patched(one, acl + 4, 2), 'entry 2 of 2 lies outside'],
    ['with an entry of 4 bytes', patched(one, ace + 2, 4), 'entry 1 has a wrong size, 4'],
    ['with an entry of 38 bytes', patched(one, ace + 2, 38), 'entry 1 has a wrong size, 38'],
    ['with an entry of 40 bytes', patched(one, ace + 2, 40), 'entry 1 has a wrong size, 40'],
    ['with an unknown entry', patched(one, ace, 0x14), 'entry 1: type 20 is not known'],
    ['with an entry without a SID', patched(one, ace + 8, 2), 'entry 1: it has no SID'],
    ['with a SID that is too long', patched(one, ace + 9, 15), 'entry 1: it has no SID'],
    ['with an object entry of 8 bytes', withAces(rawAce(5, 0, Buffer.alloc(4))), 'entry 1: it is too short'],
    [
      'with unknown object flags',
      withAces(rawAce(6, 0, Buffer.alloc(8, 4))),
      'object flags 67372036 are not known',
    ],
    [
      'with a GUID that is too long',
      withAces(rawAce(5, 0, Buffer.of(0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0))),
      'entry 1: it has no SID',
    ],
  ])('%s is malformed', (_, bytes, reason) => {
    expect(parsed(bytes)).toEqual(expect.stringContaining(reason));
  });

  test('of an old revision is read', () => {
    expect(parsed(patched(one, acl, 2))).toMatchObject({ dacl: { entries: [allow()] } });
  });
});
