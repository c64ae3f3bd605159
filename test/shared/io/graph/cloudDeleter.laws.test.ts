import fc from 'fast-check';
import type { DeletionOutcome } from '../../../../shared/core/cloudWrites/deletionOutcome';
import type { Fault } from '../../../support/graph/faults';
import { idOf } from '../../../support/graph/testGraph';
import { startWriteBench, type WriteBench } from './writeBench';

const timeoutMs = 100;
const { signal } = new AbortController();
let bench: WriteBench;
beforeAll(async () => {
  bench = await startWriteBench({});
});
afterAll(() => bench.stop());

/** What may happen to one request, by a word for the report of fast-check. */
const faults = {
  throttled: { kind: 'answer', status: 429, headers: { 'retry-after': '3' } },
  throttledForLong: { kind: 'answer', status: 429, headers: { 'retry-after': '50' } },
  error: { kind: 'answer', status: 500 },
  unavailable: { kind: 'answer', status: 503 },
  cut: { kind: 'reset' },
  lost: { kind: 'stall' },
  errorAfter: { kind: 'answerAfter', status: 500 },
  gatewayAfter: { kind: 'answerAfter', status: 504, body: '<html></html>' },
  cutAfter: { kind: 'resetAfter' },
  lostAfter: { kind: 'stallAfter' },
  denied: { kind: 'answer', status: 403, body: '{"error":{"code":"Authorization_RequestDenied"}}' },
  conflict: { kind: 'answer', status: 409 },
  proxyNotFound: { kind: 'answer', status: 404, body: 'not found' },
  signInPage: { kind: 'answer', status: 200, body: '<html></html>' },
  unauthenticated: { kind: 'answer', status: 401 },
} as const satisfies Record<string, Fault>;
/** `late`: it is carried out after the client gave it up. `othersDelete`: somebody else deletes the object just before. */
type Hazard = keyof typeof faults | 'none' | 'late' | 'othersDelete';
const hazards: readonly Hazard[] = [
  ...(Object.keys(faults) as (keyof typeof faults)[]),
  'none',
  'none',
  'late',
  'othersDelete',
];

interface Story {
  readonly outcome: DeletionOutcome;
  /** Whether the object was there when the call came back. */
  readonly alive: boolean;
  /** Effective deletions by us, in the end. */
  readonly ours: number;
  readonly others: number;
}

let objects = 0;

/** One call: what happens to each of its tries, in their order. */
async function tell(call: readonly Hazard[]): Promise<Story> {
  objects += 1;
  const n = objects;
  const id = idOf(n);
  const path = new RegExp(id);
  const { directory, faults: book } = bench.graph;
  directory.put('user', { id, onPremisesSyncEnabled: true });
  const late: Promise<void>[] = [];
  let others = 0;
  const faultOf = (hazard: Hazard): Fault | null => {
    if (hazard === 'none') return null;
    if (hazard === 'othersDelete') {
      return { kind: 'run', callback: () => void (others += Number(directory.remove('user', id))) };
    }
    if (hazard !== 'late') return faults[hazard];
    const hold = (): Promise<void> => {
      const held = new Promise<void>(resolve => setTimeout(resolve, timeoutMs * 2));
      late.push(held);
      return held;
    };
    return { kind: 'run', callback: hold };
  };
  book.clear();
  for (const [position, hazard] of call.entries()) {
    const fault = faultOf(hazard);
    if (fault !== null) book.add({ when: { path, nth: position + 1 }, do: fault });
  }
  const { outcome } = await bench
    .deleter({ limits: { attemptTimeoutMs: timeoutMs } })
    .delete(bench.request('user', n), signal);
  const alive = directory.get('user', id) !== undefined;
  await Promise.all(late);
  // What was held back is carried out in the turn after its promise.
  await new Promise(resolve => setImmediate(resolve));
  const ours = directory.deletions.filter(deletion => deletion.id === id).length;
  directory.remove('user', id);
  return { outcome, alive, ours, others };
}

const calls = fc.array(fc.constantFrom(...hazards), { minLength: 1, maxLength: 8 });

/** Whether a call said that the object is gone, and by us. */
const claims = ({ kind }: DeletionOutcome): boolean => kind === 'deleted' || kind === 'deletedProbably';

/** What is said that is not so. */
function untruths({ outcome, alive, ours, others }: Story): string[] {
  const gone = claims(outcome) || outcome.kind === 'goneBefore';
  const untouched = 'mayHaveTakenEffect' in outcome && !outcome.mayHaveTakenEffect;
  const problems: [boolean, string][] = [
    [gone && alive, 'is said to be gone, and lives'],
    [outcome.kind === 'deleted' && ours !== 1, 'is said to be deleted by us, and was not'],
    [outcome.kind === 'goneBefore' && ours !== 0, 'is said to be gone before, and we deleted it'],
    [untouched && others === 0 && !alive, 'is said to be untouched, and is gone'],
  ];
  return problems.filter(([found]) => found).map(([, problem]) => `${outcome.kind}: ${problem}`);
}

test('whatever happens on the way, what is reported deleted is not alive, and is deleted at most once', async () => {
  const reached = new Set<string>();
  await fc.assert(
    fc.asyncProperty(calls, async call => {
      const story = await tell(call);
      expect(untruths(story)).toEqual([]);
      expect(story.ours + story.others).toBeLessThanOrEqual(1);
      reached.add(story.outcome.kind);
    }),
    {
      numRuns: 60,
      // One way to each outcome, so that the check below does not depend on luck.
      examples: [
        [['none']],
        [['othersDelete']],
        [['errorAfter', 'none']],
        [['denied']],
        [['unauthenticated']],
        [['late', 'none']],
      ],
    },
  );
  // The law would hold as well where nothing ever came of a request.
  expect([...reached].sort()).toEqual(['deleted', 'deletedProbably', 'failed', 'goneBefore', 'manual']);
});

test('the law can fail: each untruth is seen', () => {
  const failed = {
    kind: 'failed',
    reason: 'throttled',
    status: 429,
    retryable: true,
    mayHaveTakenEffect: false,
  } as const;
  const story = (
    kind: 'deleted' | 'deletedProbably' | 'goneBefore',
    alive: boolean,
    ours: number,
  ): Story => ({
    outcome: { kind },
    alive,
    ours,
    others: 0,
  });
  expect(
    [
      untruths(story('deleted', true, 1)),
      untruths(story('deletedProbably', true, 0)),
      untruths(story('deleted', false, 2)),
      untruths(story('goneBefore', false, 1)),
      untruths({ outcome: failed, alive: false, ours: 1, others: 0 }),
      untruths(story('deleted', false, 1)),
    ].map(problems => problems.length),
  ).toEqual([1, 1, 1, 1, 1, 0]);
});
