import { announceMissedWork } from '../../../shared/app/announceMissedWork';
import { longestNotificationMs, notify, type NotifyPorts } from '../../../shared/app/notify';
import { readMissedWork } from '../../../shared/app/readMissedWork';
import { announceDeletions } from '../../../shared/app/review/announceDeletions';
import type { DeleteApproved } from '../../../shared/app/review/deleteApproved';
import { announceScan, watchCandidates } from '../../../shared/app/scanNotifications';
import { AppError } from '../../../shared/core/appError';
import type { SourceName } from '../../../shared/core/exportFormat';
import { notificationEvents, type NotificationEvent } from '../../../shared/core/notification';
import type { ItemOutcome } from '../../../shared/core/review/itemOutcome';
import { nothingFound, type FoundInRun } from '../../../shared/core/scanEvents';
import type { ScanRun } from '../../../shared/core/scanRun';
import { aRun, someFacts } from '../../functions/reviewBench';
import { MemoryMarkers, MemoryWebhook, recordingNotify } from '../../support/memory/memoryNotifications';
import { MemoryCandidates, MemoryRuns } from '../../support/memory/memoryTables';
import { userId } from '../core/decisions';
import { at, samples, tenantId } from '../core/notifications';
import { listeningLog, open } from '../io/tables/storage';

const settings = { format: 'json', tenantId } as const;
let markers: MemoryMarkers;
let webhook: MemoryWebhook;
let log: ReturnType<typeof listeningLog>;
beforeEach(() => {
  markers = new MemoryMarkers();
  webhook = new MemoryWebhook();
  log = listeningLog();
});
const announced = (
  event: NotificationEvent = samples.hold,
  ports: Partial<NotifyPorts> = {},
  signal: AbortSignal = open,
) => notify({ markers, webhook, log, ...ports }, settings, event, signal);

describe('an event', () => {
  test.each(notificationEvents)('%s is announced once a night, by whoever is first', async kind => {
    expect(await announced(samples[kind])).toEqual({ kind: 'sent' });
    expect(await announced(samples[kind])).toEqual({ kind: 'announcedBefore' });
    expect(webhook.bodies).toHaveLength(1);
    expect(JSON.parse(webhook.bodies[0]!)).toMatchObject({ version: 1, event: kind, tenantId });
    expect([...markers.markers]).toEqual([
      [`2026-11-20/${kind}.json`, { version: 1, event: kind, night: '2026-11-20' }],
    ]);
  });

  test('another event, and another night, are announced', async () => {
    await announced(samples.hold);
    expect(await announced(samples.madeAgain)).toEqual({ kind: 'sent' });
    expect(await announced({ ...samples.hold, at: (at + 24 * 60 * 60_000) as typeof at })).toEqual({
      kind: 'sent',
    });
  });

  test('of ten at once, one is sent', async () => {
    const all = await Promise.all(Array.from({ length: 10 }, () => announced()));
    expect(all.filter(({ kind }) => kind === 'sent')).toHaveLength(1);
    expect(webhook.bodies).toHaveLength(1);
  });

  test('is in the form of the settings', async () => {
    await notify({ markers, webhook, log }, { format: 'teams', tenantId }, samples.hold, open);
    expect(JSON.parse(webhook.bodies[0]!)).toMatchObject({ type: 'message' });
  });

  test('is nothing where nobody wants to be told: no marker either', async () => {
    expect(await announced(samples.hold, { webhook: null })).toEqual({ kind: 'off' });
    expect([markers.markers.size, log.lines]).toEqual([0, []]);
  });
});

describe('a webhook that fails never fails anything else', () => {
  test('what was not accepted is a value and a line of the log, and is not sent again that night', async () => {
    webhook.answer = { kind: 'notAccepted', reason: 'It answered 404.' };
    expect(await announced()).toEqual({ kind: 'failed', reason: 'It answered 404.' });
    expect(log.lines).toEqual(['notification 2026-11-20/hold.json was not sent: It answered 404.']);
    webhook.answer = { kind: 'accepted' };
    expect(await announced()).toEqual({ kind: 'announcedBefore' });
  });

  test('without a marker nothing is sent: it might be the second time', async () => {
    const failing = {
      create: async () => {
        throw new AppError(
          'storageUnavailable',
          'Expected access to the container notifications, found: HTTP 403.',
        );
      },
    };
    expect(await announced(samples.hold, { markers: failing })).toMatchObject({
      kind: 'failed',
      reason: expect.stringContaining('HTTP 403'),
    });
    expect(webhook.bodies).toEqual([]);
  });

  test.each<[string, () => unknown, string]>([
    ['an error', () => new TypeError('https://hooks.example/?sig=S3cr3t'), 'unexpected TypeError.'],
    ['what is no error', () => 'https://hooks.example/?sig=S3cr3t', 'unexpected error.'],
    [
      'a time that is over',
      () => AbortSignal.abort(new DOMException('https://S3cr3t', 'TimeoutError')).reason,
      `it took more than ${longestNotificationMs / 1000} seconds.`,
    ],
  ])('%s is told without its text', async (_what, thrown, reason) => {
    const failing = {
      post: async () => {
        throw thrown();
      },
    };
    expect(await announced(samples.hold, { webhook: failing })).toEqual({ kind: 'failed', reason });
    expect(log.lines.join('\n')).not.toContain('S3cr3t');
  });

  test('nor one that is stopped', async () => {
    expect(await announced(samples.hold, {}, AbortSignal.abort())).toEqual({
      kind: 'failed',
      reason: 'the app is being stopped.',
    });
    expect(markers.markers.size).toBe(0);
  });
});

describe('a scan', () => {
  const refused = aRun({ state: 'refused', reasons: ['no export'] });
  const announceOf = async (
    run: ScanRun,
    found: FoundInRun = nothingFound,
    known: readonly ScanRun[] = [],
  ) => {
    const { notify: recording, events } = recordingNotify();
    const runs = new MemoryRuns();
    runs.runs = [...known];
    return { answers: await announceScan({ runs, notify: recording, log }, run, () => found, open), events };
  };

  test('is announced event by event, and the alert of its hold is in the log', async () => {
    const { answers, events } = await announceOf(refused, { newCandidates: {}, madeAgain: { user: 2 } });
    expect(answers).toEqual([{ kind: 'sent' }, { kind: 'sent' }]);
    expect(events.map(({ kind }) => kind)).toEqual(['hold', 'madeAgain']);
    expect(log.lines).toEqual([expect.stringMatching(/^alert hold: run /)]);
  });

  test('of which there is nothing to say is silent', async () => {
    expect(await announceOf(aRun())).toEqual({ answers: [], events: [] });
    expect(log.lines).toEqual([]);
  });

  test('is compared with the run accepted before, where that can be read', async () => {
    const found = { newCandidates: { user: 1 }, madeAgain: {} };
    const now = aRun({ runId: 'now', acceptedBefore: 'before' });
    expect((await announceOf(now, found, [aRun({ runId: 'before' })])).events).toMatchObject([
      { kind: 'newCandidates', missingBefore: {} },
    ]);
    expect((await announceOf(now, found)).events).toMatchObject([{ missingBefore: null }]);
    const { notify: recording, events } = recordingNotify();
    for (const thrown of [new AppError('storageUnavailable', 'x'), new TypeError('x')]) {
      const runs = {
        read: async () => {
          throw thrown;
        },
      };
      await announceScan({ runs, notify: recording, log }, now, () => found, open);
    }
    expect(events).toMatchObject([{ missingBefore: null }, { missingBefore: null }]);
    expect(log.lines).toHaveLength(2);
  });

  test('what it makes new is seen while it writes, and only where it wrote', async () => {
    const candidates = new MemoryCandidates();
    const watched = watchCandidates(candidates);
    const facts = someFacts({ state: 'candidate' });
    const { etag: _etag, ...written } = facts;
    const write = async (fail = false) => {
      for await (const row of watched.table.readAll(open)) expect(row.id).toBe(facts.id);
      const etag = candidates.rows.values().next().value?.etag ?? null;
      await watched.table.write(
        [{ etag, facts: written }],
        async () => {
          if (fail) throw new Error('stop');
        },
        open,
      );
    };
    await expect(write(true)).rejects.toThrow('stop');
    expect(watched.found(facts.changedRun)).toEqual(nothingFound);
    await write();
    expect(watched.found(facts.changedRun)).toEqual({ newCandidates: { user: 1 }, madeAgain: {} });
    await write();
    expect(watched.found(facts.changedRun)).toEqual({ newCandidates: {}, madeAgain: {} });
    expect(watched.found(facts.changedRun - 1)).toEqual({ newCandidates: { user: 1 }, madeAgain: {} });
  });

  test.each<[string, ScanRun, readonly ScanRun[], number]>([
    [
      'the run that was accepted before',
      aRun({ acceptedBefore: 'before' }),
      [aRun({ runId: 'before', runNumber: 6 })],
      6,
    ],
    ['the beginning, where none was', aRun({ acceptedBefore: null }), [], 0],
    ['itself alone, where its record can not be read', aRun({ acceptedBefore: 'before' }), [], Infinity],
  ])('tells what is new since %s', async (_since, run, known, since) => {
    const { notify: recording } = recordingNotify();
    const runs = new MemoryRuns();
    runs.runs = [...known];
    const asked: number[] = [];
    const found = (lastAccepted: number) => (asked.push(lastAccepted), nothingFound);
    await announceScan({ runs, notify: recording, log }, run, found, open);
    expect(asked).toEqual([since]);
  });

  test('a storage that never answers keeps no alert back', () => {
    const runs = { read: () => new Promise<never>(() => undefined) };
    const { notify: recording } = recordingNotify();
    const run = { ...refused, acceptedBefore: 'before' };
    void announceScan({ runs, notify: recording, log }, run, () => nothingFound, open);
    expect(log.lines).toEqual([expect.stringMatching(/^alert hold: run /)]);
  });
});

describe('missed work', () => {
  const contoso = 'contoso' as SourceName;
  const hourMs = 60 * 60_000;
  const look = async (hours: number) => {
    const runs = new MemoryRuns();
    runs.runs = [aRun({ startedAt: at, finishedAt: at })];
    const { notify: recording, events } = recordingNotify();
    const now = (at + hours * hourMs) as typeof at;
    const answer = await announceMissedWork(
      { runs, clock: { now: () => now }, notify: recording, log },
      [contoso],
      open,
    );
    return { answer, events, now };
  };

  test('is an alert for each, and one event', async () => {
    const { answer, events, now } = await look(27);
    expect(answer).toEqual({ kind: 'sent' });
    expect(log.lines).toEqual([
      expect.stringMatching(/^alert missedScan: no scan has finished for 26 hours/),
      expect.stringMatching(/^alert missedExport: no export of contoso was accepted for 26 hours/),
    ]);
    expect(events).toEqual([
      {
        kind: 'missedWork',
        at: now,
        missed: { scan: { lastFinishedAt: at }, exports: [{ source: contoso, lastFinishedAt: null }] },
      },
    ]);
  });

  test.each([
    ['among the newest', 4, [5]],
    ['behind many that did not finish', 40, [5, 100]],
    ['nowhere', 200, [5, 100]],
  ])('the scan that finished is looked for with few reads: %s', async (_where, unfinished, reads) => {
    const limits: number[] = [];
    const runs = new MemoryRuns();
    const before = (hours: number) => (at - hours * hourMs) as typeof at;
    runs.runs = [
      aRun({ startedAt: before(unfinished + 1), finishedAt: at }),
      ...Array.from({ length: unfinished }, (_, hours) =>
        aRun({ runId: `run-${hours}`, state: 'refused', startedAt: before(hours) }),
      ),
    ];
    const counting = {
      newest: (limit: number) => {
        limits.push(limit);
        return runs.newest(limit);
      },
    };
    const missed = await readMissedWork({ runs: counting, clock: { now: () => at } }, [], open);
    expect(missed).toEqual({ scan: unfinished < 100 ? null : { lastFinishedAt: null }, exports: [] });
    expect(limits).toEqual(reads);
  });

  test('of which there is none is silent', async () => {
    const runs = new MemoryRuns();
    runs.runs = [aRun({ startedAt: at, finishedAt: at })];
    const { notify: recording, events } = recordingNotify();
    const ports = { runs, clock: { now: () => at }, notify: recording, log };
    expect(await announceMissedWork(ports, [], open)).toBeNull();
    expect([events, log.lines]).toEqual([[], []]);
  });
});

describe('a call to delete', () => {
  const callId = samples.deletions.callId;
  const answered = (...outcomes: readonly ItemOutcome[]): DeleteApproved => ({
    kind: 'answered',
    items: outcomes.map(outcome => ({ type: 'user', id: userId, outcome })),
    remaining: [{ type: 'user', id: userId }],
    reconciled: { ended: {}, left: 0 },
  });
  const refused: ItemOutcome = { kind: 'refused', refusal: 'notApproved', detail: '', backToReview: false };
  const deleted: ItemOutcome = { kind: 'deleted', restorableUntil: null, confirmed: true };
  const failed: ItemOutcome = { kind: 'failed', reason: 'x', retryable: true };
  const announce = async (answer: DeleteApproved) => {
    const { notify: recording, events } = recordingNotify();
    const notified = await announceDeletions({ notify: recording, log }, answer, { callId, at }, open);
    return { notified, events };
  };

  test('is announced in numbers, and an alert where something failed', async () => {
    const { notified, events } = await announce(answered(deleted, failed, refused));
    expect(notified).toEqual({ kind: 'sent' });
    expect(events).toEqual([
      {
        kind: 'deletions',
        at,
        callId,
        counts: { deleted: 1, quarantined: 0, manual: 0, failed: 1, refused: 1, gone: 0 },
        deleted: { user: 1 },
        remaining: 1,
      },
    ]);
    expect(log.lines).toEqual([`alert deletionFailed: call ${callId}: 1 of 3 objects`]);
  });

  test.each<[string, ItemOutcome]>([
    ['deleted', deleted],
    ['quarantined', { kind: 'quarantined', until: at, sessionsRevoked: true }],
    [
      'manual',
      {
        kind: 'manual',
        reason: 'contactUnsupported',
        steps: { explanation: '', caveats: [], commands: [] },
      },
    ],
    ['failed', failed],
  ])('that left anything %s is announced', async (_kind, outcome) =>
    expect((await announce(answered(outcome))).events).toHaveLength(1),
  );

  test('that did nothing is not: refused as a whole, or in every object, or all gone before', async () => {
    for (const answer of [
      { kind: 'refused', refusal: 'deletionDisabled', reason: '' } as const,
      answered(refused, refused),
      answered({ kind: 'gone' }),
      answered(),
    ]) {
      expect(await announce(answer)).toEqual({ notified: null, events: [] });
    }
    expect(log.lines).toEqual([]);
  });
});
