import type { CloudId, CloudObject } from '../../../../shared/core/cloudObject';
import { ListTally } from '../../../../shared/core/tenantChecks/listTally';
import { aContact, aDevice, aGroup, aUser } from '../../../support/builders';
import { idOf } from '../../../support/graph/testGraph';

const id = (n: number): CloudId => idOf(n) as CloudId;
const page = (tally: ListTally, objects: readonly CloudObject[]): void =>
  tally.page(objects.map(object => ({ kind: 'object', object, leftOut: [] })));
const pickedBy = (tally: ListTally): number[] => tally.picked.map(object => Number(object.id.slice(-12)));

test('users are counted by what their anchor holds', () => {
  const tally = new ListTally('user');
  page(tally, [
    aUser({ id: id(1), onPremisesImmutableId: 'iGhmiAEBERG7uxI0VniQqw==', onPremisesSyncEnabled: false }),
    aUser({ id: id(2), onPremisesImmutableId: 'E1001', onPremisesLastSyncDateTime: null }),
    aUser({ id: id(3), onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-4' }),
    aUser({ id: id(3), onPremisesSecurityIdentifier: 'no SID' }),
  ]);
  expect(tally.anchors).toEqual({ guid: 1, other: 1, none: 2 });
  expect(tally).toMatchObject({
    pages: 1,
    objects: 4,
    distinct: 3,
    notSynced: 1,
    lastSyncTimes: 3,
    securityIdentifiers: 1,
    largestPage: 4,
  });
});

test('devices are counted by trustType and deviceId', () => {
  const tally = new ListTally('device');
  page(tally, [
    aDevice({ id: id(1), deviceId: idOf(9) }),
    aDevice({ id: id(2), deviceId: 'PC' }),
    aDevice({ id: id(3), deviceId: null }),
    aDevice({ id: id(4), trustType: 'AzureAd' }),
  ]);
  expect([tally.hybrid, tally.notHybrid]).toEqual([{ guid: 1, other: 2 }, 1]);
});

test('what can not be read, and what was left out, is counted by property', () => {
  const tally = new ListTally('contact');
  tally.page([
    { kind: 'unreadable', problem: 'mail missing' },
    { kind: 'unreadable', problem: 'mail missing' },
    { kind: 'object', object: aContact({ id: id(1) }), leftOut: ['onPremisesProvisioningErrors'] },
  ]);
  tally.page([]);
  expect([...tally.problems, ...tally.leftOut]).toEqual([
    ['mail missing', 2],
    ['onPremisesProvisioningErrors', 1],
  ]);
  expect(tally).toMatchObject({ pages: 2, items: 3, objects: 1, largestPage: 3 });
});

test('a few objects from all over the list are picked, and what was asked for', () => {
  const tally = new ListTally('group', new Set([idOf(7)]));
  page(
    tally,
    Array.from({ length: 20 }, (_, n) => aGroup({ id: id(n + 1) })),
  );
  expect(pickedBy(tally)).toEqual([1, 2, 4, 7, 8, 16]);
});

test('the first five that are restricted, and the first five with an error, are picked, each once', () => {
  const tally = new ListTally('user');
  page(tally, [
    ...Array.from({ length: 32 }, (_, n) => aUser({ id: id(n + 1) })),
    ...Array.from({ length: 7 }, (_, n) => aUser({ id: id(100 + n), isManagementRestricted: true })),
    ...Array.from({ length: 7 }, (_, n) => aUser({ id: id(200 + n), onPremisesProvisioningErrorCount: 1 })),
    aUser({ id: id(1), isManagementRestricted: true }),
  ]);
  expect(pickedBy(tally).slice(6)).toEqual([100, 101, 102, 103, 104, 200, 201, 202, 203, 204]);
  expect([tally.restricted, tally.provisioningErrors]).toEqual([8, 7]);
});

test('a contact has neither restriction nor SID, a device no error of synchronisation', () => {
  const contacts = new ListTally('contact');
  page(contacts, [aContact({ id: id(1), onPremisesProvisioningErrorCount: 2 })]);
  expect([contacts.restricted, contacts.securityIdentifiers, contacts.provisioningErrors]).toEqual([0, 0, 1]);
  const devices = new ListTally('device');
  page(devices, [aDevice({ id: id(1), isManagementRestricted: true })]);
  expect([devices.restricted, devices.provisioningErrors]).toEqual([1, 0]);
});
