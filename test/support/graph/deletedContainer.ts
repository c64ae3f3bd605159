import type { Group, User } from '@microsoft/microsoft-graph-types';

/** The types that Graph keeps for a while after a deletion. */
export interface RecoverableEntity {
  readonly user: User;
  readonly group: Group;
}
export type RecoverableType = keyof RecoverableEntity;

export interface DeletedEntity {
  readonly type: RecoverableType;
  readonly entity: Readonly<User | Group>;
}

const thirtyDays = 30 * 24 * 60 * 60 * 1000;

/** `/directory/deletedItems`: what was deleted stays for 30 days, then it is gone for good. Times in milliseconds. */
export class DeletedContainer {
  readonly #items = new Map<string, DeletedEntity & { readonly at: number }>();

  put(type: RecoverableType, entity: User | Group, at: number): void {
    const deletedDateTime = `${new Date(at).toISOString().slice(0, 'yyyy-mm-ddThh:mm:ss'.length)}Z`;
    this.#items.set(entity.id ?? '', { type, entity: Object.freeze({ ...entity, deletedDateTime }), at });
  }

  get(id: string, now: number): DeletedEntity | undefined {
    const item = this.#items.get(id);
    return item && now < item.at + thirtyDays ? item : undefined;
  }

  /** In the order of their ids. */
  list(type: RecoverableType, now: number): readonly Readonly<User | Group>[] {
    return [...this.#items.keys()]
      .sort()
      .map(id => this.get(id, now))
      .filter(item => item?.type === type)
      .map(item => item?.entity ?? {});
  }

  remove(id: string): void {
    this.#items.delete(id);
  }
}
