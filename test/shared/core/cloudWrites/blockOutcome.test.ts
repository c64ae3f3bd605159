import type { WriteAttempt } from '../../../../shared/core/cloudWrites/attempt';
import { signInChange } from '../../../../shared/core/cloudWrites/blockOutcome';

const answered = (
  status: number,
  code: string | null = null,
  message: string | null = null,
  json = code !== null,
): WriteAttempt => ({ kind: 'answered', status, code, message, json });
const decide = (attempt: WriteAttempt, privileged: boolean | 'unknown' = 'unknown', mayHaveArrived = false) =>
  signInChange(attempt, { success: [200, 204], mayHaveArrived, privileged });

test('is done by the statuses that say so, with a body that is JSON or with none', () => {
  expect(decide(answered(204))).toEqual({ kind: 'done' });
  expect(decide(answered(200, null, null, true))).toEqual({ kind: 'done' });
  expect(decide(answered(200))).toMatchObject({
    kind: 'failed',
    reason: 'notGraphs',
    mayHaveTakenEffect: true,
  });
  expect(decide(answered(202, null, null, true))).toMatchObject({ kind: 'failed' });
});

test('of somebody who is not there', () => {
  expect(decide(answered(404, 'Request_ResourceNotFound'))).toEqual({ kind: 'notThere' });
});

test.each([
  [403, 'Insufficient privileges to complete the operation.', 'unknown', 'insufficientRights'],
  [403, 'Insufficient privileges to complete the operation.', false, 'insufficientRights'],
  [403, 'Insufficient privileges to complete the operation.', true, 'roleHolder'],
  [403, 'member of a restricted management administrative unit', true, 'restrictedManagement'],
  [400, 'Property accountEnabled is read-only', true, 'other'],
] as const)('%d %j, privileged %j: needs a human, %s', (status, message, privileged, reason) => {
  for (const mayHaveTakenEffect of [false, true]) {
    expect(decide(answered(status, 'code', message), privileged, mayHaveTakenEffect)).toEqual({
      kind: 'needsHuman',
      reason,
      status,
      code: 'code',
      mayHaveTakenEffect,
    });
  }
});

test.each([[{ kind: 'noAnswer' }], [answered(429)], [answered(500)]] as const)(
  '%j is to be repeated',
  attempt => {
    expect(decide(attempt)).toMatchObject({ kind: 'failed', retryable: true });
  },
);
