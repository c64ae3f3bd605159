import { parseInstant } from '../../../../shared/core/instant';
import { readNeighbour } from '../../../../agent/src/io/ldap/replicationNeighbour';

const source = 'CN=NTDS Settings,CN=DC2,CN=Servers,CN=Site,CN=Sites,CN=Configuration,DC=contoso,DC=example';

const value = (fields: Readonly<Record<string, string>>): string =>
  `<DS_REPL_NEIGHBOR>\n${Object.entries({
    pszNamingContext: 'DC=contoso,DC=example',
    pszSourceDsaDN: source,
    dwReplicaFlags: '112',
    ftimeLastSyncSuccess: '2026-01-02T03:04:05Z',
    dwLastSyncResult: '0',
    cNumConsecutiveSyncFailures: '0',
    ...fields,
  })
    .map(([name, text]) => `\t<${name}>${text}</${name}>\n`)
    .join('')}</DS_REPL_NEIGHBOR>\n\0`;

describe('readNeighbour', () => {
  test('a value as Active Directory writes it is read', () => {
    expect(readNeighbour(value({ cNumConsecutiveSyncFailures: '7' }))).toEqual({
      source,
      lastSuccess: parseInstant('2026-01-02T03:04:05Z'),
      consecutiveFailures: 7,
    });
  });

  test('a success in 1601 means: never', () => {
    expect(readNeighbour(value({ ftimeLastSyncSuccess: '1601-01-01T00:00:00Z' }))).toMatchObject({
      lastSuccess: null,
    });
  });

  test('names with entities are read as what they stand for', () => {
    const name = 'CN=A &amp; B &lt;x&gt; &quot;y&apos; &#68;&#x45; &#x110000; &other;';
    expect(readNeighbour(value({ pszSourceDsaDN: name }))).toMatchObject({
      source: 'CN=A & B <x> "y\' DE &#x110000; &other;',
    });
  });

  test.each([
    ['nothing', ''],
    ['another element', value({}).replaceAll('DS_REPL_NEIGHBOR', 'DS_REPL_CURSOR')],
    ['one that is cut short', value({}).slice(0, -5)],
    ['no source', value({ pszSourceDsaDN: '' })],
    ['no time', value({}).replaceAll('ftimeLastSyncSuccess', 'other')],
    ['a time that is none', value({ ftimeLastSyncSuccess: 'yesterday' })],
    ['no count', value({}).replaceAll('cNumConsecutiveSyncFailures', 'other')],
    ['a count that is none', value({ cNumConsecutiveSyncFailures: '-1' })],
  ])('%s is not guessed at', (_, text) => expect(readNeighbour(text)).toBeNull());
});
