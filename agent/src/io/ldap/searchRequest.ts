import {
  BerWriter,
  Control,
  EqualityFilter,
  OrFilter,
  PagedResultsControl,
  PresenceFilter,
  SearchRequest,
  type Filter,
} from 'ldapts';

/** Controls of Active Directory ([MS-ADTS] 3.1.1.3.4.1). Each is sent as critical: a server that ignored one would show less. */
export const controlTypes = {
  pagedResults: PagedResultsControl.type,
  showDeleted: '1.2.840.113556.1.4.417',
  sdFlags: '1.2.840.113556.1.4.801',
  domainScope: '1.2.840.113556.1.4.1339',
  showRecycled: '1.2.840.113556.1.4.2064',
} as const;

/** What a search asks for. There is no way to limit its size or its time: both would cut its result. */
export interface Search {
  readonly base: string;
  readonly scope: 'base' | 'one' | 'sub';
  readonly filter: Filter;
  readonly attributes: readonly string[];
  readonly controls: readonly Control[];
  /** Entries that a page has at most, where it is read by pages; default 1,000. Fewer where entries are large. */
  readonly pageSize?: number;
}

/** `(attribute=*)` */
export const present = (attribute: string): Filter => new PresenceFilter({ attribute });

export const everyObject = present('objectClass');

/** `(|(…)(…))` */
export const anyOf = (filters: readonly Filter[]): Filter => new OrFilter({ filters: [...filters] });

/** `(attribute=value)`; the value is sent as its bytes. */
export const equals = (attribute: string, value: string): Filter =>
  new EqualityFilter({ attribute, value: Buffer.from(value, 'utf8') });

/** No references to other domain controllers among the results. */
export const domainScope = new Control(controlTypes.domainScope, { critical: true });

/** Deleted objects as well, recycled ones too. */
export const showDeleted: readonly Control[] = [
  new Control(controlTypes.showDeleted, { critical: true }),
  new Control(controlTypes.showRecycled, { critical: true }),
];

class SdFlagsControl extends Control {
  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(7);
    value.endSequence();
    writer.writeBuffer(value.buffer, 0x04);
  }
}

/** Owner, group and DACL of a security descriptor; the SACL would need a right that the account does not have. */
export const ownerGroupAndDacl: Control = new SdFlagsControl(controlTypes.sdFlags, { critical: true });

/** A page of this many entries, after those that the cookie stands for (RFC 2696). */
export const pageOf = (size: number, cookie: Buffer): Control =>
  new PagedResultsControl({ critical: true, value: { size, cookie } });

/** The bytes of a search; the time limit is none, where ldapts would set 10 seconds. */
export function encodeSearch(messageId: number, search: Search): Buffer {
  return new SearchRequest({
    messageId,
    baseDN: search.base,
    scope: search.scope,
    derefAliases: 'never',
    sizeLimit: 0,
    timeLimit: 0,
    filter: search.filter,
    attributes: [...search.attributes],
    controls: [...search.controls],
  }).write();
}
