import fc from 'fast-check';
import type { SourceName } from '../../../shared/core/exportFormat';
import {
  announce,
  markerNameOf,
  nightOf,
  notificationEvents,
  type NotificationEvent,
} from '../../../shared/core/notification';
import {
  cardText,
  jsonMessageVersion,
  largestMessageBytes,
  longestTextCharacters,
  messageOf,
  mostLines,
  notificationFormats,
  plainText,
} from '../../../shared/core/notificationMessage';
import { instant } from '../../support/builders';
import { at, night, samples, tenantId } from './notifications';

interface TextBlock {
  readonly type: 'TextBlock';
  readonly text: string;
}
interface FactSet {
  readonly type: 'FactSet';
  readonly facts: readonly { readonly title: string; readonly value: string }[];
}
interface TeamsMessage {
  readonly type: string;
  readonly attachments: readonly {
    readonly contentType: string;
    readonly content: {
      readonly type: string;
      readonly version: string;
      readonly body: readonly (TextBlock | FactSet)[];
    };
  }[];
}

const teams = (event: NotificationEvent): TeamsMessage =>
  JSON.parse(messageOf(event, 'teams', tenantId)) as TeamsMessage;
const body = (event: NotificationEvent) => teams(event).attachments[0]!.content.body;
const texts = (event: NotificationEvent): string[] =>
  body(event).flatMap(block => (block.type === 'TextBlock' ? [block.text] : []));
const facts = (event: NotificationEvent) => {
  const set = body(event).find(block => block.type === 'FactSet');
  return Object.fromEntries((set as FactSet).facts.map(({ title, value }) => [title, value]));
};
const json = (event: NotificationEvent) =>
  JSON.parse(messageOf(event, 'json', tenantId)) as {
    readonly facts: Record<string, string>;
    readonly lines: readonly string[];
    readonly more: number;
    readonly [field: string]: unknown;
  };

describe('for Teams', () => {
  test.each(notificationEvents)('%s is one Adaptive Card in the envelope of the workflow', kind => {
    const message = teams(samples[kind]);
    expect(message.type).toBe('message');
    expect(message.attachments).toEqual([
      {
        contentType: 'application/vnd.microsoft.card.adaptive',
        contentUrl: null,
        content: expect.objectContaining({
          $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
          type: 'AdaptiveCard',
          version: '1.4',
        }) as object,
      },
    ]);
    expect(facts(samples[kind])).toMatchObject({ Tenant: tenantId, Night: night });
  });

  test('new candidates: how many of which type, now and before', () => {
    expect(texts(samples.newCandidates)[0]).toBe('3 objects became candidates for deletion');
    expect(facts(samples.newCandidates)).toMatchObject({
      Run: samples.newCandidates.runId,
      New: '2 users, 1 device',
      'Missing in all': '12 users, 1 device',
      'Missing before': '10 users',
    });
    const first = { ...samples.newCandidates, added: { contact: 1 }, missing: {}, missingBefore: null };
    expect(texts(first)[0]).toBe('1 object became candidates for deletion');
    expect(facts(first)).toMatchObject({ New: '1 contact', 'Missing in all': 'none' });
    expect(Object.keys(facts(first))).not.toContain('Missing before');
  });

  test('a hold: every gate with figure and limit, and whether anything was changed', () => {
    expect(texts(samples.hold)).toEqual([
      'A scan was refused or held: nothing was changed',
      'exportPresent (contoso): found missing, limit one complete export',
      'graphListComplete (user): found 90, limit 100 to 110',
      'clocksAgree: found 900 s, limit 300 s',
      'exportDrop (contoso): a breach of run run-7 that nobody has released',
      expect.stringContaining('find the cause first'),
    ]);
    expect(texts({ ...samples.hold, refused: false })[0]).toContain('locked');
  });

  test('missed work: since when, and which sources', () => {
    expect(texts(samples.missedWork)).toEqual([
      'Nothing came for 26 hours',
      'contoso: last accepted export of none is known',
      expect.stringContaining('GET /api/scans'),
    ]);
    expect(facts(samples.missedWork)).toMatchObject({
      'Last finished scan': '2026-11-18T02:00:00.000Z',
      'Sources without an export': '1',
    });
    expect(Object.keys(facts({ ...samples.missedWork, missed: { scan: null, exports: [] } }))).toEqual([
      'Tenant',
      'Night',
    ]);
  });

  test('deletions: what became of the objects, in numbers', () => {
    expect(texts(samples.deletions)[0]).toBe('A call to delete: 3 deleted, 2 failed');
    const { Tenant: _tenant, Night: _night, ...told } = facts(samples.deletions);
    expect(told).toEqual({
      Call: samples.deletions.callId,
      Deleted: '2 users, 1 group',
      'Left to a person': '1',
      Failed: '2',
      'Not begun': '4',
    });
    expect(Object.keys(facts({ ...samples.deletions, remaining: 0 }))).not.toContain('Not begun');
  });

  test('made again: how many, and to stop', () => {
    expect(texts(samples.madeAgain)[0]).toBe('1 object made again after the app had deleted them');
    expect(texts(samples.madeAgain)[1]).toContain('ROLLOUT\\_STAGE reportOnly');
  });
});

describe('as plain JSON', () => {
  test.each(notificationEvents)('%s has every documented field', kind => {
    expect(Object.keys(json(samples[kind]))).toEqual([
      'version',
      'event',
      'night',
      'at',
      'tenantId',
      'title',
      'facts',
      'lines',
      'more',
      'next',
    ]);
    expect(json(samples[kind])).toMatchObject({
      version: jsonMessageVersion,
      event: kind,
      night,
      at: '2026-11-20T02:00:00.000Z',
      tenantId,
      more: 0,
    });
  });

  test('texts are as they are, without the escapes of a card', () => {
    const event = { ...samples.hold, earlier: [], gates: [{ ...samples.hold.gates[0]!, found: '*1_000*' }] };
    expect(json(event).lines).toEqual(['exportPresent (contoso): found *1_000*, limit one complete export']);
  });
});

test('no text of ours is cut', () => {
  for (const kind of notificationEvents) {
    const { title, next, lines, facts: told } = announce(samples[kind]);
    for (const text of [title, next, ...lines, ...told.flatMap(({ label, value }) => [label, value])])
      expect(plainText(text)).toBe(text);
  }
});

test('a night is the date in UTC, and names the marker', () => {
  expect(nightOf({ at: instant('2026-11-20T23:59:59.999Z') })).toBe('2026-11-20');
  expect(nightOf({ at: instant('2026-11-21T00:30:00+01:00') })).toBe('2026-11-20');
  expect(markerNameOf({ at, kind: 'hold' })).toBe('2026-11-20/hold.json');
});

describe('texts from elsewhere', () => {
  test.each([
    ['[click](https://evil.example)', String.raw`\[click\](https://evil.example)`],
    ['**bold** _it_ `code` ~~no~~', '\\*\\*bold\\*\\* \\_it\\_ \\`code\\` \\~\\~no\\~\\~'],
    ['# head', String.raw`\# head`],
    ['> quote', String.raw`\> quote`],
    ['- item', String.raw`\- item`],
    ['+ item', String.raw`\+ item`],
    ['1. item', String.raw`1\. item`],
    ['-5 °C, 1.5 %, a - b', '-5 °C, 1.5 %, a - b'],
    ['<at>everyone</at>', String.raw`\<at\>everyone\</at\>`],
    [String.raw`a\*b`, String.raw`a\\\*b`],
    ['{{DATE(2026-11-20T02:00:00Z)}}', String.raw`\{\{DATE(2026-11-20T02:00:00Z)}}`],
    ['one\r\n\r\n- two', 'one - two'],
    ['a\u202Eb\u0000c\u2028d', 'ab c d'],
    ['half \uD800 a pair', 'half \uFFFD a pair'],
  ])('%j is shown as it is: %j', (given, shown) => expect(cardText(given)).toBe(shown));

  test.each([
    ['below', longestTextCharacters - 1, false],
    ['at', longestTextCharacters, false],
    ['above', longestTextCharacters + 1, true],
  ])('a text %s the limit', (_where, length, cut) => {
    const shown = Array.from(plainText('🦊'.repeat(length)));
    expect(shown.length).toBe(Math.min(length, longestTextCharacters));
    expect(shown.at(-1) === '…').toBe(cut);
    expect(shown.slice(0, -1).every(one => one === '🦊')).toBe(true);
  });

  test('no text opens a link, a list, emphasis or a function', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 60 }), text => {
        const bare = cardText(text).replaceAll(/\\./gu, '');
        expect(bare).not.toMatch(/[*_[\]`~#<>\n\r]|\{\{|^[-+] |^\d+\. /);
      }),
    );
  });
});

describe('a message is never too large', () => {
  const holdOf = (gates: number, text: string): NotificationEvent => ({
    ...samples.hold,
    earlier: [],
    gates: Array.from({ length: gates }, () => ({
      gate: 'gate',
      source: 'contoso',
      type: null,
      found: text,
      limit: '1',
    })),
  });

  test.each([
    ['below', mostLines - 1, 0],
    ['at', mostLines, 0],
    ['above', mostLines + 1, 1],
  ])('lines %s the limit: the rest is counted', (_where, gates, more) => {
    const event = holdOf(gates, 'x');
    expect(json(event)).toMatchObject({ more });
    expect(json(event).lines).toHaveLength(gates - more);
    expect(texts(event).includes('and 1 more')).toBe(more === 1);
  });

  test('long lines: as many as fit, and "and n more"', () => {
    const event = holdOf(mostLines, '🦊[_]'.repeat(100));
    const shown = texts(event).filter(text => text.startsWith('gate')).length;
    expect(shown).toBeGreaterThan(0);
    expect(shown).toBeLessThan(mostLines);
    expect(texts(event)).toContain(`and ${mostLines - shown} more`);
  });

  test('whatever comes from elsewhere', () => {
    const text = fc.string({ unit: 'binary', maxLength: 400 });
    const gate = fc.record({
      gate: text,
      source: fc.option(text),
      type: fc.constantFrom('user' as const, null),
      found: text,
      limit: text,
    });
    const events = fc.oneof(
      fc.array(gate, { maxLength: 80 }).map(gates => ({ ...samples.hold, gates })),
      fc.array(text, { maxLength: 80 }).map(sources => ({
        ...samples.missedWork,
        missed: {
          scan: null,
          exports: sources.map(source => ({ source: source as SourceName, lastFinishedAt: null })),
        },
      })),
    );
    fc.assert(
      fc.property(events, fc.constantFrom(...notificationFormats), (event, format) => {
        const message = messageOf(event, format, tenantId);
        expect(Buffer.byteLength(message)).toBeLessThanOrEqual(largestMessageBytes);
        const { lines, more } = json(event);
        expect(lines.length + more).toBe(announce(event).lines.length);
      }),
      { numRuns: 25 },
    );
  });
});
