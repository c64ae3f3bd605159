import { readFileSync } from 'node:fs';
import path from 'node:path';
import { errorCodes } from '../../shared/core/appError';
import type { CloudObject } from '../../shared/core/cloudObject';
import type { Correlation, UnknownReason } from '../../shared/core/correlate';
import { attentionReasons, factStates, withdrawalReasons, type StoredFacts } from '../../shared/core/facts';
import {
  deletedItemsRead,
  graphListComplete,
  listToleranceObjects,
  listTolerancePercent,
  matchRate,
  tenantAgrees,
} from '../../shared/core/gates/cloudGates';
import {
  exportPresent,
  exportVerified,
  judgedExportGates,
  sourceExpected,
} from '../../shared/core/gates/exportGates';
import type { GateResult } from '../../shared/core/gates/gate';
import { defaultGateLimits } from '../../shared/core/gates/limits';
import {
  cloudSyncHealthy,
  synchronisationEnabled,
  synchronisationFresh,
} from '../../shared/core/gates/synchronisationGates';
import { candidates, newMissing, pendingDeletions } from '../../shared/core/gates/volumeGates';
import { objectTypes } from '../../shared/core/objectType';
import { OnPremisesIndex } from '../../shared/core/onPremisesIndex';
import type { Protection } from '../../shared/core/protection';
import { planRun, type Finding } from '../../shared/core/runPlan';
import { runStates } from '../../shared/core/scanRun';
import { tryStrongKeys } from '../../shared/core/strongKeys';
import { decisionStates, decisionTransitions, factTransitions } from '../../shared/core/transitions';
import { judge, type Verdict } from '../../shared/core/verdict';
import { defaultWaitingRules, replicationMarginHours } from '../../shared/core/waiting';
import { weakKeysOfCloudObject } from '../../shared/core/weakKeys';
import type { CloudId } from '../../shared/core/cloudObject';
import { aContact, aDevice, aGroup, anObject, aTombstone, aUser, instant } from '../support/builders';
import { scenarioExports } from '../support/scenario';
import { readDocument, section, stateDiagram, table } from './markdown';

const document = readDocument('docs/how-it-works.md');
const column = (rows: readonly string[][], at: number): (string | undefined)[] => rows.map(row => row[at]);

const id = '11111111-2222-4333-8444-555555555555' as CloudId;
const guid = '88666888-0101-1111-bbbb-1234567890ab';
const sid = 'S-1-5-21-1-2-3-1105';

/** One object of each type with every key that its type can have. */
const withAllKeys: Readonly<Record<CloudObject['type'], CloudObject>> = {
  user: aUser({
    id,
    onPremisesImmutableId: 'iGhmiAEBERG7uxI0VniQqw==',
    onPremisesSecurityIdentifier: sid,
    userPrincipalName: 'ada@contoso.example',
    mail: 'ada@contoso.example',
    onPremisesSamAccountName: 'ada',
    onPremisesDomainName: 'contoso.example',
  }),
  group: aGroup({
    id,
    onPremisesSecurityIdentifier: sid,
    mail: 'all@contoso.example',
    onPremisesSamAccountName: 'all',
    onPremisesDomainName: 'contoso.example',
  }),
  contact: aContact({ id, mail: 'bob@fabrikam.example' }),
  device: aDevice({ id, deviceId: guid, onPremisesSecurityIdentifier: sid, displayName: 'PC-17' }),
};

/** An example of each outcome: a kind that is added to the union is missing here for the compiler. */
const outcomes: { readonly [Kind in Correlation['kind']]: Extract<Correlation, { kind: Kind }> } = {
  live: { kind: 'live', by: 'objectGUID' },
  outOfScope: { kind: 'outOfScope', objects: [anObject({ objectGUID: guid, objectClass: 'user' })] },
  reAnchored: { kind: 'reAnchored', to: [anObject({ objectGUID: guid, objectClass: 'user' })] },
  reCreated: { kind: 'reCreated', as: [anObject({ objectGUID: guid, objectClass: 'user' })] },
  duplicate: { kind: 'duplicate', of: [`user/${id}`] },
  deleted: { kind: 'deleted', tombstone: aTombstone({ objectGUID: guid, objectClass: 'user' }) },
  absent: { kind: 'absent' },
  notCovered: { kind: 'notCovered', domain: 'S-1-5-21-9-9-9' },
  unknown: { kind: 'unknown', reason: 'keyMissing' },
};

const unknownReasons: Readonly<Record<UnknownReason, true>> = {
  keyMissing: true,
  keyUndecodable: true,
  anchorUndeclared: true,
  notFromActiveDirectory: true,
  trustTypeUnexpected: true,
  addressMissing: true,
  addressAmbiguous: true,
  uncoveredDomainSeen: true,
  uncoveredDomainInForest: true,
  createdAfterExport: true,
};

const protections: Readonly<Record<Protection, true>> = {
  synchronisationAccount: true,
  managementRestricted: true,
  autopilotDevice: true,
  systemManagedDevice: true,
};

const judged = (correlation: Correlation, cloud = withAllKeys.user): Verdict =>
  judge(cloud, { correlation, strong: tryStrongKeys(cloud, new OnPremisesIndex()), weak: [] });

function reasonIn(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'missing':
      return verdict.proof;
    case 'attention':
      return verdict.reason;
    case 'none':
      return verdict.because;
  }
}

const at = instant('2026-11-20T02:00:00Z');

/** The row of an object that is a candidate already. */
function candidateRow(cloud: CloudObject): StoredFacts {
  const verdict = { kind: 'missing', proof: 'absence' } as const;
  const finding: Finding = {
    cloud,
    outcome: 'absent',
    verdict,
    evidence: { json: '{}', hash: '0' },
    waitsFor: [],
  };
  const input = { runNumber: 1, at, previous: [], findings: [finding], withdrawals: new Map() };
  const facts = planRun(input).writes[0]!.facts;
  return { ...facts, etag: '"1"' };
}

/** What becomes of a candidate's row when its object gets this verdict. */
function stateAfter(verdict: Verdict, outcome: string): string {
  const cloud = withAllKeys.user;
  const evidence = { json: '{}', hash: '1' };
  const none = verdict.kind === 'none';
  const plan = planRun({
    runNumber: 2,
    at,
    previous: [candidateRow(cloud)],
    findings: none ? [] : [{ cloud, outcome, verdict, evidence, waitsFor: [] }],
    withdrawals: new Map(none ? [[`user/${id}`, verdict.because]] : []),
  });
  return plan.writes[0]!.facts.state;
}

describe('docs/how-it-works.md says what the code does', () => {
  test('each term is in the file that it names', () => {
    const links = [...section(document, '## Terms').matchAll(/\[`(\w+)`\]\(([^)]+)\)/g)];
    expect(links.length).toBeGreaterThan(20);
    for (const [, name, file] of links) {
      const source = readFileSync(path.join(__dirname, '../../docs', file!), 'utf8');
      expect([name, file, new RegExp(`\\b${name!}\\b`).test(source)]).toEqual([name, file, true]);
    }
  });

  test('strong keys', () => {
    const tried = objectTypes.flatMap(type =>
      tryStrongKeys(withAllKeys[type], new OnPremisesIndex()).map(key => [
        type,
        key.property,
        key.against.join(', '),
        key.role,
      ]),
    );
    expect(table(section(document, '## Keys'), 'Type', 'Property of the cloud object')).toEqual(tried);
  });

  test('weak keys', () => {
    const names = objectTypes.map(type => [
      type,
      [...new Set(weakKeysOfCloudObject(withAllKeys[type]).map(key => key.name))].join(', '),
    ]);
    expect(table(section(document, '## Keys'), 'Type', 'Weak keys')).toEqual(names);
  });

  test('outcomes, their verdicts and the states that follow', () => {
    const expected = Object.entries(outcomes).map(([kind, correlation]) => {
      const verdict = judged(correlation);
      return [kind, verdict.kind, reasonIn(verdict), stateAfter(verdict, kind)];
    });
    const rows = table(section(document, '## Outcomes'), 'Outcome', 'What it says');
    expect(rows.map(([kind, , verdict, reason, state]) => [kind, verdict, reason, state])).toEqual(expected);
  });

  test('the verdicts that differ', () => {
    const blocked = aUser({
      id,
      onPremisesSecurityIdentifier: sid,
      onPremisesProvisioningErrorCount: 1,
    });
    const protectedUser = aUser({ id, isManagementRestricted: true });
    const rows = table(section(document, '## Outcomes'), 'Outcome', 'Where');
    const verdicts = [
      judged(outcomes.live, blocked),
      judged(outcomes.deleted, protectedUser),
      judged(outcomes.absent, protectedUser),
    ];
    const documented = rows.flatMap(([kinds, , verdict, reason]) =>
      kinds!.split(', ').map(kind => [kind, verdict, reason]),
    );
    const kinds = ['live', 'deleted', 'absent'];
    expect(documented).toEqual(
      verdicts.map((verdict, index) => [kinds[index], verdict.kind, reasonIn(verdict)]),
    );
  });

  test('reasons of the outcome unknown', () => {
    const rows = table(section(document, '## Outcomes'), 'Reason', 'Where');
    expect(column(rows, 0)).toEqual(Object.keys(unknownReasons));
  });

  test('protections', () => {
    expect(column(table(section(document, '## Outcomes'), 'Protection'), 0)).toEqual(
      Object.keys(protections),
    );
  });

  test('the state diagram of the facts', () => {
    const facts = section(document, '## Facts');
    expect(stateDiagram(facts)).toEqual(factTransitions);
    expect(column(table(facts, 'State'), 0)).toEqual(factStates);
  });

  test('what an object waits for, with the defaults, in the order in which rows say it', () => {
    const rows = table(section(document, '## Time'), 'waitsFor');
    expect(rows.map(row => [row[0], row[3]])).toEqual([
      ['synchronisation', defaultWaitingRules.synchronisation],
      ['consecutiveRuns', String(defaultWaitingRules.consecutiveRuns)],
      ['grace', String(defaultWaitingRules.graceDays)],
      ['recycleBin', String(defaultWaitingRules.recycleBinDays)],
    ]);
    expect(section(document, '## Time')).toContain(`by ${replicationMarginHours} hours`);
  });

  test('reasons of attention and of withdrawal', () => {
    const facts = section(document, '## Facts');
    expect(column(table(facts, 'Reason', 'What a person looks at'), 0)).toEqual(attentionReasons);
    expect(column(table(facts, 'Reason', 'What happened'), 0)).toEqual(withdrawalReasons);
  });

  test('the state diagram of the decisions', () => {
    const decisions = section(document, '## Decisions');
    // States that nothing follows have no arrow.
    const steps = Object.entries(decisionTransitions).filter(([, next]) => next.length > 0);
    expect(stateDiagram(decisions)).toEqual(Object.fromEntries(steps));
    expect(column(table(decisions, 'State'), 0)).toEqual(decisionStates);
  });

  /** One result of every gate, in the order of a run. */
  const evaluated = (): readonly GateResult[] => {
    const { manifest, source } = scenarioExports({
      exports: [{ source: 'contoso', records: [] }],
      cloud: [],
    })[0]!;
    const used = { ...manifest, folder: 'f', manifestHash: 'a'.repeat(64), lines: 0 };
    const before = { ...used, sequence: 0 };
    const accepted = { status: 'accepted', sequence: 1, lines: 2 } as const;
    const list = { status: 'read', distinct: 1, countBefore: 1, countAfter: 1 } as const;
    const limits = defaultGateLimits;
    return [
      exportPresent(source, accepted),
      exportVerified(source, accepted),
      graphListComplete('user', list),
      deletedItemsRead({ status: 'failed', reason: '' }),
      sourceExpected(before, new Set()),
      ...judgedExportGates({ used, manifest, before, seenAt: null }, limits, at),
      tenantAgrees(null, '', ''),
      synchronisationEnabled(null, ''),
      synchronisationFresh(null, [], limits, at),
      cloudSyncHealthy(null),
      matchRate('user', { outcomes: {} }, limits),
      candidates('user', { synced: 0, missing: 0, newlyMissing: 0 }, limits),
      newMissing('user', { synced: 0, missing: 0, newlyMissing: 0 }, limits),
      pendingDeletions(0, limits),
    ];
  };
  const about = ({ source, type, context }: GateResult): string => {
    if (source !== null && context !== null)
      return type === null ? 'source and context' : 'source, context and class';
    if (source !== null) return 'source';
    return type === null ? 'run' : 'object type';
  };

  test('gates: every one, in the order of a run, with its kind and what it is about', () => {
    const rows = table(section(document, '## Gates'), 'Gate', 'Kind', 'Once per').map(row => row.slice(0, 3));
    const results = new Map<string, string[]>();
    for (const gate of evaluated())
      if (!results.has(gate.gate)) results.set(gate.gate, [gate.gate, gate.kind, about(gate)]);
    expect(rows).toEqual([...results.values()]);
  });

  test('gates: the default limits', () => {
    const rows = new Map(
      table(section(document, '## Gates'), 'Gate', 'Kind', 'Once per', 'Limit, and its default').map(row => [
        row[0] ?? '',
        row[3] ?? '',
      ]),
    );
    const limits = defaultGateLimits;
    const of = ({ user, group, contact, device }: typeof limits.newMissingObjects): number[] => [
      user,
      group,
      contact,
      device,
    ];
    const figures = (gate: string): number[] =>
      (rows.get(gate) ?? '').match(/\d+(\.\d+)?/g)?.map(Number) ?? [];
    expect(figures('graphListComplete')).toEqual([listToleranceObjects, listTolerancePercent]);
    expect(figures('exportFresh')).toEqual([limits.exportAgeHours]);
    expect(figures('exportClock')).toEqual([limits.clockAheadMinutes]);
    expect(figures('exportFloor')).toEqual([limits.exportFloorObjects]);
    expect(figures('exportDrop')).toEqual([limits.exportDropObjects, limits.exportDropPercent]);
    expect(figures('canariesVisible')).toEqual([limits.canariesUnseenObjects]);
    expect(figures('replicationFresh')).toEqual([limits.replicationLagHours]);
    expect(figures('synchronisationFresh')).toEqual([limits.synchronisationAgeHours]);
    expect(figures('matchRate')).toEqual([
      limits.matchRateFloorPercent.user,
      limits.matchRateFloorPercent.contact,
    ]);
    expect(figures('candidates')).toEqual([...of(limits.candidatesObjects), ...of(limits.candidatesPercent)]);
    expect(figures('newMissing')).toEqual(of(limits.newMissingObjects));
    expect(figures('pendingDeletions')).toEqual([limits.pendingDeletionsObjects]);
  });

  test('states of a run', () => {
    expect(column(table(section(document, '## The life of a run'), 'State'), 0)).toEqual(runStates);
  });

  test('error codes', () => {
    expect(column(table(section(document, '## Errors'), 'Code'), 0)).toEqual(errorCodes);
  });
});
