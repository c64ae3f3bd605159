import type { ExportLineInput } from '../../../shared/core/exportFormat';

/** A live AD object and a deleted one, as an export holds them. */
export type ObjectLine = Extract<ExportLineInput, { kind: 'object' }>;
export type TombstoneLine = Extract<ExportLineInput, { kind: 'tombstone' }>;

/** A line of an export, and which source's export it belongs to. */
export interface Placed<Line extends ExportLineInput = ExportLineInput> {
  readonly source: string;
  readonly line: Line;
}

/** The same object with some attributes changed. */
export const altered = (object: Placed<ObjectLine>, attributes: Partial<ObjectLine>): Placed<ObjectLine> => ({
  ...object,
  line: { ...object.line, ...attributes },
});

/** The value of an RDN, escaped as RFC 4514, section 2.4 says. */
export const escapedRdn = (value: string): string =>
  value.replace(/[\\,+"<>;=]/g, '\\$&').replace(/^[ #]/, '\\$&');

/** The DN without its first RDN; a comma may be escaped. */
export const parentOf = (distinguishedName: string): string =>
  distinguishedName.replace(/^(?:\\.|[^,\\])+,/, '');

/** What is left of an object in CN=Deleted Objects: no address, no UPN, no mS-DS-ConsistencyGuid. */
export function tombstoneOf(
  object: Placed<ObjectLine>,
  deletion: { readonly whenChanged: string; readonly isRecycled: boolean },
): Placed<TombstoneLine> {
  const { objectClass, namingContext, objectGUID, objectSid, sAMAccountName, distinguishedName } =
    object.line;
  return {
    source: object.source,
    line: {
      kind: 'tombstone',
      objectClass,
      namingContext,
      objectGUID,
      ...deletion,
      ...(objectSid !== undefined && { objectSid }),
      ...(sAMAccountName !== undefined && { sAMAccountName }),
      lastKnownParent: parentOf(distinguishedName),
    },
  };
}
