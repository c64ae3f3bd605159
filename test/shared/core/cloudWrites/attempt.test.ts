import {
  failureOf,
  isAmbiguous,
  refusalOf,
  saysNotFound,
  type WriteAttempt,
} from '../../../../shared/core/cloudWrites/attempt';

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

describe('a write may have taken effect', () => {
  test.each([199, 200, 202, 299, 500, 501, 503, 504, 599])('after status %d that decides nothing', status => {
    expect(isAmbiguous(answered(status))).toBe(true);
  });
  test.each([300, 302, 400, 401, 403, 404, 409, 429, 499])('but not after %d', status => {
    expect(isAmbiguous(answered(status))).toBe(false);
  });
  test('after no answer, and not where nothing was sent', () => {
    expect([isAmbiguous({ kind: 'noAnswer' }), isAmbiguous({ kind: 'notSent' })]).toEqual([true, false]);
  });
});

describe('a failure', () => {
  test.each([
    [{ kind: 'noAnswer' } as const, 'noAnswer', null, true],
    [{ kind: 'notSent' } as const, 'notSent', null, true],
    [answered(429), 'throttled', 429, true],
    [answered(500), 'serverError', 500, true],
    [answered(503), 'serverError', 503, true],
    [answered(409, 'Conflict'), 'conflict', 409, true],
    [answered(401), 'unauthenticated', 401, false],
    [answered(404), 'notGraphs', 404, false],
    [answered(302), 'notGraphs', 302, false],
    [answered(200), 'notGraphs', 200, false],
  ])('%j is %s', (attempt, reason, status, retryable) => {
    expect(failureOf(attempt, false)).toEqual({
      kind: 'failed',
      reason,
      status,
      retryable,
      mayHaveTakenEffect: isAmbiguous(attempt),
    });
    expect(failureOf(attempt, true).mayHaveTakenEffect).toBe(true);
  });
});

test('only Graph says that something is not there', () => {
  expect(saysNotFound(answered(404, 'Request_ResourceNotFound'))).toBe(true);
  expect(saysNotFound(answered(404))).toBe(false);
  expect(saysNotFound(answered(404, 'BadRequest'))).toBe(false);
  expect(saysNotFound(answered(400, 'Request_ResourceNotFound'))).toBe(false);
  expect(saysNotFound({ kind: 'noAnswer' })).toBe(false);
});

describe('a refusal', () => {
  test.each([400, 403, 405, 412, 499])("is Graph's %d", status => {
    expect(refusalOf(answered(status, 'Request_BadRequest', 'text'))).toEqual({
      status,
      code: 'Request_BadRequest',
      message: 'text',
    });
  });
  test('may come without a text', () => {
    expect(refusalOf(answered(400, 'Request_BadRequest'))).toMatchObject({ message: '' });
  });
  test.each([200, 399, 401, 404, 409, 429, 500])('is not %d', status => {
    expect(refusalOf(answered(status, 'code'))).toBeNull();
  });
  test("is not what has no error body of Graph's, or no answer", () => {
    expect(refusalOf(answered(403))).toBeNull();
    expect(refusalOf({ kind: 'notSent' })).toBeNull();
  });
});
