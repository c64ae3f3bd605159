import type { CloudObject } from '../../../../shared/core/cloudObject';
import type { Correlation } from '../../../../shared/core/correlate';
import { judge } from '../../../../shared/core/verdict';
import type { Instant } from '../../../../shared/core/instant';
import { factsOfGone, namesNoDomain, proofFault } from '../../../../shared/core/review/proof';
import { someFacts } from '../../../functions/reviewBench';
import { aContact, aDevice, aUser, instant } from '../../../support/builders';
import { evidenceHash, otherHash, userId } from '../decisions';

const approvedAt = instant('2026-11-20T09:00:00Z');
const before = (approvedAt - 1) as Instant;
const eve = aUser({ id: userId, onPremisesLastSyncDateTime: before });
const facts = someFacts({ onPremisesLastSyncDateTime: before });

const faultOf = (
  cloud: CloudObject,
  correlation: Correlation = { kind: 'absent' },
  hash: string = evidenceHash,
  row = facts,
) => {
  const compared = { correlation, strong: [], weak: [] };
  const fault = proofFault(row, approvedAt, {
    cloud,
    compared,
    verdict: judge(cloud, compared),
    evidence: { hash },
  });
  return (
    fault && [fault.outcome.refusal, fault.outcome.backToReview, fault.facts.state, fault.facts.withdrawal]
  );
};

test('the same evidence of the same absence carries the approval', () => {
  expect(faultOf(eve)).toBeNull();
  const never = { ...eve, onPremisesLastSyncDateTime: null };
  expect(faultOf(never, undefined, undefined, someFacts({ onPremisesLastSyncDateTime: null }))).toBeNull();
});

test.each([null, false])('onPremisesSyncEnabled %s is not synced', onPremisesSyncEnabled => {
  expect(faultOf({ ...eve, onPremisesSyncEnabled })).toEqual(['notSynced', true, 'withdrawn', 'notSynced']);
});

test('whatever was synchronised since is alive: after the approval, after the scan, or after the export', () => {
  const syncedSince = ['syncedSince', true, 'withdrawn', 'alive'];
  const at = (time: number) => ({ ...eve, onPremisesLastSyncDateTime: time as Instant });
  const row = (time: number) => someFacts({ onPremisesLastSyncDateTime: time as Instant });
  expect(faultOf(at(approvedAt), undefined, undefined, row(approvedAt))).toBeNull();
  expect(faultOf(at(approvedAt + 1), undefined, undefined, row(approvedAt + 1))).toEqual(syncedSince);
  expect(faultOf(at(approvedAt))).toEqual(syncedSince);
  expect(faultOf(eve, undefined, undefined, someFacts())).toEqual(syncedSince);
  expect(faultOf(eve, { kind: 'live', by: 'onPremisesLastSyncDateTime' })).toEqual(syncedSince);
});

test('what is protected is never deleted', () => {
  expect(faultOf({ ...eve, isManagementRestricted: true })).toEqual(['protected', true, 'attention', null]);
});

const outcomes: readonly (readonly [Correlation, unknown])[] = [
  [{ kind: 'live', by: 'objectGUID' }, ['cameBack', true, 'withdrawn', 'alive']],
  [{ kind: 'outOfScope', objects: [] }, ['evidenceChanged', true, 'attention', null]],
  [{ kind: 'reAnchored', to: [] }, ['evidenceChanged', true, 'attention', null]],
  [{ kind: 'reCreated', as: [] }, ['evidenceChanged', true, 'attention', null]],
  [{ kind: 'duplicate', of: [] }, ['evidenceChanged', true, 'attention', null]],
  [{ kind: 'notCovered', domain: 'x' }, ['evidenceChanged', true, 'withdrawn', 'notCovered']],
  [{ kind: 'unknown', reason: 'keyMissing' }, ['evidenceChanged', true, 'withdrawn', 'unknown']],
];
test.each(outcomes)('the outcome %j of now is no absence', (correlation, expected) => {
  expect(faultOf(eve, correlation)).toEqual(expected);
});

test('another evidence of absence is not what was approved', () => {
  expect(faultOf(eve, { kind: 'absent' }, otherHash)).toEqual(['evidenceChanged', true, 'candidate', null]);
});

test('what is gone is withdrawn', () => {
  expect(factsOfGone(facts)).toEqual({
    type: 'user',
    id: userId,
    state: 'withdrawn',
    evidenceHash,
    withdrawal: 'gone',
  });
});

test('contacts, and devices without a SID, name no domain', () => {
  const id = userId;
  const onPremisesSecurityIdentifier = 'S-1-5-21-1-2-3-1105';
  expect(
    [aContact({ id }), aDevice({ id }), aDevice({ id, onPremisesSecurityIdentifier }), eve].map(
      namesNoDomain,
    ),
  ).toEqual([true, true, false, false]);
});
