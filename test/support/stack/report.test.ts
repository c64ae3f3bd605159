import type { CloudId } from '../../../shared/core/cloudObject';
import type { StoredFacts } from '../../../shared/core/facts';
import type { ScanRun } from '../../../shared/core/scanRun';
import { instant } from '../builders';
import { nightLine, reportOf } from './report';

const at = instant('2026-11-20T02:00:00Z');
const run: ScanRun = {
  runId: 'r',
  runNumber: 3,
  state: 'finished',
  startedAt: at,
  finishedAt: at,
  durations: { total: 1500 },
  reasons: [],
  gates: [],
  exports: [],
  counts: { user: { read: 2, notSynced: 0, outcomes: { live: 1, absent: 1 }, unknownReasons: {} } },
  plan: null,
  planDigest: null,
  fence: 1,
  version: '0',
  acceptedBefore: null,
  holds: [],
  synchronisation: null,
};
const row = (given: Partial<StoredFacts>): StoredFacts => ({
  type: 'user',
  id: 'id-1' as CloudId,
  state: 'candidate',
  outcome: 'absent',
  attention: null,
  withdrawal: null,
  proof: 'absence',
  evidence: { kind: 'inline', json: '{"keys":[]}' },
  evidenceHash: 'a',
  waitsFor: [],
  firstObservedRun: 1,
  firstObservedAt: at,
  changedRun: 1,
  changedAt: at,
  displayName: null,
  userPrincipalName: null,
  mail: null,
  onPremisesSamAccountName: null,
  onPremisesDomainName: null,
  accountEnabled: true,
  assignedLicenseCount: 2,
  onPremisesLastSyncDateTime: null,
  etag: 'e',
  ...given,
});
const keys = (...found: [string, { as: string; whenChanged?: string }[]][]): StoredFacts['evidence'] => ({
  kind: 'inline',
  json: JSON.stringify({ keys: found.map(([key, records]) => ({ key, found: records })) }),
});

describe('the report of a scan', () => {
  test('shows each candidate with what its keys found', () => {
    const tombstone = { as: 'tombstone', whenChanged: '2026-10-01T00:00:00.000Z' };
    const evidence = keys(
      ['onPremisesImmutableId', [tombstone]],
      ['onPremisesSecurityIdentifier', [tombstone]],
      ['address', []],
      ['address', []],
    );
    const text = reportOf(run, [
      row({ userPrincipalName: 'ada@contoso.example', proof: 'tombstone', evidence }),
    ]);
    expect(text).toContain(
      'ada@contoso.example  tombstone  yes      2         tombstone of 2026-10-01 by anchor, SID; nothing by address',
    );
    expect(text).toContain('Run 3 finished in 1.5 s');
  });

  test('names what a device’s name found, and where long evidence lies', () => {
    const evidence = keys(['deviceId', []], ['computerName', [{ as: 'live' }]]);
    const device = row({
      type: 'device',
      displayName: 'PC-1',
      evidence,
      accountEnabled: null,
      assignedLicenseCount: null,
    });
    expect(reportOf(run, [device])).toContain('another live computer by name; nothing by deviceId');
    expect(reportOf(run, [row({ evidence: { kind: 'spilled', blob: 'aa.json' } })])).toContain(
      'in blob aa.json',
    );
  });

  test('says what is observed, what it waits for, and when the first of it is done waiting', () => {
    const observed = (id: string, waitsFor: StoredFacts['waitsFor']): StoredFacts =>
      row({ id: id as CloudId, displayName: id, state: 'observed', waitsFor });
    const day = (date: string) => instant(`${date}T02:00:00Z`);
    const text = reportOf(run, [
      observed('a', [{ for: 'grace', until: day('2026-11-27') }]),
      observed('b', [
        { for: 'grace', until: day('2026-11-25') },
        { for: 'recycleBin', until: day('2026-12-24') },
      ]),
      observed('c', [
        { for: 'grace', until: day('2026-11-26') },
        { for: 'recycleBin', until: day('2026-12-20') },
      ]),
      observed('d', [{ for: 'synchronisation', until: null }]),
    ]);
    expect(text).toContain('Missing, but not candidates yet: 4');
    expect(text).toMatch(/grace, recycleBin {2}2 {8}2026-12-20 or later {2}user b/);
    expect(text).toMatch(/\n {2}grace {14}1 {8}2026-11-27 or later {2}user a/);
    expect(text).toMatch(/synchronisation {4}1 +user d/);
    expect(reportOf(run, [row({})])).not.toContain('not candidates yet');
  });

  test('a night is one line: what was scanned, what the table says, what locks it', () => {
    const waits = [{ for: 'grace', until: at }] as const;
    const rows = [
      row({ state: 'observed', waitsFor: waits }),
      row({ state: 'observed', waitsFor: [{ for: 'synchronisation', until: null }, ...waits] }),
      row({}),
      row({ state: 'withdrawn' }),
    ];
    const exports = [{ source: 'contoso', sequence: 3 }] as unknown as ScanRun['exports'];
    const holds = [{ gate: 'newMissing' }, { gate: 'newMissing' }] as unknown as ScanRun['holds'];
    expect(nightLine({ startedAt: at, run: { ...run, exports, holds }, rows })).toBe(
      'Night of 2026-11-20  finished  contoso #3    2 observed   1 candidates   0 attention   1 withdrawn, ' +
        'most wait for grace  locked by newMissing',
    );
    expect(nightLine({ startedAt: at, run: { ...run, state: 'refused' }, rows: [] })).toBe(
      'Night of 2026-11-20  refused       0 observed   0 candidates   0 attention   0 withdrawn',
    );
  });

  test('control characters of a name are shown, not obeyed', () => {
    const text = reportOf(run, [row({ displayName: 'Ada\u001B[31m\nroot\u202Efdp' })]);
    expect(text).toContain('Ada\u{FFFD}[31m\u{FFFD}root\u{FFFD}fdp');
  });

  test('counts attention by reason, and shows only so many rows', () => {
    const many = Array.from({ length: 120 }, (_, number) => row({ id: `id-${number}` as CloudId }));
    const text = reportOf(run, [
      ...many,
      row({ state: 'attention', attention: 'duplicate', proof: null, displayName: 'Twin' }),
      row({ state: 'withdrawn' }),
    ]);
    expect(text).toContain('Orphan candidates: 120');
    expect(text).toContain('… and 20 more');
    expect(text).toMatch(/duplicate {2}1 {8}user Twin/);
  });
});
