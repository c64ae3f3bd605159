import type { CloudId } from '../../../shared/core/cloudObject';
import type { StoredFacts } from '../../../shared/core/facts';
import type { ScanRun } from '../../../shared/core/scanRun';
import { instant } from '../builders';
import { reportOf } from './report';

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
