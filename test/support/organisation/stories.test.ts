import type { ObjectType } from '../../../shared/core/objectType';
import { makeOrganisation } from './makeOrganisation';
import type { ObjectLine } from './onPremises';
import type { Organisation } from './organisation';
import type { CloudEntities } from './story';

const now = Date.parse('2026-11-20T02:00:00.123Z');
const types = ['user', 'group', 'contact', 'device'] as const;

const cloudOf = ({
  cloud,
}: Organisation): { readonly [Type in ObjectType]: readonly CloudEntities[Type][] } => ({
  user: cloud.users,
  group: cloud.groups,
  contact: cloud.contacts,
  device: cloud.devices,
});
const objectLines = ({ sources }: Organisation): ObjectLine[] =>
  sources.flatMap(({ lines }) => lines).filter(line => line.kind === 'object');
/** Every strong key of a cloud object, as an export line would spell it. */
function strongKeysOf(object: CloudEntities[ObjectType]): string[] {
  const keys = [
    'onPremisesImmutableId' in object ? object.onPremisesImmutableId : null,
    'deviceId' in object ? object.deviceId : null,
    'onPremisesSecurityIdentifier' in object ? object.onPremisesSecurityIdentifier : null,
  ];
  return keys.filter(key => typeof key === 'string');
}

/** base64 of a GUID as Windows orders its bytes, written here once more on purpose. */
function base64OfGuid(guid: string): string {
  const hex = guid.replaceAll('-', '');
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  return Buffer.from(order.map(at => Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16))).toString('base64');
}
const strongKeysOfLine = (line: ObjectLine): string[] => [
  line.objectGUID,
  base64OfGuid(line.objectGUID),
  ...[line['mS-DS-ConsistencyGuid'], line.objectSid, ...(line.sIDHistory ?? [])].filter(
    key => key !== undefined,
  ),
];

/** Names and addresses of a cloud object, as an export line would spell them, lower case. */
function weakKeysOf(type: ObjectType, object: CloudEntities[ObjectType]): string[] {
  if (type === 'device') return [`account ${object.displayName}$`.toLowerCase()];
  const keys = ['mail' in object && object.mail ? `address ${object.mail}` : null];
  if ('proxyAddresses' in object)
    keys.push(...(object.proxyAddresses ?? []).map(address => `address ${address.slice('smtp:'.length)}`));
  if ('userPrincipalName' in object) keys.push(`upn ${object.userPrincipalName}`);
  if ('onPremisesSamAccountName' in object && object.onPremisesSamAccountName)
    keys.push(`account ${object.onPremisesSamAccountName}`);
  return keys.filter(key => key !== null).map(key => key.toLowerCase());
}
const weakKeysOfLine = (line: ObjectLine): string[] =>
  [
    ...new Set([
      ...(line.mail === undefined ? [] : [`address ${line.mail}`]),
      ...(line.proxyAddresses ?? []).map(address => `address ${address.slice('smtp:'.length)}`),
      ...(line.userPrincipalName === undefined ? [] : [`upn ${line.userPrincipalName}`]),
      ...(line.sAMAccountName === undefined ? [] : [`account ${line.sAMAccountName}`]),
    ]),
  ].map(key => key.toLowerCase());

function holders(
  lines: readonly ObjectLine[],
  keysOf: (line: ObjectLine) => string[],
): Map<string, ObjectLine[]> {
  const byKey = new Map<string, ObjectLine[]>();
  for (const line of lines) {
    for (const key of new Set(keysOf(line))) {
      const sharing = byKey.get(key);
      if (sharing) sharing.push(line);
      else byKey.set(key, [line]);
    }
  }
  return byKey;
}

/** By which keys the objects of each story are found on-premises, and whether a tombstone of theirs is there. */
const tracesOfStories = {
  'anchor, sid, name': [
    'alternateLoginId',
    'consistencyGuidDiffers',
    'deviceWithoutCertificate',
    'disabledUser',
    'inetOrgPerson',
    'linkedMailbox',
    'movedBetweenDomains',
    'ordinaryDevice',
    'ordinaryUser',
    'sharedMailbox',
    'syncedGuest',
    'userFoundAgain',
    'userUndeleted',
  ],
  sid: ['groupFoundBySidHistory'],
  'sid, name': ['movedBetweenForestsWithSidHistory', 'ordinaryGroup', 'userReAnchored'],
  'anchor, name': ['movedButNotLinked'],
  'anchor, name, tombstone': ['movedBetweenForestsWithAnchor'],
  'anchor, sid out of scope, name': ['foreignMember'],
  'link, name': ['groupNamedByActiveDirectory'],
  name: [
    'contactFoundByProxyInOtherCase',
    'contactHeldByPublicFolder',
    'contactHeldByUserOfOtherForest',
    'deviceReImagedLongAgo',
    'deviceReImagedRecently',
    'groupReCreated',
    'ordinaryContact',
    'userReCreated',
    'userReCreatedAsContact',
  ],
  'anchor out of scope, sid out of scope, name out of scope': [
    'deviceMovedOutOfScope',
    'userFiltered',
    'userMovedOutOfScope',
  ],
  'sid out of scope, name out of scope': ['groupMovedOutOfScope'],
  'anchor | anchor, sid, name': ['usersWithOneAnchor'],
  'anchor, sid, name | sid': ['usersWithOneSid'],
  'sid | sid, name': ['groupsWithOneSid'],
  tombstone: [
    'autopilotDevice',
    'deviceDeletedLately',
    'deviceWithTombstone',
    'groupDeletedLately',
    'groupWithTombstone',
    'licensedLeaver',
    'managementRestrictedUser',
    'userDeletedLately',
    'userDeletedThisWeek',
    'userInRecycleBin',
    'userRecycled',
  ],
  'nothing | tombstone': ['contactWithoutTrace'],
  nothing: [
    'contactLostThisWeek',
    'contactWithoutAddress',
    'deviceLostThisWeek',
    'deviceOfOtherTrustType',
    'deviceWithoutTrace',
    'deviceWithoutTraceOrSid',
    'fedByUnseenClient',
    'groupLostThisWeek',
    'groupWithoutTrace',
    'guestWithoutTrace',
    'synchronisationAccount',
    'userCreatedAfterExports',
    'userFedOnceMore',
    'userLostLastNight',
    'userLostThisWeek',
    'userLostTonight',
    'userOfOtherConnector',
    'userWithUndecodableImmutableId',
    'userWithoutImmutableId',
    'userWithoutTrace',
  ],
};

describe.each([
  ['all forests covered', makeOrganisation({ seed: 1, now })],
  ['a forest not covered', makeOrganisation({ seed: 2, now, uncoveredForest: true })],
])('the truth about the sample organisation, checked key by key, %s', (_name, made) => {
  const cloud = cloudOf(made);
  const objects = new Map(
    types.flatMap(type => cloud[type].map(object => [object.id ?? '', object] as const)),
  );
  const strong = holders(objectLines(made), strongKeysOfLine);
  const weak = holders(objectLines(made), weakKeysOfLine);
  const tombstones = new Map(
    made.sources
      .flatMap(({ lines }) => lines)
      .filter(line => line.kind === 'tombstone')
      .map(line => [line.objectGUID, line]),
  );
  const tombstoneKeys = new Set([...tombstones.keys()].flatMap(guid => [guid, base64OfGuid(guid)]));
  const links = holders(objectLines(made), line =>
    [line['msDS-ExternalDirectoryObjectId']?.replace(/^\w+_/, '')].filter(id => id !== undefined),
  );
  const told = made.stories.map(story => ({ ...story, object: objects.get(story.cloudId)! }));

  test('have no two objects of one name or address but those that domains are born with', () => {
    const shared = [...holders(objectLines(made), weakKeysOfLine)].filter(([, lines]) => lines.length > 1);
    const born = shared.filter(([, lines]) =>
      lines.every(line => /,CN=(?:Builtin|Users),/.test(line.distinguishedName)),
    );
    expect(shared).toEqual(born);
    expect(shared.length).toBeGreaterThan(5);
  });

  test('no key of a missing object leads to a live one, save the name of a computer set up afresh long ago', () => {
    const missing = told.filter(({ outcome }) => outcome === 'deleted' || outcome === 'absent');
    expect(missing.length).toBeGreaterThan(40);
    for (const { type, story, object } of missing) {
      expect(strongKeysOf(object).filter(key => strong.has(key))).toEqual([]);
      const named = weakKeysOf(type, object).filter(key => weak.has(key));
      expect(named).toHaveLength(story === 'deviceReImagedLongAgo' ? 1 : 0);
    }
  });

  test('a tombstone of its own home is there for what was deleted, and for nothing else that could be proved', () => {
    const proved = told.filter(
      ({ type, home }) => type !== 'contact' && tombstones.has(home?.line.objectGUID ?? ''),
    );
    expect(new Set(proved.map(({ outcome }) => outcome))).toEqual(new Set(['deleted']));
    expect(proved).toHaveLength(told.filter(({ outcome }) => outcome === 'deleted').length);
    for (const { home, object } of proved) {
      const deletedAt = Date.parse(tombstones.get(home?.line.objectGUID ?? '')?.whenChanged ?? '');
      expect(deletedAt).toBeGreaterThan(Date.parse(object.onPremisesLastSyncDateTime ?? ''));
    }
    for (const { home, object } of proved.filter(({ type }) => type === 'group')) {
      const { objectSid, sAMAccountName } = tombstones.get(home?.line.objectGUID ?? '') ?? {};
      expect(object).toMatchObject({
        onPremisesSecurityIdentifier: objectSid,
        onPremisesSamAccountName: sAMAccountName,
      });
    }
  });

  test('an ordinary object is found by its key, in its home alone', () => {
    const ordinary = told.filter(({ story, type }) => story.startsWith('ordinary') && type !== 'contact');
    expect(ordinary.length).toBeGreaterThan(4000);
    const lost = ordinary.filter(({ object, home }) =>
      strongKeysOf(object).some(key => {
        const found = strong.get(key) ?? [];
        return found.length !== 1 || found[0] !== home?.line || found[0]?.inScope !== true;
      }),
    );
    expect(lost).toEqual([]);
  });

  test('what each story leaves on-premises is what it tells', () => {
    const traces = new Map<string, Set<string>>();
    for (const { type, story, object, home } of told.filter(({ outcome }) => outcome !== 'notSynced')) {
      const [sid, others] = [
        strongKeysOf(object).filter(key => key.startsWith('S-')),
        strongKeysOf(object).filter(key => !key.startsWith('S-')),
      ];
      const found = {
        anchor: others.flatMap(key => strong.get(key) ?? []),
        sid: sid.flatMap(key => strong.get(key) ?? []),
        link: links.get(object.id ?? '') ?? [],
        name: weakKeysOf(type, object).flatMap(key => weak.get(key) ?? []),
      };
      const left = Object.entries(found).flatMap(([key, lines]) =>
        lines.length === 0 ? [] : [lines.every(({ inScope }) => inScope) ? key : `${key} out of scope`],
      );
      const keys = [home?.line.objectGUID ?? '', ...others];
      if (keys.some(key => tombstoneKeys.has(key))) left.push('tombstone');
      traces.set(story, (traces.get(story) ?? new Set()).add(left.join(', ') || 'nothing'));
    }
    const byTrace = new Map<string, string[]>();
    for (const [story, left] of traces) {
      const trace = [...left].sort().join(' | ');
      byTrace.set(trace, [...(byTrace.get(trace) ?? []), story].sort());
    }
    const uncovered = made.uncoveredForest
      ? ['groupOfUncoveredForest', 'userOfUncoveredDomainName', 'userOfUncoveredForest']
      : [];
    expect(Object.fromEntries(byTrace)).toEqual({
      ...tracesOfStories,
      nothing: [...tracesOfStories.nothing, ...uncovered].sort(),
    });
  });

  test('a name or address leads away from home only where the story is about that', () => {
    const astray = told.filter(({ type, object, home, outcome }) =>
      outcome === 'notSynced'
        ? false
        : weakKeysOf(type, object)
            .flatMap(key => weak.get(key) ?? [])
            .some(line => line.objectGUID !== home?.line.objectGUID),
    );
    expect(new Set(astray.map(({ story }) => story))).toEqual(
      new Set([
        'linkedMailbox',
        'userReCreated',
        'userReCreatedAsContact',
        'groupReCreated',
        'deviceReImagedLongAgo',
        'deviceReImagedRecently',
      ]),
    );
  });

  test('no cloud key belongs to two objects, save in the stories of duplicates', () => {
    const owners = new Map<string, string[]>();
    for (const { object, story } of told) {
      for (const key of strongKeysOf(object)) owners.set(key, [...(owners.get(key) ?? []), story]);
    }
    const shared = [...owners.values()].filter(names => names.length > 1);
    expect(shared).toHaveLength(3);
    expect(new Set(shared.flat())).toEqual(
      new Set(['usersWithOneAnchor', 'usersWithOneSid', 'groupsWithOneSid']),
    );
  });
});
