import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import { CloserLook } from '../../../shared/core/closerLook';
import { askCloserLook, correlate, type Correlation } from '../../../shared/core/correlate';
import { DuplicateFinder } from '../../../shared/core/duplicates';
import type { SourceName } from '../../../shared/core/exportFormat';
import type { Guid } from '../../../shared/core/keys/guid';
import { guidToImmutableId } from '../../../shared/core/keys/immutableId';
import { OnPremisesIndex } from '../../../shared/core/onPremisesIndex';
import type { Tombstone } from '../../../shared/core/onPremisesObject';
import { protectionOf, type Protection } from '../../../shared/core/protection';
import { tryStrongKeys } from '../../../shared/core/strongKeys';
import { judge, type Verdict } from '../../../shared/core/verdict';
import { aContact, aDevice, aGroup, anObject, aTombstone, aUser, instant } from '../../support/builders';
import { compareOne, contosoContext } from '../../support/compare';

const id = '0a0a0a0a-0000-0000-0000-000000000001' as CloudId;
const guid = '88666888-0101-1111-bbbb-1234567890ab' as Guid;

describe('protection', () => {
  test.each<[string, CloudObject, Protection | null]>([
    [
      'Entra Connect’s account by name',
      aUser({ id, userPrincipalName: 'Sync_DC1_0a1b2c3d4e5f@contoso.onmicrosoft.com' }),
      'synchronisationAccount',
    ],
    [
      'Cloud Sync’s account by name',
      aUser({ id, userPrincipalName: 'ADToAADSyncServiceAccount@contoso.onmicrosoft.com' }),
      'synchronisationAccount',
    ],
    [
      'one by its display name',
      aUser({ id, displayName: 'On-Premises Directory Synchronization Service Account' }),
      'synchronisationAccount',
    ],
    ['a person whose name begins alike', aUser({ id, userPrincipalName: 'sync@contoso.example' }), null],
    [
      'a user in a restricted management unit',
      aUser({ id, isManagementRestricted: true }),
      'managementRestricted',
    ],
    ['a group in one', aGroup({ id, isManagementRestricted: true }), 'managementRestricted'],
    ['a group that is in none', aGroup({ id, isManagementRestricted: false }), null],
    ['a contact', aContact({ id }), null],
    ['an Autopilot device', aDevice({ id, physicalIds: ['[USER-GID]:1', '[ZTDID]:2'] }), 'autopilotDevice'],
    [
      'a device that Microsoft manages',
      aDevice({ id, systemLabels: ['M365Managed'] }),
      'systemManagedDevice',
    ],
    [
      'a device in a restricted management unit',
      aDevice({ id, isManagementRestricted: true }),
      'managementRestricted',
    ],
    ['an ordinary device', aDevice({ id, physicalIds: ['[HWID]:h:1'] }), null],
  ])('%s', (_, cloud, expected) => expect(protectionOf(cloud)).toBe(expected));
});

describe('verdict', () => {
  const user = aUser({ id });
  const verdict = (correlation: Correlation, cloud: CloudObject = user): Verdict =>
    judge(cloud, { correlation, strong: [], weak: [] });
  const object = anObject({ objectGUID: guid, objectClass: 'user' });

  test('only deleted and absent objects are missing', () => {
    expect(
      verdict({ kind: 'deleted', tombstone: aTombstone({ objectGUID: guid, objectClass: 'user' }) }),
    ).toEqual({ kind: 'missing', proof: 'tombstone' });
    expect(verdict({ kind: 'absent' })).toEqual({ kind: 'missing', proof: 'absence' });
  });

  test('what a person must look at is attention', () => {
    expect(verdict({ kind: 'outOfScope', objects: [object] })).toEqual({
      kind: 'attention',
      reason: 'outOfScope',
    });
    expect(verdict({ kind: 'reAnchored', to: [object] })).toEqual({
      kind: 'attention',
      reason: 'reAnchored',
    });
    expect(verdict({ kind: 'reCreated', as: [object] })).toEqual({ kind: 'attention', reason: 'reCreated' });
    expect(verdict({ kind: 'duplicate', of: ['user/x'] })).toEqual({
      kind: 'attention',
      reason: 'duplicate',
    });
    expect(verdict({ kind: 'absent' }, aUser({ id, isManagementRestricted: true }))).toEqual({
      kind: 'attention',
      reason: 'protected',
    });
  });

  test('the rest is none, with the reason by which an earlier candidate is withdrawn', () => {
    expect(verdict({ kind: 'live', by: 'objectGUID' })).toEqual({ kind: 'none', because: 'alive' });
    expect(verdict({ kind: 'notCovered', domain: 'x' })).toEqual({ kind: 'none', because: 'notCovered' });
    expect(verdict({ kind: 'unknown', reason: 'keyMissing' })).toEqual({ kind: 'none', because: 'unknown' });
  });

  test('a carried anchor with provisioning errors and a SID that AD no longer knows is a synchronisation error', () => {
    const carried = anObject({ objectGUID: guid, objectClass: 'user', objectSid: 'S-1-5-21-1-2-3-2000' });
    const cloud = (errors: number, rid: number): CloudObject =>
      aUser({
        id,
        onPremisesImmutableId: guidToImmutableId(guid),
        onPremisesSecurityIdentifier: `S-1-5-21-1-2-3-${rid}`,
        onPremisesProvisioningErrorCount: errors,
      });
    expect(compareOne(cloud(1, 1105), [carried]).verdict).toEqual({
      kind: 'attention',
      reason: 'synchronisationError',
    });
    expect(compareOne(cloud(0, 1105), [carried]).verdict).toEqual({ kind: 'none', because: 'alive' });
    expect(compareOne(cloud(1, 2000), [carried]).verdict).toEqual({ kind: 'none', because: 'alive' });
  });
});

describe('the limits of proof', () => {
  const cloud = aUser({
    id,
    onPremisesImmutableId: guidToImmutableId(guid),
    onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1105',
  });

  test('a tombstone of a source that is not expected proves nothing', () => {
    const tombstone = aTombstone({ objectGUID: guid, objectClass: 'user' });
    expect(compareOne(cloud, [tombstone]).correlation.kind).toBe('deleted');
    const foreign = { ...tombstone, source: 'fabrikam' as SourceName };
    expect(compareOne(cloud, [foreign]).correlation.kind).toBe('absent');
  });

  test('a tombstone that proves nothing is told where it lies in the Recycle Bin: of several, the one deleted last', () => {
    const bySid = (given: Partial<Tombstone>): Tombstone =>
      aTombstone({
        objectGUID: '0b0b0b0b-0000-0000-0000-000000000009',
        objectClass: 'user',
        objectSid: 'S-1-5-21-1-2-3-1105',
        ...given,
      });
    const older = bySid({ whenChanged: instant('2026-10-01T00:00:00Z') });
    const newer = bySid({ whenChanged: instant('2026-10-02T00:00:00Z') });
    const recycled = bySid({ whenChanged: instant('2026-10-03T00:00:00Z'), isRecycled: true });
    for (const records of [
      [older, newer, recycled],
      [recycled, newer, older],
    ])
      expect(compareOne(cloud, records).correlation).toEqual({ kind: 'absent', inRecycleBin: newer });
    expect(compareOne(cloud, [recycled]).correlation).toEqual({ kind: 'absent' });
  });

  test('exports that differ between the two passes are an error, not an answer', () => {
    const index = new OnPremisesIndex();
    index.add(anObject({ objectGUID: guid, objectClass: 'user', inScope: false }));
    const look = new CloserLook();
    askCloserLook(cloud, tryStrongKeys(cloud, index), look);
    look.visit(aTombstone({ objectGUID: guid, objectClass: 'user' }));
    expect(() => correlate(cloud, index, look, contosoContext)).toThrow('differs from the first pass');
  });
});

describe('duplicates', () => {
  const other = '0a0a0a0a-0000-0000-0000-000000000002' as CloudId;
  const anchor = guidToImmutableId(guid);

  test('two objects with one anchor, SID or device id know each other; one object handed over twice does not', () => {
    const finder = new DuplicateFinder();
    finder.add(
      aUser({ id, onPremisesImmutableId: anchor, onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1' }),
    );
    finder.add(
      aUser({ id, onPremisesImmutableId: anchor, onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1' }),
    );
    expect(finder.all()).toEqual([]);
    finder.add(aUser({ id: other, onPremisesImmutableId: anchor }));
    finder.add(aGroup({ id: other, onPremisesSecurityIdentifier: 's-1-5-21-1-2-3-1' }));
    finder.add(aDevice({ id, deviceId: guid }));
    finder.add(aDevice({ id: other, deviceId: guid.toUpperCase() }));
    expect(finder.of({ type: 'user', id }).sort()).toEqual([`group/${other}`, `user/${other}`]);
    expect(finder.of({ type: 'device', id })).toEqual([`device/${other}`]);
    expect(finder.all()).toHaveLength(5);
  });

  test('of three with one key each is a duplicate of the two others, in whatever order they come', () => {
    const ids = [1, 2, 3].map(number => `0a0a0a0a-0000-0000-0000-00000000000${number}` as CloudId);
    for (const order of [ids, ids.toReversed()]) {
      const finder = new DuplicateFinder();
      for (const one of [...order, ...order]) finder.add(aDevice({ id: one, deviceId: guid }));
      for (const one of ids) {
        const others = ids.filter(each => each !== one).map(each => `device/${each}`);
        expect(finder.of({ type: 'device', id: one }).sort()).toEqual(others);
      }
    }
  });

  test('objects without a key, contacts among them, are nobody’s duplicates, however many', () => {
    const finder = new DuplicateFinder();
    for (let number = 0; number < 3000; number += 1) {
      const cloudId = `0a0a0a0a-0000-0000-0000-${String(number).padStart(12, '0')}` as CloudId;
      finder.add(aContact({ id: cloudId, mail: 'ada@contoso.example' }));
      finder.add(aGroup({ id: cloudId, onPremisesSecurityIdentifier: `S-1-5-21-1-2-3-${number}` }));
      finder.add(aUser({ id: cloudId }));
    }
    expect(finder.all()).toEqual([]);
    finder.add(aGroup({ id, onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-2999' }));
    expect(finder.of({ type: 'group', id })).toEqual(['group/0a0a0a0a-0000-0000-0000-000000002999']);
  });
});
