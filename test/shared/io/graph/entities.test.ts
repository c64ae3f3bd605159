import type { ObjectType } from '../../../../shared/core/objectType';
import { entityOf, parseCloudObject } from '../../../../shared/io/graph/entities';
import { assertEntity, propertiesOf } from '../../../support/graph/metadata';
import { graphContact, graphDevice, graphGroup, graphUser, guidOf } from './samples';

const samples: Record<ObjectType, Record<string, unknown>> = {
  user: graphUser(1),
  group: graphGroup(1),
  contact: graphContact(1),
  device: graphDevice(1),
};
const types = Object.keys(samples) as ObjectType[];
const mayBeAbsent = new Set(['isManagementRestricted', 'onPremisesProvisioningErrors', 'systemLabels']);
const parse = (type: ObjectType, item: unknown): unknown =>
  parseCloudObject(type, item, 'client-request-id 1');
const refusal = (type: ObjectType, item: unknown): unknown => {
  try {
    return parse(type, item);
  } catch (error) {
    return error;
  }
};
const without = (item: Record<string, unknown>, property: string): Record<string, unknown> =>
  Object.fromEntries(Object.entries(item).filter(([name]) => name !== property));

describe('what is taken from Graph', () => {
  test('a user', () => {
    expect(parse('user', { ...samples.user, surname: 'ignored' })).toEqual({
      type: 'user',
      id: guidOf(1),
      displayName: 'User 1',
      onPremisesSyncEnabled: true,
      onPremisesLastSyncDateTime: Date.UTC(2026, 2, 1, 2, 3, 4),
      userPrincipalName: 'user1@contoso.com',
      mail: null,
      proxyAddresses: ['SMTP:user1@contoso.com'],
      accountEnabled: true,
      userType: 'Member',
      createdDateTime: Date.UTC(2024, 0, 2, 3, 4, 5, 123),
      onPremisesImmutableId: 'iGhmiAEBERG7uxI0VniQqw==',
      onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1104',
      onPremisesSamAccountName: 'user1',
      onPremisesDomainName: 'corp.contoso.com',
      onPremisesDistinguishedName: 'CN=User 1,DC=corp,DC=contoso,DC=com',
      onPremisesUserPrincipalName: 'user1@corp.contoso.com',
      assignedLicenseCount: 1,
      onPremisesProvisioningErrorCount: 0,
      isManagementRestricted: false,
    });
  });

  test('a group', () => {
    expect(parse('group', samples.group)).toEqual({
      type: 'group',
      id: guidOf(1),
      displayName: 'Group 1',
      onPremisesSyncEnabled: true,
      onPremisesLastSyncDateTime: Date.UTC(2026, 2, 1, 2, 3, 4),
      mail: 'group1@contoso.com',
      proxyAddresses: [],
      mailEnabled: true,
      securityEnabled: false,
      createdDateTime: null,
      onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1105',
      onPremisesSamAccountName: 'group1',
      onPremisesDomainName: 'corp.contoso.com',
      assignedLicenseCount: 0,
      onPremisesProvisioningErrorCount: 2,
      isManagementRestricted: null,
    });
  });

  test('a contact', () => {
    expect(parse('contact', samples.contact)).toEqual({
      type: 'contact',
      id: guidOf(1),
      displayName: 'Contact 1',
      onPremisesSyncEnabled: true,
      onPremisesLastSyncDateTime: null,
      mail: 'contact1@fabrikam.com',
      proxyAddresses: ['SMTP:contact1@fabrikam.com'],
      onPremisesProvisioningErrorCount: 0,
    });
  });

  test('a device', () => {
    expect(parse('device', samples.device)).toEqual({
      type: 'device',
      id: guidOf(1),
      displayName: 'PC-1',
      onPremisesSyncEnabled: true,
      onPremisesLastSyncDateTime: Date.UTC(2026, 2, 1, 2, 3, 4),
      deviceId: guidOf(501),
      trustType: 'ServerAd',
      accountEnabled: true,
      registrationDateTime: Date.UTC(2025, 4, 5, 5, 5, 5),
      approximateLastSignInDateTime: Date.UTC(2026, 1, 28),
      onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1106',
      physicalIds: ['[ZTDID]:1'],
      systemLabels: ['M365Managed'],
      operatingSystem: 'Windows',
      isManagementRestricted: null,
    });
  });

  test('dates with an offset count as the instant that they are', () => {
    const createdDateTime = '2026-02-28T00:00:00+01:00';
    expect(parse('group', { ...samples.group, createdDateTime })).toMatchObject({
      createdDateTime: Date.UTC(2026, 1, 27, 23),
    });
  });

  test('ids are lower-cased', () => {
    const id = 'ABCDEF00-0000-4000-8000-000000000001';
    expect(parse('contact', { ...samples.contact, id })).toMatchObject({ id: id.toLowerCase() });
  });
});

describe.each(types)('a %s', type => {
  const sample = samples[type];

  test('is asked for with exactly the properties that are read', () => {
    expect([...entityOf(type).select].sort()).toEqual(Object.keys(sample).sort());
  });

  test.each(Object.keys(sample).filter(name => !mayBeAbsent.has(name)))(
    'without %s is refused, never read as null',
    property => {
      expect(refusal(type, without(sample, property))).toMatchObject({
        code: 'graphAnswerInvalid',
        message: expect.stringContaining(
          `The property ${property} was expected, be it as null, and is missing`,
        ),
      });
    },
  );

  test.each(Object.keys(sample))('whose %s has another type is refused, without its value', property => {
    const error = refusal(type, { ...sample, [property]: { secret: 1 } });
    expect(error).toMatchObject({
      code: 'graphAnswerInvalid',
      message: expect.stringContaining(`The property ${property} does not have the documented type`),
    });
    expect(String(error)).not.toContain('secret');
    expect(String(error)).toContain('client-request-id 1');
    expect(String(error)).toContain(`the ${type} with id ${property === 'id' ? '(no GUID)' : guidOf(1)}`);
  });

  test('of a national cloud may lack what that cloud does not have', () => {
    const kept = Object.fromEntries(Object.entries(sample).filter(([name]) => !mayBeAbsent.has(name)));
    const absent: Record<ObjectType, object> = {
      user: { onPremisesProvisioningErrorCount: 0, isManagementRestricted: null },
      group: { onPremisesProvisioningErrorCount: 0, isManagementRestricted: null },
      contact: { onPremisesProvisioningErrorCount: 0 },
      device: { systemLabels: [], isManagementRestricted: null },
    };
    expect(parse(type, kept)).toMatchObject(absent[type]);
  });

  test.each([null, 'text', 7, []])('is not %j', item => {
    expect(refusal(type, item)).toMatchObject({ code: 'graphAnswerInvalid' });
  });
});

/** Their names in Graph's metadata. */
const entityNames = { user: 'user', group: 'group', contact: 'orgContact', device: 'device' } as const;

describe.each(types)("Graph's metadata of a %s", type => {
  const properties = propertiesOf(entityNames[type]);

  test('has every property that is asked for', () => {
    expect(entityOf(type).select.filter(name => !properties.has(name))).toEqual([]);
    expect(() => assertEntity(entityNames[type], samples[type])).not.toThrow();
  });

  test.each(Object.keys(samples[type]).filter(name => properties.get(name)?.nullable))(
    'allows %s to be null, and so does the reader',
    property => expect(parse(type, { ...samples[type], [property]: null })).toMatchObject({ type }),
  );
});

describe('values that look right and are not', () => {
  test.each(['yesterday', '2026-02-30T00:00:00Z', '2026-03-01', ''])('the date %j', createdDateTime => {
    expect(refusal('user', { ...samples.user, createdDateTime })).toMatchObject({
      code: 'graphAnswerInvalid',
    });
  });

  test.each(['', '1', `{${guidOf(1)}}`, `${guidOf(1)}/../x`, null])('the id %j', id => {
    expect(refusal('user', { ...samples.user, id })).toMatchObject({
      code: 'graphAnswerInvalid',
      message: expect.stringContaining('the user with id (no GUID)'),
    });
  });

  test('proxyAddresses null, which Graph never answers', () => {
    expect(refusal('user', { ...samples.user, proxyAddresses: null })).toMatchObject({
      code: 'graphAnswerInvalid',
    });
  });
});
