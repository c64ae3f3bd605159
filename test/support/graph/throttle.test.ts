import { startTestGraph } from './testGraph';
import { Throttle } from './throttle';

test('no more requests than allowed are let through in any interval, and a refused one costs nothing', () => {
  let now = 0;
  const throttle = new Throttle({ requests: 2, interval: 1000 }, () => now);
  const admitAt = (time: number): number => {
    now = time;
    return throttle.admit();
  };
  expect([0, 400, 500, 999, 1000, 1001, 1400, 1401].map(admitAt)).toEqual([0, 0, 500, 1, 0, 399, 0, 599]);
});

test('the stand-in answers 429 with Retry-After beyond the limit, until it is lifted', async () => {
  let now = 10_000;
  const served = await startTestGraph({}, { now: () => now });
  try {
    served.graph.throttle({ requests: 1, interval: 2500 });
    expect((await served.get('users')).status).toBe(200);
    now += 1000;
    const refused = await served.get('groups');
    expect([refused.status, refused.headers.get('retry-after'), refused.json?.error?.code]).toEqual([
      429,
      '1.5',
      'TooManyRequests',
    ]);
    now += 1500;
    expect((await served.get('groups')).status).toBe(200);
    served.graph.throttle(null);
    expect((await served.get('groups')).status).toBe(200);
  } finally {
    await served.stop();
  }
});
