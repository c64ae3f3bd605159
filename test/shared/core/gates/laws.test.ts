import fc from 'fast-check';
import type { LineCounts, SourceName } from '../../../../shared/core/exportFormat';
import { graphListComplete, matchRate, tenantAgrees } from '../../../../shared/core/gates/cloudGates';
import {
  exportPresent,
  exportVerified,
  judgedExportGates,
  type JudgedExport,
} from '../../../../shared/core/gates/exportGates';
import { sameSubject, type GateResult } from '../../../../shared/core/gates/gate';
import {
  gateLimitChangesSchema,
  gateLimitsSchema,
  gateLimitsWith,
  type GateLimits,
} from '../../../../shared/core/gates/limits';
import {
  cloudSyncHealthy,
  synchronisationEnabled,
  synchronisationFresh,
} from '../../../../shared/core/gates/synchronisationGates';
import {
  candidates,
  newMissing,
  pendingDeletions,
  type MissingCounts,
} from '../../../../shared/core/gates/volumeGates';
import type { Instant } from '../../../../shared/core/instant';
import type { Guid } from '../../../../shared/core/keys/guid';
import { objectTypes, type ObjectType } from '../../../../shared/core/objectType';
import type { SourceSynchronisation, TenantSynchronisation } from '../../../../shared/core/synchronisation';
import { expectSound, faultsOf } from './expectBreach';
import { anExport, hourMs, judged, now } from './judgedExport';

/** Everything that the gates of one night are judged by. */
interface Night {
  readonly exports: readonly JudgedExport[];
  readonly tenant: TenantSynchronisation | null;
  readonly sources: readonly SourceSynchronisation[];
  readonly outcomes: Readonly<Record<ObjectType, Readonly<Record<string, number>>>>;
  readonly volumes: Readonly<Record<ObjectType, MissingCounts>>;
  readonly unproved: number;
}

const gatesOf = (night: Night, limits: GateLimits): readonly GateResult[] => [
  ...night.exports.flatMap(one => judgedExportGates(one, limits, now)),
  tenantAgrees(night.tenant, 'unread', '11111111-2222-4333-8444-555555555555'),
  synchronisationEnabled(night.tenant, 'unread'),
  synchronisationFresh(night.tenant, night.sources, limits, now),
  cloudSyncHealthy(night.tenant),
  ...objectTypes.flatMap(type => [
    matchRate(type, { outcomes: night.outcomes[type] }, limits),
    candidates(type, night.volumes[type], limits),
    newMissing(type, night.volumes[type], limits),
  ]),
  pendingDeletions(night.unproved, limits),
];

const count = fc.oneof(fc.nat(40), fc.nat(50_000));
const perType = <Value>(value: fc.Arbitrary<Value>) =>
  fc.record({ user: value, group: value, contact: value, device: value });
/** Around now, near the limits and far from them. */
const time = fc
  .oneof(fc.integer({ min: -3, max: 40 }), fc.integer({ min: -2_000, max: 2_000 }))
  .map(hours => (now - hours * hourMs) as Instant);
const counts: fc.Arbitrary<LineCounts> = fc.record({
  user: count,
  group: count,
  contact: count,
  computer: count,
  other: count,
  tombstone: count,
});
const namingContexts = fc
  .uniqueArray(fc.constantFrom('DC=a', 'dc=A', 'DC=b', 'DC=c'), { selector: name => name.toLowerCase() })
  .chain(names =>
    fc.tuple(...names.map(distinguishedName => counts.map(of => ({ distinguishedName, counts: of })))),
  );
const hash = fc.constantFrom('a'.repeat(64), 'b'.repeat(64));
const used = (source: string) =>
  fc
    .record({
      sequence: fc.integer({ min: 1, max: 4 }),
      manifestHash: hash,
      startedAt: time,
      finishedAt: time,
      namingContexts,
    })
    .map(given => anExport({ ...given, source: source as SourceName }));
const [context] = judged().manifest.namingContexts;
const manifest = fc
  .record({
    previousManifest: fc.option(hash),
    canaries: fc.array(fc.record({ distinguishedName: fc.constant('CN=c'), seen: fc.boolean() }), {
      maxLength: 4,
    }),
    lastSuccess: fc.array(fc.option(time), { maxLength: 2 }),
  })
  .map(({ lastSuccess, ...given }) => ({
    ...judged({}, given).manifest,
    namingContexts: lastSuccess.map((oldestInboundSuccess, at) => ({
      ...context!,
      distinguishedName: `DC=n${at}`,
      domainController: { ...context!.domainController, oldestInboundSuccess },
    })),
  }));
const night: fc.Arbitrary<Night> = fc.record({
  exports: fc.tuple(
    ...['contoso', 'fabrikam'].map(source =>
      fc.record({ used: used(source), manifest, before: fc.option(used(source)), seenAt: fc.option(time) }),
    ),
  ),
  tenant: fc.option(
    fc.record({
      tenantId: fc.constantFrom('11111111-2222-4333-8444-555555555555' as Guid, '2' as Guid),
      enabled: fc.option(fc.boolean()),
      lastSyncDateTime: fc.option(time),
      cloudSync: fc.oneof(
        fc.constantFrom({ status: 'notConfigured' as const }, { status: 'notPermitted' as const }),
        fc.array(fc.constantFrom('Active', 'InProgress', 'Quarantine'), { maxLength: 3 }).map(codes => ({
          status: 'read' as const,
          jobs: codes.map(code => ({
            servicePrincipalId: '3' as Guid,
            id: 'job',
            code,
            lastSuccess: null,
          })),
        })),
      ),
    }),
  ),
  sources: fc.array(
    fc.record({
      source: fc.constant('contoso' as SourceName),
      lastSucceededStart: fc.option(time),
      hasHistory: fc.boolean(),
      request: fc.constant(null),
    }),
    { maxLength: 3 },
  ),
  outcomes: perType(
    fc.dictionary(fc.constantFrom('live', 'absent', 'reCreated', 'deleted', 'unknown'), count),
  ),
  volumes: perType(fc.record({ synced: count, missing: count, newlyMissing: count })),
  unproved: count,
});

const share = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.double({ min: 0, max: 100, noNaN: true }));
const figure = fc.oneof(fc.nat(60), fc.nat(1_000_000));
const hours = fc.oneof(fc.integer({ min: 1, max: 48 }), fc.double({ min: 1, max: 720, noNaN: true }));
const limitsShape = {
  exportAgeHours: hours,
  clockAheadMinutes: fc.double({ min: 0, max: 60, noNaN: true }),
  exportFloorObjects: figure,
  exportDropPercent: share,
  exportDropObjects: figure,
  canariesUnseenObjects: fc.nat(4),
  replicationLagHours: hours,
  synchronisationAgeHours: hours,
  matchRateFloorPercent: perType(share),
  candidatesObjects: perType(figure),
  candidatesPercent: perType(share),
  candidatesLeastObjects: figure,
  newMissingObjects: perType(figure),
  pendingDeletionsObjects: figure,
};
const limits: fc.Arbitrary<GateLimits> = fc.record(limitsShape);

/** Of these a larger figure is the stricter one. */
const floors: ReadonlySet<string> = new Set(['exportFloorObjects', 'matchRateFloorPercent']);

/** One limit of `laxer` replaced by the one of `given`, where that is stricter; per type where it is per type. */
function tighten(laxer: GateLimits, given: GateLimits, name: keyof GateLimits): GateLimits {
  const pick = floors.has(name) ? Math.max : Math.min;
  const [one, other] = [laxer[name], given[name]];
  const stricter =
    typeof one === 'number' || typeof other === 'number'
      ? pick(one as number, other as number)
      : Object.fromEntries(objectTypes.map(type => [type, pick(one[type], other[type])]));
  return { ...laxer, [name]: stricter };
}

test.each(Object.keys(limitsShape) as (keyof GateLimits)[])(
  'a stricter limit never lets more through, nor makes a breach look smaller: %s',
  name =>
    fc.assert(
      fc.property(night, limits, limits, (given, laxer, other) => {
        const stricter = gatesOf(given, tighten(laxer, other, name));
        const worse = gatesOf(given, laxer).filter(lax => {
          const strict = stricter.find(gate => sameSubject(gate, lax));
          return !strict || (strict.passed && !lax.passed) || strict.severity < lax.severity;
        });
        expect(worse).toEqual([]);
      }),
    ),
);

test('a gate was passed exactly where it has no severity, no reason, and holds nobody', () =>
  fc.assert(
    fc.property(night, limits, (given, of) => {
      const gates = gatesOf(given, of);
      expect(gates.flatMap(faultsOf)).toEqual([]);
      expect(gates.filter(gate => !gate.passed && gate.reason === '')).toEqual([]);
    }),
  ));

test('every subject is judged once', () =>
  fc.assert(
    fc.property(night, limits, (given, of) => {
      const gates = gatesOf(given, of);
      const subjects = gates.map(({ gate, source, type, context: about }) =>
        [gate, source, type, about?.toLowerCase()].join('|'),
      );
      expect(new Set(subjects).size).toBe(gates.length);
    }),
  ));

const byText = (gates: readonly GateResult[]): string[] => gates.map(gate => JSON.stringify(gate)).toSorted();
const reversed = <Item>(items: readonly Item[]): Item[] => [...items].toReversed();

test('what is found does not depend on the order in which it comes', () =>
  fc.assert(
    fc.property(night, limits, (given, of) => {
      const turned: Night = {
        ...given,
        exports: reversed(given.exports).map(one => ({
          ...one,
          used: { ...one.used, namingContexts: reversed(one.used.namingContexts) },
          manifest: {
            ...one.manifest,
            canaries: reversed(one.manifest.canaries),
            namingContexts: reversed(one.manifest.namingContexts),
          },
          before: one.before && {
            ...one.before,
            namingContexts: reversed(one.before.namingContexts),
          },
        })),
        sources: reversed(given.sources),
        outcomes: Object.fromEntries(
          objectTypes.map(type => [type, Object.fromEntries(reversed(Object.entries(given.outcomes[type])))]),
        ) as unknown as Night['outcomes'],
      };
      expect(byText(gatesOf(turned, of))).toEqual(byText(gatesOf(given, of)));
    }),
  ));

test('the gates of reading are sound, whatever was read', () =>
  fc.assert(
    fc.property(
      count,
      count,
      count,
      fc.constantFrom('missing', 'unreadable', 'refused'),
      (a, b, c, status) => {
        const list = { status: 'read', distinct: a, countBefore: b, countAfter: c } as const;
        expectSound(graphListComplete('user', list));
        expect(graphListComplete('user', { ...list, countBefore: c, countAfter: b }).passed).toBe(
          graphListComplete('user', list).passed,
        );
        const outcome = { status, reason: 'why' } as const;
        const both = [exportPresent, exportVerified].map(gate => gate('contoso' as SourceName, outcome));
        both.forEach(expectSound);
        // Whatever is wrong with an export breaches one of them, and is said once.
        expect(both.filter(gate => gate.reason !== '')).toHaveLength(1);
      },
    ),
  ));

test('changes that the setting takes never yield limits that it would refuse', () =>
  fc.assert(
    fc.property(
      fc.record(limitsShape, { requiredKeys: [] }),
      fc.subarray([...objectTypes]),
      (some, types) => {
        const partly = Object.fromEntries(
          Object.entries(some).map(([name, value]) => [
            name,
            typeof value === 'number' ? value : Object.fromEntries(types.map(type => [type, value[type]])),
          ]),
        );
        const changes = gateLimitChangesSchema.parse(partly);
        const whole = gateLimitsWith(changes);
        expect(gateLimitsSchema.parse(whole)).toEqual(whole);
        expect(gateLimitsWith({ ...whole })).toEqual(whole);
      },
    ),
  ));
