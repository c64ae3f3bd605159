import fc from 'fast-check';
import type { CloudId, CloudObject } from '../../../../shared/core/cloudObject';
import type { Correlation } from '../../../../shared/core/correlate';
import type { SourceName } from '../../../../shared/core/exportFormat';
import { bytesToBase64 } from '../../../../shared/core/keys/base64';
import { guidFromBytes, type Guid } from '../../../../shared/core/keys/guid';
import { guidToImmutableId } from '../../../../shared/core/keys/immutableId';
import type { OnPremisesObject } from '../../../../shared/core/onPremisesObject';
import { repairOf, type Repair } from '../../../../shared/core/review/repair';
import { judge } from '../../../../shared/core/verdict';
import { historyReasons } from '../../../../shared/core/cloudHistory';
import { aContact, aDevice, aGroup, anObject, aTombstone, aUser } from '../../../support/builders';

const id = '0b0b0b0b-0000-4000-8000-000000000001' as CloudId;
// domain.md: the vector that was executed.
const immutableId = 'iGhmiAEBERG7uxI0VniQqw==';
const guid = '88666888-0101-1111-bbbb-1234567890ab';
const objectGUID = '11111111-2222-4333-8444-555555555555' as Guid;
const ada = aUser({ id, onPremisesImmutableId: immutableId });
const account = anObject({ objectGUID, objectClass: 'user' });
const anchors = new Map<SourceName, string | null>([['contoso' as SourceName, 'mS-DS-ConsistencyGuid']]);

const repaired = (
  correlation: Correlation,
  cloud: CloudObject = ada,
  declared: ReadonlyMap<SourceName, string | null> = anchors,
): Repair | null =>
  repairOf(cloud, { correlation }, declared, judge(cloud, { correlation, strong: [], weak: [] }));
const reAnchored = (...to: readonly OnPremisesObject[]): Correlation => ({ kind: 'reAnchored', to });
const written = (repair: Repair | null): Extract<Repair, { kind: 'writeAnchor' }> => {
  if (repair?.kind !== 'writeAnchor') throw new RangeError(String(repair?.kind));
  return repair;
};

describe('a link is mended by the anchor of the cloud user', () => {
  test('named as base64, as GUID and as the bytes that AD stores, with the account that it belongs to', () => {
    expect(repaired(reAnchored(account))).toMatchObject({
      kind: 'writeAnchor',
      object: {
        source: 'contoso',
        domainName: 'contoso.example',
        objectGUID,
        distinguishedName: account.distinguishedName,
      },
      immutableId,
      guid,
      bytes: '8868668801011111bbbb1234567890ab',
      present: guidToImmutableId(objectGUID),
      commands: [
        `Get-ADUser -Identity '${objectGUID}' -Server 'contoso.example' -Properties mS-DS-ConsistencyGuid,objectSid,mail | Format-List`,
        `Set-ADUser -Identity '${objectGUID}' -Server 'contoso.example' -Replace @{'mS-DS-ConsistencyGuid'=[byte[]](` +
          '0x88,0x68,0x66,0x88,0x01,0x01,0x11,0x11,0xbb,0xbb,0x12,0x34,0x56,0x78,0x90,0xab)}',
        'Start-ADSyncSyncCycle -PolicyType Delta',
      ],
    });
  });

  test('the bytes are those of the immutableId, for any GUID', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), bytes => {
        const cloud = aUser({ id, onPremisesImmutableId: bytesToBase64(bytes) });
        const repair = written(repaired(reAnchored(account), cloud));
        expect(repair.bytes).toBe(Buffer.from(bytes).toString('hex'));
        expect(repair.guid).toBe(guidFromBytes(bytes));
        const pasted = [...repair.commands[1]!.matchAll(/0x([0-9a-f]{2})/g)].map(([, byte]) => byte);
        expect(pasted.join('')).toBe(repair.bytes);
      }),
    );
  });

  test('what the account is linked by at present is its ConsistencyGuid where it holds a GUID, else its objectGUID', () => {
    const own = bytesToBase64(new Uint8Array(16).fill(7));
    const present = (value: string): string =>
      written(repaired(reAnchored({ ...account, 'mS-DS-ConsistencyGuid': value }))).present;
    expect(present(own)).toBe(own);
    expect(present(bytesToBase64(new Uint8Array(3)))).toBe(guidToImmutableId(objectGUID));
    expect(present('not base64')).toBe(guidToImmutableId(objectGUID));
  });

  test('the hardening of 2026 is told where the account is another one', () => {
    const caveats = (correlation: Correlation): string => written(repaired(correlation)).caveats.join(' ');
    expect(caveats({ kind: 'reCreated', as: [account] })).toMatch(
      /OnPremisesObjectIdentifier has to be cleared/,
    );
    expect(caveats(reAnchored(account))).not.toContain('OnPremisesObjectIdentifier');
    for (const correlation of [reAnchored(account), { kind: 'reCreated', as: [account] } as const])
      expect(caveats(correlation)).toMatch(/privileged role is blocked.*repair one account/);
  });

  test('nothing that is no name of DNS comes into a line that a person pastes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom("x'; Remove-ADUser y #", 'a\nb', '')), domainName => {
        const { commands } = written(repaired(reAnchored({ ...account, domainName })));
        for (const command of commands) {
          const server = / -Server '([^']*)'/.exec(command)?.[1] ?? '';
          expect(server).toMatch(/^[A-Za-z0-9.-]*$/);
          expect(command.replace(` -Server '${server}'`, '')).toMatch(
            /^(?:Get-ADUser|Set-ADUser) -Identity '[0-9a-f-]{36}' -(?:Properties|Replace) |^Start-ADSync/,
          );
        }
      }),
    );
    const nowhere = written(repaired(reAnchored({ ...account, domainName: null })));
    expect(nowhere.commands.join()).not.toContain('-Server');
  });
});

describe('where no value can be named, the reason is', () => {
  const other = anObject({ objectGUID: '22222222-2222-4333-8444-555555555555', objectClass: 'user' });

  test.each<[string, Correlation, CloudObject]>([
    ['notAUser', { kind: 'reCreated', as: [account] }, aGroup({ id })],
    ['notAUser', { kind: 'reAnchored', to: [account] }, aDevice({ id })],
    ['notAUser', { kind: 'reCreated', as: [account] }, aContact({ id })],
    ['severalObjects', { kind: 'reAnchored', to: [account, other] }, ada],
    ['severalObjects', { kind: 'reAnchored', to: [] }, ada],
    ['anotherClass', { kind: 'reCreated', as: [{ ...account, objectClass: 'contact' }] }, ada],
    ['anchorMissing', { kind: 'reCreated', as: [account] }, { ...ada, onPremisesImmutableId: null }],
    ['anchorNotGuid', { kind: 'reCreated', as: [account] }, { ...ada, onPremisesImmutableId: 'RS0xNw==' }],
  ])('%s', (obstacle, correlation, cloud) => {
    expect(repaired(correlation, cloud)).toEqual({
      kind: 'byHand',
      obstacle,
      explanation: expect.stringMatching(/\.$/),
    });
  });

  test.each(['objectGUID', 'employeeID', null])('an anchor that is %s', declared => {
    const sources = new Map([['contoso' as SourceName, declared]]);
    expect(repaired(reAnchored(account), ada, sources)).toMatchObject({ obstacle: 'anotherAnchor' });
    expect(repaired(reAnchored(account), ada, new Map())).toMatchObject({ obstacle: 'anotherAnchor' });
  });

  test('the attribute is the same however it is spelled', () => {
    const sources = new Map([['contoso' as SourceName, 'ms-ds-consistencyguid']]);
    expect(repaired(reAnchored(account), ada, sources)).toMatchObject({ kind: 'writeAnchor' });
  });
});

test.each<Correlation>([
  { kind: 'live', by: 'objectGUID' },
  { kind: 'outOfScope', objects: [account] },
  { kind: 'duplicate', of: ['user/x'] },
  { kind: 'deleted', tombstone: aTombstone({ objectGUID, objectClass: 'user' }) },
  { kind: 'absent' },
  { kind: 'notCovered', domain: 'x' },
  { kind: 'unknown', reason: 'keyMissing' },
])('there is nothing to mend where the outcome is $kind', correlation => {
  expect(repaired(correlation)).toBeNull();
});

describe('what the scan remembers of an object asks for a person, whatever the comparison finds', () => {
  test.each(historyReasons)('%s', reason => {
    for (const correlation of [{ kind: 'absent' }, reAnchored(account)] as const)
      expect(repairOf(ada, { correlation }, anchors, { kind: 'attention', reason })).toEqual({
        kind: 'byHand',
        obstacle: reason,
        explanation: expect.stringMatching(/by hand/),
      });
  });
});
