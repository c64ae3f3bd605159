import fc from 'fast-check';
import { containerProblem, type ContainerToCheck } from '../../../agent/src/core/containerAccess';
import {
  classesWithoutKeys,
  containerClasses,
  propertySets,
  readAttributes,
} from '../../../agent/src/core/schemaGuids';
import { accessRights, entryFlags, type AccessEntry } from '../../../agent/src/core/securityDescriptor';
import { parseGuid, type Guid } from '../../../shared/core/keys/guid';
import type { Sid } from '../../../shared/core/keys/sid';
import { aceBytes, aclBytes, descriptorBytes } from './securityDescriptors';

const { listContents, readProperty, listObject } = accessRights;
const authenticatedUsers = 'S-1-5-11' as Sid;
const me = 'S-1-5-21-1-2-3-1104' as Sid;
const another = 'S-1-5-21-1-2-3-512' as Sid;
const dn = 'OU=Staff,DC=contoso,DC=example';
const user = 'bf967aba-0de6-11d0-a285-00aa003049e2' as Guid;
const unknownGuid = 'deadbeef-0de6-11d0-a285-00aa003049e2' as Guid;

const entry = (changes: Partial<AccessEntry>): AccessEntry => ({
  effect: 'allow',
  isConditional: false,
  flags: 0,
  mask: listContents | readProperty,
  objectType: null,
  inheritedObjectType: null,
  sid: authenticatedUsers,
  ...changes,
});
const inheritable = (changes: Partial<AccessEntry> = {}): AccessEntry =>
  entry({ effect: 'deny', sid: me, flags: entryFlags.containerInherit | entryFlags.inheritOnly, ...changes });
const withEntries = (...entries: AccessEntry[]): Buffer =>
  descriptorBytes('S-1-5-32-544', aclBytes(entries.map(each => aceBytes(each))));
const allowed = entry({});

const problemOf = (changes: Partial<ContainerToCheck>): string | null =>
  containerProblem({
    distinguishedName: dn,
    objectClass: 'organizationalUnit',
    securityDescriptor: withEntries(allowed),
    callerSids: new Set([me, authenticatedUsers]),
    ...changes,
  });
const problemWith = (...entries: AccessEntry[]): string | null =>
  problemOf({ securityDescriptor: withEntries(...entries) });

describe('a container', () => {
  test('is fine where the account may list it and read everything', () => {
    expect(problemOf({})).toBeNull();
    expect(problemOf({ securityDescriptor: descriptorBytes(null, null) })).toBeNull();
    expect(problemWith(entry({ sid: me, mask: 0x1000_0000 }))).toBeNull();
    expect(problemWith(entry({ sid: another, effect: 'deny' }), allowed)).toBeNull();
  });

  test.each([
    [
      'no SID of the account is known',
      { callerSids: new Set<string>() },
      'did not tell the SIDs of the account',
    ],
    ['its permissions are not returned', { securityDescriptor: null }, 'the account may not read them'],
    [
      'its descriptor is malformed',
      { securityDescriptor: Buffer.alloc(30) },
      'revision 1 was expected, found 0',
    ],
    ['there is no DACL', { securityDescriptor: descriptorBytes(null, undefined) }, 'without a DACL'],
  ])('is a problem where %s', (_, changes, problem) => {
    expect(problemOf(changes)).toEqual(expect.stringContaining(problem));
    expect(problemOf(changes)).toMatch(new RegExp(`^${dn}: `));
  });

  test('is a problem where its content is not listed, and the way out is told', () => {
    expect(problemWith(entry({ mask: readProperty }))).toBe(
      `${dn}: List Contents was expected, but no entry grants it to the account: everything in it is hidden. ` +
        `Grant List Contents and Read All Properties: dsacls "${dn}" /G "DOMAIN\\account:LCRP"; or list it in ignoreContainers.`,
    );
    expect(problemWith(entry({ effect: 'deny', mask: listContents, sid: me }), allowed)).toContain(
      'an entry denies it to the account: everything in it is hidden. Remove the denial, or grant List Contents',
    );
  });

  test('is a problem where properties cannot be read: those are named, but all of them', () => {
    expect(problemWith(entry({ mask: listContents }))).toContain('Read Property was expected');
    const publicOnly = entry({ mask: readProperty, objectType: propertySets['Public Information'] });
    expect(problemWith(entry({ mask: listContents }), publicOnly)).toContain(
      'Read Property of objectSid, sIDHistory, sAMAccountName, mS-DS-ConsistencyGuid, msDS-ExternalDirectoryObjectId, userCertificate was',
    );
  });

  test.each(readAttributes.map(({ name, guid, propertySet }) => [name, guid, propertySet] as const))(
    'is a problem where %s cannot be read, by itself or by its property set',
    (name, guid, propertySet) => {
      for (const objectType of propertySet === null ? [guid] : [guid, propertySet]) {
        const problem = problemWith(
          entry({ effect: 'deny', mask: readProperty, objectType, sid: me }),
          allowed,
        );
        expect(problem).toMatch(new RegExp(`Read Property of [^.]*${name}`));
      }
      expect(parseGuid(guid)).toBe(guid);
    },
  );

  test('may grant every property by its sets and one by one', () => {
    const sets = Object.values(propertySets).map(objectType => entry({ mask: readProperty, objectType }));
    const consistencyGuid = readAttributes.find(({ name }) => name === 'mS-DS-ConsistencyGuid')!.guid;
    const alone = entry({ mask: readProperty, objectType: consistencyGuid });
    expect(problemWith(entry({ mask: listContents }), ...sets, alone)).toBeNull();
    expect(problemWith(entry({ mask: listContents }), ...sets)).toContain(
      'Read Property of mS-DS-ConsistencyGuid was',
    );
  });

  test('may grant or deny by its own class', () => {
    const byClass = { mask: readProperty, objectType: containerClasses.organizationalUnit };
    expect(problemWith(entry({ mask: listContents }), entry(byClass))).toBeNull();
    expect(problemWith(entry({ ...byClass, effect: 'deny' }), allowed)).toContain(
      'Read Property was expected',
    );
    const other = { mask: readProperty, objectType: containerClasses.container };
    expect(problemWith(entry({ ...other, effect: 'deny' }), allowed)).toBeNull();
  });

  test('of a class that is not known is checked like any other', () => {
    const changes = { objectClass: 'msExchSystemObjectsContainer' };
    expect(problemOf(changes)).toBeNull();
    expect(problemOf({ ...changes, securityDescriptor: withEntries() })).toContain('List Contents');
  });

  test.each(['groupPolicyContainer', 'RPCCONTAINER', 'msImaging-PSPs'])(
    'of class %s is not checked',
    objectClass => {
      expect(problemOf({ objectClass, securityDescriptor: null })).toBeNull();
    },
  );
});

describe('a denial that is inherited below a container', () => {
  test.each([
    ['of everything, by everything', inheritable()],
    ['of List Contents', inheritable({ mask: listContents })],
    ['of List Object', inheritable({ mask: listObject })],
    ['of a generic right', inheritable({ mask: 0x8000_0000 })],
    ['to a group of the account', inheritable({ sid: authenticatedUsers })],
    ['by users', inheritable({ inheritedObjectType: user })],
    ['by organizational units', inheritable({ inheritedObjectType: containerClasses.organizationalUnit })],
    ['by a class that is not known', inheritable({ inheritedObjectType: unknownGuid })],
    [
      'of Public Information',
      inheritable({ mask: readProperty, objectType: propertySets['Public Information'] }),
    ],
    ['of mail', inheritable({ mask: readProperty, objectType: readAttributes[6]!.guid })],
    ['of listing something', inheritable({ mask: listContents, objectType: unknownGuid })],
    ['with a condition', inheritable({ isConditional: true })],
    [
      'by children alone',
      inheritable({
        flags: entryFlags.containerInherit | entryFlags.noPropagateInherit | entryFlags.inheritOnly,
      }),
    ],
  ])('is a problem: %s', (_, denial) => {
    expect(problemWith(allowed, denial)).toMatch(
      /^OU=Staff,DC=contoso,DC=example: an entry for S-1-5-.* below it/,
    );
  });

  test.each([
    ['to somebody else', inheritable({ sid: another })],
    ['of deleting', inheritable({ mask: 0x1_0040 })],
    ['that nothing inherits', inheritable({ flags: entryFlags.inheritOnly })],
    [
      'that only files would inherit',
      inheritable({ flags: entryFlags.objectInherit | entryFlags.inheritOnly }),
    ],
    ['of a property that is not exported', inheritable({ mask: readProperty, objectType: unknownGuid })],
    [
      'by recovery keys',
      inheritable({ inheritedObjectType: classesWithoutKeys['msFVE-RecoveryInformation'] }),
    ],
    ['that is none', inheritable({ effect: 'allow' })],
  ])('is none: %s', (_, denial) => {
    expect(problemWith(allowed, denial)).toBeNull();
  });

  test('names the class, and says where the entry comes from', () => {
    expect(problemWith(allowed, inheritable({ inheritedObjectType: user }))).toContain(
      `to objects of class ${user} below it (the entry is its own)`,
    );
    const inherited = entryFlags.inherited | entryFlags.containerInherit | entryFlags.inheritOnly;
    expect(problemWith(allowed, inheritable({ flags: inherited }))).toContain(
      'to everything below it (the entry is inherited from a container above)',
    );
  });
});

describe('descriptors that Samba made', () => {
  // O:DAG:DAD:(A;;…;;;SY)(A;;…;;;DA)(OA;;CCDC;computer;;AO)(OA;;CCDC;user;;AO)(A;;RPLCLORC;;;AU)(A;;LCRPLORC;;;ED) of S-1-5-21-1-2-3
  const defaultOfUnits =
    'AQAEgBQAAAAwAAAAAAAAAEwAAAABBQAAAAAABRUAAAABAAAAAgAAAAMAAAAAAgAAAQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAAAIAAAQAwAAGAAAAAAAUAP8BDwABAQAAAAAABRIAAAAAACQA' +
    '/wEPAAEFAAAAAAAFFQAAAAEAAAACAAAAAwAAAAACAAAFACwAAwAAAAEAAACGepa/5g3QEaKFAKoAMEniAQIAAAAAAAUgAAAAJAIAAAUALAADAAAAAQAAALp6lr/mDdARooUAqgAwSeIBAgAA' +
    'AAAABSAAAAAkAgAAAAAUAJQAAgABAQAAAAAABQsAAAAAABQAlAACAAEBAAAAAAAFCQAAAA==';
  // The same with (OD;CIIO;RP;mail;user;AU) in front.
  const mailDeniedToUsers =
    'AQAEgBQAAAAwAAAAAAAAAEwAAAABBQAAAAAABRUAAAABAAAAAgAAAAMAAAAAAgAAAQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAAAIAAAQA+AAHAAAABgo4ABAAAAADAAAAYXmWv+YN0BGihQCq' +
    'ADBJ4rp6lr/mDdARooUAqgAwSeIBAQAAAAAABQsAAAAAABQA/wEPAAEBAAAAAAAFEgAAAAAAJAD/AQ8AAQUAAAAAAAUVAAAAAQAAAAIAAAADAAAAAAIAAAUALAADAAAAAQAAAIZ6lr/mDdAR' +
    'ooUAqgAwSeIBAgAAAAAABSAAAAAkAgAABQAsAAMAAAABAAAAunqWv+YN0BGihQCqADBJ4gECAAAAAAAFIAAAACQCAAAAABQAlAACAAEBAAAAAAAFCwAAAAAAFACUAAIAAQEAAAAAAAUJAAAA';

  test('the default of organizational units lets any account see everything', () => {
    const securityDescriptor = Buffer.from(defaultOfUnits, 'base64');
    expect(problemOf({ securityDescriptor })).toBeNull();
    expect(problemOf({ securityDescriptor, callerSids: new Set([me]) })).toContain(
      'List Contents was expected',
    );
  });

  test('a denial of mail to users below is found', () => {
    expect(problemOf({ securityDescriptor: Buffer.from(mailDeniedToUsers, 'base64') })).toContain(
      `an entry for S-1-5-11 denies List Contents or Read Property to objects of class ${user}`,
    );
  });
});

test('random bytes are never permission', () => {
  const nullDacl = (bytes: Uint8Array): boolean =>
    bytes.length >= 20 && [16, 17, 18, 19].every(at => bytes[at] === 0);
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 120 }).filter(bytes => !nullDacl(bytes)),
      securityDescriptor => {
        expect(problemOf({ securityDescriptor })).not.toBeNull();
      },
    ),
    { numRuns: 2000 },
  );
});
