import net from 'node:net';
import { Attribute, type BerWriter, Change, Client, Control } from 'ldapts';
import { textOfSid, withEntry, type AccessControlEntry } from './securityDescriptor';

/** Values of attributes: text, or bytes. */
export type AttributeValues = string | Buffer | readonly string[] | readonly Buffer[];

export interface AttributeChange {
  readonly operation: 'add' | 'delete' | 'replace';
  readonly attribute: string;
  /** Empty or left out: every value goes; `delete` refuses where there is none, `replace` does not. */
  readonly values?: AttributeValues;
}

const octetString = 0x04;

class ValueControl extends Control {
  constructor(
    type: string,
    private readonly value: Buffer | null = null,
  ) {
    super(type, { critical: true });
  }

  protected override writeControl(writer: BerWriter): void {
    if (this.value) writer.writeBuffer(this.value, octetString);
  }
}

/** LDB_CONTROL_RELAX_OID. */
const relaxRules = '1.3.6.1.4.1.4203.666.5.12';
const showDeleted = (): Control => new ValueControl('1.2.840.113556.1.4.417');
/** The DACL alone: SEQUENCE { INTEGER 4 }, [MS-ADTS] 3.1.1.3.4.1.11. */
const daclAlone = (): Control =>
  new ValueControl('1.2.840.113556.1.4.801', Buffer.from([0x30, 0x03, 0x02, 0x01, 0x04]));

const listOf = (values: AttributeValues | undefined): Buffer[] =>
  (values === undefined ? [] : typeof values === 'string' || Buffer.isBuffer(values) ? [values] : values).map(
    value => (typeof value === 'string' ? Buffer.from(value) : value),
  );

const timeoutMs = 30_000;

/** Changes a directory as the system itself, which may do everything: over the socket that Samba keeps for its own programs. */
export class SystemSession {
  /** `socket`: the path of Samba's privileged LDAP socket. Every call makes a connection of its own: the server may have been killed. */
  constructor(private readonly socket: string) {}

  async add(distinguishedName: string, attributes: Readonly<Record<string, AttributeValues>>): Promise<void> {
    const list = Object.entries(attributes).map(
      ([type, values]) => new Attribute({ type, values: listOf(values) }),
    );
    await this.#run(client => client.add(distinguishedName, list));
  }

  /** Makes an object of a class that only the system itself makes, such as another domain controller's NTDS Settings. */
  async addRelaxed(
    distinguishedName: string,
    attributes: Readonly<Record<string, AttributeValues>>,
  ): Promise<void> {
    const list = Object.entries(attributes).map(
      ([type, values]) => new Attribute({ type, values: listOf(values) }),
    );
    await this.#run(client => client.add(distinguishedName, list, new ValueControl(relaxRules)));
  }

  async modify(distinguishedName: string, changes: readonly AttributeChange[]): Promise<void> {
    await this.#run(client => client.modify(distinguishedName, changesOf(changes)));
  }

  /** The object becomes a tombstone, or goes into the Recycle Bin where that is on. */
  async delete(distinguishedName: string): Promise<void> {
    await this.#run(client => client.del(distinguishedName));
  }

  /** What lies in the Recycle Bin is stripped, for ever. */
  async recycle(objectGUID: string): Promise<void> {
    await this.#run(client => client.del(`<GUID=${objectGUID}>`, showDeleted()));
  }

  /** To another name, below another parent, or both. */
  async rename(distinguishedName: string, to: string): Promise<void> {
    await this.#run(client => client.modifyDN(distinguishedName, to));
  }

  /**
   * Brings a deleted object back to life under this name: with all that it had where the Recycle Bin kept it, else with what a
   * tombstone keeps. What was recycled while the Recycle Bin is on never comes back.
   */
  async undelete(objectGUID: string, distinguishedName: string): Promise<void> {
    const deleted = `<GUID=${objectGUID}>`;
    await this.#run(async client => {
      const { searchEntries } = await client.search(
        deleted,
        { scope: 'base', attributes: ['isRecycled', ...setByReanimation] },
        showDeleted(),
      );
      const kept = searchEntries[0] ?? { dn: '' };
      const valueOf = (attribute: string): string | null => {
        const value = kept[attribute];
        return typeof value === 'string' ? value : null;
      };
      // Samba takes every deleted object for a tombstone: it deletes isRecycled, and adds what tombstones have lost.
      if (valueOf('isRecycled') === null) {
        const tombstone = { operation: 'add', attribute: 'isRecycled', values: 'FALSE' } as const;
        await client.modify(deleted, changesOf([tombstone]), showDeleted());
      }
      const unchanged = setByReanimation.flatMap(attribute => {
        const values = valueOf(attribute);
        return values === null ? [] : [{ operation: 'replace', attribute, values } as const];
      });
      const reanimation = changesOf([
        { operation: 'delete', attribute: 'isDeleted' },
        { operation: 'replace', attribute: 'distinguishedName', values: distinguishedName },
        ...unchanged,
      ]);
      await client.modify(deleted, reanimation, showDeleted());
      // Left there, it makes Samba refuse the next deletion.
      await client.modify(
        distinguishedName,
        changesOf([{ operation: 'replace', attribute: 'msDS-LastKnownRDN' }]),
      );
    });
  }

  /** The object's SID, text. */
  async sidOf(distinguishedName: string): Promise<string> {
    return textOfSid(await this.#read(distinguishedName, 'objectSid', []));
  }

  /** The DACL, as a self-relative security descriptor without owner and group. The object may be deleted. */
  async securityDescriptorOf(distinguishedName: string): Promise<Buffer> {
    return await this.#read(distinguishedName, 'nTSecurityDescriptor', [daclAlone(), showDeleted()]);
  }

  /** Replaces the DACL, with what `securityDescriptorOf` gave. What inherits from the object is changed with it. */
  async setSecurityDescriptor(distinguishedName: string, descriptor: Buffer): Promise<void> {
    const change = changesOf([
      { operation: 'replace', attribute: 'nTSecurityDescriptor', values: descriptor },
    ]);
    await this.#run(client => client.modify(distinguishedName, change, [daclAlone(), showDeleted()]));
  }

  async addAccessControlEntry(distinguishedName: string, entry: AccessControlEntry): Promise<void> {
    const before = await this.securityDescriptorOf(distinguishedName);
    await this.setSecurityDescriptor(distinguishedName, withEntry(before, entry));
  }

  /** Whether the server answers. */
  async answers(): Promise<boolean> {
    try {
      await this.#run(client => client.search('', { scope: 'base', attributes: ['dnsHostName'] }));
      return true;
    } catch {
      return false;
    }
  }

  async #read(distinguishedName: string, attribute: string, controls: Control[]): Promise<Buffer> {
    const { searchEntries } = await this.#run(client =>
      client.search(
        distinguishedName,
        { scope: 'base', attributes: [attribute], explicitBufferAttributes: [attribute] },
        controls,
      ),
    );
    const value = searchEntries[0]?.[attribute];
    if (!Buffer.isBuffer(value)) throw new Error(`expected ${attribute} of ${distinguishedName}, found none`);
    return value;
  }

  async #run<Result>(operation: (client: Client) => Promise<Result>): Promise<Result> {
    const client = new Client({
      url: 'ldap://localhost',
      timeout: timeoutMs,
      createConnection: () => net.connect(this.socket),
    });
    try {
      return await operation(client);
    } finally {
      await client.unbind();
    }
  }
}

const changesOf = (changes: readonly AttributeChange[]): Change[] =>
  changes.map(
    ({ operation, attribute, values }) =>
      new Change({ operation, modification: new Attribute({ type: attribute, values: listOf(values) }) }),
  );

/** Numbers that Samba gives to an account or a group when it reanimates it, unless the request has them. */
const setByReanimation = [
  'accountExpires',
  'adminCount',
  'badPasswordTime',
  'badPwdCount',
  'codePage',
  'countryCode',
  'lastLogoff',
  'lastLogon',
  'logonCount',
  'operatorCount',
  'pwdLastSet',
];
