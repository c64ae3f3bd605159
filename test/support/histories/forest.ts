import type { ExportStore, OpenedExport } from '../../../shared/app/ports';
import { AppError } from '../../../shared/core/appError';
import type { ExportManifest, SourceName } from '../../../shared/core/exportFormat';
import { exportFolderName } from '../../../shared/core/exportFormat';
import type { Instant } from '../../../shared/core/instant';
import type { ExportRecord, OnPremisesObject } from '../../../shared/core/onPremisesObject';
import { aTombstone } from '../builders';
import { scenarioExports } from '../scenario';
import { tenantId } from '../scanDefaults';
import { domainSids, membersOf, relativeOf, type KeyName, type Member, type SubjectName } from './cast';

const dayMs = 24 * 60 * 60_000;
/** How long (ms) a deleted object lies in the Recycle Bin before it is stripped. */
const binMs = 60 * dayMs;

/** Where a member's AD object is. `since`: when it was deleted. */
type Whereabouts =
  | { readonly kind: 'there' }
  | { readonly kind: 'deleted'; readonly since: number; readonly leaves: 'tombstone' | 'nothing' };

/** What an agent's export is, other than the truth. */
export type ExportFault =
  /** The account may not read this object any more. */
  | { readonly kind: 'hidden'; readonly name: SubjectName }
  /** A part of the lines is missing, and the counts say so. */
  | { readonly kind: 'truncated' }
  | { readonly kind: 'canaryUnseen' }
  /** The agent's clock is a day ahead. */
  | { readonly kind: 'future' }
  | { readonly kind: 'replicationLags' };

/** An export, and what the storage answers for it. */
export interface KeptExport {
  readonly source: SourceName;
  readonly folder: string;
  readonly manifest: ExportManifest;
  readonly manifestHash: string;
  readonly records: readonly ExportRecord[];
}

export interface SynchronisationRun {
  readonly startedAt: Instant;
  readonly finishedAt: Instant;
  readonly succeeded: boolean;
}

type StorageFault = 'missing' | 'altered' | 'unreadable';

const templates = new Map<string, ExportManifest>();

function templateOf(source: SourceName): ExportManifest {
  const known = templates.get(source);
  if (known) return known;
  const [made] = scenarioExports({
    exports: [{ source, records: [], anchorAttribute: 'mS-DS-ConsistencyGuid' }],
    cloud: [],
  });
  if (!made) throw new RangeError('a scenario with one export has one');
  const template = { ...made.manifest, tenantId };
  templates.set(source, template);
  return template;
}

/** A forest as it is, what its agent exported of it, and which of these the storage shows as the newest. */
export class Forest {
  readonly members: readonly Member[];
  readonly archive: KeptExport[] = [];
  readonly synchronisations: SynchronisationRun[] = [];
  newest: KeptExport | null = null;
  storageFault: StorageFault | null = null;
  readonly #whereabouts = new Map<string, Whereabouts>();
  readonly #relatives = new Map<string, OnPremisesObject>();
  #sequence = 0;

  constructor(
    readonly source: SourceName,
    /** Whether the agent is told when synchronisation ran. */
    private readonly knowsHistory: boolean,
  ) {
    this.members = membersOf(source);
  }

  member(name: SubjectName): Member | null {
    return this.members.find(one => one.name === name) ?? null;
  }

  /** Since when the member's own AD object is gone; null: it is there. */
  goneSince(name: string): number | null {
    const now = this.#whereabouts.get(name);
    return now?.kind === 'deleted' ? now.since : null;
  }

  leave(name: SubjectName, leaves: 'tombstone' | 'nothing', now: number): void {
    this.#relatives.delete(name);
    if (this.goneSince(name) === null) this.#whereabouts.set(name, { kind: 'deleted', since: now, leaves });
  }

  /** Undeleted or restored as it was; or something else holds one of its keys now. */
  comeBack(member: Member, key: KeyName): void {
    const relative = relativeOf(member, key);
    if (relative) this.#relatives.set(member.name, relative);
    else this.#whereabouts.set(member.name, { kind: 'there' });
  }

  /** Every line that an honest export has now. */
  records(now: number): readonly ExportRecord[] {
    return [...this.members.flatMap(member => this.#line(member, now)), ...this.#relatives.values()];
  }

  #line({ name, home }: Member, now: number): ExportRecord[] {
    const where = this.#whereabouts.get(name);
    if (where?.kind !== 'deleted') return [home];
    if (where.leaves === 'nothing') return [];
    const isRecycled = now - where.since > binMs;
    const { objectGUID, objectClass, objectSid, sAMAccountName, source, domainName } = home;
    return [
      aTombstone({
        objectGUID,
        objectClass,
        source,
        domainName,
        isRecycled,
        // A domain controller dates what it strips by when it does.
        whenChanged: (where.since + (isRecycled ? binMs : 0)) as Instant,
        ...(objectSid ? { objectSid } : {}),
        ...(sAMAccountName ? { sAMAccountName } : {}),
      }),
    ];
  }

  export(now: number, fault: ExportFault | null): KeptExport {
    this.#sequence += 1;
    const startedAt = (now + (fault?.kind === 'future' ? dayMs : 0)) as Instant;
    const records = linesWith(fault, this.records(now));
    const template = templateOf(this.source);
    const [context] = template.namingContexts;
    if (!context) throw new RangeError('a template has a naming context');
    const kept: KeptExport = {
      source: this.source,
      folder: exportFolderName(startedAt),
      manifestHash: `${this.source === 'contoso' ? 'c' : 'f'}${String(this.#sequence).padStart(63, '0')}`,
      records,
      manifest: {
        ...template,
        sequence: this.#sequence,
        previousManifest: this.archive.at(-1)?.manifestHash ?? null,
        startedAt,
        finishedAt: startedAt,
        canaries: [
          { distinguishedName: 'CN=canary,DC=contoso,DC=example', seen: fault?.kind !== 'canaryUnseen' },
        ],
        synchronisationRuns: this.knowsHistory
          ? this.synchronisations.map(run => ({ ...run, exportedDeletes: null }))
          : null,
        namingContexts: [
          {
            ...context,
            domain: { dnsName: `${this.source}.example`, sid: domainSids[this.source] ?? '' },
            domainController: {
              ...context.domainController,
              oldestInboundSuccess: (now - (fault?.kind === 'replicationLags' ? 2 * dayMs : 0)) as Instant,
            },
            counts: countsOf(records),
          },
        ],
      },
    };
    this.archive.push(kept);
    this.newest = kept;
    this.storageFault = null;
    return kept;
  }

  /** Somebody puts an old export back, or takes the newer ones away. */
  replay(back: number): void {
    this.newest = this.archive.at(-1 - (back % Math.max(1, this.archive.length))) ?? this.newest;
  }
}

function linesWith(fault: ExportFault | null, all: readonly ExportRecord[]): readonly ExportRecord[] {
  if (fault?.kind === 'hidden')
    return all.filter(record => record.kind === 'tombstone' || !namedAs(record, fault.name));
  return fault?.kind === 'truncated' ? all.slice(0, Math.ceil(all.length / 2)) : all;
}

const namedAs = (record: OnPremisesObject, name: SubjectName): boolean =>
  record.distinguishedName.startsWith(`CN=${name},`) ||
  record.distinguishedName.startsWith(`CN=relative of ${name},`);

function countsOf(records: readonly ExportRecord[]): ExportManifest['namingContexts'][number]['counts'] {
  const counts = { user: 0, group: 0, contact: 0, computer: 0, other: 0, tombstone: 0 };
  for (const record of records) counts[record.kind === 'tombstone' ? 'tombstone' : record.objectClass] += 1;
  return counts;
}

/** The port ExportStore over what the forests show. */
export class ForestExports implements ExportStore {
  constructor(private readonly forests: readonly Forest[]) {}

  async openNewest(source: SourceName): Promise<OpenedExport> {
    const forest = this.forests.find(one => one.source === source);
    if (!forest?.newest || forest.storageFault === 'missing')
      throw new AppError('exportMissing', `There is no export of ${source}.`);
    if (forest.storageFault === 'unreadable')
      throw new AppError('storageUnavailable', `The exports of ${source} can not be read.`);
    const altered = forest.storageFault === 'altered';
    const { records, ...opened } = forest.newest;
    return {
      ...opened,
      async readRecords(visit) {
        records.forEach(record => visit(record));
        if (altered) throw new AppError('exportRefused', `The export of ${source} was altered.`);
      },
    };
  }
}
