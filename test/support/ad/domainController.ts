import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DirectoryEntry } from '../../../agent/src/core/directoryEntry';
import type { CertificateAuthority } from '../tls';
import { ldapsearch } from './ldapsearch';
import { claimLoopbackAddress, type ClaimedAddress } from './loopbackAddress';
import { provision, type SeedCounts } from './provision';
import { sambaInstallation } from './sambaPrograms';
import { type ProcessModel, type SambaProcess, startSamba } from './sambaProcess';
import type { DirectoryRight } from './securityDescriptor';
import { SystemSession } from './systemSession';

export interface DomainControllerOptions {
  /** Signs its certificate: the IP address, and dc1.<dnsName>. */
  readonly authority: CertificateAuthority;
  readonly dnsName: string;
  /** Upper case, at most 15 characters. By default the first label of the DNS name. */
  readonly netBiosName?: string;
  readonly domainSid?: string;
  /** `single` (default): one process answers one request at a time. `prefork`: several at once, four times the memory. */
  readonly processModel?: ProcessModel;
  /** Whether the Recycle Bin is on; by default it is. */
  readonly recycleBin?: boolean;
  /** LDIF change records that the database is filled with before the start; see `addRecord`. */
  readonly seed?: string;
  /** It ends by itself after so many seconds; by default 600. */
  readonly maximumRuntimeSeconds?: number;
}

/** Somebody who can sign in. */
export interface DirectoryAccount {
  /** What a simple bind takes: the userPrincipalName. */
  readonly name: string;
  readonly password: string;
  readonly distinguishedName: string;
  readonly sid: string;
}

const defaultDomainSid = 'S-1-5-21-1004336348-1177238915-682003330';
const hostName = 'dc1';
const startLimitMs = 30_000;
const pollMs = 25;

/** A Samba Active Directory domain controller of its own forest, on an address of its own; its data lives until `stop`. */
export class DomainController {
  readonly address: string;
  /** `ldaps://<address>` */
  readonly url: string;
  readonly dnsHostName: string;
  /** The certificate authority, PEM. */
  readonly authorityCert: string;
  readonly baseDn: string;
  readonly system: SystemSession;
  #process: SambaProcess | null = null;
  #isStopped = false;

  private constructor(
    readonly directory: string,
    private readonly claim: ClaimedAddress,
    readonly options: DomainControllerOptions,
    readonly domainSid: string,
    readonly administrator: DirectoryAccount,
    readonly seeded: SeedCounts,
  ) {
    this.address = claim.address;
    this.url = `ldaps://${claim.address}`;
    this.dnsHostName = `${hostName}.${options.dnsName}`;
    this.authorityCert = options.authority.cert;
    this.baseDn = baseDnOf(options.dnsName);
    this.system = new SystemSession(path.join(directory, 'private', 'ldap_priv', 'ldapi'));
  }

  /** Makes the domain, and starts it. Throws with Samba's own words where that fails, and with what is missing where Samba is not installed. */
  static async start(options: DomainControllerOptions): Promise<DomainController> {
    const installation = sambaInstallation();
    if (installation.kind === 'missing') throw new Error(installation.problem);
    const directory = await mkdtemp(path.join(tmpdir(), 'samba-'));
    let claim: ClaimedAddress | null = null;
    try {
      claim = await claimLoopbackAddress();
      const { dnsName, netBiosName = (dnsName.split('.')[0] ?? '').toUpperCase() } = options;
      const { domainSid = defaultDomainSid, recycleBin = true } = options;
      const password = newPassword();
      await writeTlsFiles(directory, options, claim.address);
      const seed = options.seed === undefined ? null : path.join(directory, 'seed.ldif');
      if (seed !== null) await writeFile(seed, options.seed ?? '');
      const order = {
        directory,
        realm: dnsName.toUpperCase(),
        netBiosName,
        hostName,
        domainSid,
        recycleBin,
        seed,
      };
      const seeded = await provision({ ...order, administratorPassword: password });
      const administrator = {
        name: `administrator@${dnsName}`,
        password,
        distinguishedName: `CN=Administrator,CN=Users,${baseDnOf(dnsName)}`,
        sid: `${domainSid}-500`,
      };
      const controller = new DomainController(directory, claim, options, domainSid, administrator, seeded);
      await controller.start();
      return controller;
    } catch (error) {
      await claim?.release();
      await rm(directory, { recursive: true, force: true });
      throw error;
    }
  }

  /** Starts it again after `kill`, with the same data, address and certificate. */
  async start(): Promise<void> {
    if (this.#process && !this.#process.ended)
      throw new Error('expected a domain controller that was killed, found it running');
    const { processModel = 'single', maximumRuntimeSeconds = 600 } = this.options;
    const samba = startSamba({
      directory: this.directory,
      address: this.address,
      processModel,
      maximumRuntimeSeconds,
    });
    this.#process = samba;
    const deadline = Date.now() + startLimitMs;
    while (!(await this.system.answers())) {
      if (samba.ended || Date.now() > deadline) {
        await samba.kill();
        throw new Error(`Samba did not start on ${this.address}. Its output:\n${samba.output()}`);
      }
      await new Promise(resolve => setTimeout(resolve, pollMs));
    }
  }

  /** Kills it in the middle of whatever it does (SIGKILL, children too). Its data and its address stay. */
  async kill(): Promise<void> {
    await this.#process?.kill();
  }

  /** Ends it; data and address are gone. May be called more than once. */
  async stop(): Promise<void> {
    if (this.#isStopped) return;
    this.#isStopped = true;
    await this.#process?.stop();
    await this.claim.release();
    await rm(this.directory, { recursive: true, force: true });
  }

  /** What Samba said last, for the message of a test that fails. */
  output(): string {
    return this.#process?.output() ?? '';
  }
  /** An ordinary user who can sign in. Synchronisation does not take it: adminDescription is NoSync. */
  async addServiceAccount(sAMAccountName: string): Promise<DirectoryAccount> {
    const distinguishedName = `CN=${sAMAccountName},CN=Users,${this.baseDn}`;
    const name = `${sAMAccountName}@${this.options.dnsName}`;
    const password = newPassword();
    await this.system.add(distinguishedName, {
      objectClass: 'user',
      sAMAccountName,
      userPrincipalName: name,
      userAccountControl: '512',
      adminDescription: 'NoSync',
      unicodePwd: Buffer.from(`"${password}"`, 'utf16le'),
    });
    return { name, password, distinguishedName, sid: await this.system.sidOf(distinguishedName) };
  }

  /** Takes rights from somebody: `listContents` hides what lies in the container, `readProperties` the attributes of it and of everything below, `listObject` the object itself where the forest has the List Object mode, `readPermissions` its own security descriptor. */
  async deny(
    distinguishedName: string,
    trustee: { readonly sid: string },
    right: DirectoryRight,
  ): Promise<void> {
    await this.system.addAccessControlEntry(distinguishedName, {
      type: 'deny',
      rights: [right],
      sid: trustee.sid,
      inherited: right === 'readProperties',
    });
  }

  /** Lets an ordinary account see CN=Deleted Objects and what is in it, as dsacls does on Windows. */
  async grantTombstones(account: { readonly sid: string }): Promise<void> {
    await this.system.addAccessControlEntry(`CN=Deleted Objects,${this.baseDn}`, {
      type: 'allow',
      rights: ['listContents', 'readProperties'],
      sid: account.sid,
      inherited: false,
    });
  }

  /** Runs OpenLDAP's ldapsearch over TLS, which it verifies; by default as the administrator. The arguments follow the bind: `-b`, `-s`, filter, attributes. */
  async ldapsearch(
    args: readonly string[],
    account = this.administrator,
  ): Promise<readonly DirectoryEntry[]> {
    const passwordFile = path.join(this.directory, `${account.sid}.password`);
    await writeFile(passwordFile, account.password, { mode: 0o600 });
    const authorityFile = path.join(this.directory, 'tls', 'ca.pem');
    return await ldapsearch({ url: this.url, authorityFile, bindName: account.name, passwordFile }, args);
  }
}

/** Makes a domain and starts it; see `DomainController.start`. */
export const startDomainController = (options: DomainControllerOptions): Promise<DomainController> =>
  DomainController.start(options);

const baseDnOf = (dnsName: string): string =>
  dnsName
    .split('.')
    .map(label => `DC=${label}`)
    .join(',');

/** Long, random, and of every kind of character that the password policy asks for. */
const newPassword = (): string => `Aa1!${randomBytes(12).toString('hex')}`;

async function writeTlsFiles(
  directory: string,
  { authority, dnsName }: DomainControllerOptions,
  address: string,
): Promise<void> {
  const { cert, key } = await authority.issue({ addresses: [address], dnsNames: [`${hostName}.${dnsName}`] });
  const folder = path.join(directory, 'tls');
  await mkdir(folder);
  // Samba refuses a key that others may read.
  await writeFile(path.join(folder, 'key.pem'), key, { mode: 0o600 });
  await writeFile(path.join(folder, 'cert.pem'), cert);
  await writeFile(path.join(folder, 'ca.pem'), authority.cert);
}
