import { assertEntity, isObjectId, type EntityName } from './metadata';

/** `$filter=<property> eq <value>`; text is compared without regard to case, as Graph does. */
export interface EqualityFilter {
  readonly property: string;
  readonly value: string | boolean;
}

export interface Slice {
  readonly entities: readonly object[];
  /** Whether objects that match follow after the last one. */
  readonly more: boolean;
}

/** The objects of one type, ordered by id. */
export class EntityList<Entity extends { readonly id?: string }> {
  readonly #byId = new Map<string, Readonly<Entity>>();
  readonly #ids: string[];
  /** Counts by filter, until the next change. */
  readonly #counts = new Map<string, number>();

  constructor(
    readonly name: EntityName,
    entities: readonly Entity[],
  ) {
    for (const entity of entities) {
      const id = this.#check(entity);
      if (this.#byId.has(id)) throw new TypeError(`Not Graph objects: two of type ${name} have the id ${id}`);
      this.#byId.set(id, Object.freeze({ ...entity }));
    }
    this.#ids = [...this.#byId.keys()].sort();
  }

  get(id: string): Readonly<Entity> | undefined {
    return this.#byId.get(id);
  }

  put(entity: Entity): void {
    const id = this.#check(entity);
    if (!this.#byId.has(id)) this.#ids.splice(this.#firstNotBefore(id), 0, id);
    this.#byId.set(id, Object.freeze({ ...entity }));
    this.#counts.clear();
  }

  remove(id: string): boolean {
    if (!this.#byId.delete(id)) return false;
    this.#ids.splice(this.#firstNotBefore(id), 1);
    this.#counts.clear();
    return true;
  }

  count(filter: EqualityFilter | null): number {
    if (filter === null) return this.#ids.length;
    const key = JSON.stringify([filter.property, filter.value]);
    const known = this.#counts.get(key);
    if (known !== undefined) return known;
    const matches = matcherOf(filter);
    let count = 0;
    for (const entity of this.#byId.values()) if (matches(entity)) count += 1;
    this.#counts.set(key, count);
    return count;
  }

  slice(filter: EqualityFilter | null, after: string, size: number): Slice {
    const matches = matcherOf(filter);
    const entities: object[] = [];
    for (let position = this.#firstAfter(after); position < this.#ids.length; position += 1) {
      const entity = this.#byId.get(this.#ids[position] ?? '');
      if (entity === undefined || !matches(entity)) continue;
      if (entities.length === size) return { entities, more: true };
      entities.push(entity);
    }
    return { entities, more: false };
  }

  #check(entity: Entity): string {
    assertEntity(this.name, entity);
    const { id = '' } = entity;
    if (!isObjectId(id)) throw new TypeError(`Not a Graph ${this.name}: its id is no lower-case GUID: ${id}`);
    return id;
  }

  #firstAfter(id: string): number {
    const position = this.#firstNotBefore(id);
    return this.#ids[position] === id ? position + 1 : position;
  }

  #firstNotBefore(id: string): number {
    let low = 0;
    let high = this.#ids.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] ?? '') < id) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function matcherOf(filter: EqualityFilter | null): (entity: object) => boolean {
  if (filter === null) return () => true;
  const { property, value } = filter;
  const found = (entity: object): unknown => (entity as Readonly<Record<string, unknown>>)[property];
  if (typeof value === 'boolean') return entity => found(entity) === value;
  const sought = value.toLowerCase();
  return entity => {
    const text = found(entity);
    return typeof text === 'string' && text.toLowerCase() === sought;
  };
}
