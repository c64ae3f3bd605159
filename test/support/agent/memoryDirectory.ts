import type { Directory, DirectoryDescription, NamingContextFacts } from '../../../agent/src/app/ports';
import type { DirectoryEntry } from '../../../agent/src/core/directoryEntry';
import type { Instant } from '../../../shared/core/instant';
import { guidToBytes, type Guid } from '../../../shared/core/keys/guid';
import { parseSid, sidToBytes } from '../../../shared/core/keys/sid';

export const contosoDn = 'DC=contoso,DC=example';
export const reader = 'S-1-5-21-1-2-3-1104';

/** An object of the directory in memory; attributes in their usual spelling, texts or bytes. */
export interface MemoryObject {
  readonly distinguishedName: string;
  readonly attributes: Readonly<Record<string, readonly (string | Uint8Array)[]>>;
  readonly uSNChanged?: bigint;
}

export const guidNumbered = (number: number): Guid =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}` as Guid;

/** A user with everything that every user has. */
export const memoryUser = (number: number, changes: MemoryObject['attributes'] = {}): MemoryObject => ({
  distinguishedName: `CN=User ${number},OU=Staff,${contosoDn}`,
  attributes: {
    objectClass: ['top', 'person', 'organizationalPerson', 'user'],
    objectGUID: [guidToBytes(guidNumbered(number))],
    objectSid: [sidToBytes(parseSid(`S-1-5-21-1-2-3-${2000 + number}`)!)],
    sAMAccountName: [`user${number}`],
    uSNChanged: ['500'],
    ...changes,
  },
});

export const memoryUnit = (name: string, number: number): MemoryObject => ({
  distinguishedName: `OU=${name},${contosoDn}`,
  attributes: { objectClass: ['top', 'organizationalUnit'], objectGUID: [guidToBytes(guidNumbered(number))] },
});

const domainHead: MemoryObject = {
  distinguishedName: contosoDn,
  attributes: {
    objectClass: ['top', 'domain', 'domainDNS'],
    objectGUID: [guidToBytes(guidNumbered(900))],
    objectSid: [sidToBytes(parseSid('S-1-5-21-1-2-3')!)],
  },
};

/** One domain, read from memory; every property may be changed to make a directory that lies. */
export class MemoryDirectory implements Directory {
  objects: readonly MemoryObject[] = [domainHead, memoryUnit('Staff', 901), memoryUser(1), memoryUser(2)];
  /** What the second reading sees; null: the same. */
  secondReading: readonly MemoryObject[] | null = null;
  /** What a look-up by objectGUID finds besides the objects. */
  buried: readonly MemoryObject[] = [];
  /** Live objects that a look-up finds, and that neither reading has. */
  overlooked: readonly MemoryObject[] = [];
  tombstones: readonly MemoryObject[] | 'notReadable' = [];
  containers: readonly (readonly [string, string, Buffer | null])[] = [];
  members: readonly (readonly [string, readonly string[]])[] = [];
  facts: Partial<NamingContextFacts> = {};
  unreadDomains: DirectoryDescription['unreadDomains'] = [];
  pages = 2;
  closed = false;
  /** Called before each answer of `describe`. */
  onDescribe: () => void = () => {};

  async describe(): Promise<DirectoryDescription> {
    this.onDescribe();
    return {
      namingContexts: [
        {
          distinguishedName: contosoDn,
          domain: { dnsName: 'contoso.example', sid: 'S-1-5-21-1-2-3' },
          domainController: {
            name: 'ldaps://dc1.contoso.example',
            dnsHostName: 'dc1.contoso.example',
            invocationId: '5c1b1d3a-0f5e-4a7e-9a51-0c9f4f6f2d10',
            highestCommittedUSN: 1000n,
            currentTime: Date.now() as Instant,
            isReadOnly: false,
            isGlobalCatalogPort: false,
            inboundReplication: { kind: 'alone' },
          },
          recycleBinEnabled: false,
          callerSids: [reader, 'S-1-5-11', 'S-1-1-0'],
          ...this.facts,
        },
      ],
      unreadDomains: this.unreadDomains,
    };
  }

  async readObjects(
    _context: number,
    _attributes: readonly string[],
    visit: (page: readonly DirectoryEntry[]) => Promise<void>,
  ): Promise<void> {
    const size = Math.max(1, Math.ceil(this.objects.length / this.pages));
    for (let at = 0; at < this.objects.length; at += size)
      await visit(this.objects.slice(at, at + size).map(entryOf));
  }

  async readKeys(
    _context: number,
    restart: () => void,
    visit: (objectGUIDs: readonly Uint8Array[]) => void,
  ): Promise<void> {
    restart();
    visit((this.secondReading ?? this.objects).flatMap(object => guidOf(object) ?? []));
  }

  async readTombstones(
    _context: number,
    visit: (page: readonly DirectoryEntry[]) => Promise<void>,
  ): Promise<'included' | 'notReadable'> {
    if (this.tombstones === 'notReadable') return 'notReadable';
    await visit(this.tombstones.map(entryOf));
    return 'included';
  }

  async readContainers(
    _context: number,
    visit: (distinguishedName: string, objectClass: string, securityDescriptor: Buffer | null) => void,
  ): Promise<void> {
    for (const container of this.containers) visit(...container);
  }

  async readMembers(
    _context: number,
    restart: () => void,
    visit: (group: string, members: readonly string[]) => void,
  ): Promise<void> {
    restart();
    for (const group of this.members) visit(...group);
  }

  async findByGuid(_context: number, objectGUID: Uint8Array): ReturnType<Directory['findByGuid']> {
    const isIt = (object: MemoryObject): boolean => Buffer.from(guidOf(object) ?? []).equals(objectGUID);
    const live = [...this.objects, ...(this.secondReading ?? []), ...this.overlooked].find(isIt);
    const found = this.buried.find(isIt) ?? live;
    if (!found) return null;
    return {
      entry: entryOf(found),
      isDeleted: this.buried.includes(found),
      uSNChanged: found.uSNChanged ?? 500n,
    };
  }

  async findByDn(_context: number, distinguishedName: string): Promise<DirectoryEntry | null> {
    const found = [...this.objects, ...(this.secondReading ?? []), ...this.overlooked].find(
      object => object.distinguishedName.toLowerCase() === distinguishedName.toLowerCase(),
    );
    return found ? entryOf(found) : null;
  }

  async close(): Promise<void> {
    this.closed = true;
  }
}

const guidOf = (object: MemoryObject): Uint8Array | undefined =>
  object.attributes['objectGUID']?.[0] as Uint8Array | undefined;

const entryOf = ({ distinguishedName, attributes }: MemoryObject): DirectoryEntry => ({
  distinguishedName,
  attributes: new Map(
    Object.entries(attributes).map(([name, values]) => [
      name.toLowerCase(),
      values.map(value => (typeof value === 'string' ? Buffer.from(value) : Buffer.from(value))),
    ]),
  ),
});
