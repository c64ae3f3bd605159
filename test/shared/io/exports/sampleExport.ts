import { generateKeyPairSync } from 'node:crypto';
import type { Log } from '../../../../shared/app/ports';
import { sourceNameSchema, type ExportLineInput } from '../../../../shared/core/exportFormat';
import type { ExportRecord } from '../../../../shared/core/onPremisesObject';
import type { BlobSource } from '../../../../shared/io/exports/blobSource';
import { exportStoreOn } from '../../../../shared/io/exports/exportStore';
import { writeExport, type ExportInput, type WrittenExport } from '../../../support/exportWriter';

export const tenantId = '11111111-2222-3333-4444-555555555555';
export const contoso = sourceNameSchema.parse('contoso');
export const fabrikam = sourceNameSchema.parse('fabrikam');

export const contosoKey = generateKeyPairSync('ed25519');
export const contosoNextKey = generateKeyPairSync('ed25519');
export const fabrikamKey = generateKeyPairSync('ed25519');

/** A fact about a person that no message may repeat. */
export const personal = 'megan.bowen';

export const guidOf = (number: number): string =>
  `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;

export const userLine = (number: number): ExportLineInput => ({
  kind: 'object',
  objectClass: 'user',
  namingContext: 0,
  objectGUID: guidOf(number),
  distinguishedName: `CN=${personal} ${number},OU=Zürich,DC=contoso,DC=example`,
  inScope: true,
  objectSid: `S-1-5-21-1-2-3-${number}`,
  mail: `${personal}.${number}@contoso.example`,
  proxyAddresses: [`SMTP:${personal}.${number}@contoso.example`],
});

export const tombstoneLine = (number: number): ExportLineInput => ({
  kind: 'tombstone',
  objectClass: 'group',
  namingContext: 1,
  objectGUID: guidOf(number),
  whenChanged: '2026-01-01T12:00:00Z',
  isRecycled: false,
});

export const sampleLines: readonly ExportLineInput[] = [
  userLine(1),
  { ...userLine(2), namingContext: 1 },
  tombstoneLine(3),
  userLine(4),
  {
    kind: 'object',
    objectClass: 'other',
    namingContext: 2,
    objectGUID: guidOf(5),
    distinguishedName: 'CN=x',
    inScope: false,
  },
];

const domainController = {
  dnsHostName: 'dc1.contoso.example',
  invocationId: guidOf(900),
  highestCommittedUSN: '4711',
  oldestInboundSuccess: null,
};

export const startedAt = Date.UTC(2026, 0, 2, 3, 4, 5, 678);

/** Three naming contexts (two domains and Configuration), five lines in three parts. */
export function sampleExport(changes: Partial<ExportInput> = {}): WrittenExport {
  return writeExport({
    source: contoso,
    tenantId,
    sequence: 1,
    previousManifest: null,
    key: contosoKey.privateKey,
    keyId: 'contoso-1',
    startedAt,
    finishedAt: startedAt + 60_000,
    namingContexts: [
      {
        distinguishedName: 'DC=contoso,DC=example',
        domain: { dnsName: 'contoso.example', sid: 'S-1-5-21-1-2-3' },
        domainController,
      },
      {
        distinguishedName: 'DC=emea,DC=contoso,DC=example',
        domain: { dnsName: 'emea.contoso.example', sid: 'S-1-5-21-4-5-6' },
        domainController,
      },
      { distinguishedName: 'CN=Configuration,DC=contoso,DC=example', domain: null, domainController },
    ],
    anchorAttribute: 'mS-DS-ConsistencyGuid',
    tombstones: 'included',
    lines: sampleLines,
    linesPerPart: 2,
    ...changes,
  });
}

export const sources = [
  {
    source: contoso,
    publicKeys: [
      { keyId: 'contoso-1', publicKey: contosoKey.publicKey },
      { keyId: 'contoso-2', publicKey: contosoNextKey.publicKey },
    ],
  },
  { source: fabrikam, publicKeys: [{ keyId: 'fabrikam-1', publicKey: fabrikamKey.publicKey }] },
];

export class RecordedLog implements Log {
  readonly messages: string[] = [];
  readonly debug = (message: string): void => {
    this.messages.push(message);
  };
  readonly info = this.debug;
  readonly warn = this.debug;
  readonly error = this.debug;
}

export const storeOn = (blobs: BlobSource, log: Log = new RecordedLog()): ReturnType<typeof exportStoreOn> =>
  exportStoreOn(blobs, { tenantId, sources, log });

export const never = new AbortController().signal;

/** Opens the newest export of contoso and reads it to its end. */
export async function readAll(blobs: BlobSource, signal = never): Promise<ExportRecord[]> {
  const records: ExportRecord[] = [];
  const opened = await storeOn(blobs).openNewest(contoso, signal);
  await opened.readRecords(record => records.push(record), signal);
  return records;
}

/** The error of a reading that must fail. */
export async function refusalOf(blobs: BlobSource): Promise<Error> {
  try {
    await readAll(blobs);
  } catch (error) {
    return error as Error;
  }
  throw new Error('the export was accepted');
}
