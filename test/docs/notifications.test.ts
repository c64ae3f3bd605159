import { alertEvents } from '../../shared/core/alert';
import { missedWorkAfterHours } from '../../shared/core/missedWork';
import { notificationEvents } from '../../shared/core/notification';
import {
  jsonMessageVersion,
  largestMessageBytes,
  longestTextCharacters,
  messageOf,
  mostLines,
} from '../../shared/core/notificationMessage';
import { cappedStageLimits, rolloutStages } from '../../shared/core/rollout';
import { longestNotificationMs } from '../../shared/app/notify';
import { webhookLimits } from '../../shared/io/notifications/webhook';
import { samples, tenantId } from '../shared/core/notifications';
import { readDocument, section, table } from './markdown';

const document = readDocument('docs/how-it-works.md');
const firstColumn = (heading: string, ...header: readonly string[]): (string | undefined)[] =>
  table(section(document, heading), ...header).map(([name]) => name);

test('the stages of the roll-out are the ones of the code, in their order, here and in the runbook', () => {
  expect(firstColumn('### Rollout', 'Stage')).toEqual([...rolloutStages]);
  const steps = [...section(readDocument('docs/operations.md'), '## Rollout').matchAll(/^### \d\. (\w+)$/gm)];
  expect(steps.map(([, stage]) => stage)).toEqual([...rolloutStages]);
});

test('the limits of the stage capped are told', () => {
  const { objectsPerCall, deletionsPerDay, deletionsPerTypeAndDay } = cappedStageLimits;
  expect(section(document, '### Rollout')).toContain(
    `at most ${objectsPerCall} objects a call, ${deletionsPerDay} deletes a day of UTC, ${deletionsPerTypeAndDay} of each type`,
  );
  expect(readDocument('docs/operations.md')).toContain(
    `${objectsPerCall} a call, ${deletionsPerDay} a day, ${deletionsPerTypeAndDay} of each type and day`,
  );
});

test('every alert is listed', () => expect(firstColumn('## Alerts', 'Event')).toEqual([...alertEvents]));

test('every notification is listed', () =>
  expect(firstColumn('## Notifications', 'Event')).toEqual([...notificationEvents]));

test('the plain JSON has the documented fields', () => {
  const fields = firstColumn('## Notifications', 'Field');
  expect(Object.keys(JSON.parse(messageOf(samples.hold, 'json', tenantId)) as object)).toEqual(fields);
  expect(section(document, '## Notifications')).toContain(`The plain JSON, version ${jsonMessageVersion}:`);
});

test('limits are told as they are', () => {
  const words = section(document, '## Notifications').replaceAll(/\s+/g, ' ');
  expect(words).toContain(`takes ${longestNotificationMs / 1000} seconds at most`);
  expect(webhookLimits.attempts).toBe(3);
  expect(words).toContain('with three attempts');
  expect(words).toContain(`at most ${longestTextCharacters} characters`);
  expect(words).toContain(`at most ${mostLines} lines and ${largestMessageBytes.toLocaleString('en')} bytes`);
  expect(section(document, '## Missed work')).toContain(`within ${missedWorkAfterHours} hours`);
});
