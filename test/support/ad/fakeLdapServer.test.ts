import { BerWriter, Client, Control, FilterParser, SearchRequest } from 'ldapts';
import { createCertificateAuthority, type CertificateAuthority } from '../tls';
import { fakeForest, fakeUser, fakeUsers } from './fakeForest';
import { FakeLdapServer } from './fakeLdapServer';
import { decodeRequest } from './fakeRequest';

const domain = 'DC=contoso,DC=example';
const bindName = 'reader';
const password = 'secret';

let authority: CertificateAuthority;
let server: FakeLdapServer;
let client: Client;

beforeAll(async () => {
  authority = await createCertificateAuthority();
});

beforeEach(async () => {
  const objects = [...fakeUsers(1_200), fakeUser(5_000, { isDeleted: ['TRUE'] })];
  server = await FakeLdapServer.start({
    certificate: await authority.issue(),
    directory: fakeForest({ objects }),
    bindName,
    password,
  });
  client = new Client({ url: server.url, tlsOptions: { ca: authority.cert }, timeout: 2_000 });
});

afterEach(async () => {
  await client.unbind().catch(() => {});
  await server.close();
});

/** ldapts sets a time limit of its own, which this client must not. */
const noLimits = { timeLimit: 0, attributes: ['sAMAccountName'] };
const scope = new Control('1.2.840.113556.1.4.1339', { critical: true });

/** The paged results control; that of ldapts its client does not take. */
class Page extends Control {
  constructor(
    readonly size: number,
    readonly cookie: Buffer = Buffer.alloc(0),
  ) {
    super('1.2.840.113556.1.4.319', { critical: true });
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(this.size);
    value.writeBuffer(this.cookie, 0x04);
    value.endSequence();
    writer.writeBuffer(value.buffer, 0x04);
  }
}

describe('the fake LDAP server', () => {
  test('a client that is not bound is told nothing but what the server is', async () => {
    const { searchEntries } = await client.search('', { ...noLimits, scope: 'base' });
    expect(searchEntries).toHaveLength(1);
    await expect(client.search(domain, noLimits)).rejects.toThrow('bind first');
  });

  test('without pages no more than 1,000 entries come, and that is an error', async () => {
    await client.bind(bindName, password);
    await expect(client.search(domain, noLimits, scope)).rejects.toThrow('0x4');
  });

  test('a page has 1,000 entries at most, whatever was asked for', async () => {
    await client.bind(bindName, password);
    const { searchEntries } = await client.search(domain, noLimits, [scope, new Page(5_000)]);
    expect(searchEntries).toHaveLength(1_000);
  });

  test('without the domain scope control other naming contexts are referred to', async () => {
    await client.bind(bindName, password);
    const one = { ...noLimits, filter: `(sAMAccountName=user7)` };
    expect((await client.search(domain, one)).searchReferences).toEqual([
      `ldap://elsewhere.example/CN=Configuration,${domain}`,
    ]);
    expect((await client.search(domain, one, scope)).searchReferences).toEqual([]);
  });

  test('an empty password binds as nobody, with success', async () => {
    await client.bind(bindName, '');
    await expect(client.search(domain, noLimits)).rejects.toThrow('bind first');
    await expect(client.bind(bindName, 'wrong')).rejects.toThrow('0x31');
  });

  test('deleted objects come with the control alone', async () => {
    await client.bind(bindName, password);
    const deleted = { ...noLimits, filter: '(sAMAccountName=user5000)' };
    expect((await client.search(domain, deleted, scope)).searchEntries).toEqual([]);
    const show = new Control('1.2.840.113556.1.4.417', { critical: true });
    expect((await client.search(domain, deleted, [scope, show])).searchEntries).toHaveLength(1);
  });

  test('what must not be sent is complained about, and the connection is reset', async () => {
    await client.bind(bindName, password);
    await expect(client.search(domain, { timeLimit: 5 })).rejects.toThrow('ECONNRESET');
    expect(server.complaints).toEqual(['Error: a time limit']);
  });

  test('a control that it does not know is complained about', async () => {
    await client.bind(bindName, password);
    const unknown = new Control('1.2.3.4', { critical: true });
    await expect(client.search(domain, noLimits, unknown)).rejects.toThrow('ECONNRESET');
    expect(server.complaints).toEqual(['Error: control 1.2.3.4']);
  });

  test('a cookie is worth nothing on another connection, and the oldest of more than ten is forgotten', async () => {
    await client.bind(bindName, password);
    const cookies: Buffer[] = [];
    server.add({
      when: ({ kind }) => kind === 'search',
      times: Infinity,
      do: {
        kind: 'rewrite',
        rewrite: answer => {
          // The cookie is the last thing in the answer.
          cookies.push(Buffer.from(answer.at(-1)!.subarray(-8)));
          return answer;
        },
      },
    });
    for (let open = 0; open < 11; open += 1) await client.search(domain, noLimits, [scope, new Page(1)]);
    await expect(client.search(domain, noLimits, [scope, new Page(1, cookies[0])])).rejects.toThrow(
      'unknown cookie',
    );
    await client.search(domain, noLimits, [scope, new Page(1, cookies[1])]);
    const other = new Client({ url: server.url, tlsOptions: { ca: authority.cert }, timeout: 2_000 });
    await other.bind(bindName, password);
    await expect(other.search(domain, noLimits, [scope, new Page(1, cookies[2])])).rejects.toThrow(
      'unknown cookie',
    );
    await other.unbind();
  });
});

describe('the decoding of requests', () => {
  const base = { messageId: 1, timeLimit: 0, filter: FilterParser.parseString('(objectClass=*)') };
  const flags = new (class extends Control {
    protected override writeControl(writer: BerWriter): void {
      writer.writeBuffer(Buffer.from([0x30, 0x03, 0x02, 0x01, 0x0f]), 0x04);
    }
  })('1.2.840.113556.1.4.801', { critical: true });

  test.each([
    ['a size limit', { ...base, sizeLimit: 5 }],
    ['a time limit', { ...base, timeLimit: 5 }],
    ['aliases', { ...base, derefAliases: 'always' as const }],
    ['types only', { ...base, returnAttributeValues: false }],
    ['an unknown scope', { ...base, scope: 'children' as const }],
    ['filter 164', { ...base, filter: FilterParser.parseString('(cn=a*)') }],
    ['is not critical', { ...base, controls: [new Control('1.2.840.113556.1.4.1339')] }],
    ['other SD flags', { ...base, controls: [flags] }],
  ])('refuses %s', (message, options) => {
    expect(() => decodeRequest(new SearchRequest(options).write())).toThrow(message);
  });
});
