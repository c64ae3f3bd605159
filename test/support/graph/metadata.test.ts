import { assertEntity, propertiesOf } from './metadata';

const id = '00000000-0000-4000-8000-000000000001';

test('the metadata of every served type is there', () => {
  const names = (['user', 'group', 'orgContact', 'device', 'organization'] as const).map(
    entity => propertiesOf(entity).size,
  );
  expect(names.every(size => size > 10)).toBe(true);
  expect(propertiesOf('user').get('proxyAddresses')).toEqual({
    name: 'String',
    collection: true,
    nullable: false,
  });
  expect(propertiesOf('orgContact').get('onPremisesProvisioningErrors')).toEqual({
    name: 'onPremisesProvisioningError',
    collection: true,
    nullable: true,
  });
  expect(propertiesOf('orgContact').has('onPremisesSecurityIdentifier')).toBe(false);
});

test('values of every kind of type are taken', () => {
  expect(() =>
    assertEntity('user', {
      id,
      displayName: null,
      accountEnabled: true,
      deviceEnrollmentLimit: -5,
      createdDateTime: '2024-02-29T01:02:03.1234567Z',
      lastPasswordChangeDateTime: '2024-02-29T01:02:03Z',
      proxyAddresses: [],
      businessPhones: ['1'],
      onPremisesProvisioningErrors: null,
      assignedLicenses: [{ skuId: id, disabledPlans: [] }],
      passwordProfile: { forceChangePasswordNextSignIn: true },
    }),
  ).not.toThrow();
  expect(() => assertEntity('organization', { id, mobileDeviceManagementAuthority: 'intune' })).not.toThrow();
});

test.each([
  [
    'a property of another type',
    { onPremisesNetBiosName: 'CONTOSO' },
    'onPremisesNetBiosName is no property',
  ],
  ['a navigation property', { memberOf: [] }, 'memberOf is no property'],
  ['an annotation', { '@odata.type': '#microsoft.graph.user' }, '@odata.type is no property'],
  [
    'null where the metadata says never',
    { proxyAddresses: null },
    'proxyAddresses is no Collection(String)!',
  ],
  ['undefined', { mail: undefined }, 'mail is no String'],
  ['a number for a String', { mail: 1 }, 'mail is no String: 1'],
  ['text for a Boolean', { accountEnabled: 'true' }, 'accountEnabled is no Boolean'],
  ['a fraction for an Int32', { deviceEnrollmentLimit: 1.5 }, 'deviceEnrollmentLimit is no Int32!'],
  ['more than an Int32 holds', { deviceEnrollmentLimit: 2 ** 31 }, 'deviceEnrollmentLimit is no Int32!'],
  ['a local time', { createdDateTime: '2024-01-01T00:00:00+01:00' }, 'createdDateTime is no DateTimeOffset'],
  ['a date that is none', { createdDateTime: '2024-13-01T00:00:00Z' }, 'createdDateTime is no DateTime'],
  ['null in a collection', { proxyAddresses: [null] }, 'proxyAddresses is no Collection(String)!'],
  ['a value for a collection', { proxyAddresses: 'a' }, 'proxyAddresses is no Collection(String)!'],
  ['an array for a complex value', { passwordProfile: [] }, 'passwordProfile is no passwordProfile'],
  ['text for a complex value', { assignedLicenses: ['E3'] }, 'assignedLicenses is no Collection(assigned'],
])('%s is refused', (_, change, problem) => {
  expect(() => assertEntity('user', { id, ...change })).toThrow(problem);
});

test('an entity has an id', () => {
  expect(() => assertEntity('device', { displayName: 'PC' })).toThrow('id is missing');
});

test('an enumeration is text', () => {
  expect(() => assertEntity('organization', { id, partnerTenantType: 1 })).toThrow('partnerTenantType');
});
