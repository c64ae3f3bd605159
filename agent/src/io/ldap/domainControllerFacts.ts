import { guidFromBytes, type Guid } from '../../../../shared/core/keys/guid';
import { sidFromBytes } from '../../../../shared/core/keys/sid';
import type { DomainControllerFacts, NamingContextFacts, UnreadDomain } from '../../app/ports';
import { AgentError } from '../../core/agentError';
import { textOf, textsOf, type DirectoryEntry } from '../../core/directoryEntry';
import { parseInboundNeighbour, type InboundReplication } from '../../core/domainController';
import { parseGeneralizedTime } from '../../core/generalizedTime';
import type { LdapConnection } from './ldapConnection';
import { LdapFault } from './ldapFault';
import { pagedSearch } from './pagedSearch';
import { completeRanges } from './rangedValues';
import { domainScope, equals, pageOf, type Search } from './searchRequest';
import { readEntry } from './singleEntry';

/** LDAP_CAP_ACTIVE_DIRECTORY_PARTIAL_SECRETS_OID: a read-only domain controller ([MS-ADTS] 3.1.1.3.4.3). */
const readOnlyCapability = '1.2.840.113556.1.4.1920';
/** FLAG_CR_NTDS_DOMAIN of a crossRef's systemFlags: the naming context is a domain ([MS-ADTS] 2.2.10). */
const domainFlag = 2;
/** The optional feature that keeps deleted objects whole for a while ([MS-ADTS] 3.1.1.9.1). */
const recycleBinFeature = 'cn=recycle bin feature,cn=optional features,';
/** Whose value in wellKnownObjects is CN=Deleted Objects ([MS-ADTS] 6.1.1.4). */
const deletedObjectsGuid = '18E2EA80684F11D2B9AA00C04F79F805';

/** What one domain controller says of itself, of its domain and of its forest. */
export interface DomainControllerReport {
  readonly domain: NamingContextFacts;
  readonly configuration: NamingContextFacts;
  /** objectGUID of Configuration, the same in all of a forest and in no other: names may be equal by chance. */
  readonly forest: Guid;
  /** Every domain of the forest. */
  readonly domains: readonly UnreadDomain[];
  /** Distinguished name of the domain's CN=Deleted Objects. */
  readonly deletedObjects: string;
}

/** Asks a domain controller for all that. What it must say and does not say is `directoryRefused`. */
export async function readDomainController(
  connection: LdapConnection,
  link: {
    readonly name: string;
    readonly invocationId: string | null;
    readonly target: { readonly globalCatalog: boolean };
  },
  signal: AbortSignal,
): Promise<DomainControllerReport> {
  const ask = (base: string, attributes: readonly string[]): Promise<DirectoryEntry | null> =>
    readEntry(connection, base, attributes, [], signal);
  const required = <Value>(value: Value | null | undefined, what: string): Value => {
    if (value !== null && value !== undefined && value !== '') return value;
    throw new AgentError(
      'directoryRefused',
      `Expected ${link.name} to tell ${what}, found nothing. Name a domain controller of Active Directory, and let the ` +
        'account read what Authenticated Users may read by default.',
    );
  };

  const root = required(await ask('', rootAttributes), 'what it is (rootDSE)');
  const fromRoot = (attribute: string): string =>
    required(textOf(root, attribute.toLowerCase()), `${attribute} (rootDSE)`);
  const domainName = fromRoot('defaultNamingContext');
  const configurationName = fromRoot('configurationNamingContext');
  const head = required(await ask(domainName, headAttributes), 'the head of its domain');
  const configuration = required(await ask(configurationName, headAttributes), 'the head of Configuration');
  const crossRefs = await readCrossRefs(connection, configurationName, signal);
  const crossRef = required(
    crossRefs.find(each => same(each.distinguishedName, domainName)),
    'the names of its domain (crossRef in CN=Partitions)',
  );
  const masters = await readMasters(connection, configurationName, signal);
  const partitions = required(
    await ask(`CN=Partitions,${configurationName}`, ['msDS-EnabledFeature']),
    'CN=Partitions',
  );
  const recycleBinEnabled = textsOf(partitions, 'msds-enabledfeature').some(feature =>
    feature.toLowerCase().startsWith(recycleBinFeature),
  );
  const itself: Omit<DomainControllerFacts, 'inboundReplication'> = {
    name: link.name,
    dnsHostName: fromRoot('dnsHostName'),
    invocationId: required(link.invocationId, 'invocationId'),
    highestCommittedUSN: BigInt(
      required(/^\d+$/.exec(fromRoot('highestCommittedUSN'))?.[0], 'a number as highestCommittedUSN'),
    ),
    currentTime: required(parseGeneralizedTime(fromRoot('currentTime')), 'a time as currentTime'),
    isReadOnly: textsOf(root, 'supportedcapabilities').includes(readOnlyCapability),
    isGlobalCatalogPort: link.target.globalCatalog || (await answersForAllDomains(connection, signal)),
  };
  const callerSids = (root.attributes.get('tokengroups') ?? []).flatMap(bytes => sidFromBytes(bytes) ?? []);
  const sid = required(sidFromBytes(valueOf(head, 'objectsid')), "the domain's objectSid");
  return {
    domain: {
      distinguishedName: domainName,
      domain: {
        dnsName: crossRef.dnsName,
        sid,
        ...(crossRef.netBiosName === null ? {} : { netBiosName: crossRef.netBiosName }),
      },
      domainController: { ...itself, inboundReplication: replicationOf(head, domainName, masters) },
      recycleBinEnabled,
      callerSids,
    },
    configuration: {
      distinguishedName: configurationName,
      domain: null,
      domainController: {
        ...itself,
        inboundReplication: replicationOf(configuration, configurationName, masters),
      },
      recycleBinEnabled,
      callerSids,
    },
    forest: required(guidFromBytes(valueOf(configuration, 'objectguid')), 'objectGUID of Configuration'),
    domains: crossRefs.map(({ distinguishedName, dnsName }) => ({ distinguishedName, dnsName })),
    deletedObjects: deletedObjectsOf(head) ?? `CN=Deleted Objects,${domainName}`,
  };
}

const rootAttributes = [
  'defaultNamingContext',
  'configurationNamingContext',
  'dnsHostName',
  'highestCommittedUSN',
  'currentTime',
  'supportedCapabilities',
  'tokenGroups',
];

const headAttributes = ['objectGUID', 'objectSid', 'wellKnownObjects', 'msDS-NCReplInboundNeighbors'];

const valueOf = (entry: DirectoryEntry, attribute: string): Buffer =>
  entry.attributes.get(attribute)?.[0] ?? Buffer.alloc(0);

/** Whether two names of naming contexts, from one domain controller, are the same. */
export const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

interface CrossRef extends UnreadDomain {
  readonly netBiosName: string | null;
}

async function readCrossRefs(
  connection: LdapConnection,
  configuration: string,
  signal: AbortSignal,
): Promise<CrossRef[]> {
  const crossRefs: CrossRef[] = [];
  const search: Search = {
    base: `CN=Partitions,${configuration}`,
    scope: 'one',
    filter: equals('objectClass', 'crossRef'),
    attributes: ['nCName', 'dnsRoot', 'nETBIOSName', 'systemFlags'],
    controls: [domainScope],
  };
  await pagedSearch(
    connection,
    search,
    async entries => {
      for (const entry of entries) {
        // oxlint-disable-next-line no-bitwise -- they are flags
        if ((Number(textOf(entry, 'systemflags') ?? 0) & domainFlag) === 0) continue;
        crossRefs.push({
          distinguishedName: textOf(entry, 'ncname') ?? '',
          dnsName: textOf(entry, 'dnsroot') ?? '',
          netBiosName: textOf(entry, 'netbiosname'),
        });
      }
    },
    signal,
  );
  return crossRefs;
}

/** The naming contexts that each domain controller of the forest can write to, in lower case; a read-only one has none. */
async function readMasters(
  connection: LdapConnection,
  configuration: string,
  signal: AbortSignal,
): Promise<(readonly string[])[]> {
  const masters: (readonly string[])[] = [];
  const search: Search = {
    base: `CN=Sites,${configuration}`,
    scope: 'sub',
    filter: equals('objectClass', 'nTDSDSA'),
    attributes: ['hasMasterNCs', 'msDS-hasMasterNCs'],
    controls: [domainScope],
  };
  await pagedSearch(
    connection,
    search,
    async entries => {
      for (const found of entries) {
        const entry = await completeRanges(connection, found, search.controls, signal);
        const names = [...textsOf(entry, 'hasmasterncs'), ...textsOf(entry, 'msds-hasmasterncs')];
        masters.push(names.map(name => name.toLowerCase()));
      }
    },
    signal,
  );
  return masters;
}

/** Values prove that there are neighbours, whatever the other domain controllers say of themselves. */
function replicationOf(
  head: DirectoryEntry,
  namingContext: string,
  masters: readonly (readonly string[])[],
): InboundReplication {
  const name = namingContext.toLowerCase();
  const writable = masters.filter(names => names.includes(name)).length;
  const read = textsOf(head, 'msds-ncreplinboundneighbors').map(parseInboundNeighbour);
  const neighbours = read.flatMap(each => (each.kind === 'neighbour' ? [each.neighbour] : []));
  if (neighbours.length > 0 && neighbours.length === read.length) return { kind: 'neighbours', neighbours };
  if (read.length === 0 && writable === 1) return { kind: 'alone' };
  return { kind: 'notReadable', otherDomainControllers: Math.max(writable - 1, read.length) };
}

/**
 * Whether this is a global catalog, behind whatever port: there alone the empty base stands for every domain; elsewhere a search below
 * it fails. A global catalog leaves out attributes, and shows other domains.
 */
async function answersForAllDomains(connection: LdapConnection, signal: AbortSignal): Promise<boolean> {
  const busyOrUnavailable: readonly (number | null)[] = [51, 52];
  try {
    const { entries } = await connection.search(
      {
        base: '',
        scope: 'sub',
        filter: equals('objectClass', 'domainDNS'),
        attributes: ['1.1'],
        controls: [domainScope, pageOf(1, Buffer.alloc(0))],
      },
      signal,
    );
    return entries.length > 0;
  } catch (error) {
    if (!(error instanceof LdapFault) || error.resultCode === null) throw error;
    if (busyOrUnavailable.includes(error.resultCode)) throw error;
    return false;
  }
}

function deletedObjectsOf(head: DirectoryEntry): string | null {
  const prefix = `b:32:${deletedObjectsGuid}:`.toLowerCase();
  const value = textsOf(head, 'wellknownobjects').find(each => each.toLowerCase().startsWith(prefix));
  return value?.slice(prefix.length) ?? null;
}
