import type {
  Directory,
  DirectoryDescription,
  FoundObject,
  NamingContextFacts,
  UnreadDomain,
} from '../../app/ports';
import { AgentError } from '../../core/agentError';
import { textOf, textsOf, type DirectoryEntry } from '../../core/directoryEntry';
import { containerClasses } from '../../core/schemaGuids';
import { tombstoneAttributes } from '../../core/tombstoneLine';
import { readDomainController, same, type DomainControllerReport } from './domainControllerFacts';
import {
  DomainControllerLink,
  realWaiting,
  type DomainControllerOptions,
  type Patience,
} from './domainControllerLink';
import type { LdapConnection } from './ldapConnection';
import { pagedSearch } from './pagedSearch';
import { completeRanges, guidBase, restOfRange } from './rangedValues';
import type { ReceivedEntry } from './searchEntry';
import {
  anyOf,
  domainScope,
  equals,
  everyObject,
  ownerGroupAndDacl,
  present,
  showDeleted,
  type Search,
} from './searchRequest';
import { readEntry } from './singleEntry';

/** `wait` and `random` are real unless a test says otherwise. */
export interface LdapDirectoryOptions
  extends Omit<Patience, keyof typeof realWaiting>, Partial<typeof realWaiting> {
  /** One for each domain to read, in the order in which the export shall list them. */
  readonly domainControllers: readonly DomainControllerOptions[];
}

const configurationFilter = anyOf(['mail', 'proxyAddresses', 'objectSid'].map(present));

const guidBytes = 16;

/** Each may bring 1,500 members at once: 15 MB a page where names are long. */
const groupsPerPage = 100;

/** A naming context, and the way to it. */
interface Source {
  readonly facts: NamingContextFacts;
  readonly link: DomainControllerLink;
  /** null: Configuration. */
  readonly deletedObjects: string | null;
}

/**
 * An Active Directory over LDAP: one domain controller for each domain, each asked for its own domain only. Each forest's Configuration
 * is read once, from the first of its domain controllers. The order is that of the configuration, Configurations last.
 */
export function createLdapDirectory({ domainControllers, ...patience }: LdapDirectoryOptions): Directory {
  const all = { ...realWaiting, ...patience };
  if (domainControllers.length === 0) {
    throw new AgentError(
      'configurationInvalid',
      'Expected at least one domain controller, found none. Name one for each domain.',
    );
  }
  return new LdapDirectory(domainControllers.map(options => new DomainControllerLink(options, all)));
}

class LdapDirectory implements Directory {
  readonly #links: readonly DomainControllerLink[];
  #sources: readonly Source[] = [];

  constructor(links: readonly DomainControllerLink[]) {
    this.#links = links;
  }

  async describe(signal: AbortSignal): Promise<DirectoryDescription> {
    const reports: Report[] = [];
    for (const link of this.#links) {
      const report = await link.run(
        'what it is',
        connection => readDomainController(connection, link, signal),
        signal,
      );
      reports.push({ ...report, link });
    }
    refuseDomainsReadTwice(reports);
    this.#sources = [
      ...reports.map(({ link, domain, deletedObjects }) => ({ link, facts: domain, deletedObjects })),
      ...firstOfEachForest(reports).map(({ link, configuration }) => ({
        link,
        facts: configuration,
        deletedObjects: null,
      })),
    ];
    return {
      namingContexts: this.#sources.map(({ facts }) => facts),
      unreadDomains: firstOfEachForest(reports).flatMap(first => unreadOf(first, reports)),
    };
  }

  async readObjects(
    namingContext: number,
    attributes: readonly string[],
    visit: (page: readonly DirectoryEntry[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const source = this.#source(namingContext);
    const search = everythingIn(source, attributes);
    await source.link.run(
      `the objects of ${source.facts.distinguishedName}`,
      connection => readPages(connection, search, visit, signal),
      signal,
    );
  }

  async readKeys(
    namingContext: number,
    restart: () => void,
    visit: (objectGUIDs: readonly Uint8Array[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const source = this.#source(namingContext);
    const search = everythingIn(source, ['objectGUID']);
    await source.link.run(
      `the keys of ${source.facts.distinguishedName}`,
      connection => {
        restart();
        return pagedSearch(connection, search, async entries => visit(keysOf(entries)), signal);
      },
      signal,
    );
  }

  async readTombstones(
    namingContext: number,
    visit: (page: readonly DirectoryEntry[]) => Promise<void>,
    signal: AbortSignal,
  ): Promise<'included' | 'notReadable'> {
    const { link, facts, deletedObjects } = this.#source(namingContext);
    // What is deleted in Configuration held neither accounts nor recipients that are synchronised.
    if (deletedObjects === null) return 'included';
    const controls = [domainScope, ...showDeleted];
    const search: Search = {
      base: deletedObjects,
      scope: 'one',
      filter: everyObject,
      attributes: tombstoneAttributes,
      controls,
    };
    return link.run(
      `the deleted objects of ${facts.distinguishedName}`,
      async connection => {
        const container = await readEntry(
          connection,
          deletedObjects,
          ['objectClass', 'isDeleted'],
          controls,
          signal,
        );
        if (!container) return 'notReadable';
        let seen = 0;
        const count = async (page: readonly DirectoryEntry[]): Promise<void> => {
          seen += page.length;
          await visit(page);
        };
        await readPages(connection, search, count, signal);
        // An account without rights sees nothing there, with success; nor does it see what the container itself is.
        return seen > 0 || container.attributes.has('objectclass') ? 'included' : 'notReadable';
      },
      signal,
    );
  }

  async readContainers(
    namingContext: number,
    visit: (distinguishedName: string, objectClass: string, securityDescriptor: Buffer | null) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { link, facts, deletedObjects } = this.#source(namingContext);
    if (deletedObjects === null) return;
    const search: Search = {
      base: facts.distinguishedName,
      scope: 'sub',
      filter: anyOf(Object.keys(containerClasses).map(name => equals('objectClass', name))),
      attributes: ['objectClass', 'nTSecurityDescriptor'],
      controls: [domainScope, ownerGroupAndDacl],
    };
    await link.run(
      `the containers of ${facts.distinguishedName}`,
      connection =>
        pagedSearch(
          connection,
          search,
          async entries => {
            for (const entry of entries) {
              const descriptor = entry.attributes.get('ntsecuritydescriptor')?.[0];
              const objectClass = textsOf(entry, 'objectclass').at(-1) ?? '';
              visit(entry.distinguishedName, objectClass, descriptor ? Buffer.from(descriptor) : null);
            }
          },
          signal,
        ),
      signal,
    );
  }

  async readMembers(
    namingContext: number,
    restart: () => void,
    visit: (group: string, members: readonly string[]) => void,
    signal: AbortSignal,
  ): Promise<void> {
    const { link, facts } = this.#source(namingContext);
    const search: Search = {
      base: facts.distinguishedName,
      scope: 'sub',
      filter: present('member'),
      attributes: ['objectGUID', 'member'],
      controls: [domainScope],
      pageSize: groupsPerPage,
    };
    await link.run(
      `the members of groups in ${facts.distinguishedName}`,
      connection => {
        restart();
        return pagedSearch(
          connection,
          search,
          async groups => {
            for (const group of groups) {
              for await (const members of membersOf(connection, group, search, signal)) {
                visit(group.distinguishedName, members.map(String));
              }
            }
          },
          signal,
        );
      },
      signal,
    );
  }

  async findByGuid(
    namingContext: number,
    objectGUID: Uint8Array,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<FoundObject | null> {
    const { link } = this.#source(namingContext);
    const asked = withAttributes(attributes, ['isDeleted', 'uSNChanged']);
    const controls = [domainScope, ...showDeleted];
    const entry = await link.run(
      'one object by its objectGUID',
      connection => readEntry(connection, guidBase(objectGUID), asked, controls, signal),
      signal,
    );
    if (!entry) return null;
    const changed = textOf(entry, 'usnchanged') ?? '';
    if (!/^\d+$/.test(changed)) {
      throw new AgentError(
        'directoryRefused',
        `Expected ${link.name} to tell uSNChanged of an object that was found by its objectGUID, found nothing. ` +
          'Let the account read it.',
      );
    }
    return {
      entry,
      isDeleted: textOf(entry, 'isdeleted')?.toUpperCase() === 'TRUE',
      uSNChanged: BigInt(changed),
    };
  }

  async findByDn(
    namingContext: number,
    distinguishedName: string,
    attributes: readonly string[],
    signal: AbortSignal,
  ): Promise<DirectoryEntry | null> {
    const { link } = this.#source(namingContext);
    return link.run(
      'one object by its distinguished name',
      connection => readEntry(connection, distinguishedName, attributes, [domainScope], signal),
      signal,
    );
  }

  async close(): Promise<void> {
    for (const link of this.#links) link.close();
  }

  #source(namingContext: number): Source {
    const source = this.#sources[namingContext];
    if (source) return source;
    throw new AgentError(
      'unexpected',
      `Expected a naming context that the last description lists, found number ${namingContext}. Describe first.`,
    );
  }
}

interface Report extends DomainControllerReport {
  readonly link: DomainControllerLink;
}

function refuseDomainsReadTwice(reports: readonly Report[]): void {
  for (const [at, report] of reports.entries()) {
    const twin = reports.slice(0, at).find(other => servesDomain(other, report, report.domain));
    if (!twin) continue;
    throw new AgentError(
      'directoryRefused',
      `Expected one domain controller for each domain, found ${twin.link.name} and ${report.link.name} for ` +
        `${report.domain.distinguishedName}. Remove one of them.`,
    );
  }
}

const servesDomain = (
  one: Report,
  { forest }: Report,
  { distinguishedName }: { readonly distinguishedName: string },
): boolean => one.forest === forest && same(one.domain.distinguishedName, distinguishedName);

const firstOfEachForest = (reports: readonly Report[]): readonly Report[] =>
  reports.filter((report, at) => reports.findIndex(({ forest }) => forest === report.forest) === at);

const unreadOf = (first: Report, reports: readonly Report[]): readonly UnreadDomain[] =>
  first.domains.filter(domain => !reports.some(report => servesDomain(report, first, domain)));

const everythingIn = ({ facts, deletedObjects }: Source, attributes: readonly string[]): Search => ({
  base: facts.distinguishedName,
  scope: 'sub',
  filter: deletedObjects === null ? configurationFilter : everyObject,
  attributes,
  controls: [domainScope],
});

/** Hands over pages whose entries have all their values. */
async function readPages(
  connection: LdapConnection,
  search: Search,
  visit: (page: readonly DirectoryEntry[]) => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  await pagedSearch(
    connection,
    search,
    async entries => {
      const page: DirectoryEntry[] = [];
      for (const entry of entries) {
        page.push(
          entry.ranges.length === 0
            ? entry
            : await completeRanges(connection, entry, search.controls, signal),
        );
      }
      await visit(page);
    },
    signal,
  );
}

/**
 * The objectGUIDs of a page, copied into one piece of memory: who keeps one keeps none of what came with it. What the account may not
 * read has none; the first reading tells of it.
 */
function keysOf(entries: readonly ReceivedEntry[]): Uint8Array[] {
  const keys = entries.flatMap(entry => {
    const value = entry.attributes.get('objectguid')?.[0];
    return value?.length === guidBytes ? [value] : [];
  });
  const bytes = new Uint8Array(keys.length * guidBytes);
  return keys.map((key, at) => {
    bytes.set(key, at * guidBytes);
    return bytes.subarray(at * guidBytes, (at + 1) * guidBytes);
  });
}

async function* membersOf(
  connection: LdapConnection,
  group: ReceivedEntry,
  search: Search,
  signal: AbortSignal,
): AsyncGenerator<readonly Buffer[]> {
  const members = group.attributes.get('member');
  if (members) yield members;
  const range = group.ranges.find(({ attribute }) => attribute === 'member');
  if (range) yield* restOfRange(connection, group, range, search.controls, signal);
}

function withAttributes(asked: readonly string[], more: readonly string[]): readonly string[] {
  const known = new Set(asked.map(name => name.toLowerCase()));
  return [...asked, ...more.filter(name => !known.has(name.toLowerCase()))];
}
