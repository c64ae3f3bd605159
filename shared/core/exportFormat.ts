import { z } from 'zod';
import type { Brand } from './brand';
import { answeredRequestSchema } from './exportRequest';
import { base64, count, guid, instant, sha256, sid } from './exportPrimitives';
import { formatInstant, type Instant } from './instant';

/**
 * The export format, version 1 (docs/export-format.md). One source for the agent that writes it and the app that reads it.
 * An export is a folder `<source>/<yyyyMMddTHHmmssZ>/` of gzipped NDJSON parts, then `manifest.sig`, then `manifest.json` last.
 */
export const exportFormatVersion = 1;
export const manifestFileName = 'manifest.json';
export const signatureFileName = 'manifest.sig';
export const partName = (ordinal: number): string => `part-${String(ordinal).padStart(5, '0')}.ndjson.gz`;
export const exportFolderPattern = /^\d{8}T\d{6}Z$/;
/** The folder of an export that was started at this time: the time in UTC, cut to the second. */
export const exportFolderName = (startedAt: Instant): string =>
  `${formatInstant(startedAt).slice(0, 19).replaceAll(/[-:]/g, '')}Z`;

/** A line longer than this (bytes of UTF-8, without the line feed) is refused: no AD object needs it. */
export const maxLineBytes = 4 * 1024 * 1024;
/** A manifest longer than this (bytes) is refused before it is parsed. */
export const maxManifestBytes = 4 * 1024 * 1024;

/** The name of an exporting agent's source: one forest, or one part of it that is exported by itself. */
export type SourceName = Brand<string, 'SourceName'>;
export const sourceNameSchema = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, 'lower-case letters, digits and inner hyphens, at most 63')
  .transform(name => name as SourceName);

const signatureContext = new TextEncoder().encode('entra-orphans export manifest, version 1\n');

/** What the Ed25519 signature in `manifest.sig` (64 raw bytes) is over: a context string, then the raw bytes of `manifest.json`. */
export function signedBytes(manifest: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(signatureContext.length + manifest.length);
  bytes.set(signatureContext);
  bytes.set(manifest, signatureContext.length);
  return bytes;
}

/** The classes of AD object that the comparison tells apart. inetOrgPerson is `user`; any other class with an address is `other`. */
export const objectClasses = ['user', 'group', 'contact', 'computer', 'other'] as const;
export type OnPremisesClass = (typeof objectClasses)[number];

/** A live AD object. Attributes are spelled as AD spells them; one that AD does not return is left out. */
export const objectLineSchema = z.object({
  kind: z.literal('object'),
  objectClass: z.enum(objectClasses),
  /** Position in the manifest's `namingContexts`. */
  namingContext: count,
  objectGUID: guid,
  distinguishedName: z.string(),
  /** Whether synchronisation is configured to take this object (base DNs and filters of the agent's configuration). */
  inScope: z.boolean(),
  objectSid: sid.optional(),
  sIDHistory: z.array(sid).optional(),
  'mS-DS-ConsistencyGuid': base64.optional(),
  /** The raw bytes of the attribute that the manifest's `anchorAttribute` names, where it is neither GUID. */
  sourceAnchor: base64.optional(),
  'msDS-ExternalDirectoryObjectId': z.string().optional(),
  sAMAccountName: z.string().optional(),
  userPrincipalName: z.string().optional(),
  mail: z.string().optional(),
  proxyAddresses: z.array(z.string()).optional(),
  /** Presence only; the certificates are not exported. */
  userCertificate: z.boolean().optional(),
});

/** A deleted AD object, from CN=Deleted Objects. `whenChanged` is the time of the deletion. */
export const tombstoneLineSchema = z.object({
  kind: z.literal('tombstone'),
  objectClass: z.enum(objectClasses),
  namingContext: count,
  objectGUID: guid,
  whenChanged: instant,
  /** true: stripped, can not be undeleted. false: lies in the Recycle Bin, may come back. */
  isRecycled: z.boolean(),
  objectSid: sid.optional(),
  sAMAccountName: z.string().optional(),
  lastKnownParent: z.string().optional(),
});

export const exportLineSchema = z.discriminatedUnion('kind', [objectLineSchema, tombstoneLineSchema]);
export type ExportLine = z.output<typeof exportLineSchema>;
export type ExportLineInput = z.input<typeof exportLineSchema>;

/** Lines of one naming context, by class; tombstones of every class together. */
export const lineCountsSchema = z.object({
  user: count,
  group: count,
  contact: count,
  computer: count,
  other: count,
  tombstone: count,
});
export type LineCounts = z.output<typeof lineCountsSchema>;

const namingContextSchema = z.object({
  distinguishedName: z.string().min(1),
  /** null for a naming context that is no domain (Configuration, an application partition). */
  domain: z.object({ dnsName: z.string().min(1), netBiosName: z.string().optional(), sid }).nullable(),
  domainController: z.object({
    dnsHostName: z.string().min(1),
    invocationId: guid,
    highestCommittedUSN: z.string().regex(/^\d+$/),
    /** The oldest last success of the inbound replication neighbours; null where the domain has one domain controller. */
    oldestInboundSuccess: instant.nullable(),
  }),
  counts: lineCountsSchema,
});

/** How the agent proved that it saw everything (docs/agent.md). It signs nothing that it could not prove; the figures are for people and gates. */
const completenessSchema = z.object({
  /** Objects that only one of the two readings has; each was changed in the meantime, by its uSNChanged. */
  secondCount: z.object({ onlyInFirst: count, onlyInSecond: count }),
  /** Containers whose DACL lets the account see everything in them, and those that the configuration leaves out of the check. */
  containers: z.object({ checked: count, ignored: count }),
  /** Group members that no line of the export has, in naming contexts that it covers. */
  danglingLinks: count,
  /** Objects of the last export that are gone: with a tombstone, and without. null: there is no last export to compare with. */
  vanished: z.object({ explained: count, unexplained: count }).nullable(),
  /** What an administrator accepted by number: `danglingLinks` and `vanished.unexplained` above their limits. */
  acceptedUnexplained: count,
});
export type Completeness = z.output<typeof completenessSchema>;

/** One run of the synchronisation engine, from its own history. */
const synchronisationRunSchema = z.object({
  startedAt: instant,
  finishedAt: instant,
  succeeded: z.boolean(),
  /** Deletions that this run exported to Entra ID; null: the history does not say. */
  exportedDeletes: count.nullable(),
});

export const manifestSchema = z.object({
  schemaVersion: z.literal(exportFormatVersion),
  tenantId: guid,
  source: sourceNameSchema,
  /** Counts a source's exports; grows by at least one from each to the next. */
  sequence: z.int().positive(),
  /** SHA-256 of the previous export's `manifest.json`; null for a source's first export. */
  previousManifest: sha256.nullable(),
  keyId: z.string().min(1).max(100),
  agentVersion: z.string().min(1).max(100),
  startedAt: instant,
  finishedAt: instant,
  namingContexts: z.array(namingContextSchema).min(1),
  /** The attribute that synchronisation uses as source anchor, spelled as AD spells it; null: the administrator did not say. */
  anchorAttribute: z.string().min(1).nullable(),
  /** Domains of the same forests that this export does not cover: an object may have been moved there. */
  uncoveredDomains: z.array(z.object({ distinguishedName: z.string().min(1), dnsName: z.string().min(1) })),
  tombstones: z.enum(['included', 'notReadable']),
  canaries: z.array(z.object({ distinguishedName: z.string(), seen: z.boolean() })),
  completeness: completenessSchema,
  /** The newest runs of synchronisation, as the agent's configured command tells them; null: none is configured. */
  synchronisationRuns: z.array(synchronisationRunSchema).max(100).nullable(),
  /** The app's requests that the agent has answered with this export. */
  answeredRequests: z.array(answeredRequestSchema).max(10),
  parts: z.array(z.object({ name: z.string(), bytes: count, sha256, lines: count })).min(1),
  complete: z.literal(true),
});
export type ExportManifest = z.output<typeof manifestSchema>;
export type ExportManifestInput = z.input<typeof manifestSchema>;
