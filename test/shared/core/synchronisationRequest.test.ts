import type { AnsweredRequest, ExportRequest } from '../../../shared/core/exportRequest';
import type { Instant } from '../../../shared/core/instant';
import {
  lostAnswerDays,
  synchronisationToAsk,
  type LastRequest,
} from '../../../shared/core/synchronisationRequest';
import type { Guid } from '../../../shared/core/keys/guid';
import { instant } from '../../support/builders';

const at = instant('2026-11-20T02:00:00Z');
const days = (number: number, ms = 0): Instant => (at + number * 24 * 60 * 60 * 1000 + ms) as Instant;
const id = '0a0a0a0a-0000-4000-8000-000000000001' as Guid;
const last = (requestedAt: Instant, outcome: AnsweredRequest['outcome'] | null = null): LastRequest => ({
  request: { schemaVersion: 1, id, kind: 'synchronisation', requestedAt } satisfies ExportRequest,
  outcome,
});

test.each<[string, LastRequest | null, Instant | null, ReturnType<typeof synchronisationToAsk>]>([
  ['nothing waits, and nobody asked: nothing', null, null, null],
  ['something waits, and nobody asked: ask', null, days(-3), 'ask'],
  ['it was asked, and not answered: wait', last(days(-1)), days(-3), { id, status: 'waiting' }],
  [
    'not answered, and something newer waits as well: still wait',
    last(days(-1)),
    at,
    { id, status: 'waiting' },
  ],
  [
    'answered, for the same evidence: not again',
    last(days(-1), 'started'),
    days(-1),
    { id, status: 'started' },
  ],
  ['answered, and something newer waits: ask', last(days(-1), 'started'), days(-1, 1), 'ask'],
  [
    'the command failed, for the same evidence: not again',
    last(days(-1), 'failed'),
    days(-3),
    { id, status: 'failed' },
  ],
  ['there is no command, and something newer waits: ask', last(days(-1), 'notConfigured'), at, 'ask'],
  [
    'answered, and nothing waits: as it was answered',
    last(days(-1), 'started'),
    null,
    { id, status: 'started' },
  ],
  ['no answer for seven days: wait', last(days(-lostAnswerDays)), at, { id, status: 'waiting' }],
  ['no answer for longer, and something newer waits: ask', last(days(-lostAnswerDays, -1)), at, 'ask'],
  [
    'no answer for longer, and nothing newer: wait',
    last(days(-lostAnswerDays, -1)),
    days(-9),
    { id, status: 'waiting' },
  ],
  ['from the future: ask', last(days(0, 1)), days(-3), 'ask'],
  ['from the future, and nothing waits: nothing', last(days(0, 1)), null, null],
  ['asked a moment ago: wait', last(at), at, { id, status: 'waiting' }],
])('%s', (_, request, waitingSince, expected) => {
  expect(synchronisationToAsk(request, waitingSince, at)).toEqual(expected);
});
