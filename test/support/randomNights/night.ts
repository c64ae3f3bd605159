import {
  exportFolderName,
  exportLineSchema,
  type ExportLineInput,
  type ExportManifest,
  type SourceName,
} from '../../../shared/core/exportFormat';
import type { CloudObject } from '../../../shared/core/cloudObject';
import { parseInstant, type Instant } from '../../../shared/core/instant';
import type { ObjectType } from '../../../shared/core/objectType';
import type { ExportRecord } from '../../../shared/core/onPremisesObject';
import { entityOf, parseCloudObject } from '../../../shared/io/graph/entities';
import { nothingOdd } from '../exportWriter';
import type { Organisation, Source } from '../organisation/organisation';

/** What one source's agent exports in a night, as it comes out of storage. */
export interface NightExport {
  readonly source: SourceName;
  readonly manifest: ExportManifest;
  readonly records: readonly ExportRecord[];
  /** What storage answers instead of it. */
  readonly storage: 'whole' | 'missing' | 'altered' | 'unreadable';
}

/** Everything that a scan meets in one night. */
export interface Night {
  /** When the scan begins. */
  readonly at: number;
  readonly exports: readonly NightExport[];
  readonly cloud: readonly CloudObject[];
  /** Per type: objects that its list leaves out; Graph counts them all the same. */
  readonly unlisted: ReadonlyMap<ObjectType, ReadonlySet<string>>;
  /** What reads by id answer, where it is another thing than the list showed; null: it is gone. */
  readonly readAgain: ReadonlyMap<string, CloudObject | null>;
  readonly synchronisation: { readonly enabled: boolean; readonly lastSyncDateTime: Instant };
  /** Whether Graph does not answer for a type. */
  readonly silent: ObjectType | null;
}

const records = new WeakMap<ExportLineInput, ExportRecord>();
const objects = new WeakMap<object, CloudObject>();

/** Organisations share what is the same from night to night, and so do the nights made of them. */
function recordOf(line: ExportLineInput, { source, namingContexts }: Source): ExportRecord {
  const known = records.get(line);
  if (known) return known;
  const parsed = exportLineSchema.parse(line);
  const domainName = namingContexts[parsed.namingContext]?.domain?.dnsName ?? null;
  const record = { ...parsed, source: source as SourceName, domainName };
  records.set(line, record);
  return record;
}

function objectOf(type: ObjectType, entity: object): CloudObject {
  const known = objects.get(entity);
  if (known) return known;
  // Graph answers null for what was asked for and is not there.
  const asked = Object.fromEntries(entityOf(type).select.map(name => [name, null]));
  const lists = { proxyAddresses: [], assignedLicenses: [], physicalIds: [], systemLabels: [] };
  const object: CloudObject = parseCloudObject(type, { ...asked, ...lists, ...entity }, 'generated');
  objects.set(entity, object);
  return object;
}

const hourMs = 60 * 60_000;

/** A night of an organisation in which nothing goes wrong. `sequence`: of its exports. */
export function nightFrom({ cloud, sources, tenantId }: Organisation, at: number, sequence: number): Night {
  return {
    at,
    exports: sources.map(source => exportOf(source, tenantId, sequence)),
    cloud: [
      ...cloud.users.map(entity => objectOf('user', entity)),
      ...cloud.groups.map(entity => objectOf('group', entity)),
      ...cloud.contacts.map(entity => objectOf('contact', entity)),
      ...cloud.devices.map(entity => objectOf('device', entity)),
    ],
    unlisted: new Map(),
    readAgain: new Map(),
    synchronisation: { enabled: true, lastSyncDateTime: (at - hourMs / 2) as Instant },
    silent: null,
  };
}

function exportOf(source: Source, tenantId: string, sequence: number): NightExport {
  const lines = source.lines.map(line => recordOf(line, source));
  const startedAt = source.startedAt as Instant;
  const manifest: ExportManifest = {
    schemaVersion: 1,
    tenantId,
    source: source.source as SourceName,
    sequence,
    previousManifest: sequence === 1 ? null : manifestHashOf(source.source, sequence - 1),
    keyId: 'test',
    agentVersion: '0.0.0',
    startedAt,
    finishedAt: source.finishedAt as Instant,
    namingContexts: source.namingContexts.map(context => ({
      ...context,
      domainController: {
        ...context.domainController,
        oldestInboundSuccess: instantOf(context.domainController.oldestInboundSuccess),
      },
      counts: { user: 0, group: 0, contact: 0, computer: 0, other: 0, tombstone: 0 },
    })),
    uncoveredDomains: [],
    anchorAttribute: source.anchorAttribute,
    tombstones: 'included',
    canaries: [{ distinguishedName: 'CN=canary', seen: true }],
    completeness: nothingOdd(source.namingContexts.length),
    synchronisationRuns: synchronisationBefore(startedAt),
    answeredRequests: [],
    parts: [],
    complete: true,
  };
  return { source: source.source as SourceName, manifest, records: lines, storage: 'whole' };
}

const instantOf = (text: string | null): Instant | null => (text === null ? null : parseInstant(text));

/** Half-hourly runs of two minutes, of which the manifest keeps the newest. */
const synchronisationBefore = (at: number): NonNullable<ExportManifest['synchronisationRuns']> =>
  Array.from({ length: 4 }, (_, index) => {
    const startedAt = at - hourMs / 6 - index * (hourMs / 2);
    return {
      startedAt: startedAt as Instant,
      finishedAt: (startedAt + hourMs / 30) as Instant,
      succeeded: true,
      exportedDeletes: 0,
    };
  });

/** Stands for the hash: one for each source and sequence. */
export const manifestHashOf = (source: string, sequence: number): string =>
  `${source}-${sequence}`.padEnd(64, '0');

export const folderOf = ({ manifest }: NightExport): string => exportFolderName(manifest.startedAt);

/** The manifest as the agent signs it: its counts are those of the lines. */
export function counted({ manifest, records: lines }: NightExport): ExportManifest {
  const counts = manifest.namingContexts.map(() => ({
    user: 0,
    group: 0,
    contact: 0,
    computer: 0,
    other: 0,
    tombstone: 0,
  }));
  for (const line of lines) {
    const context = counts[line.namingContext];
    if (context) context[line.kind === 'tombstone' ? 'tombstone' : line.objectClass] += 1;
  }
  return {
    ...manifest,
    namingContexts: manifest.namingContexts.flatMap((context, at) => {
      const own = counts[at];
      return own ? { ...context, counts: own } : [];
    }),
  };
}
