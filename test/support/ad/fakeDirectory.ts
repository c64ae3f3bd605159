import type { FakeFilter, FakeSearch } from './fakeRequest';

/** An object of the fake directory. */
export interface FakeEntry {
  readonly distinguishedName: string;
  readonly attributes: Readonly<Record<string, readonly (string | Buffer)[]>>;
  /** The account sees that it is there, and none of its attributes. */
  readonly unreadable?: boolean;
}

export interface FakeDirectory {
  readonly rootDse: Readonly<Record<string, readonly (string | Buffer)[]>>;
  /** Each entry belongs to the one that it lies in deepest. */
  readonly namingContexts: readonly string[];
  readonly entries: FakeEntry[];
  /** Answers for an empty base, as on port 3268. */
  readonly globalCatalog?: boolean;
}

export type SelectedAttributes = readonly (readonly [string, readonly (string | Buffer)[]])[];

/** What a search finds, before pages. */
export type Found =
  | { readonly kind: 'failure'; readonly code: number; readonly referral?: readonly string[] }
  | {
      readonly kind: 'entries';
      readonly entries: readonly {
        readonly distinguishedName: string;
        readonly attributes: SelectedAttributes;
      }[];
      readonly references: readonly string[];
    };

const controls = {
  showDeleted: '1.2.840.113556.1.4.417',
  sdFlags: '1.2.840.113556.1.4.801',
  domainScope: '1.2.840.113556.1.4.1339',
  showRecycled: '1.2.840.113556.1.4.2064',
} as const;

/** The controls that the fake knows; another critical one is refused. */
export const knownControls: ReadonlySet<string> = new Set([
  ...Object.values(controls),
  '1.2.840.113556.1.4.319',
]);

/** Runs a search as Active Directory would, with its ranges for attributes of more than `rangeCap` values. */
export function findIn(directory: FakeDirectory, search: FakeSearch, rangeCap: number): Found {
  const select = selector(search, rangeCap);
  if (search.base === '' && search.scope === 'base') {
    const root = { distinguishedName: '', attributes: directory.rootDse };
    return {
      kind: 'entries',
      entries: [{ distinguishedName: '', attributes: select(root) }],
      references: [],
    };
  }
  // [MS-ADTS] knows no base of that name but the root's own entry; a global catalog takes it for everything.
  if (search.base === '' && !directory.globalCatalog) return { kind: 'failure', code: 1 };
  const base = search.base === '' ? '' : baseOf(directory, search);
  if (typeof base !== 'string') return base;
  const context = search.base === '' ? null : contextOf(directory, base);
  const visible = directory.entries.filter(
    entry =>
      isWithin(entry.distinguishedName, base, search.scope) &&
      (context === null || contextOf(directory, entry.distinguishedName) === context) &&
      isShown(entry, search) &&
      matches(entry, search.filter),
  );
  const below =
    search.scope === 'sub' && context !== null && !search.controls.has(controls.domainScope)
      ? directory.namingContexts.filter(other => other !== context && isWithin(other, base, 'sub'))
      : [];
  return {
    kind: 'entries',
    entries: visible.map(entry => ({
      distinguishedName: entry.distinguishedName,
      attributes: entry.unreadable ? [] : select(entry),
    })),
    references: below.map(name => `ldap://elsewhere.example/${name}`),
  };
}

function baseOf(directory: FakeDirectory, search: FakeSearch): string | Found {
  const guid = /^<GUID=([\da-f]{32})>$/i.exec(search.base)?.[1];
  const entry = directory.entries.find(each =>
    guid === undefined
      ? each.distinguishedName.toLowerCase() === search.base.toLowerCase()
      : hexOf(valuesOf(each, 'objectguid')[0]) === guid.toLowerCase(),
  );
  if (entry && isShown(entry, search)) return entry.distinguishedName;
  const isHere =
    guid !== undefined || directory.namingContexts.some(name => isWithin(search.base, name, 'sub'));
  return isHere
    ? { kind: 'failure', code: 32 }
    : { kind: 'failure', code: 10, referral: ['ldap://elsewhere.example/'] };
}

function contextOf(directory: FakeDirectory, distinguishedName: string): string {
  const around = directory.namingContexts.filter(name => isWithin(distinguishedName, name, 'sub'));
  return around.sort((one, other) => other.length - one.length)[0] ?? '';
}

function isWithin(distinguishedName: string, base: string, scope: FakeSearch['scope']): boolean {
  const name = distinguishedName.toLowerCase();
  const end = base.toLowerCase();
  if (scope === 'base') return name === end;
  if (scope === 'sub' && (name === end || end === '')) return true;
  if (!name.endsWith(`,${end}`)) return false;
  const front = distinguishedName.slice(0, -end.length - 1);
  return scope === 'sub' || !/(?<!\\),/.test(front);
}

function isShown(entry: FakeEntry, search: FakeSearch): boolean {
  const is = (attribute: string): boolean => String(valuesOf(entry, attribute)[0]) === 'TRUE';
  if (is('isdeleted') && !search.controls.has(controls.showDeleted)) return false;
  return !is('isrecycled') || search.controls.has(controls.showRecycled);
}

function matches(entry: FakeEntry, filter: FakeFilter): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every(each => matches(entry, each));
    case 'or':
      return filter.filters.some(each => matches(entry, each));
    case 'present':
      // Active Directory takes (objectClass=*) for everything, whether or not it may be read.
      return filter.attribute === 'objectclass' || valuesOf(entry, filter.attribute).length > 0;
    case 'equals':
      return valuesOf(entry, filter.attribute).some(
        value => String(value).toLowerCase() === filter.value.toString('utf8').toLowerCase(),
      );
  }
}

function selector(search: FakeSearch, rangeCap: number): (entry: FakeEntry) => SelectedAttributes {
  return entry =>
    search.attributes.flatMap(asked => {
      const [name = '', option] = asked.split(';');
      if (name.toLowerCase() === 'ntsecuritydescriptor' && !search.controls.has(controls.sdFlags)) return [];
      const spelled = Object.keys(entry.attributes).find(each => each.toLowerCase() === name.toLowerCase());
      const values = spelled === undefined ? [] : (entry.attributes[spelled] ?? []);
      if (spelled === undefined || values.length === 0) return [];
      if (option !== undefined)
        return ranged(spelled, values, Number(/^range=(\d+)-\*$/.exec(option)?.[1]), rangeCap);
      if (values.length <= rangeCap) return [[spelled, values] as const];
      return [[spelled, []] as const, ...ranged(spelled, values, 0, rangeCap)];
    });
}

function ranged(
  name: string,
  values: readonly (string | Buffer)[],
  from: number,
  rangeCap: number,
): SelectedAttributes {
  if (!Number.isInteger(from)) throw new Error('an option that is no range');
  if (from >= values.length) return [];
  const to = from + rangeCap;
  const end = to >= values.length ? '*' : to - 1;
  return [[`${name};range=${from}-${end}`, values.slice(from, to)]];
}

function valuesOf(entry: FakeEntry, attribute: string): readonly (string | Buffer)[] {
  const found = Object.entries(entry.attributes).find(([name]) => name.toLowerCase() === attribute);
  return found?.[1] ?? [];
}

const hexOf = (value: string | Buffer | undefined): string | undefined =>
  value === undefined ? undefined : Buffer.from(value as string).toString('hex');
