import { manualSteps } from '../../../../shared/core/cloudWrites/manualSteps';
import type { CloudId } from '../../../../shared/core/cloudObject';
import {
  actionOfEnding,
  endingOfDetails,
  finishedAs,
  nothingDeleted,
  type DeletionEnding,
} from '../../../../shared/core/review/deletionEnding';
import { outcomeOfEnding } from '../../../../shared/core/review/itemOutcome';
import { at } from '../decisions';

const id = '0b0b0b0b-0000-0000-0000-000000000001' as CloudId;
const failed = (mayHaveTakenEffect: boolean): DeletionEnding => ({
  kind: 'failed',
  reason: 'throttled',
  retryable: true,
  mayHaveTakenEffect,
});
const manual = (code: string | null): DeletionEnding => ({
  kind: 'manual',
  reason: 'roleHolder',
  status: code === null ? null : 403,
  code,
});
const endings: readonly DeletionEnding[] = [
  { kind: 'deleted', confirmation: 'answered' },
  { kind: 'deleted', confirmation: 'ours' },
  { kind: 'deleted', confirmation: 'notThere' },
  { kind: 'deleted', confirmation: 'notKnowable' },
  { kind: 'gone' },
  manual('x'),
  manual(null),
  failed(true),
  failed(false),
  { kind: 'abandoned', because: 'expired' },
  { kind: 'abandoned', because: 'evidenceChanged' },
  { kind: 'abandoned', because: 'notCandidate' },
];

test.each(endings)('%j is read back from the details of its audit row', ending => {
  const details = JSON.parse(JSON.stringify({ ending, trace: null })) as never;
  expect(endingOfDetails(details)).toEqual(ending);
});

test.each([null, {}, { ending: 'deleted' }, { ending: { kind: 'deleted' } }, { ending: { kind: 'eaten' } }])(
  '%j tells no ending',
  details => expect(endingOfDetails(details)).toBeNull(),
);

test('only what was deleted is audited as deleted', () => {
  const succeeded = endings.filter(ending => actionOfEnding[ending.kind] === 'deletionSucceeded');
  expect(succeeded.map(ending => ending.kind)).toEqual(['deleted', 'deleted', 'deleted', 'deleted']);
});

test('the cap is given back only where it is certain that nothing was deleted', () => {
  const certain = endings.filter(nothingDeleted);
  expect(certain).toEqual(endings.filter(one => one.kind !== 'deleted' && one !== endings[7]));
});

test('each ending ends the decision in its own way', () => {
  expect(endings.map(ending => Object.values(finishedAs(ending)).join(' '))).toEqual([
    'deleted',
    'deleted',
    'deleted',
    'deleted',
    'gone',
    'manual roleHolder (x)',
    'manual roleHolder',
    'failed throttled',
    'failed throttled',
    'abandoned expired',
    'abandoned evidenceChanged',
    'abandoned notCandidate',
  ]);
});

test('the caller learns what is certain, what to do, and whether somebody has to look again', () => {
  expect(endings.map(ending => outcomeOfEnding('user', id, ending, at))).toEqual([
    { kind: 'deleted', restorableUntil: at, confirmed: true },
    { kind: 'deleted', restorableUntil: at, confirmed: true },
    { kind: 'deleted', restorableUntil: at, confirmed: false },
    { kind: 'deleted', restorableUntil: at, confirmed: false },
    { kind: 'gone' },
    { kind: 'manual', reason: 'roleHolder', steps: manualSteps('user', 'roleHolder', id) },
    { kind: 'manual', reason: 'roleHolder', steps: manualSteps('user', 'roleHolder', id) },
    { kind: 'failed', reason: 'throttled', retryable: true },
    { kind: 'failed', reason: 'throttled', retryable: true },
    { kind: 'refused', refusal: 'approvalExpired', detail: expect.any(String), backToReview: true },
    { kind: 'refused', refusal: 'evidenceChanged', detail: expect.any(String), backToReview: true },
    { kind: 'refused', refusal: 'notCandidate', detail: expect.any(String), backToReview: true },
  ]);
});
