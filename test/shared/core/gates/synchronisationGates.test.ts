import type { SourceName } from '../../../../shared/core/exportFormat';
import type { GateResult } from '../../../../shared/core/gates/gate';
import { defaultGateLimits as limits } from '../../../../shared/core/gates/limits';
import {
  cloudSyncHealthy,
  synchronisationEnabled,
  synchronisationFresh,
} from '../../../../shared/core/gates/synchronisationGates';
import type { Guid } from '../../../../shared/core/keys/guid';
import type {
  CloudSyncState,
  SourceSynchronisation,
  TenantSynchronisation,
} from '../../../../shared/core/synchronisation';
import { expectSound, unsaid } from './expectBreach';
import { before, hourMs, minuteMs, now } from './judgedExport';

const tenant = (given: Partial<TenantSynchronisation> = {}): TenantSynchronisation => ({
  tenantId: '11111111-2222-4333-8444-555555555555' as Guid,
  enabled: true,
  lastSyncDateTime: now,
  cloudSync: { status: 'notConfigured' },
  ...given,
});

/** hours ago; null: no run of the history succeeded; undefined: there is no history. */
const source = (hoursAgo: number | null | undefined): SourceSynchronisation => ({
  source: 'contoso' as SourceName,
  lastSucceededStart: hoursAgo === null || hoursAgo === undefined ? null : before(hoursAgo * hourMs),
  hasHistory: hoursAgo !== undefined,
  request: null,
});

describe('synchronisationEnabled', () => {
  test.each<[string, GateResult, boolean, boolean, string]>([
    ['enabled', synchronisationEnabled(tenant(), ''), true, false, 'true'],
    ['disabled', synchronisationEnabled(tenant({ enabled: false }), ''), false, true, 'false'],
    ['never enabled', synchronisationEnabled(tenant({ enabled: null }), ''), false, false, 'never enabled'],
    ['not told', synchronisationEnabled(null, 'Graph answered 503.'), false, false, 'not read'],
  ])('%s', (_, gate, passed, holds, found) => {
    expect(gate).toMatchObject({ kind: 'evidence', passed, holds, found, limit: 'true' });
    expectSound(gate);
  });

  test('a breach says what was expected, what was found and what to do', () => {
    expect(
      unsaid(
        synchronisationEnabled(tenant({ enabled: false }), ''),
        'expected to be enabled',
        'onPremisesSyncEnabled is false',
        'Enable it, let it run',
      ),
    ).toEqual([]);
    expect(unsaid(synchronisationEnabled(null, 'Graph answered 503.'), /^Graph answered 503\.$/)).toEqual([]);
  });
});

describe('synchronisationFresh', () => {
  const told = (hoursAgo: number, ...sources: SourceSynchronisation[]): GateResult =>
    synchronisationFresh(tenant({ lastSyncDateTime: before(hoursAgo * hourMs) }), sources, limits, now);
  const untold = (...sources: SourceSynchronisation[]): GateResult =>
    synchronisationFresh(tenant({ lastSyncDateTime: null }), sources, limits, now);
  const five = 5 / 60;

  test.each<[string, GateResult, 'passed' | 'holds' | 'waits']>([
    ['the tenant, now', told(0), 'passed'],
    ['the tenant, at 24 hours', told(24), 'passed'],
    ['the tenant, above', told(24 + 1 / 3600), 'holds'],
    ['the tenant, 5 minutes ahead', told(-five), 'passed'],
    ['the tenant, further ahead: that would outlive every age', told(-five - 1 / 3600), 'holds'],
    ['nobody tells', untold(), 'waits'],
    ['nobody tells, where Graph does not answer', synchronisationFresh(null, [], limits, now), 'waits'],
    [
      'the tenant alone is asked where a source has no history',
      told(1, source(1), source(undefined)),
      'passed',
    ],
    [
      'the tenant alone is asked where a source has no history',
      told(25, source(1), source(undefined)),
      'holds',
    ],
    ['a history without a tenant', untold(source(1)), 'passed'],
    [
      'a history, where Graph does not answer',
      synchronisationFresh(null, [source(1)], limits, now),
      'passed',
    ],
    ['a history, at 24 hours', told(0, source(24)), 'passed'],
    ['a history, above: the tenant can not tell which client reported', told(0, source(25)), 'holds'],
    ['a history whose client reports nothing: the tenant says so', told(25, source(1)), 'holds'],
    ['a history, and a tenant of the future, which it must not hide', told(-48, source(1)), 'holds'],
    ['two histories', told(0, source(1), source(24)), 'passed'],
    ['the second is old', told(0, source(1), source(25)), 'holds'],
    ['the first is old', told(0, source(25), source(1)), 'holds'],
    ['the second has no success', told(0, source(1), source(null)), 'waits'],
    ['the first has no success', told(0, source(null), source(1)), 'waits'],
    ['neither has', told(0, source(null), source(null)), 'waits'],
    ['the last of three has a success', told(0, source(null), source(null), source(1)), 'waits'],
    ['one is of the future, which the other must not hide', told(0, source(1), source(-48)), 'holds'],
    ['one is of the future, which the other must not hide', told(0, source(-48), source(1)), 'holds'],
    ['one is of the future, and the other without success', told(0, source(null), source(-48)), 'holds'],
  ])('%s', (_, gate, expected) => {
    expect(gate).toMatchObject({
      kind: 'evidence',
      passed: expected === 'passed',
      holds: expected === 'holds',
      limit: 'in the last 24 hours',
    });
    expectSound(gate);
  });

  test('severity is in hours', () => {
    expect(told(34).severity).toBe(10);
    expect(told(-5)).toMatchObject({ severity: expect.closeTo(5 - five), found: '2026-11-20T07:00:00.000Z' });
    expect(told(0, source(30), source(25))).toMatchObject({ severity: 6, found: '2026-11-18T20:00:00.000Z' });
  });

  test('a breach says what was expected, what was found and what to do', () => {
    expect(
      unsaid(told(48), 'in the last 24 hours', 'the last time was 2026-11-18T02:00', 'Repair it'),
    ).toEqual([]);
    expect(unsaid(untold(), 'nobody tells when it did', 'Grant Organization.Read.All')).toEqual([]);
    expect(unsaid(untold(source(null)), 'no run that succeeded', 'See what its runs failed with')).toEqual(
      [],
    );
    expect(
      unsaid(
        told(-48),
        'it says 2026-11-22T02:00',
        'here it is 2026-11-20T02:00',
        'at most 5 minutes',
        'Set the clock',
      ),
    ).toEqual([]);
  });

  test('the limit of clocks is the one of the exports', () => {
    const ahead = tenant({ lastSyncDateTime: before(-30 * minuteMs) });
    const lax = { ...limits, clockAheadMinutes: 30 };
    expect(synchronisationFresh(ahead, [], lax, now).passed).toBe(true);
    expect(synchronisationFresh(ahead, [], { ...lax, clockAheadMinutes: 29 }, now).passed).toBe(false);
  });
});

describe('cloudSyncHealthy', () => {
  const jobs = (...codes: string[]): CloudSyncState => ({
    status: 'read',
    jobs: codes.map((code, at) => ({
      servicePrincipalId: '33333333-2222-4333-8444-555555555555' as Guid,
      id: `AD2AAD.${at}`,
      code,
      lastSuccess: null,
    })),
  });
  const healthy = (cloudSync: CloudSyncState): GateResult => cloudSyncHealthy(tenant({ cloudSync }));

  test.each<[string, GateResult, number, string]>([
    ['not configured', healthy({ status: 'notConfigured' }), 0, 'no Cloud Sync configured'],
    ['not permitted', healthy({ status: 'notPermitted' }), 0, 'not permitted to read'],
    ['Graph did not tell, which other gates say', cloudSyncHealthy(null), 0, 'not read'],
    ['no job', healthy(jobs()), 0, 'no job'],
    ['every job works', healthy(jobs('Active', 'InProgress')), 0, 'AD2AAD.0 Active, AD2AAD.1 InProgress'],
    [
      'one is in quarantine',
      healthy(jobs('Active', 'Quarantine')),
      1,
      'AD2AAD.0 Active, AD2AAD.1 Quarantine',
    ],
    ['a code is spelled exactly', healthy(jobs('active')), 1, 'AD2AAD.0 active'],
    [
      'all other codes halt',
      healthy(jobs('Paused', 'NotRun', 'NotConfigured', 'Unknown', 'x')),
      5,
      'AD2AAD.0 Paused, AD2AAD.1 NotRun, AD2AAD.2 NotConfigured, AD2AAD.3 Unknown, AD2AAD.4 x',
    ],
  ])('%s', (_, gate, severity, found) => {
    expect(gate).toMatchObject({ kind: 'evidence', severity, found, holds: severity > 0 });
    expectSound(gate);
  });

  test('a breach says what was expected, what was found and what to do', () =>
    expect(
      unsaid(
        healthy(jobs('Active', 'Quarantine')),
        'every job is Active or InProgress was expected',
        'found AD2AAD.1 Quarantine',
        'see its provisioning log, start it again',
      ),
    ).toEqual([]));
});
