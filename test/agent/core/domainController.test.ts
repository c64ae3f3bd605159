import {
  domainControllerProblems,
  oldestInboundSuccess,
  parseInboundNeighbour,
  type InboundReplication,
  type JudgedNamingContext,
} from '../../../agent/src/core/domainController';
import { parseInstant, type Instant } from '../../../shared/core/instant';

const instant = (text: string): Instant => parseInstant(text)!;
const now = instant('2026-11-27T12:00:00Z');
const later = (milliseconds: number): Instant => (now + milliseconds) as Instant;
const minute = 60_000;
const hour = 60 * minute;

const problemsOf = (changes: Partial<JudgedNamingContext['domainController']>): readonly string[] =>
  domainControllerProblems(
    {
      distinguishedName: 'DC=contoso,DC=example',
      domainController: {
        name: 'ldaps://dc1.contoso.example',
        isReadOnly: false,
        isGlobalCatalogPort: false,
        currentTime: now,
        inboundReplication: { kind: 'alone' },
        ...changes,
      },
    },
    { maxReplicationAgeHours: 24 },
    now,
  );
const neighbours = (...times: (Instant | null)[]): InboundReplication => ({
  kind: 'neighbours',
  neighbours: times.map((lastSuccess, at) => ({
    source: `CN=NTDS Settings,CN=DC${at + 2}`,
    lastSuccess,
    consecutiveFailures: at,
  })),
});

describe('a domain controller', () => {
  test('may be read where nothing speaks against it', () => {
    expect(problemsOf({})).toEqual([]);
    expect(problemsOf({ inboundReplication: neighbours(now, later(-hour)) })).toEqual([]);
  });

  test.each([
    [{ isReadOnly: true }, 'it is read-only'],
    [{ isGlobalCatalogPort: true }, 'the port of the global catalog'],
  ])('must not be read where %p', (changes, problem) => {
    expect(problemsOf(changes)).toEqual([
      expect.stringMatching(
        new RegExp(`^ldaps://dc1.contoso.example \\(DC=contoso,DC=example\\): .*${problem}.*\\.$`),
      ),
    ]);
  });

  test.each([
    [5 * minute, 0],
    [5 * minute + 1, 1],
    [-5 * minute, 0],
    [-5 * minute - 1, 1],
  ])('whose clock is %i ms ahead has %i problems', (skew, count) => {
    const problems = problemsOf({ currentTime: later(skew) });
    expect(problems).toHaveLength(count);
    expect(problems.every(problem => problem.includes('within 5 minutes, found 6'))).toBe(true);
  });

  test.each([
    [-24 * hour, 0],
    [-24 * hour - 1, 1],
    [5 * minute, 0],
    [5 * minute + 1, 1],
  ])('whose neighbour last succeeded %i ms from now has %i problems', (age, count) => {
    expect(problemsOf({ inboundReplication: neighbours(later(age), now) })).toHaveLength(count);
  });

  test('is told every neighbour that it lags behind', () => {
    expect(problemsOf({ inboundReplication: neighbours(later(-25 * hour), now, null) })).toEqual([
      expect.stringContaining(
        'replicated from CN=NTDS Settings,CN=DC2 in the last 24 hours, found: at 2026-11-26T11:00:00.000Z; look',
      ),
      expect.stringContaining('CN=DC4 in the last 24 hours, found: never, 2 failures in a row; look'),
    ]);
  });

  test('that has neighbours but replicates from none is behind', () => {
    expect(problemsOf({ inboundReplication: neighbours() })).toEqual([
      expect.stringContaining('replicates from none of them'),
    ]);
  });

  test('whose state is not readable is refused, with the right to grant', () => {
    expect(problemsOf({ inboundReplication: { kind: 'notReadable', otherDomainControllers: 2 } })).toEqual([
      expect.stringContaining(
        'dsacls "DC=contoso,DC=example" /G "DOMAIN\\account:CA;Monitor Active Directory Replication".',
      ),
    ]);
  });

  test('has all its problems told at once', () => {
    const inboundReplication = neighbours(null);
    expect(
      problemsOf({
        isReadOnly: true,
        isGlobalCatalogPort: true,
        currentTime: later(hour),
        inboundReplication,
      }),
    ).toHaveLength(4);
  });
});

describe('the oldest success of the neighbours', () => {
  test.each([
    [{ kind: 'alone' } as const, null],
    [{ kind: 'notReadable', otherDomainControllers: 1 } as const, null],
    [neighbours(), null],
    [neighbours(now, later(-hour), later(-minute)), later(-hour)],
    [neighbours(now, null, later(-hour)), null],
  ])('%p: %p', (inbound, expected) => {
    expect(oldestInboundSuccess(inbound)).toBe(expected);
  });
});

describe('a value of msDS-NCReplInboundNeighbors', () => {
  const xmlOf = (changes: Readonly<Record<string, string | undefined>> = {}): string => {
    const elements = {
      pszNamingContext: 'DC=contoso,DC=example',
      pszSourceDsaDN:
        'CN=NTDS Settings,CN=DC2,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=contoso,DC=example',
      pszSourceDsaAddress: '0b5e._msdcs.contoso.example',
      pszAsyncIntersiteTransportDN: '',
      dwReplicaFlags: '112',
      ftimeLastSyncSuccess: '2026-11-27T11:50:00Z',
      ftimeLastSyncAttempt: '2026-11-27T11:55:00Z',
      dwLastSyncResult: '1722',
      cNumConsecutiveSyncFailures: '3',
      ...changes,
    };
    const lines = Object.entries(elements).map(([name, text]) =>
      text === undefined ? '' : `\t<${name}>${text}</${name}>\n`,
    );
    return `<DS_REPL_NEIGHBOR>\n${lines.join('')}</DS_REPL_NEIGHBOR>\n\0`;
  };
  const neighbour = {
    source: 'CN=NTDS Settings,CN=DC2,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=contoso,DC=example',
    lastSuccess: instant('2026-11-27T11:50:00Z'),
    consecutiveFailures: 3,
  };

  test('is read as AD writes it', () => {
    expect(parseInboundNeighbour(xmlOf())).toEqual({ kind: 'neighbour', neighbour });
  });

  test('is read in any order, and without what is not needed', () => {
    const xml =
      '<DS_REPL_NEIGHBOR><cNumConsecutiveSyncFailures>3</cNumConsecutiveSyncFailures>' +
      `<ftimeLastSyncSuccess>2026-11-27T11:50:00.000Z</ftimeLastSyncSuccess><pszSourceDsaDN>${neighbour.source}` +
      '</pszSourceDsaDN></DS_REPL_NEIGHBOR>';
    expect(parseInboundNeighbour(xml)).toEqual({ kind: 'neighbour', neighbour });
  });

  test('says never as 1601', () => {
    expect(parseInboundNeighbour(xmlOf({ ftimeLastSyncSuccess: '1601-01-01T00:00:00Z' }))).toEqual({
      kind: 'neighbour',
      neighbour: { ...neighbour, lastSuccess: null },
    });
  });

  test.each([
    ['CN=R&amp;D &lt;&gt;&quot;&apos;', `CN=R&D <>"'`],
    ['CN=&#228;&#x20AC;', 'CN=ä€'],
    ['CN=&nbsp;&#1114112;&#xFFFFFF;', 'CN=&nbsp;&#1114112;&#xFFFFFF;'],
    ['CN=&amp;lt;', 'CN=&lt;'],
  ])('has its references resolved: %s', (pszSourceDsaDN, source) => {
    expect(parseInboundNeighbour(xmlOf({ pszSourceDsaDN }))).toMatchObject({ neighbour: { source } });
  });

  test.each([
    ['', 'DS_REPL_NEIGHBOR'],
    ['<DS_REPL_CURSOR></DS_REPL_CURSOR>', 'DS_REPL_NEIGHBOR'],
    [xmlOf().slice(0, -20), 'DS_REPL_NEIGHBOR'],
    [xmlOf({ pszSourceDsaDN: undefined }), 'pszSourceDsaDN'],
    [xmlOf({ pszSourceDsaDN: '' }), 'pszSourceDsaDN'],
    [xmlOf({ pszSourceDsaDN: 'a</pszSourceDsaDN><pszSourceDsaDN>b' }), 'pszSourceDsaDN'],
    [xmlOf().replace('</pszSourceDsaDN>', ''), 'pszSourceDsaDN'],
    [xmlOf({ ftimeLastSyncSuccess: undefined }), 'ftimeLastSyncSuccess'],
    [xmlOf({ ftimeLastSyncSuccess: 'yesterday' }), 'ftimeLastSyncSuccess'],
    [xmlOf({ ftimeLastSyncSuccess: '2026-13-27T11:50:00Z' }), 'ftimeLastSyncSuccess'],
    [xmlOf({ cNumConsecutiveSyncFailures: undefined }), 'cNumConsecutiveSyncFailures'],
    [xmlOf({ cNumConsecutiveSyncFailures: '-1' }), 'cNumConsecutiveSyncFailures'],
  ])('that lacks what is needed is invalid: %#', (xml, name) => {
    expect(parseInboundNeighbour(xml)).toEqual({ kind: 'invalid', problem: expect.stringContaining(name) });
  });
});
