import fc from 'fast-check';
import {
  auditHash,
  auditMonthOf,
  boundedEntry,
  genesisHash,
  longestAuditName,
  longestDetails,
  mirrorLineOf,
  nextAuditRow,
  sequenceKey,
} from '../../../shared/core/audit';
import { canonicalHash, canonicalJson } from '../../../shared/core/canonicalJson';
import { instant } from '../../support/builders';
import { anEntry, november } from '../io/audit/auditContract';

test('a month is one of UTC', () => {
  expect(auditMonthOf(instant('2026-11-30T23:59:59.999Z'))).toBe('202611');
  expect(auditMonthOf(instant('2026-12-01T00:00:00Z'))).toBe('202612');
  expect(auditMonthOf(instant('2026-12-01T00:30:00+01:00'))).toBe('202611');
});

test('a sequence as a key sorts like the number', () => {
  expect([9, 10, 1_000_000_000].map(sequenceKey)).toEqual(['0000000009', '0000000010', '1000000000']);
});

describe('the next row', () => {
  test('of the first chain goes on from nothing', () => {
    const { row, head } = nextAuditRow(november, anEntry('one'), null, null);
    expect(row).toMatchObject({ sequence: 1, previousHash: genesisHash });
    expect(head).toEqual({ sequence: 1, hash: row.hash, previous: null, next: null });
  });

  test('of a later month goes on from the last hash of the month before', () => {
    const link = { month: auditMonthOf(instant('2026-10-01T00:00:00Z')), hash: 'a'.repeat(64) };
    const { row, head } = nextAuditRow(november, anEntry('one'), null, link);
    expect(row.previousHash).toBe(link.hash);
    expect(head.previous).toBe('202610');
    const second = nextAuditRow(november, anEntry('two'), head, null);
    expect(second.row).toMatchObject({ sequence: 2, previousHash: row.hash });
    expect(second.head.previous).toBe('202610');
  });

  test('is sealed by SHA-256 over canonical JSON of everything else, which its line of the mirror says', () => {
    const { row } = nextAuditRow(november, anEntry('one'), null, null);
    const { hash, ...everythingElse } = JSON.parse(mirrorLineOf(row));
    expect(hash).toBe(row.hash);
    expect(canonicalHash(everythingElse)).toBe(hash);
    expect(auditHash(row)).toBe(hash);
    expect(everythingElse).toMatchObject({ version: 1, sequence: 1, at: '2026-11-20T02:03:04.567Z' });
  });

  test('is one line, whatever is in it', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.string({ unit: 'binary' }), (details, name) => {
        const entry = anEntry('one', {
          details: details as never,
          actor: { kind: 'app', id: 'x', name },
        });
        expect(mirrorLineOf(nextAuditRow(november, boundedEntry(entry), null, null).row)).not.toMatch(
          /[\n\r]/,
        );
      }),
    );
  });
});

describe('bounds', () => {
  const nameOf = (name: string | null): string | null =>
    boundedEntry(anEntry('one', { actor: { kind: 'person', id: 'x', name } })).actor.name;

  test('a name is cut where it is too long, and never through a pair of surrogates', () => {
    const longest = 'n'.repeat(longestAuditName);
    expect(nameOf(null)).toBeNull();
    expect(nameOf(longest)).toBe(longest);
    expect(nameOf(`${longest}n`)).toBe(`${'n'.repeat(longestAuditName - 1)}…`);
    const pair = `${'n'.repeat(longestAuditName - 2)}𝒜x`;
    expect(nameOf(pair)).toBe(`${'n'.repeat(longestAuditName - 2)}…`);
  });

  test('details that are too long are told by their length and hash', () => {
    // Two quotes are part of the length.
    const longest = 'd'.repeat(longestDetails - 2);
    expect(boundedEntry(anEntry('one', { details: longest })).details).toBe(longest);
    const longer = `${longest}d`;
    expect(boundedEntry(anEntry('one', { details: longer })).details).toEqual({
      omitted: { characters: canonicalJson(longer).length, sha256: canonicalHash(longer) },
    });
  });

  test.each(['operationId', 'evidenceHash', 'runId', 'correlationId'] as const)(
    '%s has to be an id',
    name => {
      expect(() => boundedEntry(anEntry('one', { [name]: 'x'.repeat(201) }))).toThrow(RangeError);
      expect(boundedEntry(anEntry('one', { [name]: 'x'.repeat(200) }))).toMatchObject({
        [name]: 'x'.repeat(200),
      });
      expect(() => boundedEntry(anEntry('one', { [name]: 'no spaces' }))).toThrow(/found 9 characters/);
    },
  );
});
