import { formatInstant, type Instant } from '../../../../shared/core/instant';
import { AgentError } from '../../core/agentError';
import type {
  Clock,
  Directory,
  DirectoryDescription,
  DomainControllerFacts,
  NamingContextFacts,
  UnreadDomain,
} from '../../app/ports';
import { readAttributeList, type AttributeList } from './attributeList';
import { readContainers } from './containers';
import { normalisedDn } from '../../core/distinguishedName';
import type { LdifFile } from './ldifFile';
import { openFolders, type LdifFolder } from './ldifFolder';
import { readMembers } from './members';
import { Partition } from './partition';
import { readFacts, type FolderFacts, type HeadFacts } from './readFacts';

export interface LdifDirectoryOptions {
  /** A folder for each domain (docs/ldif.md); a file stands for its folder. */
  readonly paths: readonly string[];
  readonly clock: Clock;
}

/** How far a domain controller's clock may be ahead of ours: what Kerberos allows. */
const clockSkewMilliseconds = 5 * 60 * 1000;

/** A domain's folder, and what before.ldf says of it. */
interface OpenFolder {
  readonly folder: LdifFolder;
  readonly requested: AttributeList;
  readonly before: FolderFacts;
}

/** A naming context that is served, by its position in the description. */
interface Served {
  readonly folder: OpenFolder;
  readonly partition: Partition;
  /** null for Configuration, where neither is looked for: users and groups do not live there. */
  readonly containers: LdifFile | null;
  readonly members: LdifFile | null;
  readonly headOf: (facts: FolderFacts) => HeadFacts;
}

/**
 * The files that ldifde writes, as a directory. Described the first time it answers from before.ldf; every later time from
 * after.ldf, and then it proves that the files are of one set. Configuration is read from the first folder.
 *
 * @throws AgentError in every method: configurationInvalid, the paths are no folders; exportIncomplete, a file or an attribute is
 * missing; ldifInvalid, a file is damaged, cut, changed while it is read, or of another time; directoryRefused, a file is of a
 * global catalog. The message names the file, the line and what makes the file, and never the content.
 */
export function createLdifDirectory(options: LdifDirectoryOptions): Directory {
  return new LdifDirectory(options);
}

class LdifDirectory implements Directory {
  readonly #options: LdifDirectoryOptions;
  #folders: readonly OpenFolder[] = [];
  #served: readonly Served[] = [];

  constructor(options: LdifDirectoryOptions) {
    this.#options = options;
  }

  async describe(signal: AbortSignal): Promise<DirectoryDescription> {
    if (this.#served.length > 0) return this.#describeAfter(signal);
    const folders: OpenFolder[] = [];
    for (const folder of await openFolders(this.#options.paths))
      folders.push({
        folder,
        requested: await readAttributeList(folder.attributesFile),
        before: await readFacts(folder.files.before, signal),
      });
    assertOneForest(folders);
    for (const { folder, before } of folders)
      this.#assertNotOfTheFuture(folder.files.before, before.currentTime);
    this.#folders = folders;
    this.#served = servedOf(folders);
    return this.#description(folders.map(({ before }) => before));
  }

  async readObjects(
    ...[namingContext, attributes, visit, signal]: Parameters<Directory['readObjects']>
  ): Promise<void> {
    await this.#at(namingContext).partition.readObjects(attributes, visit, signal);
  }

  async readKeys(
    ...[namingContext, restart, visit, signal]: Parameters<Directory['readKeys']>
  ): Promise<void> {
    restart();
    await this.#at(namingContext).partition.readKeys(visit, signal);
  }

  readTombstones(
    ...[namingContext, visit, signal]: Parameters<Directory['readTombstones']>
  ): ReturnType<Directory['readTombstones']> {
    return this.#at(namingContext).partition.readTombstones(visit, signal);
  }

  async readContainers(
    ...[namingContext, visit, signal]: Parameters<Directory['readContainers']>
  ): Promise<void> {
    const { partition, containers } = this.#at(namingContext);
    if (containers) await readContainers(partition, containers, visit, signal);
  }

  async readMembers(
    ...[namingContext, restart, visit, signal]: Parameters<Directory['readMembers']>
  ): Promise<void> {
    restart();
    const { partition, members } = this.#at(namingContext);
    if (members) await readMembers(partition, members, visit, signal);
  }

  async findByGuid(
    ...[namingContext, objectGUID, attributes, signal]: Parameters<Directory['findByGuid']>
  ): ReturnType<Directory['findByGuid']> {
    return this.#at(namingContext).partition.findByGuid(objectGUID, attributes, signal);
  }

  async findByDn(
    ...[namingContext, distinguishedName, attributes, signal]: Parameters<Directory['findByDn']>
  ): ReturnType<Directory['findByDn']> {
    return this.#at(namingContext).partition.findByDn(distinguishedName, attributes, signal);
  }

  async close(): Promise<void> {
    // Every pass closes its own file.
  }

  #at(namingContext: number): Served {
    const served = this.#served[namingContext];
    if (!served) throw new RangeError(`no naming context ${namingContext}: it was not described`);
    return served;
  }

  async #describeAfter(signal: AbortSignal): Promise<DirectoryDescription> {
    const after: FolderFacts[] = [];
    for (const { folder, before } of this.#folders) {
      const facts = await readFacts(folder.files.after, signal);
      assertFollows(folder.files.after, before, facts);
      this.#assertNotOfTheFuture(folder.files.after, facts.currentTime);
      after.push(facts);
    }
    for (const { folder, partition, headOf } of this.#served) {
      const facts = after[this.#folders.indexOf(folder)] as FolderFacts;
      const headUsn = headOf(facts).uSNChanged;
      await partition.assertOneSet(
        {
          committedBefore: Number(folder.before.highestCommittedUSN),
          committedAfter: Number(facts.highestCommittedUSN),
          headUsn: headOf(folder.before).uSNChanged === headUsn ? headUsn : null,
        },
        signal,
      );
    }
    return this.#description(after);
  }

  #assertNotOfTheFuture(file: LdifFile, time: Instant): void {
    const now = this.#options.clock.now();
    if (time - now > clockSkewMilliseconds)
      throw file.refused(
        null,
        `expected a currentTime that is not after ${formatInstant(now)}, found ${formatInstant(time)}: a clock is wrong`,
      );
  }

  /** `facts`: one for each folder. */
  #description(facts: readonly FolderFacts[]): DirectoryDescription {
    const namingContexts = this.#served.map(({ folder, headOf }, at): NamingContextFacts => {
      const from = facts[this.#folders.indexOf(folder)] as FolderFacts;
      const head = headOf(from);
      return {
        distinguishedName: head.distinguishedName,
        domain: at < this.#folders.length ? domainOf(from, folder.folder.files.before) : null,
        domainController: domainControllerOf(from, head, folder.folder.path),
        // The files do not tell: then what was deleted may come back, and is held for longer.
        recycleBinEnabled: true,
        callerSids: from.callerSids,
      };
    });
    const takenAt = Math.min(...facts.map(({ currentTime }) => currentTime)) as Instant;
    return { takenAt, namingContexts, unreadDomains: unreadDomainsOf(facts) };
  }
}

function servedOf(folders: readonly OpenFolder[]): readonly Served[] {
  const domains = folders.map((folder): Served => {
    const { walk, keys, deleted, containers, members } = folder.folder.files;
    const { distinguishedName } = folder.before.domain;
    return {
      folder,
      partition: new Partition(distinguishedName, { walk, keys, deleted }, folder.requested, 'isObject'),
      containers,
      members,
      headOf: facts => facts.domain,
    };
  });
  const [first] = folders as [OpenFolder];
  const { configuration: walk, configurationKeys: keys, configurationDeleted: deleted } = first.folder.files;
  const { distinguishedName } = first.before.configuration;
  return [
    ...domains,
    {
      folder: first,
      partition: new Partition(distinguishedName, { walk, keys, deleted }, first.requested, 'isProof'),
      containers: null,
      members: null,
      headOf: facts => facts.configuration,
    },
  ];
}

function assertOneForest(folders: readonly OpenFolder[]): void {
  const seen = new Set<string>();
  const [first] = folders as [OpenFolder];
  const forest = normalisedDn(first.before.configuration.distinguishedName);
  for (const { folder, before } of folders) {
    if (normalisedDn(before.configuration.distinguishedName) !== forest)
      throw new AgentError(
        'configurationInvalid',
        `Expected folders of one forest, found ${folder.path} of another one than ${first.folder.path}. Each forest is a source of its own.`,
      );
    const domain = normalisedDn(before.domain.distinguishedName);
    if (seen.has(domain))
      throw new AgentError(
        'configurationInvalid',
        `Expected a folder for each domain, found ${folder.path} to be of a domain that another one has. Name only the newer one.`,
      );
    seen.add(domain);
  }
}

const domainsOf = (facts: FolderFacts): string =>
  facts.forestDomains
    .map(domain => normalisedDn(domain.distinguishedName))
    .sort()
    .join('\n');

/** after.ldf has to be of the same domain controller, later, and of the same forest. */
function assertFollows(file: LdifFile, before: FolderFacts, after: FolderFacts): void {
  if (after.invocationId !== before.invocationId)
    throw file.refused(
      null,
      'expected the domain controller of before.ldf, found another one (another invocationId)',
    );
  if (normalisedDn(after.domain.distinguishedName) !== normalisedDn(before.domain.distinguishedName))
    throw file.refused(null, 'expected the domain of before.ldf, found another one');
  if (after.currentTime < before.currentTime || after.highestCommittedUSN < before.highestCommittedUSN)
    throw file.refused(
      null,
      'expected a later time and a highestCommittedUSN not below that of before.ldf, found others',
    );
  if (domainsOf(after) !== domainsOf(before))
    throw file.refused(
      null,
      'expected the domains of the forest that before.ldf has, found others: a file was cut, or the forest changed',
    );
}

function domainOf(facts: FolderFacts, file: LdifFile): NonNullable<NamingContextFacts['domain']> {
  const own = normalisedDn(facts.domain.distinguishedName);
  const domain = facts.forestDomains.find(({ distinguishedName }) => normalisedDn(distinguishedName) === own);
  if (!domain) throw file.refused(null, 'expected the crossRef of the domain itself, found none');
  const { dnsName, netBiosName } = domain;
  return { dnsName, ...(netBiosName === null ? {} : { netBiosName }), sid: facts.domain.sid };
}

function domainControllerOf(facts: FolderFacts, head: HeadFacts, name: string): DomainControllerFacts {
  return {
    name,
    dnsHostName: facts.dnsHostName,
    invocationId: facts.invocationId,
    highestCommittedUSN: facts.highestCommittedUSN,
    currentTime: facts.currentTime,
    isReadOnly: facts.isReadOnly,
    // A file of a global catalog's port is refused by readFacts.
    isGlobalCatalogPort: false,
    inboundReplication: head.inboundReplication,
  };
}

/** The domains that any folder knows of and none is of. */
function unreadDomainsOf(facts: readonly FolderFacts[]): readonly UnreadDomain[] {
  const read = new Set(facts.map(({ domain }) => normalisedDn(domain.distinguishedName)));
  const unread = new Map<string, UnreadDomain>();
  for (const { distinguishedName, dnsName } of facts.flatMap(({ forestDomains }) => forestDomains)) {
    const comparable = normalisedDn(distinguishedName);
    if (!read.has(comparable)) unread.set(comparable, { distinguishedName, dnsName });
  }
  return [...unread.values()];
}
