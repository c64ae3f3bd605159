import type { Fault } from './fault';
import { leaversLeave } from './storageFaults';
import type { FaultWorld } from './world';

const told = (world: FaultWorld): Readonly<Record<string, string>> => ({
  NOTIFICATION_WEBHOOK_URL: world.webhook.url,
  NOTIFICATION_FORMAT: 'json',
});

/** The webhook answers so; null: never. What was sent has arrived all the same, and the scan is none the worse. */
const webhookFault = (name: string, status: number | null): Fault => ({
  name,
  group: 'notifications',
  answers: 'a webhook that fails never fails a scan',
  types: 'together',
  settings: told,
  async strike(world) {
    world.webhook.answer(status);
    await leaversLeave(world);
  },
  async night(world, _type, expectThat) {
    const before = world.webhook.messages.length;
    const run = await world.scan();
    expectThat(world.webhook.messages.length > before, 'the fault did not take place: nothing was sent');
    return run;
  },
  expected: { runs: ['finished'] },
});

/** Whoever is to be told can not be. */
export const notificationFaults: readonly Fault[] = [
  webhookFault('the webhook answers 500', 500),
  webhookFault('the webhook answers 404', 404),
  webhookFault('the webhook is throttled', 429),
  webhookFault('the webhook never answers', null),
  {
    name: 'nobody listens where the webhook is',
    group: 'notifications',
    answers: 'a webhook that fails never fails a scan',
    types: 'together',
    settings: world => ({ ...told(world), NOTIFICATION_WEBHOOK_URL: 'https://127.0.0.1:1/x' }),
    strike: leaversLeave,
    async night(world, _type, expectThat) {
      const run = await world.scan();
      expectThat(
        world.log.some(line => /notif|webhook/i.test(line)),
        'the fault did not take place: the log says nothing of a notification',
      );
      return run;
    },
    expected: { runs: ['finished'] },
  },
  {
    name: 'it can not be noted that somebody was told',
    group: 'notifications',
    answers: 'storage failing at each write',
    types: 'together',
    settings: told,
    async strike(world) {
      await leaversLeave(world);
      world.strikes.storage(
        'the note',
        ({ service, method, path }) =>
          service === 'blob' && method === 'PUT' && path.startsWith('notifications/'),
        { kind: 'answer', status: 503, code: 'ServerBusy' },
      );
    },
    expected: { runs: ['finished'] },
  },
];
