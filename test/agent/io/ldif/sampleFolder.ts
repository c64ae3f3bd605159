import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { DirectoryEntry } from '../../../../agent/src/core/directoryEntry';
import { fileNames, type FileRole } from '../../../../agent/src/io/ldif/ldifFolder';
import { parseSid, sidToBytes } from '../../../../shared/core/keys/sid';
import { entryOf, writeLdif, type LdifStyle } from './ldifWriter';

export const domainDn = 'DC=contoso,DC=example';
export const configurationDn = 'CN=Configuration,DC=contoso,DC=example';
export const domainSid = 'S-1-5-21-1004336348-1177238915-682003330';
const serviceDn = `CN=NTDS Settings,CN=DC1,CN=Servers,CN=HQ,CN=Sites,${configurationDn}`;
const otherServiceDn = serviceDn.replace('DC1', 'DC2');

/** 16 bytes that stand for a number. */
export function guid(number: number): Buffer {
  const bytes = Buffer.alloc(16, 0xa5);
  bytes.writeUInt32BE(number, 12);
  return bytes;
}

const sid = (text: string): Buffer => Buffer.from(sidToBytes(parseSid(text)!));

export const attributeList =
  'objectClass,objectGUID,objectSid,uSNChanged,isDeleted,mS-DS-ConsistencyGuid,sAMAccountName,mail,proxyAddresses';

/** A value of msDS-NCReplInboundNeighbors as AD writes it. */
export const neighbourXml = (source: string, success: string, failures: number | string): string =>
  `<DS_REPL_NEIGHBOR>\n\t<pszNamingContext>${domainDn}</pszNamingContext>\n\t<pszSourceDsaDN>${source}</pszSourceDsaDN>\n` +
  `\t<ftimeLastSyncSuccess>${success}</ftimeLastSyncSuccess>\n\t<cNumConsecutiveSyncFailures>${failures}</cNumConsecutiveSyncFailures>\n</DS_REPL_NEIGHBOR>\n\0`;

/** before.ldf or after.ldf; `change` may alter the attributes of a record, by its name, or remove it (null). */
export function factEntries(
  committed: number,
  currentTime: string,
  change: (
    distinguishedName: string,
    attributes: Record<string, string | Buffer | readonly string[]>,
  ) => object | null = (_, attributes) => attributes,
): readonly DirectoryEntry[] {
  const head = { objectClass: ['top', 'domainDNS'], uSNChanged: '100', 'msDS-MasteredBy': serviceDn };
  const records: readonly (readonly [string, Record<string, string | Buffer | readonly string[]>])[] = [
    [serviceDn, { objectClass: ['top', 'applicationSettings', 'nTDSDSA'], invocationId: guid(7) }],
    [
      `CN=CONTOSO,CN=Partitions,${configurationDn}`,
      { nCName: domainDn, dnsRoot: 'contoso.example', nETBIOSName: 'CONTOSO', systemFlags: '3' },
    ],
    [
      `CN=CHILD,CN=Partitions,${configurationDn}`,
      { nCName: `DC=child,${domainDn}`, dnsRoot: 'child.contoso.example', systemFlags: '3' },
    ],
    [
      `CN=Enterprise Configuration,CN=Partitions,${configurationDn}`,
      { nCName: configurationDn, dnsRoot: 'contoso.example', systemFlags: '1' },
    ],
    [domainDn, { ...head, objectSid: sid(domainSid), minPwdLength: '7' }],
    [configurationDn, { ...head, uSNChanged: '50', 'msDS-MasteredBy': [serviceDn, otherServiceDn] }],
    [
      '',
      {
        dsServiceName: serviceDn,
        defaultNamingContext: domainDn,
        configurationNamingContext: configurationDn,
        dnsHostName: 'dc1.contoso.example',
        highestCommittedUSN: `${committed}`,
        currentTime,
        supportedCapabilities: ['1.2.840.113556.1.4.800'],
        tokenGroups: sid(`${domainSid}-1104`),
      },
    ],
  ];
  return records.flatMap(([distinguishedName, attributes]) => {
    const changed = change(distinguishedName, attributes);
    return changed ? [entryOf(distinguishedName, changed as Record<string, string>)] : [];
  });
}

interface LiveObject {
  readonly dn: string;
  readonly number: number;
  readonly usn: number;
  readonly classes: readonly string[];
  readonly more?: Readonly<Record<string, string | Buffer | readonly string[]>>;
}

export const liveObjects: readonly LiveObject[] = [
  {
    dn: domainDn,
    number: 1,
    usn: 100,
    classes: ['top', 'domain', 'domainDNS'],
    more: { objectSid: sid(domainSid) },
  },
  { dn: `OU=Staff,${domainDn}`, number: 2, usn: 101, classes: ['top', 'organizationalUnit'] },
  {
    dn: String.raw`CN=Bowen\, Megan,OU=Staff,${domainDn}`,
    number: 3,
    usn: 900,
    classes: ['top', 'person', 'organizationalPerson', 'user'],
    more: {
      sAMAccountName: 'meganb',
      mail: 'zoë@contoso.example',
      proxyAddresses: ['SMTP:a@contoso.example', 'smtp:b@contoso.example'],
    },
  },
  { dn: `CN=Printers,OU=Staff,${domainDn}`, number: 4, usn: 901, classes: ['top', 'group'] },
];

export const walkEntry = ({ dn, number, usn, classes, more }: LiveObject): DirectoryEntry =>
  entryOf(dn, { objectClass: classes, objectGUID: guid(number), uSNChanged: `${usn}`, ...more });

export const keyEntry = ({ dn, number, usn }: LiveObject): DirectoryEntry =>
  entryOf(dn, { objectGUID: guid(number), uSNChanged: `${usn}` });

export const securityDescriptor = Buffer.from('0100048014000000', 'hex');

const deletedContainer = (parent: string): DirectoryEntry =>
  entryOf(`CN=Deleted Objects,${parent}`, {
    objectClass: ['top', 'container'],
    objectGUID: guid(90),
    isDeleted: 'TRUE',
    uSNChanged: '60',
  });

export const tombstone = (number: number, usn: number): DirectoryEntry =>
  entryOf(
    String.raw`CN=gone\0ADEL:` + `b9a1c7c0-0000-4000-8000-0000000000${number},CN=Deleted Objects,${domainDn}`,
    {
      objectClass: ['top', 'group'],
      objectGUID: guid(number),
      isDeleted: 'TRUE',
      uSNChanged: `${usn}`,
      whenChanged: '20260102030000.0Z',
      lastKnownParent: `OU=Staff,${domainDn}`,
    },
  );

const configurationHead = entryOf(configurationDn, {
  objectClass: ['top', 'configuration'],
  objectGUID: guid(20),
  uSNChanged: '50',
});
const publicFolder = entryOf(`CN=Box,${configurationDn}`, {
  objectClass: ['top', 'publicFolder'],
  objectGUID: guid(21),
  uSNChanged: '51',
  mail: 'box@contoso.example',
});

export const sampleEntries: Readonly<Record<FileRole, readonly DirectoryEntry[]>> = {
  before: factEntries(1000, '20260102030405.0Z'),
  containers: liveObjects.slice(0, 2).map(({ dn, number, classes }) =>
    entryOf(dn, {
      objectClass: classes,
      objectGUID: guid(number),
      nTSecurityDescriptor: securityDescriptor,
    }),
  ),
  walk: liveObjects.map(walkEntry),
  keys: liveObjects.map(keyEntry),
  members: [
    entryOf(`CN=Printers,OU=Staff,${domainDn}`, {
      objectGUID: guid(4),
      member: [String.raw`CN=Bowen\, Megan,OU=Staff,${domainDn}`, `CN=Nobody,${domainDn}`],
    }),
  ],
  deleted: [deletedContainer(domainDn), tombstone(91, 500)],
  configuration: [configurationHead, publicFolder],
  configurationKeys: [configurationHead, publicFolder],
  configurationDeleted: [deletedContainer(configurationDn)],
  after: factEntries(1010, '20260102031000.0Z'),
};

export interface FolderChange {
  /** Entries, raw bytes, or null: no such file. */
  readonly files?: Readonly<Partial<Record<FileRole, readonly DirectoryEntry[] | Buffer | null>>>;
  /** null: no such file. */
  readonly attributes?: string | Buffer | null;
  readonly style?: LdifStyle;
}

/** Writes a folder as the commands of docs/ldif.md make it. */
export async function writeFolder(folder: string, change: FolderChange = {}): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const role of Object.keys(fileNames) as readonly FileRole[]) {
    const content = change.files?.[role] === undefined ? sampleEntries[role] : change.files[role];
    if (content === null) continue;
    await writeFile(
      path.join(folder, fileNames[role]),
      Buffer.isBuffer(content) ? content : writeLdif(content, change.style),
    );
  }
  const attributes = change.attributes === undefined ? `${attributeList}\r\n` : change.attributes;
  if (attributes !== null) await writeFile(path.join(folder, 'attributes.txt'), attributes);
  return folder;
}
