import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { AgentOutcome } from '../support/agent/agentCommand';
import { temporaryFolders } from '../support/agent/temporaryFolder';
import { type AgentUpload, startAgentUpload } from '../support/ad/agentUpload';
import {
  type DirectoryAccount,
  type DomainController,
  startDomainController,
} from '../support/ad/domainController';
import { ForestAgent } from '../support/ad/forestAgents';
import { addRecord } from '../support/ad/ldifRecord';
import { filesBelow, readNewestExport, type ReadExport } from '../support/ad/readExport';
import { type CertificateAuthority, createCertificateAuthority } from '../support/tls';

jest.setTimeout(60_000);

const newFolder = temporaryFolders();
const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
const base = 'DC=contoso,DC=example';
const staff = `OU=Staff,${base}`;
const seed = [
  addRecord(staff, { objectClass: 'organizationalUnit' }),
  ...['ada', 'bob', 'cyd'].map(name =>
    addRecord(`CN=${name},${staff}`, {
      objectClass: 'user',
      sAMAccountName: name,
      userAccountControl: '544',
    }),
  ),
  addRecord(`CN=firm,${staff}`, { objectClass: 'contact', mail: 'firm@partner.example' }),
].join('');

let authority: CertificateAuthority;
let dc: DomainController;
let reader: DirectoryAccount;
/** An account like any other: nobody has granted it anything. */
let bare: DirectoryAccount;
let storage: AgentUpload;
let agent: ForestAgent;

const createAgent = (source: string): Promise<ForestAgent> =>
  ForestAgent.create({
    source,
    tenantId,
    anchorAttribute: 'mS-DS-ConsistencyGuid',
    domainControllers: [{ url: dc.url, account: reader }],
    authorityCert: authority.cert,
    settings: { canaries: [`CN=ada,${staff}`], scope: { excludeFilters: ['(adminDescription=NoSync)'] } },
    upload: storage.upload,
  });

beforeAll(async () => {
  authority = await createCertificateAuthority();
  storage = await startAgentUpload(authority, tenantId);
  dc = await startDomainController({ authority, dnsName: 'contoso.example', seed });
  reader = await dc.addServiceAccount('svc-orphans');
  bare = await dc.addServiceAccount('svc-bare');
  await dc.grantTombstones(reader);
  agent = await createAgent('contoso');
}, 120_000);
afterAll(async () => {
  await agent?.remove();
  await dc?.stop();
  await storage?.stop();
});
beforeEach(() => agent.configure({}));

/** How the agent reaches the domain controller, with changes. */
const reaching = (changes: Readonly<Record<string, unknown>>): { readonly domainControllers: unknown } => ({
  domainControllers: [
    {
      url: dc.url,
      bindName: reader.name,
      passwordFrom: 'environment:PASSWORD_0',
      certificateAuthorityFile: 'ca.pem',
      ...changes,
    },
  ],
});

/** Runs a command; whatever comes of it, no password is told. */
async function run(
  given: readonly string[],
  password = reader.password,
  environment: Readonly<Record<string, string>> = {},
): Promise<AgentOutcome> {
  const outcome = await agent.run(given, { environment: { PASSWORD_0: password, ...environment } });
  for (const secret of [password, reader.password, bare.password].filter(text => text !== ''))
    expect(outcome.output + outcome.told).not.toContain(secret);
  return outcome;
}

async function succeeds(...given: readonly string[]): Promise<AgentOutcome> {
  const outcome = await run(given);
  expect([outcome.code, outcome.told]).toEqual([0, outcome.told]);
  return outcome;
}

const newest = (exportSource: unknown): Promise<ReadExport> =>
  readNewestExport(storage.exports, exportSource, tenantId);

describe('check', () => {
  /** What it tells of a state in which an export would be made, and that it writes nothing. */
  async function checks(code = 0, password = reader.password): Promise<AgentOutcome> {
    const before = [await filesBelow(agent.folder), await storage.blobs()];
    const outcome = await run(['check'], password);
    expect([outcome.code, outcome.told]).toEqual([code, outcome.told]);
    expect([await filesBelow(agent.folder), await storage.blobs()]).toEqual(before);
    return outcome;
  }

  test('says who was asked, what would be exported and what was checked, and writes nothing', async () => {
    const { output } = await checks();
    const lines = output.split('\n');
    expect(lines[0]).toBe(`${base} (contoso.example, ${dc.domainSid})`);
    expect(lines[1]).toMatch(
      new RegExp(
        `^ {2}asked {9}${dc.url.replaceAll('.', '\\.')}: dc1\\.contoso\\.example, database [0-9a-f-]{36}, USN \\d+$`,
      ),
    );
    expect(lines[2]).toBe('  replication   the only domain controller of its domain');
    expect(lines[3]).toMatch(
      /^ {2}would export {2}\d+ user, \d+ group, 1 contact, \d+ computer, \d+ other, 0 tombstone$/,
    );
    expect(output).toContain('Tombstones: readable');
    expect(output).toContain(`Canary seen: CN=ada,${staff}`);
    expect(output).toMatch(/^Containers: \d+ checked, \d+ left out$/m);
    expect(output).toContain('Read twice: 0 objects in the first reading only, 0 in the second only');
    expect(output).toContain('Group members that are not seen: 0');
    expect(output).toContain('Vanished since the last export: there is no last export');
    expect(lines.at(-2)).toBe('An export would be made.');
    expect(existsSync(path.join(agent.folder, 'state'))).toBe(false);
  });

  test('tells every reason against an export at once', async () => {
    await agent.configure({ canaries: [`CN=ada,${staff}`, `CN=nobody,${staff}`] });
    const before = await dc.system.securityDescriptorOf(staff);
    await dc.deny(staff, reader, 'readProperties');
    const { output, told } = await checks(4);
    await dc.system.setSecurityDescriptor(staff, before);
    expect(output).toContain('What stands in the way of an export:');
    expect(output).toContain(`Canary NOT SEEN: CN=nobody,${staff}`);
    for (const text of [output, told]) {
      expect(text).toContain(`1 objects that must be there are not seen`);
      expect(text).toContain(`${staff}: without objectClass, objectGUID`);
    }
    expect(output).not.toContain('An export would be made.');
  });

  test('without the right to see tombstones says where it is granted', async () => {
    await agent.configure(reaching({ bindName: bare.name }));
    const { output, told } = await checks(0, bare.password);
    expect(output).toContain('Tombstones: not readable');
    expect(told).toContain(
      `The account sees nothing in CN=Deleted Objects,${base}: deletions can not be proved`,
    );
    expect(told).toContain('docs/agent.md says how to grant List Contents and Read Property there');
    expect(await readFile(path.join(__dirname, '../../docs/agent.md'), 'utf8')).toContain(
      'dsacls "CN=Deleted Objects,',
    );
  });

  test('where the domain has another domain controller, and no right to see replication, refuses and says which right', async () => {
    const server = `CN=DC2,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,${base}`;
    await dc.system.add(server, { objectClass: 'server' });
    await dc.system.addRelaxed(`CN=NTDS Settings,${server}`, {
      objectClass: 'nTDSDSA',
      'msDS-hasMasterNCs': [base, `CN=Configuration,${base}`, `CN=Schema,CN=Configuration,${base}`],
    });
    const { told } = await checks(3);
    await dc.system.delete(`CN=NTDS Settings,${server}`);
    await dc.system.delete(server);
    expect(told).toContain(
      `${base} has 1 other domain controllers, and the account may not read whether this one is up to date`,
    );
    expect(told).toContain(`dsacls "${base}" /G "DOMAIN\\account:CA;Monitor Active Directory Replication"`);
    await checks();
  });
});

describe('the way to a domain controller', () => {
  const refused = async (changes: Readonly<Record<string, unknown>>, password?: string): Promise<string> => {
    await agent.configure({ ...reaching(changes), limits: { attempts: 2, connectSeconds: 5 } });
    // Without the authority that the test's storage needs: the domain controller is trusted by its own file alone.
    const { code, told, output } = await run(['check'], password, { NODE_EXTRA_CA_CERTS: '' });
    expect([code, output, told]).toEqual([3, '', told]);
    return told;
  };

  test('a wrong password is said to be refused, and is not told', async () => {
    expect(await refused({}, 'Wr0ng!password-9d2f')).toMatch(
      /The domain controller, or this agent, refuses: expected success of the bind, found InvalidCredentials \(49\)/,
    );
  });

  test('so is an account that does not exist', async () => {
    expect(await refused({ bindName: 'nobody@contoso.example' })).toContain('InvalidCredentials (49)');
  });

  test('an empty password is a fault of the configuration: it would bind as nobody', async () => {
    const { code, told } = await run(['check'], '');
    expect([code, told]).toEqual([
      2,
      expect.stringContaining('an empty one from the environment PASSWORD_0'),
    ]);
  });

  test('a certificate of another authority is refused before the password is sent', async () => {
    const other = await createCertificateAuthority();
    await writeFile(path.join(agent.folder, 'other.pem'), other.cert);
    const told = await refused({ certificateAuthorityFile: 'other.pem' });
    expect(told).toContain(`expected a certificate for ${dc.address} from an authority that is trusted`);
    expect(await refused({ certificateAuthorityFile: undefined })).toContain('an authority that is trusted');
  });

  test('a domain controller that is not there is tried again, then said to be unavailable', async () => {
    expect(await refused({ url: 'ldaps://127.0.0.1:9' })).toMatch(/in 2 attempts.*ECONNREFUSED/);
  });

  test('a plain connection is no setting at all', async () => {
    await agent.configure(reaching({ url: `ldap://${dc.address}` }));
    const { code, told } = await run(['check']);
    expect([code, told]).toEqual([
      2,
      expect.stringContaining('a password never goes over a plain connection'),
    ]);
  });

  test('StartTLS leads there as well, and checks the certificate as well', async () => {
    const startTls = { url: `ldap://${dc.address}`, startTls: true };
    await agent.configure(reaching(startTls));
    expect((await succeeds('check')).output).toContain('An export would be made.');
    await writeFile(path.join(agent.folder, 'other.pem'), (await createCertificateAuthority()).cert);
    expect(await refused({ ...startTls, certificateAuthorityFile: 'other.pem' })).toContain(
      'an authority that is trusted',
    );
  });

  test('"dangerouslyAcceptAnyCertificate" accepts any, with a warning that says what that means', async () => {
    await writeFile(path.join(agent.folder, 'other.pem'), (await createCertificateAuthority()).cert);
    await agent.configure(
      reaching({ certificateAuthorityFile: 'other.pem', dangerouslyAcceptAnyCertificate: true }),
    );
    const { told } = await succeeds('check');
    expect(told).toContain(
      `Warning: ${dc.url}: "dangerouslyAcceptAnyCertificate" is on. Whoever answers there gets the password of ${reader.name}`,
    );
  });

  test('a certificate that has expired is refused', async () => {
    const file = (name: string): string => path.join(dc.directory, 'tls', `${name}.pem`);
    const good = { cert: await readFile(file('cert')), key: await readFile(file('key')) };
    const use = async ({ cert, key }: { cert: string | Buffer; key: string | Buffer }): Promise<void> => {
      await dc.kill();
      await writeFile(file('cert'), cert);
      await writeFile(file('key'), key);
      await dc.start();
    };
    await use(await authority.issue({ addresses: [dc.address] }, { expired: true }));
    const told = await refused({});
    await use(good);
    expect(told).toContain('certificate has expired');
    await agent.configure({});
    await succeeds('check');
  });
});

describe('the signing key', () => {
  const keygen = async (
    ...given: readonly string[]
  ): Promise<{ readonly source: unknown; readonly told: string }> => {
    const { output } = await succeeds('keygen', ...given);
    const setting = /^EXPORT_SOURCES (.*)$/m.exec(output)?.[1] ?? '';
    return { source: (JSON.parse(setting) as unknown[])[0], told: output };
  };

  test('is replaced without an export that the app refuses', async () => {
    const old = agent.exportSource;
    await succeeds('run');
    await newest(old);

    const rotated = await keygen('--rotate', '--key-id', 'second');
    expect(rotated.told).toContain('The old key goes on signing.');
    expect(rotated.source).toMatchObject({ publicKeys: [{}, { keyId: 'second' }] });
    await succeeds('run');
    // The old key signs: the app may know the next one already, or not yet.
    await newest(old);
    await newest(rotated.source);

    const activated = await keygen('--activate');
    expect(activated.source).toMatchObject({ publicKeys: [{ keyId: 'second' }] });
    await succeeds('run');
    await newest(rotated.source);
    const { manifest } = await newest(activated.source);
    expect(manifest).toMatchObject({ keyId: 'second', sequence: 3 });
    await expect(newest(old)).rejects.toMatchObject({ name: 'AppError' });
  });

  test('is never made anew over the one that is there, and none is activated that was not made', async () => {
    for (const given of [['keygen'], ['keygen', '--activate']]) {
      const { code, output } = await run(given);
      expect([given, code, output]).toEqual([given, 2, '']);
    }
  });

  test('that is missing is told before the directory is read', async () => {
    await agent.configure({ signingKeyFile: 'nowhere.pem', stateDirectory: newFolder() });
    const { code, told } = await run(['export', '--out', newFolder()]);
    expect([code, told]).toEqual([2, expect.stringContaining('nowhere.pem')]);
    expect(told).not.toContain('Reading');
  });
});

describe('run --if-due', () => {
  let asked: ForestAgent;
  let state: string;
  beforeAll(async () => {
    state = newFolder();
    asked = await createAgent('asked');
    await asked.configure({ stateDirectory: state });
  });
  afterAll(() => asked?.remove());

  const ask = async (kind: 'export' | 'synchronisation'): Promise<string> => {
    const id = randomUUID();
    const request = JSON.stringify({ schemaVersion: 1, id, kind, requestedAt: new Date().toISOString() });
    await storage.requests.getBlockBlobClient(`asked/${kind}.json`).uploadData(Buffer.from(request));
    return id;
  };
  const runIfDue = async (): Promise<string> => {
    const { code, output, told } = await asked.run(['run', '--if-due']);
    expect([code, told]).toEqual([0, told]);
    return output;
  };
  const manifest = async (): Promise<ReadExport['manifest']> => (await newest(asked.exportSource)).manifest;
  const notDue = 'Not due: the app has not asked, and the last export is young enough.\n';

  test('exports where there is no export yet; then ends at once, without a look at the domain controller', async () => {
    expect(await runIfDue()).toMatch(/^Delivered asked\/\d{8}T\d{6}Z, number 1, to https:/);
    await asked.configure({ stateDirectory: state, ...reaching({ url: 'ldaps://127.0.0.1:9' }) });
    expect(await runIfDue()).toBe(notDue);
    await asked.configure({ stateDirectory: state });
    expect(await manifest()).toMatchObject({ sequence: 1, answeredRequests: [] });
  });

  test('exports where the app asks, and answers in the manifest, once', async () => {
    const id = await ask('export');
    expect(await runIfDue()).toContain('number 2');
    expect((await manifest()).answeredRequests).toMatchObject([{ id, kind: 'export', outcome: 'exported' }]);
    expect(await runIfDue()).toBe(notDue);
  });

  test('starts a synchronisation where the app asks, once, and tells of the last ones', async () => {
    const trace = path.join(newFolder(), 'trace');
    const finished = { startedAt: '2026-11-27T01:00:00.000Z', finishedAt: '2026-11-27T01:02:00.000Z' };
    const history = [{ ...finished, succeeded: true, exportedDeletes: 3 }];
    await asked.configure({
      stateDirectory: state,
      synchronisation: {
        startCommand: [
          process.execPath,
          '-e',
          `require('node:fs').appendFileSync(${JSON.stringify(trace)}, 'x')`,
        ],
        historyCommand: [process.execPath, '-e', `process.stdout.write('${JSON.stringify(history)}')`],
      },
    });
    const id = await ask('synchronisation');
    expect(await runIfDue()).toContain('number 3');
    expect(await runIfDue()).toBe(notDue);
    expect(await readFile(trace, 'utf8')).toBe('x');
    const { answeredRequests, synchronisationRuns } = await manifest();
    expect(answeredRequests).toMatchObject([{ id, kind: 'synchronisation', outcome: 'started' }]);
    expect(synchronisationRuns).toMatchObject([{ succeeded: true, exportedDeletes: 3 }]);
  });
});
