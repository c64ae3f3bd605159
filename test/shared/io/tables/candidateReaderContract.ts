import type {
  CandidatePage,
  CandidatePosition,
  CandidateReader,
  CandidateTable,
} from '../../../../shared/app/ports';
import type { CandidateFacts, FactState } from '../../../../shared/core/facts';
import type { CloudId } from '../../../../shared/core/cloudObject';
import type { ObjectType } from '../../../../shared/core/objectType';
import { instant } from '../../../support/builders';
import { open } from './storage';

const start: CandidatePosition = { after: null, token: null };
export const idOf = (ordinal: number): CloudId =>
  `00000000-0000-4000-8000-${ordinal.toString(16).padStart(12, '0')}` as CloudId;

export const aCandidate = (given: Partial<CandidateFacts> = {}): CandidateFacts => ({
  type: 'user',
  id: idOf(1),
  state: 'candidate',
  outcome: 'absent',
  attention: null,
  withdrawal: null,
  proof: 'absence',
  evidence: { kind: 'inline', json: '{"keys":[]}' },
  evidenceHash: 'e'.repeat(64),
  waitsFor: [],
  firstObservedRun: 1,
  firstObservedAt: instant('2026-01-02T03:04:05.678Z'),
  changedRun: 2,
  changedAt: instant('2026-01-03T03:04:05.678Z'),
  displayName: 'Ann Example',
  userPrincipalName: 'ann@contoso.example',
  mail: null,
  onPremisesSamAccountName: null,
  onPremisesDomainName: null,
  accountEnabled: true,
  assignedLicenseCount: 2,
  onPremisesLastSyncDateTime: null,
  ...given,
});

export const pageOf = (page: CandidatePage): Extract<CandidatePage, { kind: 'page' }> => {
  if (page.kind !== 'page') throw new RangeError(`a page was expected, found ${page.kind}`);
  return page;
};

/** What reading the candidates promises. */
export function describeCandidateReader(make: () => Promise<CandidateTable & CandidateReader>): void {
  let candidates: CandidateTable & CandidateReader;
  beforeEach(async () => {
    candidates = await make();
  });
  const write = (...facts: CandidateFacts[]): Promise<void> =>
    candidates.write(
      facts.map(each => ({ etag: null, facts: each })),
      async () => {},
      open,
    );

  test('one row is read as it was written, with its ETag; what is not there is null', async () => {
    const facts = aCandidate({ waitsFor: [{ for: 'grace', until: instant('2026-02-01T00:00:00Z') }] });
    await write(facts);
    const read = await candidates.read('user', idOf(1), open);
    expect(read).toEqual({ ...facts, etag: expect.stringMatching(/./) });
    await candidates.write(
      [{ etag: read!.etag, facts: { ...facts, mail: 'a@b.example' } }],
      async () => {},
      open,
    );
    expect((await candidates.read('user', idOf(1), open))?.etag).not.toBe(read?.etag);
    expect(await candidates.read('group', idOf(1), open)).toBeNull();
    expect(await candidates.read('user', idOf(2), open)).toBeNull();
  });

  test('evidence is read from the row or from its blob', async () => {
    const [short, long] = ['{"short":1}', JSON.stringify({ long: 'é'.repeat(31_000) })];
    await write(
      aCandidate({ evidence: { kind: 'inline', json: short } }),
      aCandidate({ id: idOf(2), evidence: { kind: 'inline', json: long }, evidenceHash: 'f'.repeat(64) }),
    );
    for (const [id, json] of [
      [idOf(1), short],
      [idOf(2), long],
    ] as const) {
      const row = await candidates.read('user', id, open);
      expect(await candidates.readEvidence(row!.evidence, open)).toBe(json);
    }
    await expect(
      candidates.readEvidence({ kind: 'spilled', blob: 'nothing.json' }, open),
    ).rejects.toMatchObject({ code: 'rowInvalid' });
  });

  async function listed(
    type: ObjectType,
    state: FactState | null,
    limit: number,
    from: CandidatePosition = start,
  ): Promise<string[]> {
    const found: string[] = [];
    for (let next: CandidatePosition | null = from; next !== null;) {
      const page = pageOf(await candidates.list({ type, state, from: next, limit }, open));
      expect(page.facts.length).toBeLessThanOrEqual(limit);
      found.push(...page.facts.map(({ id }) => id));
      ({ next } = page);
    }
    return found;
  }

  test('a list has each row of its type and state once, in the order of the ids, without the evidence', async () => {
    const states = ['candidate', 'withdrawn', 'observed'] as const;
    await write(
      ...Array.from({ length: 7 }, (_, at) => aCandidate({ id: idOf(at), state: states[at % 3]! })),
      aCandidate({ type: 'group', id: idOf(20) }),
    );
    const ids = Array.from({ length: 7 }, (_, at) => idOf(at));
    for (const limit of [1, 2, 3, 7, 8]) expect(await listed('user', null, limit)).toEqual(ids);
    expect(await listed('user', 'candidate', 2)).toEqual([idOf(0), idOf(3), idOf(6)]);
    expect(await listed('user', 'attention', 2)).toEqual([]);
    expect(await listed('group', null, 5)).toEqual([idOf(20)]);
    expect(await listed('device', null, 5)).toEqual([]);
    const page = pageOf(await candidates.list({ type: 'group', state: null, from: start, limit: 5 }, open));
    const { evidence: _, ...facts } = aCandidate({ type: 'group', id: idOf(20) });
    expect(page.facts).toEqual([{ ...facts, etag: expect.stringMatching(/./) }]);
  });

  test('a list begins behind any id, whether or not there is such a row', async () => {
    await write(...[1, 3, 5].map(at => aCandidate({ id: idOf(at) })));
    expect(await listed('user', null, 2, { after: idOf(1), token: null })).toEqual([idOf(3), idOf(5)]);
    expect(await listed('user', null, 1, { after: idOf(2), token: null })).toEqual([idOf(3), idOf(5)]);
    expect(await listed('user', null, 2, { after: idOf(5), token: null })).toEqual([]);
  });

  test.each(['', 'x', 'e30=', Buffer.from('{"nextPartitionKey":7}').toString('base64')])(
    'a token that is none (%j) is a value',
    async token => {
      const query = { type: 'user', state: null, limit: 5 } as const;
      expect(await candidates.list({ ...query, from: { after: null, token } }, open)).toEqual({
        kind: 'continuationInvalid',
      });
    },
  );
}
