import type { CloudDirectory, ListReading, ListSink } from '../../../shared/app/ports';
import type { CloudId, CloudObject, CloudObjectOf } from '../../../shared/core/cloudObject';
import type { ObjectType } from '../../../shared/core/objectType';

const pageSize = 3;

/** The port CloudDirectory over an array, which may be changed between two runs. Its lists hold what is synced. */
export class MemoryDirectory implements CloudDirectory {
  /** Ids that were read one by one, in order. */
  readonly readByIds: CloudId[] = [];

  constructor(public objects: readonly CloudObject[]) {}

  async readSynced<Type extends ObjectType, Sink extends ListSink<Type>>(
    type: Type,
    openSink: () => Sink,
  ): Promise<ListReading<Sink>> {
    const listed = this.#of(type).filter(object => object.onPremisesSyncEnabled === true);
    const sink = openSink();
    for (let at = 0; at < listed.length; at += pageSize) sink.page(listed.slice(at, at + pageSize));
    return { sink, distinct: listed.length, countBefore: listed.length, countAfter: listed.length };
  }

  async readById<Type extends ObjectType>(type: Type, id: CloudId): Promise<CloudObjectOf<Type> | null> {
    this.readByIds.push(id);
    return this.#of(type).find(object => object.id === id) ?? null;
  }

  #of<Type extends ObjectType>(type: Type): CloudObjectOf<Type>[] {
    return this.objects.filter((object): object is CloudObjectOf<Type> => object.type === type);
  }
}
