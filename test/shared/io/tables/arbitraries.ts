import fc from 'fast-check';
import type { CloudId } from '../../../../shared/core/cloudObject';
import type { SourceName } from '../../../../shared/core/exportFormat';
import {
  attentionReasons,
  waitNames,
  factStates,
  withdrawalReasons,
  type CandidateFacts,
} from '../../../../shared/core/facts';
import type { Instant } from '../../../../shared/core/instant';
import { gateKinds } from '../../../../shared/core/gates/gate';
import type { Guid } from '../../../../shared/core/keys/guid';
import { objectTypes } from '../../../../shared/core/objectType';
import { runStates, type ScanRun } from '../../../../shared/core/scanRun';

/** Any sequence of UTF-16 units, lone surrogates and what looks like our own escapes included. */
export const anyText = fc
  .array(
    fc.oneof(
      { weight: 5, arbitrary: fc.string({ unit: 'grapheme', maxLength: 5 }) },
      fc.nat(0xffff).map(unit => String.fromCharCode(unit)),
      fc.constantFrom('\\', '\\u', '\\u0001', '\\u005c', '\\\\u000a', '\ud83d', '\u0000', '\n', "'", '--'),
    ),
    { maxLength: 12 },
  )
  .map(parts => parts.join(''));

const instant = fc
  .integer({ min: Date.UTC(1601, 0, 1), max: Date.UTC(9999, 11, 31) })
  .map(value => value as Instant);
const sha256 = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map(bytes => Buffer.from(bytes).toString('hex'));
const orNull = <Value>(arbitrary: fc.Arbitrary<Value>): fc.Arbitrary<Value | null> => fc.option(arbitrary);
const figure = fc.nat(2 ** 31 - 1);

export const anyFacts: fc.Arbitrary<CandidateFacts> = fc.record({
  type: fc.constantFrom(...objectTypes),
  id: fc.uuid().map(id => id as CloudId),
  state: fc.constantFrom(...factStates),
  outcome: fc.constantFrom('absent', 'deleted', 'reCreated'),
  attention: orNull(fc.constantFrom(...attentionReasons)),
  withdrawal: orNull(fc.constantFrom(...withdrawalReasons)),
  proof: orNull(fc.constantFrom('tombstone' as const, 'absence' as const)),
  evidence: fc.oneof(
    fc.json().map(json => ({ kind: 'inline' as const, json })),
    sha256.map(hash => ({ kind: 'spilled' as const, blob: `${hash}.json` })),
  ),
  evidenceHash: sha256,
  waitsFor: fc.array(
    fc.record({
      for: fc.constantFrom(...waitNames),
      until: orNull(instant),
    }),
    { maxLength: 4 },
  ),
  firstObservedRun: figure,
  firstObservedAt: instant,
  changedRun: figure,
  changedAt: instant,
  displayName: orNull(anyText),
  userPrincipalName: orNull(anyText),
  mail: orNull(anyText),
  onPremisesSamAccountName: orNull(anyText),
  onPremisesDomainName: orNull(anyText),
  accountEnabled: orNull(fc.boolean()),
  assignedLicenseCount: orNull(figure),
  onPremisesLastSyncDateTime: orNull(instant),
});

/** An identifier: keys of the records inside of a run's JSON. */
const name = fc.stringMatching(/^[a-z][A-Za-z]{0,8}$/);

const typeCounts = fc.record({
  read: figure,
  notSynced: figure,
  outcomes: fc.dictionary(name, figure, { maxKeys: 3, noNullPrototype: true }),
  unknownReasons: fc.dictionary(name, figure, { maxKeys: 3, noNullPrototype: true }),
});

const subject = {
  gate: name,
  source: orNull(anyText),
  type: orNull(fc.constantFrom(...objectTypes)),
  context: orNull(anyText),
  kind: fc.constantFrom(...gateKinds),
  severity: fc.double({ min: 0, max: 1e9, noNaN: true }).map(value => value + 0),
};

const lineCounts = fc.record({
  user: figure,
  group: figure,
  contact: figure,
  computer: figure,
  other: figure,
  tombstone: figure,
});

const guid = fc.uuid().map(value => value as Guid);

const synchronisation = fc.record({
  tenant: orNull(
    fc.record({
      tenantId: guid,
      enabled: orNull(fc.boolean()),
      lastSyncDateTime: orNull(instant),
      cloudSync: fc.oneof(
        fc.record({ status: fc.constantFrom('notConfigured' as const, 'notPermitted' as const) }),
        fc.record({
          status: fc.constant('read' as const),
          jobs: fc.array(
            fc.record({ servicePrincipalId: guid, id: anyText, code: anyText, lastSuccess: orNull(instant) }),
            { maxLength: 2 },
          ),
        }),
      ),
    }),
  ),
  sources: fc.array(
    fc.record({
      source: fc.constantFrom('contoso', 'fabrikam-2').map(source => source as SourceName),
      lastSucceededStart: orNull(instant),
      hasHistory: fc.boolean(),
      request: orNull(
        fc.record({
          id: guid,
          status: fc.constantFrom('requested' as const, 'waiting' as const, 'started' as const),
        }),
      ),
    }),
    { maxLength: 2 },
  ),
});

export const anyRun: fc.Arbitrary<ScanRun> = fc.record({
  runId: fc.uuid(),
  runNumber: figure,
  state: fc.constantFrom(...runStates),
  startedAt: fc.integer({ min: 0, max: 9_999_999_999_999 }).map(value => value as Instant),
  finishedAt: orNull(instant),
  durations: fc.dictionary(name, fc.nat(), { maxKeys: 3, noNullPrototype: true }),
  reasons: fc.array(anyText, { maxLength: 4 }),
  gates: fc.array(
    fc.record({
      ...subject,
      passed: fc.boolean(),
      found: anyText,
      limit: anyText,
      reason: anyText,
      holds: fc.boolean(),
      releasedBy: orNull(fc.record({ ruleId: fc.uuid(), severity: figure })),
    }),
    { maxLength: 3 },
  ),
  exports: fc.array(
    fc.record({
      source: fc.constantFrom('contoso', 'fabrikam-2').map(source => source as SourceName),
      folder: fc.constant('20260101T010203Z'),
      sequence: figure,
      manifestHash: sha256,
      startedAt: instant,
      finishedAt: instant,
      lines: figure,
      namingContexts: fc.array(fc.record({ distinguishedName: anyText, counts: lineCounts }), {
        maxLength: 2,
      }),
    }),
    { maxLength: 3 },
  ),
  counts: fc.record(
    { user: typeCounts, group: typeCounts, contact: typeCounts, device: typeCounts },
    { requiredKeys: [], noNullPrototype: true },
  ),
  plan: orNull(
    fc.record({
      created: figure,
      refreshed: figure,
      attention: figure,
      withdrawn: figure,
      unchanged: figure,
    }),
  ),
  planDigest: orNull(sha256),
  fence: orNull(figure),
  acceptedBefore: orNull(fc.uuid()),
  holds: fc.array(fc.record({ ...subject, runId: fc.uuid(), since: instant }), { maxLength: 3 }),
  synchronisation: orNull(synchronisation),
  version: anyText,
});
