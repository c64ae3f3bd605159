import type { Instant } from '../../../shared/core/instant';
import type { DirectoryEntry } from '../core/directoryEntry';
import type { InboundReplication } from '../core/domainController';

/** A domain controller as it described itself when it was connected to. */
export interface DomainControllerFacts {
  /** How the configuration names it: an LDAP URL, or a file. */
  readonly name: string;
  readonly dnsHostName: string;
  /** GUID of its database, lower case; another one after a reconnect means another domain controller. */
  readonly invocationId: string;
  readonly highestCommittedUSN: bigint;
  /** Its own clock. */
  readonly currentTime: Instant;
  readonly isReadOnly: boolean;
  readonly isGlobalCatalogPort: boolean;
  readonly inboundReplication: InboundReplication;
}

/** A naming context that can be read, and from whom. Its position in the list is the export's `namingContext`. */
export interface NamingContextFacts {
  readonly distinguishedName: string;
  /** null where it is no domain: Configuration. */
  readonly domain: { readonly dnsName: string; readonly netBiosName?: string; readonly sid: string } | null;
  readonly domainController: DomainControllerFacts;
  /** SIDs of the account that reads and of all its groups (rootDSE's tokenGroups), text. Empty: not known. */
  readonly callerSids: readonly string[];
}

/** A domain that the forest has (crossRef) and that no configured domain controller serves. */
export interface UnreadDomain {
  readonly distinguishedName: string;
  readonly dnsName: string;
}

export interface DirectoryDescription {
  /**
   * LDIF files only: what the domain controllers' own clocks said when the files of this answer were made, the earliest of them.
   * The first answer's is the export's `startedAt`, and `currentTime` says nothing of how the clocks agree now. Absent: the answer
   * is of this moment.
   */
  readonly takenAt?: Instant;
  readonly namingContexts: readonly NamingContextFacts[];
  readonly unreadDomains: readonly UnreadDomain[];
}

/** What a base search by objectGUID found, deleted objects included. */
export interface FoundObject {
  readonly entry: DirectoryEntry;
  readonly isDeleted: boolean;
  readonly uSNChanged: bigint;
}

/**
 * An Active Directory as the export reads it: LDAP, or LDIF files. Every method either hands over everything or throws an
 * `AgentError` (`directoryUnavailable` after its own retries, `directoryRefused`, `ldifInvalid`); none ends early in silence.
 *
 * A search that broke off is started again from its beginning, on a new connection to the same domain controller. `visit` gets a
 * page at a time, and is awaited before the page after the next is taken. Entries that were handed over before may come again.
 */
export interface Directory {
  /** Connects, and asks every configured domain controller for what it is. Called again, it asks again. */
  describe(signal: AbortSignal): Promise<DirectoryDescription>;

  /**
   * Every live object of the naming context, filter `(objectClass=*)` for a domain, with these attributes. In Configuration only
   * what has an address or a SID. Tombstones are not among them.
   */
  readObjects(
    namingContext: number,
    attributes: readonly string[],
    visit: (page: readonly DirectoryEntry[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void>;

  /**
   * The same search once more, independently, for objectGUID alone: its 16 bytes as AD stores them. `restart` is called before
   * each attempt, the first too: what was visited before counts for nothing.
   */
  readKeys(
    namingContext: number,
    restart: () => void,
    visit: (objectGUIDs: readonly Uint8Array[]) => void,
    signal: AbortSignal,
  ): Promise<void>;

  /**
   * CN=Deleted Objects, recycled ones too, with the attributes of a tombstone line. `notReadable`: the account does not see the
   * container's content (an ordinary account sees nothing there, with success).
   */
  readTombstones(
    namingContext: number,
    visit: (page: readonly DirectoryEntry[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<'included' | 'notReadable'>;

  /** Every object that can hold users, groups, contacts or computers, with its nTSecurityDescriptor (null: not returned). */
  readContainers(
    namingContext: number,
    visit: (distinguishedName: string, objectClass: string, securityDescriptor: Buffer | null) => void,
    signal: AbortSignal,
  ): Promise<void>;

  /** Every value of `member` of every group, complete whatever its length. `restart` as in `readKeys`. */
  readMembers(
    namingContext: number,
    restart: () => void,
    visit: (group: string, members: readonly string[]) => void,
    signal: AbortSignal,
  ): Promise<void>;

  /** Base search by `<GUID=…>` with show-deleted and show-recycled; null: no such object, or none that the account may see. */
  findByGuid(
    namingContext: number,
    objectGUID: Uint8Array,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<FoundObject | null>;

  /** Base search by DN; null: no such object, or none that the account may see. */
  findByDn(
    namingContext: number,
    distinguishedName: string,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<DirectoryEntry | null>;

  close(): Promise<void>;
}

/** What a person or a log sees of a long command. */
export interface Progress {
  /** A new step; `expected` is the number of objects of the last time, where it is known. */
  step(name: string, expected?: number): void;
  advance(objects: number): void;
  note(message: string): void;
  warn(message: string): void;
  done(): void;
}

export interface Clock {
  now(): Instant;
}
