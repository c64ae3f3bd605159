import { formatInstant } from './instant';
import { announce, nightOf, type Announcement, type NotificationEvent } from './notification';

/** The forms in which an event is sent. */
export const notificationFormats = ['teams', 'json'] as const;
export type NotificationFormat = (typeof notificationFormats)[number];

/** Teams takes no message of more than 28 KB (docs/assumptions.md, N1); what is cut for it is cut in both forms. */
export const largestMessageBytes = 28_000;
/** Characters of one text from elsewhere. */
export const longestTextCharacters = 300;
/** Lines of one message. */
export const mostLines = 50;

/** The version of the plain JSON form: raised when a field is taken away or means something else. */
export const jsonMessageVersion = 1;

/** One event as the body of the request to the webhook: JSON, never longer than `largestMessageBytes` in UTF-8. */
export function messageOf(event: NotificationEvent, format: NotificationFormat, tenantId: string): string {
  const { lines, ...announcement } = announce(event);
  const form = { teams: teamsMessage, json: jsonMessage }[format];
  const messageWith = (shown: number): string => {
    const all = { ...announcement, lines: lines.slice(0, shown) };
    return JSON.stringify(form(event, all, lines.length - shown, tenantId));
  };
  let shown = Math.min(lines.length, mostLines);
  let message = messageWith(shown);
  while (shown > 0 && utf8Bytes(message) > largestMessageBytes) {
    shown -= 1;
    message = messageWith(shown);
  }
  return message;
}

const utf8Bytes = (text: string): number => new TextEncoder().encode(text).length;

const textBlock = (words: string, look: object = {}): object => ({
  type: 'TextBlock',
  text: cardText(words),
  wrap: true,
  ...look,
});

/**
 * An Adaptive Card in the envelope that the Teams workflow "When a Teams webhook request is received" takes
 * (https://learn.microsoft.com/power-automate/teams/create-adaptive-cards). Every text is escaped, ours as well.
 */
function teamsMessage(
  event: NotificationEvent,
  { title, facts, lines, next }: Announcement,
  left: number,
  tenantId: string,
): object {
  return {
    type: 'message',
    attachments: [
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: {
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
          body: [
            textBlock(title, { size: 'Medium', weight: 'Bolder' }),
            {
              type: 'FactSet',
              facts: [
                { label: 'Tenant', value: tenantId },
                ...facts,
                { label: 'Night', value: nightOf(event) },
              ].map(({ label, value }) => ({ title: cardText(label), value: cardText(value) })),
            },
            ...lines.map(line => textBlock(line, { spacing: 'Small' })),
            ...(left > 0 ? [textBlock(`and ${left} more`, { isSubtle: true })] : []),
            textBlock(next),
          ],
        },
      },
    ],
  };
}

/** docs/how-it-works.md, Notifications, documents it. */
function jsonMessage(
  event: NotificationEvent,
  { title, facts, lines, next }: Announcement,
  left: number,
  tenantId: string,
): object {
  return {
    version: jsonMessageVersion,
    event: event.kind,
    night: nightOf(event),
    at: formatInstant(event.at),
    tenantId,
    title: plainText(title),
    facts: Object.fromEntries(facts.map(({ label, value }) => [label, plainText(value)])),
    lines: lines.map(plainText),
    more: left,
    next: plainText(next),
  };
}

/** One line of at most so many characters, without what is not seen: control and formatting characters, half a surrogate pair. */
export function plainText(text: string): string {
  const line = text
    .toWellFormed()
    .replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\p{Cf}/gu, '')
    .trim();
  // Whole code points, never half of a surrogate pair.
  const characters = Array.from(line);
  return characters.length <= longestTextCharacters
    ? line
    : `${characters.slice(0, longestTextCharacters - 1).join('')}…`;
}

/**
 * A text that a card shows as it is: what markdown takes for emphasis, links, lists, headings or code is escaped, and so are the
 * functions of Adaptive Cards, `{{DATE(…)}}` (docs/assumptions.md, N2).
 */
export const cardText = (text: string): string =>
  plainText(text)
    .replaceAll(/[\\`*_[\]<>#~{]/g, String.raw`\$&`)
    .replace(/^[-+](?=\s|$)/, String.raw`\$&`)
    .replace(/^(\d+)\.(?=\s|$)/, String.raw`$1\.`);
