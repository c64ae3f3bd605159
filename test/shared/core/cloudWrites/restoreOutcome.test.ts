import type { WriteAttempt } from '../../../../shared/core/cloudWrites/attempt';
import { restoreOutcome } from '../../../../shared/core/cloudWrites/restoreOutcome';

const answered = (
  status: number,
  code: string | null = null,
  message: string | null = null,
  json = code !== null,
): WriteAttempt => ({ kind: 'answered', status, code, message, json });

test('200 with JSON is restored; a page with 200 is not', () => {
  expect(restoreOutcome(answered(200, null, null, true), false)).toEqual({ kind: 'restored' });
  expect(restoreOutcome(answered(200), false)).toMatchObject({ kind: 'failed', mayHaveTakenEffect: true });
});

test('404 is not there on the first try, restored probably after one that may have arrived', () => {
  const notFound = answered(404, 'Request_ResourceNotFound');
  expect(restoreOutcome(notFound, false)).toEqual({ kind: 'notThere' });
  expect(restoreOutcome(notFound, true)).toEqual({ kind: 'restoredProbably' });
});

const taken = (property: string): string =>
  `Another object with the same value for property ${property} already exists.`;

test.each([
  [400, taken('userPrincipalName'), 'userPrincipalNameTaken'],
  [409, taken('userPrincipalName'), 'userPrincipalNameTaken'],
  [409, taken('proxyAddresses'), 'addressTaken'],
  [400, 'A conflicting proxy address was found', 'addressTaken'],
  [400, taken('onPremisesImmutableId'), 'conflict'],
  [409, 'busy', 'conflict'],
  [409, null, 'conflict'],
  [403, 'Insufficient privileges to complete the operation.', 'insufficientRights'],
  [400, 'Something else', 'other'],
])('%d %j is refused: %s', (status, message, reason) => {
  for (const mayHaveTakenEffect of [false, true]) {
    expect(restoreOutcome(answered(status, 'Request_BadRequest', message), mayHaveTakenEffect)).toEqual({
      kind: 'refused',
      reason,
      status,
      code: 'Request_BadRequest',
      mayHaveTakenEffect,
    });
  }
});

test.each([[{ kind: 'noAnswer' }], [answered(429)], [answered(503)], [answered(403)]] as const)(
  '%j decides nothing',
  attempt => {
    expect(restoreOutcome(attempt, false)).toMatchObject({ kind: 'failed' });
  },
);
