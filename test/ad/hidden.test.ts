import path from 'node:path';
import { temporaryFolders } from '../support/agent/temporaryFolder';
import { startAgentUpload } from '../support/ad/agentUpload';
import {
  type DirectoryAccount,
  type DomainController,
  startDomainController,
} from '../support/ad/domainController';
import { ForestAgent, type ForestAgentOptions } from '../support/ad/forestAgents';
import { addRecord } from '../support/ad/ldifRecord';
import { filesBelow, type ReadExport, readNewestExport } from '../support/ad/readExport';
import type { AccessControlEntry } from '../support/ad/securityDescriptor';
import { type CertificateAuthority, createCertificateAuthority } from '../support/tls';

const newFolder = temporaryFolders();
const tenantId = '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d';
const base = 'DC=contoso,DC=example';
const staff = `OU=Staff,${base}`;
const secret = `OU=Secret,${staff}`;
const deletedObjects = `CN=Deleted Objects,${base}`;

const user = (name: string, parent: string): string =>
  addRecord(`CN=${name},${parent}`, {
    objectClass: 'user',
    sAMAccountName: name,
    userAccountControl: '544',
    'mS-DS-ConsistencyGuid': Buffer.from(name.padEnd(16, '.')),
  });
const secretUsers = Array.from({ length: 12 }, (_, number) => `agent${number}`);
const seed = [
  ...[staff, secret].map(dn => addRecord(dn, { objectClass: 'organizationalUnit' })),
  ...['ada', 'bob', 'cyd', 'dan', 'eve', 'fay', 'canary'].map(name => user(name, staff)),
  ...secretUsers.map(name => user(name, secret)),
  addRecord(`CN=readers,${base}`, { objectClass: 'group', sAMAccountName: 'readers' }),
  addRecord(`CN=crew,${staff}`, {
    objectClass: 'group',
    sAMAccountName: 'crew',
    member: [`CN=ada,${staff}`, `CN=bob,${staff}`],
  }),
].join('');

let authority: CertificateAuthority;
let dc: DomainController;
let reader: DirectoryAccount;
let agent: ForestAgent;
const undo: (() => Promise<void>)[] = [];

const createAgent = (upload: ForestAgentOptions['upload']): Promise<ForestAgent> =>
  ForestAgent.create({
    source: 'contoso',
    tenantId,
    anchorAttribute: 'mS-DS-ConsistencyGuid',
    domainControllers: [{ url: dc.url, account: reader }],
    authorityCert: authority.cert,
    scope: { excludeFilters: ['(adminDescription=NoSync)'] },
    upload,
  });

beforeAll(async () => {
  authority = await createCertificateAuthority();
  dc = await startDomainController({ authority, dnsName: 'contoso.example', seed });
  reader = await dc.addServiceAccount('svc-orphans');
  await dc.grantTombstones(reader);
  agent = await createAgent(null);
}, 120_000);
afterAll(async () => {
  await agent?.remove();
  await dc?.stop();
});
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});

/** Until the end of the test, the object's permissions are as this makes them. */
async function withPermissions(dn: string, change: () => Promise<void>): Promise<void> {
  const before = await dc.system.securityDescriptorOf(dn);
  undo.push(() => dc.system.setSecurityDescriptor(dn, before));
  await change();
}

const deny = (
  dn: string,
  right: AccessControlEntry['rights'][number],
  trustee: { readonly sid: string } = reader,
): Promise<void> => withPermissions(dn, () => dc.deny(dn, trustee, right));

/** The agent with a state of its own, which has exported nothing yet. */
interface NewAgent {
  /** An export that must be made. */
  exports(...more: readonly string[]): Promise<ReadExport>;
  /** What it tells when it ends with this code. Nothing that could be taken for an export is made: nothing new where it would go to, no manifest that waits. */
  refuses(code: number, ...more: readonly string[]): Promise<string>;
}

async function newAgent(settings: Readonly<Record<string, unknown>> = {}): Promise<NewAgent> {
  const state = newFolder();
  const out = path.join(newFolder(), 'out');
  let known: readonly string[] = [];
  await agent.configure({ ...settings, stateDirectory: state });
  return {
    exports: async (...more) => {
      const { code, told } = await agent.run(['export', '--out', out, ...more]);
      expect([code, told]).toEqual([0, told]);
      known = await filesBelow(out);
      return await readNewestExport(out, agent.exportSource, tenantId);
    },
    refuses: async (wanted, ...more) => {
      const { code, told, output } = await agent.run(['export', '--out', out, ...more]);
      expect([code, output, told]).toEqual([wanted, '', told]);
      expect(await filesBelow(out)).toEqual(known);
      expect((await filesBelow(state)).filter(name => name.includes('manifest'))).toEqual([]);
      return told;
    },
  };
}

const namesIn = ({ records }: ReadExport): ReadonlySet<string | undefined> =>
  new Set(records.filter(({ kind }) => kind === 'object').map(({ sAMAccountName }) => sAMAccountName));

test('nothing is hidden: the export is made, with everybody', async () => {
  const names = namesIn(await (await newAgent()).exports());
  for (const name of ['ada', 'bob', 'canary', ...secretUsers]) expect(names).toContain(name);
});

describe('on the very first export, with nothing to compare with', () => {
  test('an OU that denies List Contents refuses it, by its name', async () => {
    await deny(secret, 'listContents');
    const told = await (await newAgent()).refuses(4);
    expect(told).toContain(`${secret}: List Contents was expected, but an entry denies it to the account`);
    expect(told).toContain('In 1 containers objects may be hidden');
  });

  test('so does one that denies it to a group that the account is a member of', async () => {
    const group = `CN=readers,${base}`;
    const change = (operation: 'add' | 'delete'): Promise<void> =>
      dc.system.modify(group, [{ operation, attribute: 'member', values: reader.distinguishedName }]);
    await change('add');
    undo.push(() => change('delete'));
    await deny(secret, 'listContents', { sid: await dc.system.sidOf(group) });
    expect(await (await newAgent()).refuses(4)).toContain(`${secret}: List Contents was expected`);
  });

  test('one that denies Read Property to all that is below it refuses it, by its name', async () => {
    await deny(secret, 'readProperties');
    expect(await (await newAgent()).refuses(4)).toContain(secret);
  });

  test('one whose permissions can not be read refuses it, by its name', async () => {
    await deny(secret, 'readPermissions');
    const told = await (await newAgent()).refuses(4);
    expect(told).toContain(`${secret}: its permissions were expected, found none`);
  });

  test('"ignoreContainers" lets an OU pass that is said to hold nothing synchronised', async () => {
    await deny(secret, 'listContents');
    const { manifest } = await (await newAgent({ ignoreContainers: [secret] })).exports();
    expect(manifest.completeness.containers.ignored).toBeGreaterThan(0);
  });

  test('a single user whose attributes an entry of its own denies refuses it, by its name', async () => {
    await deny(`CN=cyd,${staff}`, 'readProperties');
    const told = await (await newAgent()).refuses(4);
    expect(told).toContain('1 objects can not be exported as they came');
    expect(told).toContain(`CN=cyd,${staff}: without objectClass, objectGUID`);
  });

  test('an account that may read of users no more than their property sets refuses it: it sees no anchor', async () => {
    // Hardened forests take Authenticated Users out of this group; then AD shows of a user what its class grants by itself.
    const group = `CN=Pre-Windows 2000 Compatible Access,CN=Builtin,${base}`;
    const everybody = `CN=S-1-5-11,CN=ForeignSecurityPrincipals,${base}`;
    const change = (operation: 'add' | 'delete'): Promise<void> =>
      dc.system.modify(group, [{ operation, attribute: 'member', values: everybody }]);
    await change('delete');
    undo.push(() => change('add'));
    const told = await (await newAgent()).refuses(4);
    expect(told).toMatch(/\d\d objects can not be exported as they came/);
    expect(told).toContain(`${staff}: without uSNChanged`);
  });

  describe('where the forest has the List Object mode, in which single objects can be hidden', () => {
    const service = `CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,${base}`;
    const setMode = (values: string): Promise<void> =>
      dc.system.modify(service, [{ operation: 'replace', attribute: 'dSHeuristics', values }]);
    beforeAll(() => setMode('001'));
    afterAll(() => setMode('000'));
    // Everybody in it can be seen one by one, except for one.
    const hide = async (name: string): Promise<void> => {
      const one = { type: 'allow', rights: ['listObject'], sid: reader.sid, inherited: true } as const;
      await withPermissions(staff, () => dc.system.addAccessControlEntry(staff, one));
      await dc.deny(staff, reader, 'listContents');
      await deny(`CN=${name},${staff}`, 'listObject');
    };

    test('it needs an OU that denies List Contents, which refuses the export', async () => {
      await hide('cyd');
      const told = await (await newAgent()).refuses(4);
      expect(told).toContain(`${staff}: List Contents was expected, but an entry denies it to the account`);
      expect(told).not.toContain(secret);
    });

    test('a hidden member of a group is dangling as well', async () => {
      await hide('ada');
      const told = await (await newAgent()).refuses(4);
      expect(told).toContain(`for example:\n    CN=ada,${staff}`);
      expect(told).toContain('1 group members are objects that the account does not see (limit 0)');
    });

    // What "ignoreContainers" says is believed: this is the price of it, and why canaries are worth naming.
    test('in an OU that "ignoreContainers" names, the first export does not find it, but by a canary; the second does', async () => {
      const settings = { ignoreContainers: [staff] };
      const known = await newAgent(settings);
      expect(namesIn(await known.exports())).toContain('cyd');
      await hide('cyd');
      expect(await known.refuses(5)).toContain('1 objects of the last export are gone without a tombstone');
      const seen = namesIn(await (await newAgent(settings)).exports());
      expect([seen.has('cyd'), seen.has('bob')]).toEqual([false, true]);
      const careful = await newAgent({ ...settings, canaries: [`CN=cyd,${staff}`] });
      expect(await careful.refuses(4)).toContain(
        `1 objects that must be there are not seen:\n    CN=cyd,${staff}`,
      );
    });
  });

  test('a base of the scope that is not there refuses it', async () => {
    const missing = `OU=Nowhere,${base}`;
    expect(await (await newAgent({ scope: { includeBases: [staff, missing] } })).refuses(4)).toContain(
      `not seen:\n    ${missing}`,
    );
  });
});

describe('after a good export', () => {
  test('an OU that is closed refuses the next one, and counts what it hides', async () => {
    const known = await newAgent();
    await known.exports();
    await deny(secret, 'listContents');
    const told = await known.refuses(4);
    expect(told).toContain(`${secret}: List Contents was expected`);
    expect(told).toContain(
      `${secretUsers.length} objects of the last export are gone without a tombstone (limit 0)`,
    );
    // Not even by its number: what is hidden is not deleted.
    await known.refuses(4, '--accept-unexplained', String(secretUsers.length));
  });

  test('a deletion with its tombstone is explained', async () => {
    const known = await newAgent();
    await known.exports();
    await dc.system.delete(`CN=dan,${staff}`);
    const { manifest, lines } = await known.exports();
    expect(manifest.completeness.vanished).toEqual({ explained: 1, unexplained: 0 });
    expect([...lines.values()]).toContainEqual(
      expect.objectContaining({ kind: 'tombstone', sAMAccountName: 'dan' }),
    );
  });

  test('deletions whose tombstones the account may not see are let through by their exact number alone', async () => {
    const known = await newAgent();
    await known.exports();
    const before = await dc.system.securityDescriptorOf(deletedObjects);
    undo.push(() => dc.system.setSecurityDescriptor(deletedObjects, before));
    await dc.deny(deletedObjects, reader, 'listContents');
    await dc.deny(deletedObjects, reader, 'readProperties');
    for (const name of ['eve', 'fay']) await dc.system.delete(`CN=${name},${staff}`);
    const told = await known.refuses(5);
    expect(told).toContain('The account sees nothing in CN=Deleted Objects');
    expect(told).toContain('2 objects of the last export are gone without a tombstone (limit 0)');
    expect(told).toContain('run again with --accept-unexplained 2');
    for (const wrong of ['1', '3'])
      expect(await known.refuses(5, '--accept-unexplained', wrong)).toContain(
        `--accept-unexplained ${wrong} is another number, so it accepts nothing`,
      );
    const { manifest } = await known.exports('--accept-unexplained', '2');
    expect(manifest.tombstones).toBe('notReadable');
    expect(manifest.completeness).toMatchObject({
      vanished: { explained: 0, unexplained: 2 },
      acceptedUnexplained: 2,
    });
    // Accepted once: the next export knows them no more.
    expect((await known.exports()).manifest.completeness).toMatchObject({
      vanished: { explained: 0, unexplained: 0 },
      acceptedUnexplained: 0,
    });
  }, 60_000);

  test('a canary that was renamed refuses the next one until the configuration names it', async () => {
    const canary = `CN=canary,${staff}`;
    const known = await newAgent({ canaries: [canary] });
    expect((await known.exports()).manifest.canaries).toContainEqual({
      distinguishedName: canary,
      seen: true,
    });
    await dc.system.rename(canary, `CN=sparrow,${staff}`);
    undo.push(() => dc.system.rename(`CN=sparrow,${staff}`, canary));
    expect(await known.refuses(4)).toContain(`not seen:\n    ${canary}`);
  });
});

test('a run that refuses leaves nothing in the container that could be taken for an export, and the chain where it was', async () => {
  const storage = await startAgentUpload(authority, tenantId);
  const uploading = await createAgent(storage.upload);
  try {
    await uploading.export();
    const before = await storage.blobs();
    await deny(secret, 'listContents');
    const { code, output, told } = await uploading.run(['run']);
    expect([code, output, told]).toEqual([4, '', told]);
    const added = (await storage.blobs()).filter(name => !before.includes(name));
    expect(added.filter(name => name.includes('manifest'))).toEqual([]);
    for (const step of undo.splice(0).toReversed()) await step();
    await uploading.export();
    const { manifest } = await readNewestExport(storage.exports, uploading.exportSource, tenantId);
    expect(manifest).toMatchObject({
      sequence: 2,
      completeness: { vanished: { explained: 0, unexplained: 0 } },
    });
  } finally {
    await uploading.remove();
    await storage.stop();
  }
}, 60_000);
