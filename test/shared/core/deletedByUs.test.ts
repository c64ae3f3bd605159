import type { CloudId, CloudObject } from '../../../shared/core/cloudObject';
import {
  DeletedByUs,
  keysInEvidence,
  listLagMinutes,
  recognisableKeysOf,
  type DeletedObject,
} from '../../../shared/core/deletedByUs';
import type { Guid } from '../../../shared/core/keys/guid';
import { guidToImmutableId } from '../../../shared/core/keys/immutableId';
import type { Instant } from '../../../shared/core/instant';
import { aContact, aDevice, aGroup, aUser, instant } from '../../support/builders';
import { compareOne } from '../../support/compare';

const at = instant('2026-11-20T02:00:00Z');
const idOf = (n: number): CloudId => `0a0a0a0a-0000-4000-8000-${String(n).padStart(12, '0')}` as CloudId;
const id = idOf(1);
const guid = '88666888-0101-1111-bbbb-1234567890ab' as Guid;
const sid = 'S-1-5-21-1-2-3-1105';

const ofEachType: readonly CloudObject[] = [
  aUser({
    id,
    onPremisesImmutableId: guidToImmutableId(guid),
    onPremisesSecurityIdentifier: sid,
    mail: 'ada@contoso.example',
  }),
  aGroup({ id, onPremisesSecurityIdentifier: sid, mail: 'all@contoso.example' }),
  aContact({
    id,
    mail: 'bob@fabrikam.example',
    proxyAddresses: ['SMTP:bob@fabrikam.example', 'smtp:b@fabrikam.example'],
  }),
  aDevice({ id, deviceId: guid, onPremisesSecurityIdentifier: sid, displayName: 'PC-17' }),
];

describe.each(ofEachType.map(cloud => [cloud.type, cloud] as const))(
  'a %s that we deleted',
  (type, cloud) => {
    const evidence = JSON.parse(compareOne(cloud, []).evidence.json) as unknown;

    test('has the same keys in its evidence as it had itself, and no names among them', () => {
      const keys = keysInEvidence(type, evidence);
      expect([...(keys ?? [])].sort()).toEqual([...recognisableKeysOf(cloud)].sort());
      expect(keys?.length).toBe({ user: 2, group: 1, contact: 2, device: 2 }[type]);
    });

    test('is recognised under another id, by each key alone', () => {
      const keys = keysInEvidence(type, evidence) ?? [];
      const again = { ...cloud, id: idOf(2) } as CloudObject;
      for (const key of keys) {
        const deleted: DeletedObject = { type, id, deletedAt: at, keys: [key] };
        expect(new DeletedByUs([deleted], at).madeAgain(again)).toBe(deleted);
      }
      expect(new DeletedByUs([{ type, id, deletedAt: at, keys: [] }], at).madeAgain(again)).toBeNull();
    });
  },
);

test('another object is nobody’s return', () => {
  const deleted: DeletedObject = { type: 'user', id, deletedAt: at, keys: ['sid S-1-5-21-1-2-3-1105'] };
  const history = new DeletedByUs([deleted], at);
  expect(
    history.madeAgain(aUser({ id: idOf(2), onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-1106' })),
  ).toBeNull();
  expect(history.madeAgain(aContact({ id: idOf(2) }))).toBeNull();
});

test('a SID is recognised in a group too, in whatever case: one account became another', () => {
  const deleted: DeletedObject = { type: 'user', id, deletedAt: at, keys: ['sid S-1-5-21-1-2-3-1105'] };
  const group = aGroup({ id: idOf(2), onPremisesSecurityIdentifier: 's-1-5-21-1-2-3-1105' });
  expect(new DeletedByUs([deleted], at).madeAgain(group)).toBe(deleted);
});

test.each([
  ['one minute before the lag is over', listLagMinutes - 1, false],
  ['at its end', listLagMinutes, true],
  ['a day later', 24 * 60, true],
])('the same id says that it is there again only when lists have caught up: %s', (_, minutes, expected) => {
  const deletedAt = (at - minutes * 60_000) as Instant;
  const deleted: DeletedObject = { type: 'user', id, deletedAt, keys: recognisableKeysOf(ofEachType[0]!) };
  const found = new DeletedByUs([deleted], at).madeAgain(ofEachType[0]!);
  expect(found).toBe(expected ? deleted : null);
});

test.each([[null], ['text'], [{}], [{ keys: 1 }], [{ keys: [{ key: 'id' }] }]])(
  '%j is no evidence of ours',
  evidence => {
    expect(keysInEvidence('user', evidence)).toBeNull();
  },
);

test('evidence of ours that names no key that counts gives none', () => {
  expect(
    keysInEvidence('user', {
      keys: [
        { key: 'toString', value: 'x' },
        { key: 'id', value: id },
      ],
    }),
  ).toEqual([]);
  expect(keysInEvidence('contact', { keys: [{ key: 'id', value: id }] })).toEqual([]);
});

test('where nothing was deleted, nothing is there again', () => {
  for (const cloud of ofEachType) expect(new DeletedByUs([], at).madeAgain(cloud)).toBeNull();
});
