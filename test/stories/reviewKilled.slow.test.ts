import { randomUUID } from 'node:crypto';
import { TableClient } from '@azure/data-tables';
import { tableNames } from '../../shared/io/storageNames';
import { abandonedAfterMs } from '../../shared/app/review/deletionUseCasePorts';
import { exportAgeMs, makeOrganisation } from '../support/organisation/makeOrganisation';
import { deleteOnPremises } from '../support/organisation/edits';
import type { Organisation } from '../support/organisation/organisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startStack, type Stack } from '../support/stack/stack';
import { reviewSteps, type ItemOutcome, type ListedItem, type ReviewSteps } from './reviewSteps';

const minuteMs = 60_000;
const leavers = 200;
const seeds = Array.from({ length: 10 }, (_, index) => index + 1);

jest.setTimeout(300_000);

/** 200 users more than the stories have, whose accounts were deleted on-premises yesterday and left nothing. */
function organisationOfLeavers(): Organisation {
  let organisation = makeOrganisation({
    seed: 31,
    objects: 700,
    now: Date.now() + exportAgeMs - 10 * minuteMs,
  });
  const ordinary = organisation.stories.filter(({ story }) => story === 'ordinaryUser').slice(0, leavers);
  for (const { cloudId } of ordinary)
    organisation = deleteOnPremises(organisation, cloudId, { tombstone: 'recycled' });
  return organisation;
}

/** A small generator of numbers below `limit`, the same for the same seed (mulberry32). */
function numbers(seed: number): (limit: number) => number {
  let state = seed;
  return limit => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

describe('two callers delete the same 200 approved candidates, and the process is killed ten times meanwhile', () => {
  const organisation = organisationOfLeavers();
  let stack: Stack;
  let steps: ReviewSteps;
  let items: readonly ListedItem[];
  let decisions: TableClient;
  /** Deletes that a kill left under way. */
  let abandoned = 0;
  /** Of these, what is there in the end: nobody knows whether a DELETE arrived, and somebody restored it. */
  let inDoubt: readonly ListedItem[] = [];
  const outcomes: ItemOutcome[] = [];

  beforeAll(async () => {
    stack = await startStack({
      organisation,
      scanSettings: candidatesAtOnce,
      onLogLine: () => undefined,
      reviewSettings: {
        ROLLOUT_STAGE: 'normal',
        DELETIONS_PER_CALL: '200',
        DELETIONS_PER_DAY: '1000',
        DELETIONS_PER_DAY_AND_TYPE: 'user=1000',
      },
    });
    steps = reviewSteps(stack);
    decisions = new TableClient(stack.azurite.tableEndpoint, tableNames.decisions, stack.operator);
    await steps.scan();
    items = (await steps.list('status=candidate&type=user')).slice(0, leavers);
    await steps.approveAll(items);
    await stack.upload(organisation, 'now');
  });
  afterAll(() => stack?.stop());

  const calls = [
    { user: 'deleter', callId: randomUUID(), reversed: false },
    { user: 'both', callId: randomUUID(), reversed: true },
  ] as const;

  /** Both callers call, each for the same as before. The statuses of the answers: what a kill cuts off has none. */
  async function callBoth(): Promise<readonly number[]> {
    const answers = await Promise.allSettled(
      calls.map(({ user, callId, reversed }) =>
        steps.remove(reversed ? items.toReversed() : items, { user, callId }),
      ),
    );
    return answers.flatMap(answer => {
      if (answer.status === 'rejected') return [];
      outcomes.push(...answer.value.json.items);
      return [answer.value.status];
    });
  }

  /** The time after which a delete under way is nobody's: only the rows' own time tells it. */
  async function timePasses(): Promise<void> {
    const rows = await Array.fromAsync(
      decisions.listEntities({ queryOptions: { filter: "state eq 'deleting'" } }),
    );
    for (const { partitionKey = '', rowKey = '' } of rows) {
      const changedAt = new Date(Date.now() - abandonedAfterMs - 1000);
      await decisions.updateEntity({ partitionKey, rowKey, changedAt }, 'Merge');
    }
    abandoned += rows.length;
  }

  const deletedIds = (): readonly string[] => stack.graph.directory.deletions.map(({ id }) => id);

  test.each(seeds)('killed at a moment of its own (seed %i), and started again', async seed => {
    const below = numbers(seed);
    const [reached, killed] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    // One in five while the proof is read. Else at a DELETE, which takes its effect without anybody to learn of it; or shortly after
    // one, wherever the call is then.
    const reading = seed % 5 === 0;
    const holds = !reading && below(2) === 0;
    stack.graph.faults.add({
      when: reading
        ? { path: /^\/v1\.0\/users\/./, nth: 1 + below(60) }
        : { method: 'DELETE', nth: 1 + below(12) },
      do: {
        kind: 'run',
        callback: () => {
          reached.resolve();
          return holds ? killed.promise : undefined;
        },
      },
    });
    const both = callBoth();
    await reached.promise;
    if (!holds) await new Promise(resolve => setTimeout(resolve, below(60)));
    await stack.reviewing.worker.kill();
    killed.resolve();
    expect(await both).toEqual([]);
    stack.graph.faults.clear();
    await stack.reviewing.restart();
    await timePasses();
    const deleted = deletedIds();
    expect(new Set(deleted).size).toBe(deleted.length);
    // A kill between a row and its line in the mirror leaves that line to the next who writes; nothing else may be wrong.
    const { json } = await steps.call<{ findings: { fault: string }[] }>('reader', 'GET', '/audit/verify');
    expect(json.findings.filter(({ fault }) => fault !== 'notMirrored')).toEqual([]);
    expect(json.findings.length).toBeLessThan(2);
  });

  test('what a kill left in doubt is there, and goes back to review: its approval carries no second DELETE', async () => {
    expect(await callBoth()).toEqual([200, 200]);
    const deleted = deletedIds();
    inDoubt = (await steps.list('type=user')).filter(
      ({ facts: { id } }) => items.some(({ facts }) => facts.id === id) && !deleted.includes(id),
    );
    const failed = (await steps.audit()).filter(({ action }) => action === 'deletionFailed');
    for (const { facts, decision } of inDoubt) {
      expect([facts.id, decision?.recorded]).toEqual([facts.id, 'lapsed']);
      expect(failed.map(({ object }) => object?.id)).toContain(facts.id);
    }
    if (inDoubt.length === 0) return;
    await steps.approveAll(inDoubt);
    await stack.upload(organisation, 'now');
    const { status } = await steps.remove(inDoubt, { user: 'deleter', callId: randomUUID() });
    expect(status).toBe(200);
  });

  test('in the end each was deleted once, each with one audit row, and the log is whole', async () => {
    expect(await callBoth()).toEqual([200, 200]);
    // Once more the same call: nothing is left for it to do.
    const repeated = await steps.remove(items, calls[0]);
    expect([repeated.status, repeated.json.remaining]).toEqual([200, []]);
    expect(items).toHaveLength(leavers);
    const ids = items.map(({ facts: { id } }) => id).toSorted();
    expect(deletedIds().toSorted()).toEqual(ids);
    const effective = stack.graph.requests.filter(
      ({ method, status }) => method === 'DELETE' && status === 204,
    );
    expect(effective.length).toBeLessThanOrEqual(leavers);
    const rows = await steps.audit();
    const of = (action: string): string[] =>
      rows.flatMap(row => (row.action === action && row.object ? [row.object.id] : [])).toSorted();
    expect(of('deletionSucceeded')).toEqual(ids);
    expect(of('candidateApproved')).toEqual([...ids, ...inDoubt.map(({ facts: { id } }) => id)].toSorted());
    expect(new Set(of('deletionStarted'))).toEqual(new Set(ids));
    const states = (await steps.list('type=user')).flatMap(({ facts, decision }) =>
      ids.includes(facts.id) ? [decision?.recorded] : [],
    );
    expect(new Set(states)).toEqual(new Set(['deleted']));
    expect((await steps.call('reader', 'GET', '/audit/verify')).json).toMatchObject({
      status: 'whole',
      rows: rows.length,
      findingsInAll: 0,
    });
    // Nobody was told of a delete that was none.
    const told = new Set(outcomes.filter(({ outcome }) => outcome.kind === 'deleted').map(({ id }) => id));
    expect([...told].filter(id => !ids.includes(id))).toEqual([]);
    // The kills did hit deletes under way.
    expect(abandoned).toBeGreaterThan(0);
  });
});
