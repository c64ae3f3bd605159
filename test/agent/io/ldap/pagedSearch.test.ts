import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { LdapConnection } from '../../../../agent/src/io/ldap/ldapConnection';
import { LdapFault } from '../../../../agent/src/io/ldap/ldapFault';
import { readLdapTarget } from '../../../../agent/src/io/ldap/ldapTarget';
import { pagedSearch } from '../../../../agent/src/io/ldap/pagedSearch';
import { domainScope, everyObject } from '../../../../agent/src/io/ldap/searchRequest';
import { FakeMessages, operations, type LengthForm } from '../../../support/ad/fakeMessages';
import { chunksOf, scriptedStream, type Scripted } from '../../../support/ad/fakeStream';

const signal = new AbortController().signal;
const search = {
  base: 'DC=contoso,DC=example',
  scope: 'sub',
  filter: everyObject,
  attributes: ['mail'],
  controls: [domainScope],
} as const;

const open = (answers: readonly Scripted[]): Promise<LdapConnection> =>
  LdapConnection.open(
    {
      target: readLdapTarget('ldaps://dc1.contoso.example', false),
      connectTimeoutMs: 1_000,
      inactivityTimeoutMs: 10_000,
      createConnection: () => scriptedStream(answers),
    },
    signal,
  );

type Entry = readonly [string, readonly (readonly [string, readonly Buffer[]])[]];

async function readAll(answers: readonly Scripted[]): Promise<Entry[]> {
  const connection = await open(answers);
  const found: Entry[] = [];
  try {
    await pagedSearch(
      connection,
      search,
      async entries => {
        for (const { distinguishedName, attributes } of entries) {
          found.push([distinguishedName, [...attributes]]);
        }
      },
      signal,
    );
  } finally {
    connection.destroy(new LdapFault('passing', 'the test is over'));
  }
  return found;
}

/** The answers to a search, one for each page. */
const answersFor = (pages: readonly (readonly Entry[])[], form: LengthForm = 'long'): Buffer[] => {
  const messages = new FakeMessages(form);
  return pages.map((entries, at) => {
    const cookie = at === pages.length - 1 ? Buffer.alloc(0) : Buffer.from(`page ${at + 2}`);
    return Buffer.concat([
      ...entries.map(([name, attributes]) => messages.entry(at + 1, name, attributes)),
      messages.result(at + 1, operations.searchDone, { code: 0, controls: [messages.paged(cookie)] }),
    ]);
  });
};

const whole = (answers: readonly Buffer[]): Scripted[] => answers.map(bytes => ({ chunks: [bytes] }));
const user = (number: number): Entry => [
  `CN=User ${number}`,
  [['mail', [Buffer.from(`u${number}@x.example`)]]],
];

const value = fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes));
const anEntry: fc.Arbitrary<Entry> = fc.tuple(
  fc.string({ unit: 'grapheme', maxLength: 30 }),
  fc.uniqueArray(
    fc.tuple(
      fc.stringMatching(/^[a-z][a-z0-9-]{0,10}(;binary)?$/),
      fc.array(value, { minLength: 1, maxLength: 4 }),
    ),
    { maxLength: 4, selector: ([name]) => name },
  ),
);
const pagesOf = fc.array(fc.array(anEntry, { maxLength: 4 }), { minLength: 1, maxLength: 4 });

describe('pagedSearch', () => {
  test('any split of the bytes into chunks gives the same entries', async () => {
    await fc.assert(
      fc.asyncProperty(
        pagesOf,
        fc.constantFrom<LengthForm>('short', 'long'),
        fc.array(fc.nat(60), { maxLength: 40 }),
        async (pages, form, cuts) => {
          const answers = answersFor(pages, form).map(bytes => ({ chunks: chunksOf(bytes, cuts) }));
          expect(await readAll(answers)).toEqual(pages.flat());
        },
      ),
    );
  });

  test('an answer that is cut short at any byte is an error, never a shorter list', async () => {
    const pages = [[user(1), user(2)], [user(3)]];
    const answers = answersFor(pages);
    for (const [page, bytes] of answers.entries()) {
      for (let length = 0; length < bytes.length; length += 1) {
        const script = whole(answers.slice(0, page));
        script.push({ chunks: length > 0 ? [bytes.subarray(0, length)] : [], end: true });
        await expect(readAll(script)).rejects.toThrow('found its end');
      }
    }
  });

  test('bytes that were changed on the way give other entries or an LdapFault, no other error', async () => {
    const answers = answersFor([[user(1), user(2)]]);
    const bytes = answers[0] as Buffer;
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (at, byte) => {
        const changed = Buffer.from(bytes);
        changed[at] = byte;
        const outcome = await readAll([{ chunks: [changed], end: true }]).catch((error: unknown) => error);
        expect(Array.isArray(outcome) || outcome instanceof LdapFault).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  test('an empty page with a cookie is not the end', async () => {
    const pages = [[user(1)], [], [], [user(2)]];
    expect(await readAll(whole(answersFor(pages)))).toEqual(pages.flat());
  });

  const emptyPages = (count: number): Scripted[] =>
    whole(answersFor([...Array.from({ length: count }, () => []), [user(1)]]));

  test('1,000 empty pages in a row are read over', async () => {
    expect(await readAll(emptyPages(1_000))).toEqual([user(1)]);
  });

  test('1,001 empty pages in a row lead nowhere: an error', async () => {
    await expect(readAll(emptyPages(1_001))).rejects.toThrow('found 1001 pages in a row without one');
  });

  test('an answer without the paged results control is refused for good', async () => {
    const messages = new FakeMessages();
    const bytes = Buffer.concat([
      messages.entry(1, 'CN=User 1', []),
      messages.result(1, operations.searchDone, { code: 0 }),
    ]);
    await expect(readAll([{ chunks: [bytes] }])).rejects.toMatchObject({
      kind: 'final',
      message: expect.stringContaining('what came may not be all') as string,
    });
  });

  test.each([12, 53])(
    'a cookie that the server knows no more (%i) is a reason to begin again',
    async code => {
      const [first] = answersFor([[user(1)], []]) as [Buffer];
      const messages = new FakeMessages();
      const refusal = (id: number): Buffer => messages.result(id, operations.searchDone, { code });
      await expect(readAll(whole([first, refusal(2)]))).rejects.toMatchObject({ kind: 'passing' });
      await expect(readAll(whole([refusal(1)]))).rejects.toMatchObject({ kind: 'final', resultCode: code });
    },
  );

  test('the next page is asked for before the entries of this one are looked at, and none beyond it', async () => {
    const pages = [[user(1)], [user(2)], [user(3)]];
    const connection = await open(whole(answersFor(pages)));
    const asked = jest.spyOn(connection, 'search');
    const gates = pages.map(() => Promise.withResolvers<void>());
    const visited: number[] = [];
    const reading = pagedSearch(
      connection,
      search,
      async () => {
        visited.push(asked.mock.calls.length);
        await gates[visited.length - 1]?.promise;
      },
      signal,
    );
    for (let round = 0; round < 20; round += 1) await turn();
    // Page 2 has come long since; page 3 waits for the visit of page 1.
    expect(asked).toHaveBeenCalledTimes(2);
    gates[0]?.resolve();
    for (let round = 0; round < 20; round += 1) await turn();
    expect(asked).toHaveBeenCalledTimes(3);
    gates[1]?.resolve();
    gates[2]?.resolve();
    await reading;
    expect(visited).toEqual([2, 3, 3]);
    connection.close();
  });

  test('an error of the visit ends the search, and the page that is on its way disturbs nobody', async () => {
    const connection = await open(whole(answersFor([[user(1)], [user(2)]]).slice(0, 1)));
    const failure = new Error('disk full');
    await expect(pagedSearch(connection, search, () => Promise.reject(failure), signal)).rejects.toBe(
      failure,
    );
    connection.destroy(new LdapFault('passing', 'given up'));
    await turn();
    expect(connection.isOpen).toBe(false);
  });

  test('values are bytes: not UTF-8, empty, large; and a name of any characters is whole', async () => {
    const entry: Entry = [
      'CN=Müller\\, \\"J\\" \\+\\;\\<\\>\\#\\=\\\\ \\0ADEL:x\\20,DC=contoso,DC=example',
      [
        ['photo', [Buffer.from([0xff, 0xfe, 0x00]), Buffer.alloc(0)]],
        ['blob', [Buffer.alloc(70_000, 7)]],
      ],
    ];
    expect(await readAll(whole(answersFor([[entry]])))).toEqual([entry]);
  });

  test('names of attributes are in lower case; one that comes without values is as one that does not come', async () => {
    const answer = answersFor([
      [['CN=x', [['Mail', []] as const, ['OBJECTguid', [Buffer.alloc(16)]] as const]]],
    ]);
    expect(await readAll(whole(answer))).toEqual([['CN=x', [['objectguid', [Buffer.alloc(16)]]]]]);
  });

  test('an attribute that comes in two pieces has the values of both', async () => {
    const one = Buffer.from('1');
    const two = Buffer.from('2');
    const answer = answersFor([[['CN=x', [['mail', [one]] as const, ['MAIL', [two]] as const]]]]);
    expect(await readAll(whole(answer))).toEqual([['CN=x', [['mail', [one, two]]]]]);
  });
});
