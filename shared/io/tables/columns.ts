import { z } from 'zod';
import { AppError } from '../../core/appError';
import type { CloudId } from '../../core/cloudObject';
import { formatInstant, type Instant } from '../../core/instant';
import { fromStorableText, toStorableText } from './storableText';

/** Of what is stored, the SDK makes Edm.String, Edm.Int32 (whole numbers), Edm.Boolean and Edm.DateTime. */
export type ColumnValue = string | number | boolean | Date;
export type Columns = Readonly<Record<string, ColumnValue>>;
/** A row as the SDK writes it. */
export type Row = Columns & { readonly partitionKey: string; readonly rowKey: string };

/** The version of the columns of every table; a row of another version is refused. */
export const schemaVersion = 1;

/** Leaves the columns that are null out: an absent property is how a table says null. */
export function present(columns: Readonly<Record<string, ColumnValue | null>>): Columns {
  return Object.fromEntries(
    Object.entries(columns).filter((column): column is [string, ColumnValue] => column[1] !== null),
  );
}

const greatestInt32 = 2 ** 31 - 1;

/** Azure refuses a larger number, Azurite does not: so it is refused here. */
export function int32(value: number): number {
  if (Number.isInteger(value) && Math.abs(value) <= greatestInt32) return value;
  throw new RangeError(`a whole number up to ${greatestInt32} was expected for a column, found ${value}`);
}

/** A duration that only people read, and that must not keep a record from being written, whatever the clock did: 0 to 24.8 days. */
export const durationMs = (from: Instant, to: Instant): number =>
  int32(Math.min(Math.max(to - from, 0), greatestInt32));

// The range of Edm.DateTime. Graph may answer 0001-01-01, .NET's "no date".
const earliest = Date.UTC(1601, 0, 1);
const latest = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const storable = (instant: Instant): number => Math.min(Math.max(instant, earliest), latest);

export const dateTime = (instant: Instant): Date => new Date(storable(instant));
/** A time inside of a JSON column. */
export const isoText = (instant: Instant): string => formatInstant(storable(instant) as Instant);

/** Applies a conversion to what is not null. */
export const unlessNull = <Value>(
  value: Value | null,
  convert: (value: Value) => ColumnValue,
): ColumnValue | null => (value === null ? null : convert(value));

export const text = (value: string | null): string | null => (value === null ? null : toStorableText(value));

/** How each kind of column is read. */
export const read = {
  text: z.string().transform(fromStorableText),
  int32: z.int32(),
  boolean: z.boolean(),
  dateTime: z.date().transform(date => date.getTime() as Instant),
  isoText: z.iso.datetime().transform(value => Date.parse(value) as Instant),
  etag: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a lower-case SHA-256 was expected'),
  /** The key of the row of a cloud object. */
  cloudId: z
    .string()
    .regex(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'a lower-case GUID was expected')
    .transform(id => id as CloudId),
  schemaVersion: z.literal(schemaVersion),
};

/** A column that may be absent. */
export const orNull = <Output>(column: z.ZodType<Output>): z.ZodType<Output | null> =>
  z.optional(column).transform(value => value ?? null);

/** JSON text in a column, and what it must hold. */
export const json = <Output>(content: z.ZodType<Output>): z.ZodType<Output> =>
  z
    .string()
    .transform((value, context): unknown => {
      try {
        return JSON.parse(value);
      } catch {
        context.addIssue('not JSON');
        return z.NEVER;
      }
    })
    .pipe(content);

const keysSchema = z.object({ partitionKey: z.string(), rowKey: z.string() });

/** Parses a row at the edge. Throws an `AppError` with code `rowInvalid`, naming table, keys and columns, never a value. */
export function parseRow<Output>(table: string, schema: z.ZodType<Output>, row: unknown): Output {
  const result = schema.safeParse(row);
  if (result.success) return result.data;
  const keys = keysSchema.safeParse(row).data;
  const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw rowInvalid(table, keys ? `${keys.partitionKey}/${keys.rowKey}` : 'without keys', problems.join('; '));
}

export function rowInvalid(table: string, row: string, found: string, options?: ErrorOptions): AppError {
  return new AppError(
    'rowInvalid',
    `Table ${table}, row ${JSON.stringify(row)}: expected the columns of docs/table-schema.md, found ${found}. ` +
      'Only the app writes this table: find out who else did, and restore the row or delete it.',
    options,
  );
}
