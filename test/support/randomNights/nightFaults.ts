import type { CloudObject } from '../../../shared/core/cloudObject';
import { referenceKey } from '../../../shared/core/duplicates';
import type { Instant } from '../../../shared/core/instant';
import { guidFromBytes, guidToBytes, type Guid } from '../../../shared/core/keys/guid';
import { guidFromImmutableId, guidToImmutableId } from '../../../shared/core/keys/immutableId';
import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import type { ExportRecord, OnPremisesObject } from '../../../shared/core/onPremisesObject';
import type { Random } from '../organisation/random';
import {
  changingLive,
  drawn,
  harmless,
  keeping,
  shuffled,
  touching,
  touchingAll,
  withExports,
  withManifest,
  withObjects,
  type ApplyFault,
} from './nightFault';

const hourMs = 60 * 60_000;
const typesToDraw = objectTypes as unknown as [ObjectType, ...ObjectType[]];

/** The same 16 bytes, read in the other order of a GUID's first fields. */
function otherByteOrder(guid: string): string {
  const bytes = guidToBytes(guid as Guid);
  const [a, b, c] = [bytes.slice(0, 4), bytes.slice(4, 6), bytes.slice(6, 8)].map(part => part.toReversed());
  return (
    guidFromBytes(Uint8Array.from([...(a ?? []), ...(b ?? []), ...(c ?? []), ...bytes.slice(8)])) ?? guid
  );
}

const isLive = (record: ExportRecord): boolean => record.kind === 'object';

/** Takes a key away from the object, of those that it has. */
function withoutKey(object: CloudObject, random: Random): CloudObject {
  switch (object.type) {
    case 'user':
      return random.chance(0.5)
        ? { ...object, onPremisesImmutableId: null }
        : { ...object, onPremisesSecurityIdentifier: null };
    case 'group':
      return { ...object, onPremisesSecurityIdentifier: null };
    case 'contact':
      return { ...object, mail: null, proxyAddresses: [] };
    case 'device':
      return { ...object, deviceId: null };
  }
}

/** Gives the object a key that is none of its own. */
function withWrongKey(object: CloudObject): CloudObject {
  switch (object.type) {
    case 'user': {
      const guid = guidFromImmutableId(object.onPremisesImmutableId ?? '');
      return guid
        ? { ...object, onPremisesImmutableId: guidToImmutableId(otherByteOrder(guid) as Guid) }
        : object;
    }
    case 'group':
      return { ...object, onPremisesSecurityIdentifier: `${object.onPremisesSecurityIdentifier}7` };
    case 'contact':
      return { ...object, mail: `x${object.mail}`, proxyAddresses: [] };
    case 'device':
      return object.deviceId ? { ...object, deviceId: otherByteOrder(object.deviceId) } : object;
  }
}

function inUpperCase(object: OnPremisesObject): OnPremisesObject {
  const { sAMAccountName, userPrincipalName, mail, proxyAddresses } = object;
  return {
    ...object,
    distinguishedName: object.distinguishedName.toUpperCase(),
    ...(sAMAccountName ? { sAMAccountName: sAMAccountName.toUpperCase() } : {}),
    ...(userPrincipalName ? { userPrincipalName: userPrincipalName.toUpperCase() } : {}),
    ...(mail ? { mail: mail.toUpperCase() } : {}),
    ...(proxyAddresses
      ? { proxyAddresses: proxyAddresses.map(each => each.replace(/:.*/, text => text.toUpperCase())) }
      : {}),
  };
}

/** What goes wrong with the exports of a night. */
const exportFaults: Readonly<Record<string, ApplyFault>> = {
  /** Objects that the account may not read any more, fewer than any gate sees. */
  someHidden: (night, { random }) =>
    harmless(
      withExports(night, random, one => {
        const live = one.records.filter(isLive);
        const hidden = new Set(drawn(random, live, 1 + random.below(10)));
        return keeping(one, record => !hidden.has(record));
      }),
    ),
  /** The classic: what is not on the first pages is not there. */
  truncated: (night, { random, orphans }) => {
    const share = 1 - random.below(1_000) / 1_500;
    const cut = withExports(night, random, one => ({
      ...one,
      records: one.records.slice(0, Math.floor(one.records.length * share)),
    }));
    return { night: cut, touched: orphans };
  },
  classHidden: (night, { random }) => {
    const hidden = random.pick(['user', 'group', 'contact', 'computer', 'other'] as const);
    return harmless(
      withExports(night, random, one =>
        keeping(one, record => record.kind === 'tombstone' || record.objectClass !== hidden),
      ),
    );
  },
  organisationalUnitHidden: (night, { random }) => {
    const unit = random.pick(['OU=Sales', 'OU=People', 'OU=Groups', 'OU=Computers', 'OU=Finance']);
    return harmless(
      withExports(night, random, one =>
        keeping(one, record => record.kind === 'tombstone' || !record.distinguishedName.includes(unit)),
      ),
    );
  },
  domainHidden: (night, { random }) => ({
    night: withExports(night, 'all', one =>
      one.manifest.namingContexts.length > 1 ? keeping(one, record => record.namingContext !== 1) : one,
    ),
    touched: random.chance(1) ? 'all' : new Set(),
  }),
  domainUncovered: night =>
    touchingAll(
      withExports(night, 'all', one => {
        const [first, second] = one.manifest.namingContexts;
        if (!first || !second) return one;
        const { distinguishedName, domain } = second;
        return withManifest(
          keeping(one, record => record.namingContext === 0),
          {
            namingContexts: [first],
            uncoveredDomains: [{ distinguishedName, dnsName: domain?.dnsName ?? distinguishedName }],
          },
        );
      }),
    ),
  sourceMissing: (night, { random }) =>
    touchingAll(withExports(night, random, one => ({ ...one, storage: 'missing' }))),
  unreadable: (night, { random }) =>
    touchingAll(withExports(night, random, one => ({ ...one, storage: 'unreadable' }))),
  altered: (night, { random }) =>
    touchingAll(withExports(night, random, one => ({ ...one, storage: 'altered' }))),
  /** An export of an earlier night is put back. */
  replayed: (night, { random, earlier }) => {
    const old = earlier.at(-1);
    const back = old
      ? withExports(night, random, one => old.exports.find(({ source }) => source === one.source) ?? one)
      : night;
    return touchingAll(back);
  },
  stale: (night, { random }) =>
    touchingAll(
      withExports(night, random, one => {
        const startedAt = (one.manifest.startedAt - 48 * hourMs) as Instant;
        return withManifest(one, { startedAt, finishedAt: startedAt });
      }),
    ),
  fromTheFuture: (night, { random }) =>
    touchingAll(
      withExports(night, random, one => {
        const startedAt = (one.manifest.startedAt + 24 * hourMs) as Instant;
        return withManifest(one, { startedAt, finishedAt: startedAt });
      }),
    ),
  otherByteOrder: (night, { random }) =>
    touchingAll(
      withExports(night, random, one => ({
        ...one,
        records: one.records.map(record => ({ ...record, objectGUID: otherByteOrder(record.objectGUID) })),
      })),
    ),
  upperCase: night => harmless(withExports(night, 'all', one => changingLive(one, inUpperCase))),
  anchorsCleared: (night, { random }) =>
    harmless(
      withExports(night, 'all', one =>
        changingLive(one, ({ 'mS-DS-ConsistencyGuid': anchor, ...object }) =>
          random.chance(0.7) || anchor === undefined
            ? object
            : { ...object, 'mS-DS-ConsistencyGuid': anchor },
        ),
      ),
    ),
  anchorUndeclared: (night, { random }) =>
    touchingAll(withExports(night, random, one => withManifest(one, { anchorAttribute: null }))),
  canaryUnseen: (night, { random }) =>
    touchingAll(
      withExports(night, random, one =>
        withManifest(one, { canaries: [{ distinguishedName: 'CN=canary', seen: false }] }),
      ),
    ),
  replicationLags: (night, { random }) =>
    touchingAll(
      withExports(night, random, one =>
        withManifest(one, {
          namingContexts: one.manifest.namingContexts.map(context => ({
            ...context,
            domainController: {
              ...context.domainController,
              oldestInboundSuccess: (one.manifest.startedAt - 50 * hourMs) as Instant,
            },
          })),
        }),
      ),
    ),
  tombstonesHidden: (night, { orphans }) => ({
    night: withExports(night, 'all', one => keeping(one, isLive)),
    touched: orphans,
  }),
  synchronisationFailed: (night, { random }) =>
    touchingAll(
      withExports(night, random, one =>
        withManifest(one, {
          synchronisationRuns: (one.manifest.synchronisationRuns ?? []).map(run => ({
            ...run,
            succeeded: false,
          })),
        }),
      ),
    ),
  otherOrder: (night, { random }) =>
    harmless(
      withExports({ ...night, cloud: shuffled(random, night.cloud) }, 'all', one => ({
        ...one,
        records: shuffled(random, one.records),
      })),
    ),
};

/** What goes wrong with Graph, or with the tenant. */
const cloudFaults: Readonly<Record<string, ApplyFault>> = {
  listShort: (night, { random }) => {
    const type = random.pick(typesToDraw);
    const of = night.cloud.filter(object => object.type === type);
    const left = new Set(of.slice(0, 20 + random.below(of.length)).map(({ id }) => id as string));
    return touchingAll({ ...night, unlisted: new Map([[type, left]]) });
  },
  /** Within the tolerance of a list that changes while it is read. */
  listSlightlyShort: (night, { random }) => {
    const type = random.pick(typesToDraw);
    const of = night.cloud.filter(object => object.type === type);
    const left = drawn(random, of, 1 + random.below(8));
    return touching(
      { ...night, unlisted: new Map([[type, new Set(left.map(({ id }) => id as string))]]) },
      left,
    );
  },
  graphSilent: (night, { random }) => touchingAll({ ...night, silent: random.pick(typesToDraw) }),
  changedWhileRead: (night, { random }) => {
    const chosen = drawn(random, night.cloud, 25);
    const shown = withObjects(night, chosen, object => withoutKey(object, random));
    const readAgain = new Map(chosen.map(object => [object.id as string, object]));
    return touching({ ...shown, readAgain }, chosen);
  },
  goneWhileRead: (night, { random }) => {
    const chosen = drawn(random, night.cloud, 25);
    return touching({ ...night, readAgain: new Map(chosen.map(({ id }) => [id as string, null])) }, chosen);
  },
  keysLost: (night, { random }) => {
    const chosen = drawn(random, night.cloud, 40);
    return touching(
      withObjects(night, chosen, object => withoutKey(object, random)),
      chosen,
    );
  },
  keysWrong: (night, { random }) => {
    const chosen = drawn(random, night.cloud, 1 + random.below(60));
    return touching(withObjects(night, chosen, withWrongKey), chosen);
  },
  /** Something that we do not see feeds what looks orphaned. */
  fedByUnseen: (night, { random, orphans }) => {
    const candidates = night.cloud.filter(object => orphans.has(referenceKey(object)));
    const chosen = drawn(random, candidates, 5);
    const onPremisesLastSyncDateTime = (night.at - hourMs) as Instant;
    return touching(
      withObjects(night, chosen, object => ({ ...object, onPremisesLastSyncDateTime })),
      chosen,
    );
  },
  /** Two cloud objects have one anchor. */
  twins: (night, { random }) => {
    const users = night.cloud.filter(object => object.type === 'user');
    const [one, other] = drawn(random, users, 2);
    if (!one || !other || one === other) return harmless(night);
    const { onPremisesImmutableId } = one;
    return touching(
      withObjects(night, [other], object =>
        object.type === 'user' ? { ...object, onPremisesImmutableId } : object,
      ),
      [one, other],
    );
  },
  synchronisationOff: night =>
    touchingAll({ ...night, synchronisation: { ...night.synchronisation, enabled: false } }),
  synchronisationStale: (night, { random }) =>
    touchingAll(
      withExports(night, random, one =>
        withManifest(one, {
          synchronisationRuns: (one.manifest.synchronisationRuns ?? []).map(run => ({
            ...run,
            startedAt: (run.startedAt - 60 * hourMs) as Instant,
            finishedAt: (run.finishedAt - 60 * hourMs) as Instant,
          })),
        }),
      ),
    ),
};

/** Everything that may go wrong in a night, by name. */
export const nightFaults: Readonly<Record<string, ApplyFault>> = { ...exportFaults, ...cloudFaults };
