import type { CloudId } from '../../../shared/core/cloudObject';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { Guid } from '../../../shared/core/keys/guid';
import { guidToImmutableId } from '../../../shared/core/keys/immutableId';
import { aContact, aDevice, aGroup, anObject, aTombstone, aUser, instant } from '../../support/builders';
import { compareOne } from '../../support/compare';

// Values that both sides may really hold, but write in different ways, or that are no values at all.

const id = '0a0a0a0a-0000-0000-0000-000000000001' as CloudId;
const gone = '88666888-0101-1111-bbbb-1234567890ab' as Guid;
const other = '11111111-0000-0000-0000-000000000002';
const sid = 'S-1-5-21-1-2-3-1104';

describe('an address is the same, however Unicode writes it', () => {
  test.each([
    ['composed or decomposed', 'jos\u00e9@partner.example', 'jose\u0301@partner.example'],
    ['decomposed or composed', 'jose\u0301@partner.example', 'jos\u00e9@partner.example'],
    ['in full width', '\uff41da@partner.example', 'ada@partner.example'],
    [
      'with a sigma that ends a word in one case only',
      '\u039d\u0399\u039a\u039f\u03a3@partner.example',
      '\u03bd\u03b9\u03ba\u03bf\u03c3@partner.example',
    ],
    ['with a Turkish i without its dot', 'DIDIM@partner.example', 'd\u0131d\u0131m@partner.example'],
  ])('%s: the contact lives', (_, cloud, onPremises) => {
    const compared = compareOne(aContact({ id, mail: cloud }), [
      anObject({ objectGUID: other, objectClass: 'contact', mail: onPremises }),
    ]);
    expect(compared.correlation).toEqual({ kind: 'live', by: 'address' });
  });

  test('and so is a name: whoever holds it may have been re-created', () => {
    const cloud = aUser({
      id,
      userPrincipalName: 'ren\u00e9@contoso.example',
      onPremisesImmutableId: guidToImmutableId(gone),
      onPremisesSecurityIdentifier: sid,
    });
    const holder = anObject({
      objectGUID: other,
      objectClass: 'user',
      userPrincipalName: 'rene\u0301@contoso.example',
    });
    expect(compareOne(cloud, [holder]).correlation.kind).toBe('reCreated');
  });
});

describe('an empty key is a key that is missing, and no key that was looked for in vain', () => {
  const employee = new Map([['contoso' as SourceName, 'employeeID']]);

  test.each(['', ' '])('an onPremisesImmutableId of "%s", where any text may be an anchor', anchor => {
    const cloud = aUser({ id, onPremisesImmutableId: anchor, onPremisesSecurityIdentifier: sid });
    const compared = compareOne(cloud, [], { anchors: employee });
    expect(compared.correlation).toEqual({ kind: 'unknown', reason: 'keyMissing' });
  });
});

describe('a computer has a name of 15 characters in AD, whatever the device is called', () => {
  const device = aDevice({
    id,
    displayName: 'Berlin-Reception-01',
    deviceId: gone,
    onPremisesSecurityIdentifier: sid,
    approximateLastSignInDateTime: instant('2026-11-19T00:00:00Z'),
  });
  const computer = (name: string): ReturnType<typeof anObject> =>
    anObject({ objectGUID: other, objectClass: 'computer', sAMAccountName: `${name}$` });

  test('a long name that was cut is found: the device was re-imaged (case 23)', () => {
    expect(compareOne(device, [computer('BERLIN-RECEPTIO')]).correlation.kind).toBe('reCreated');
  });

  test('a shorter name that begins alike is another computer’s', () => {
    expect(compareOne(device, [computer('BERLIN-RECEPTI')]).correlation.kind).toBe('absent');
  });
});

describe('only a group’s tombstone proves that a group was deleted', () => {
  const group = aGroup({
    id,
    onPremisesSecurityIdentifier: sid,
    onPremisesSamAccountName: 'Sales',
    createdDateTime: instant('2026-01-01T00:00:00Z'),
  });

  test.each(['user', 'computer', 'contact', 'other'] as const)(
    'that of a %s with its SID and name does not',
    objectClass => {
      const tombstone = aTombstone({
        objectGUID: other,
        objectClass,
        objectSid: sid,
        sAMAccountName: 'Sales',
      });
      expect(compareOne(group, [tombstone]).correlation.kind).toBe('absent');
    },
  );

  test('that of a group does', () => {
    const tombstone = aTombstone({
      objectGUID: other,
      objectClass: 'group',
      objectSid: sid,
      sAMAccountName: 'Sales',
    });
    expect(compareOne(group, [tombstone]).correlation.kind).toBe('deleted');
  });
});
