import type { StoredFacts } from '../../shared/core/facts';
import { exportAgeMs, makeOrganisation } from '../support/organisation/makeOrganisation';
import { nightsNeeded, tonightOf } from '../support/organisation/nights';
import { releaseLocks } from '../support/stack/holdReleases';
import { firstNight, replayPastNights, type ScannedNight } from '../support/stack/pastNights';
import { firstUser } from '../support/stack/servingText';
import { startStack, type Stack } from '../support/stack/stack';
import { apiCalls } from '../support/stack/apiCalls';

const minuteMs = 60_000;

describe('the nights before tonight, under the strict rules', () => {
  const now = Date.now();
  const organisation = makeOrganisation({ seed: 17, objects: 400, now: now + exportAgeMs - 10 * minuteMs });
  const nights: ScannedNight[] = [];
  let stack: Stack;

  beforeAll(async () => {
    const onLogLine = (): void => undefined;
    stack = await startStack({
      organisation: firstNight(organisation, nightsNeeded),
      // Fewer than are missing in the first night.
      scanSettings: { GATE_LIMITS: '{"newMissingObjects":{"user":5}}' },
      onLogLine,
    });
    await replayPastNights(stack, organisation, nightsNeeded, {
      now,
      onLogLine,
      onNight: night => nights.push(night),
    });
  });
  afterAll(() => stack?.stop());

  test('are accepted, one after the other, each on its own day, and none has a candidate', () => {
    expect(nights.map(({ run }) => [run.state, run.runNumber])).toEqual(
      Array.from({ length: nightsNeeded - 1 }, (_, index) => ['finished', index + 1]),
    );
    const days = nights.map(({ run }) => Math.round((now - run.startedAt) / (24 * 60 * minuteMs)));
    expect(days).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(nights.flatMap(({ rows }) => rows.filter(row => row.state === 'candidate'))).toEqual([]);
  });

  test('show who came back, and who was written to the cloud once more', () => {
    const statesOf = (story: string): string[] => {
      const id = organisation.stories.find(one => one.story === story)?.cloudId;
      return nights.map(({ rows }) => rows.find(row => row.id === id)?.state ?? 'no row');
    };
    const all = (count: number, state: string): string[] => Array.from({ length: count }, () => state);
    expect(statesOf('userUndeleted')).toEqual([...all(3, 'observed'), ...all(4, 'withdrawn')]);
    expect(statesOf('userFoundAgain')).toEqual([...all(4, 'observed'), ...all(3, 'withdrawn')]);
    expect(statesOf('userFedOnceMore')).toEqual([...all(5, 'observed'), 'withdrawn', 'observed']);
    expect(statesOf('userLostThisWeek')).toEqual([...all(4, 'no row'), ...all(3, 'observed')]);
  });

  test('tonight the candidates, and what the others wait for, are exactly what the generator says', async () => {
    const run = await stack.scan();
    expect(run).toMatchObject({ state: 'finished', runNumber: nightsNeeded });
    const rows = await stack.candidates();
    const inState = (state: StoredFacts['state']): string[] =>
      rows
        .filter(row => row.state === state)
        .map(row => [row.type, row.id, ...row.waitsFor.map(wait => wait.for)].join(' '))
        .sort();
    const { candidates, observed } = tonightOf(organisation, nightsNeeded);
    expect(inState('candidate')).toEqual(candidates.map(({ type, cloudId }) => `${type} ${cloudId}`).sort());
    expect(inState('observed')).toEqual(
      observed.map(({ type, cloudId, waitsFor }) => [type, cloudId, ...(waitsFor ?? [])].join(' ')).sort(),
    );
  });

  test('what locked the list since the first night is released by a person, and then a candidate can be approved', async () => {
    const [run] = await stack.runs.newest(1, AbortSignal.timeout(10_000));
    expect(run?.holds.map(({ gate, runId }) => [gate, runId])).toEqual([
      ['newMissing', nights[0]?.run.runId],
    ]);
    const user = await firstUser(stack);
    const approve = async (): Promise<number> => {
      const { type, id, etag, evidenceHash } = user!;
      const call = apiCalls(stack.reviewing);
      const headers = { 'if-match': etag };
      return (
        await call('approver', 'POST', `/candidates/${type}/${id}/approve`, {
          headers,
          body: { evidenceHash },
        })
      ).status;
    };
    expect(await approve()).toBe(403);
    const lines = await releaseLocks(stack.reviewing, run!);
    expect(lines).toEqual([`newMissing of run ${nights[0]?.run.runId}: released`]);
    expect(await approve()).toBe(200);
  });
});
