import { exportAgeMs, makeOrganisation } from '../support/organisation/makeOrganisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startStack, type Stack } from '../support/stack/stack';
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhookReceiver';
import { reviewSteps, type ListedItem, type ReviewSteps } from './reviewSteps';

jest.setTimeout(120_000);

describe('who is told', () => {
  const organisation = makeOrganisation({
    seed: 43,
    objects: 300,
    now: Date.now() + exportAgeMs - 10 * 60_000,
  });
  const lines: string[] = [];
  let stack: Stack;
  let receiver: WebhookReceiver;
  let steps: ReviewSteps;

  beforeAll(async () => {
    stack = await startStack({
      organisation,
      scanSettings: candidatesAtOnce,
      onLogLine: line => void lines.push(line),
    });
    receiver = await startWebhookReceiver(await stack.authority.issue());
    steps = reviewSteps(stack);
    await stack.reviewing.restart({
      NOTIFICATION_WEBHOOK_URL: receiver.url,
      NOTIFICATION_FORMAT: 'json',
      ROLLOUT_STAGE: 'normal',
    });
  });
  afterAll(async () => {
    await stack?.stop();
    await receiver?.stop();
  });

  const alerts = (): string[] => lines.filter(line => line.includes('alert missedScan: '));
  /** Runs the timer to its end, for the so-manieth time. */
  const openEnds = async (before: number): Promise<void> => {
    await stack.reviewing.worker.runTimer('openEnds');
    const ended = (): number => lines.filter(line => line.includes("Executed 'Functions.openEnds'")).length;
    while (ended() === before) await new Promise(resolve => setTimeout(resolve, 50));
  };

  test('a scan that never ran is an alert each half hour, and one message a night', async () => {
    await openEnds(0);
    await receiver.received(1);
    expect(receiver.messages).toEqual([
      expect.objectContaining({
        version: 1,
        event: 'missedWork',
        title: 'Nothing came for 26 hours',
        more: 0,
      }),
    ]);
    await openEnds(1);
    expect(receiver.messages).toHaveLength(1);
    expect(alerts()[1]).toContain('alert missedScan: no scan has finished for 26 hours');
  });

  test('a call to delete is announced, though the webhook is ill, and answers what became of each object', async () => {
    await steps.scan();
    const users: readonly ListedItem[] = (await steps.list('status=candidate&type=user')).slice(0, 1);
    await steps.approveAll(users);
    await stack.upload(organisation, 'now');
    receiver.answer(403);
    const { status, json } = await steps.remove(users);
    expect([status, json.items[0]?.outcome.kind]).toEqual([200, 'deleted']);
    expect(receiver.messages.slice(1)).toEqual([
      expect.objectContaining({ event: 'deletions', title: 'A call to delete: 1 deleted, 0 failed' }),
    ]);
    expect(lines.join('\n')).toMatch(/notification \d{4}-\d{2}-\d{2}\/deletions\.json was not sent: /);
    expect(lines.join('\n')).not.toContain(receiver.secret);
  });
});
