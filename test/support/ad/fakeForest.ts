import { guidToBytes, type Guid } from '../../../shared/core/keys/guid';
import { parseSid, sidToBytes, type Sid } from '../../../shared/core/keys/sid';
import type { FakeDirectory, FakeEntry } from './fakeDirectory';

export interface FakeForestOptions {
  /** Default `DC=contoso,DC=example`. */
  readonly domain?: string;
  /** Distinguished names of all domains of the forest; default only the one. The first is the root. */
  readonly domains?: readonly string[];
  /** Tells apart the objectGUIDs of one forest from another's; default 0. */
  readonly number?: number;
  readonly invocationId?: string;
  /** Whether the Recycle Bin is on. */
  readonly recycleBin?: boolean;
  /** Writable domain controllers of the domain; default 1. */
  readonly domainControllers?: number;
  readonly neighbours?: readonly string[];
  readonly readOnly?: boolean;
  /** What is in the domain besides its head and its Deleted Objects. */
  readonly objects?: readonly FakeEntry[];
}

export const fakeDomainSid = 'S-1-5-21-1-2-3' as Sid;

/** A GUID of the given number, as text. */
export const fakeGuid = (number: number): Guid =>
  `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}` as Guid;

export const fakeGuidBytes = (number: number): Buffer => Buffer.from(guidToBytes(fakeGuid(number)));

/** What a domain controller of a small forest serves. */
export function fakeForest(options: FakeForestOptions = {}): FakeDirectory {
  const domain = options.domain ?? 'DC=contoso,DC=example';
  const domains = options.domains ?? [domain];
  const configuration = `CN=Configuration,${domains[0]}`;
  const settings = (number: number): string =>
    `CN=NTDS Settings,CN=DC${number},CN=Servers,CN=Site,CN=Sites,${configuration}`;
  const offset = (options.number ?? 0) * 1_000_000;
  const deletedObjects = `CN=Deleted Objects,${domain}`;
  const head: FakeEntry = {
    distinguishedName: domain,
    attributes: {
      objectClass: ['top', 'domain', 'domainDNS'],
      objectGUID: [fakeGuidBytes(offset + 900_001)],
      objectSid: [Buffer.from(sidToBytes(fakeDomainSid))],
      wellKnownObjects: [
        `B:32:A9D1CA15768811D1ADED00C04FD8D5CD:CN=Users,${domain}`,
        `B:32:18E2EA80684F11D2B9AA00C04F79F805:${deletedObjects}`,
      ],
      'msDS-NCReplInboundNeighbors': options.neighbours ?? [],
    },
  };
  return {
    rootDse: {
      defaultNamingContext: [domain],
      configurationNamingContext: [configuration],
      rootDomainNamingContext: [domains[0] as string],
      dnsHostName: [`dc1.${dnsNameOf(domain)}`],
      dsServiceName: [settings(1)],
      highestCommittedUSN: ['12345678901234567'],
      currentTime: ['20260102030405.0Z'],
      supportedCapabilities: [
        '1.2.840.113556.1.4.800',
        ...(options.readOnly ? ['1.2.840.113556.1.4.1920'] : []),
      ],
      tokenGroups: ['S-1-5-21-1-2-3-1105', 'S-1-5-11'].map(text =>
        Buffer.from(sidToBytes(parseSid(text) as Sid)),
      ),
    },
    namingContexts: [domain, configuration],
    entries: [
      head,
      {
        distinguishedName: deletedObjects,
        attributes: { objectClass: ['top', 'container'], isDeleted: ['TRUE'] },
      },
      ...(options.objects ?? []),
      {
        distinguishedName: configuration,
        attributes: {
          objectClass: ['top', 'configuration'],
          objectGUID: [fakeGuidBytes(offset + 900_000)],
        },
      },
      {
        distinguishedName: `CN=Sites,${configuration}`,
        attributes: { objectClass: ['top', 'sitesContainer'] },
      },
      {
        distinguishedName: `CN=Partitions,${configuration}`,
        attributes: {
          objectClass: ['top', 'crossRefContainer'],
          ...(options.recycleBin === true && {
            'msDS-EnabledFeature': [
              `CN=Recycle Bin Feature,CN=Optional Features,CN=Directory Service,CN=Windows NT,CN=Services,${configuration}`,
            ],
          }),
        },
      },
      ...crossRefs(configuration, domains),
      ...Array.from({ length: options.domainControllers ?? 1 }, (_, at) => ({
        distinguishedName: settings(at + 1),
        attributes: {
          objectClass: ['top', 'applicationSettings', 'nTDSDSA'],
          invocationId: [
            Buffer.from(
              guidToBytes(
                (at === 0 && options.invocationId ? options.invocationId : fakeGuid(77 + at)) as Guid,
              ),
            ),
          ],
          hasMasterNCs: [domain, configuration],
          'msDS-hasMasterNCs': [domain, configuration],
        },
      })),
    ],
  };
}

function crossRefs(configuration: string, domains: readonly string[]): FakeEntry[] {
  const crossRef = (name: string, attributes: FakeEntry['attributes']): FakeEntry => ({
    distinguishedName: `CN=${name},CN=Partitions,${configuration}`,
    attributes: { objectClass: ['top', 'crossRef'], ...attributes },
  });
  return [
    crossRef('Enterprise Configuration', {
      nCName: [configuration],
      dnsRoot: ['contoso.example'],
      systemFlags: ['1'],
    }),
    ...domains.map(domain =>
      crossRef(netBiosNameOf(domain), {
        nCName: [domain],
        dnsRoot: [dnsNameOf(domain)],
        nETBIOSName: [netBiosNameOf(domain)],
        systemFlags: ['3'],
      }),
    ),
  ];
}

const netBiosNameOf = (domain: string): string => (/^DC=([^,]+)/.exec(domain)?.[1] ?? '').toUpperCase();

const dnsNameOf = (domain: string): string =>
  domain
    .split(',')
    .map(part => part.replace(/^DC=/, ''))
    .join('.');

/** A user of the given number. */
export const fakeUser = (number: number, attributes: FakeEntry['attributes'] = {}): FakeEntry => ({
  distinguishedName: `CN=User ${number},DC=contoso,DC=example`,
  attributes: {
    objectClass: ['top', 'person', 'organizationalPerson', 'user'],
    objectGUID: [fakeGuidBytes(number)],
    sAMAccountName: [`user${number}`],
    uSNChanged: [String(1_000 + number)],
    ...attributes,
  },
});

export const fakeUsers = (count: number): FakeEntry[] =>
  Array.from({ length: count }, (_, at) => fakeUser(at + 1));
