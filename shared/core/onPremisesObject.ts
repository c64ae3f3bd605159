import type { z } from 'zod';
import type { objectLineSchema, SourceName, tombstoneLineSchema } from './exportFormat';

/** Where an export line came from. `domainName` is the DNS name of its domain, null outside of domains. */
interface Origin {
  readonly source: SourceName;
  readonly domainName: string | null;
}

/** A live object of some expected export. */
export type OnPremisesObject = Readonly<z.output<typeof objectLineSchema>> & Origin;

/** A deleted object of some expected export. */
export type Tombstone = Readonly<z.output<typeof tombstoneLineSchema>> & Origin;

export type ExportRecord = OnPremisesObject | Tombstone;
