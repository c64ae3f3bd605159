import type { WriteAttempt } from '../../../../shared/core/cloudWrites/attempt';
import {
  clockToleranceMs,
  confirmDeletion,
  deletionOutcome,
  type DeletionContext,
} from '../../../../shared/core/cloudWrites/deletionOutcome';
import type { CloudId } from '../../../../shared/core/cloudObject';
import type { Instant } from '../../../../shared/core/instant';
import { objectTypes } from '../../../../shared/core/objectType';

const context: DeletionContext = { type: 'user', mayHaveArrived: false, privileged: 'unknown' };
const decide = (attempt: WriteAttempt, change: Partial<DeletionContext> = {}) =>
  deletionOutcome(attempt, { ...context, ...change });
const answered = (
  status: number,
  code: string | null = null,
  message: string | null = null,
): WriteAttempt => ({
  kind: 'answered',
  status,
  code,
  message,
  json: code !== null,
});
const notFound = answered(404, 'Request_ResourceNotFound');
const denied = (message: string): WriteAttempt => answered(403, 'Authorization_RequestDenied', message);

test('204 is deleted, also after a try that may have arrived', () => {
  expect(decide(answered(204))).toEqual({ kind: 'deleted' });
  expect(decide(answered(204), { mayHaveArrived: true })).toEqual({ kind: 'deleted' });
});

test('404 is gone before on the first try, deleted probably after one that may have arrived', () => {
  expect(decide(notFound)).toEqual({ kind: 'goneBefore' });
  expect(decide(notFound, { mayHaveArrived: true })).toEqual({ kind: 'deletedProbably' });
});

describe('a refusal is for a person', () => {
  test.each([
    [denied('Insufficient privileges to complete the operation.'), 'unknown', 'insufficientRights'],
    [denied('Insufficient privileges to complete the operation.'), false, 'insufficientRights'],
    [denied('Insufficient privileges to complete the operation.'), true, 'roleHolder'],
    [
      denied('… Target object is a member of a restricted management administrative unit …'),
      true,
      'restrictedManagement',
    ],
    [
      answered(
        400,
        'Request_BadRequest',
        "Data contract version does not allow 'Delete' operations against instances of …",
      ),
      'unknown',
      'contactUnsupported',
    ],
    [
      answered(
        400,
        'Request_BadRequest',
        'Cannot Update a mail-enabled security groups and or distribution list.',
      ),
      'unknown',
      'exchangeOwned',
    ],
    [
      answered(
        400,
        'Request_BadRequest',
        'Unable to update the specified properties for objects that have originated within an external service.',
      ),
      'unknown',
      'exchangeOwned',
    ],
    [denied('The service does not currently support writes of mail-enabled groups'), true, 'exchangeOwned'],
    [answered(400, 'Request_BadRequest', 'Something else'), true, 'other'],
    [answered(405, 'Request_BadRequest'), 'unknown', 'other'],
  ] as const)('%j, privileged %j: %s', (attempt, privileged, reason) => {
    for (const mayHaveArrived of [false, true]) {
      expect(decide(attempt, { privileged, mayHaveArrived })).toMatchObject({
        kind: 'manual',
        reason,
        mayHaveTakenEffect: mayHaveArrived,
      });
    }
  });

  test('and carries status and code, never the text', () => {
    expect(decide(denied('ann@contoso.example may not'))).toEqual({
      kind: 'manual',
      reason: 'insufficientRights',
      status: 403,
      code: 'Authorization_RequestDenied',
      mayHaveTakenEffect: false,
    });
  });
});

test.each([
  [{ kind: 'noAnswer' }, true],
  [{ kind: 'notSent' }, true],
  [answered(429), true],
  [answered(500), true],
  [answered(401), false],
  [answered(403), false],
  [answered(404), false],
] as const)('%j decides nothing: failed, retryable %j', (attempt, retryable) => {
  expect(decide(attempt)).toMatchObject({ kind: 'failed', retryable });
});

describe('a deletion that is probable', () => {
  const firstTry = Date.UTC(2026, 5, 1) as Instant;
  const id = '00000000-0000-4000-8000-000000000001' as CloudId;
  const deletedAt = (ms: number) => ({ id, deletedDateTime: (firstTry + ms) as Instant });

  test.each([
    ['at the first try', deletedAt(0), 'ours'],
    ['an hour later', deletedAt(3_600_000), 'ours'],
    ['just within the tolerance of clocks', deletedAt(-clockToleranceMs), 'ours'],
    ['just beyond it', deletedAt(-clockToleranceMs - 1), 'notOurs'],
    ['at a time that Graph does not tell', { id, deletedDateTime: null }, 'notKnowable'],
    ['never, as far as deletedItems know', null, 'notThere'],
  ])('of a user, deleted %s', (_, item, confirmation) => {
    expect(confirmDeletion('user', item, firstTry)).toBe(confirmation);
  });

  test.each(objectTypes.filter(type => type !== 'user'))('of a %s can not be confirmed', type => {
    expect(confirmDeletion(type, deletedAt(0), firstTry)).toBe('notKnowable');
  });
});
