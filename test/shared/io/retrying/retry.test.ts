import type { Instant } from '../../../../shared/core/instant';
import { decideRetry, isPassing, retryAfterMs, seconds } from '../../../../shared/io/retrying/retry';

const policy = { attempts: 8, longestWaitMs: 900_000 };
const failure = { reason: 'the status was 503', retryAfterMs: null };
const now = Date.UTC(2026, 2, 1, 12, 0, 0) as Instant;

describe('which answers are worth another attempt', () => {
  test.each([429, 500, 502, 503, 504])('%d is', status => expect(isPassing(status)).toBe(true));
  test.each([200, 302, 400, 401, 403, 404, 408, 501])('%d is not', status =>
    expect(isPassing(status)).toBe(false),
  );
});

describe('how long to wait', () => {
  test('the backoff doubles from one second up to a minute, with full jitter', () => {
    const waits = [1, 2, 3, 4, 5, 6, 7].map(attempt => decideRetry(failure, attempt, 0, policy, () => 0.5));
    expect(waits).toEqual(
      [500, 1_000, 2_000, 4_000, 8_000, 16_000, 30_000].map(waitMs => ({ kind: 'retry', waitMs })),
    );
    expect(decideRetry(failure, 7, 0, policy, () => 0)).toEqual({ kind: 'retry', waitMs: 0 });
  });

  test('Retry-After is honoured whole, beyond 180 seconds, whatever the jitter', () => {
    const throttled = { reason: 'the status was 429', retryAfterMs: 300_250 };
    expect(decideRetry(throttled, 1, 0, policy, () => 0)).toEqual({ kind: 'retry', waitMs: 300_250 });
  });

  test('a Retry-After shorter than the backoff does not shorten it', () => {
    const eager = { reason: 'the status was 429', retryAfterMs: 0 };
    expect(decideRetry(eager, 4, 0, policy, () => 0.5)).toEqual({ kind: 'retry', waitMs: 4_000 });
  });

  test('after the last attempt it gives up', () => {
    expect(decideRetry(failure, 8, 0, policy, () => 0)).toEqual({
      kind: 'giveUp',
      why: 'that was attempt 8, the last one',
    });
  });

  test('a Retry-After beyond the patience is not shortened: it gives up and says why', () => {
    const throttled = { reason: 'the status was 429', retryAfterMs: 900_001 };
    expect(decideRetry(throttled, 1, 0, policy, () => 0)).toMatchObject({ kind: 'giveUp' });
    expect(decideRetry({ ...throttled, retryAfterMs: 900_000 }, 1, 0, policy, () => 0)).toEqual({
      kind: 'retry',
      waitMs: 900_000,
    });
    expect(decideRetry({ ...throttled, retryAfterMs: 600_000 }, 2, 400_000, policy, () => 0)).toEqual({
      kind: 'giveUp',
      why: 'the next attempt is due in 600 s, after 400 s of waiting, and the limit is 900 s',
    });
  });
});

const waitOf = (value: string, date?: string): number | null =>
  retryAfterMs(
    new Headers(date === undefined ? { 'retry-after': value } : { 'retry-after': value, date }),
    now,
  );

describe('Retry-After', () => {
  test('seconds, with or without a fraction', () => {
    expect(waitOf('120')).toBe(120_000);
    expect(waitOf('1.25')).toBe(1_250);
    expect(waitOf(' 0 ')).toBe(0);
  });

  test('a date counts from the Date of the answer, so that a wrong clock here does not matter', () => {
    expect(waitOf('Sun, 01 Mar 2026 08:05:00 GMT', 'Sun, 01 Mar 2026 08:00:00 GMT')).toBe(300_000);
  });

  test('a date counts from the clock where the answer has no Date', () => {
    expect(waitOf('Sun, 01 Mar 2026 12:00:30 GMT')).toBe(30_000);
  });

  test('a date in the past is no wait', () => {
    expect(waitOf('Sun, 01 Mar 2026 11:00:00 GMT')).toBe(0);
  });

  test.each(['', '-5', '1e3', 'soon', '2026-03-01', 'Sun, 99 Mar 2026 11:00:00 GMT'])(
    '%j is not read',
    value => expect(waitOf(value)).toBeNull(),
  );

  test('is absent', () => expect(retryAfterMs(new Headers(), now)).toBeNull());
});

test('durations read as seconds', () => expect([seconds(1_250), seconds(60_000)]).toEqual(['1.3 s', '60 s']));
