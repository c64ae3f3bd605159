import type { DeletedUsersStore } from '../../../shared/app/ports';
import type { DeletedUsersMemory } from '../../../shared/core/cloudHistory';
import type { CloudId } from '../../../shared/core/cloudObject';
import { instant } from '../../support/builders';
import { open } from './tables/storage';

const idOf = (n: number): CloudId => `0a0a0a0a-0000-4000-8000-${String(n).padStart(12, '0')}` as CloudId;
export const sampleMemory: DeletedUsersMemory = {
  completeSince: instant('2026-11-01T02:00:00Z'),
  readAt: instant('2026-11-20T02:00:00.123Z'),
  deleted: new Set([idOf(1), idOf(2)]),
  left: new Map([[idOf(3), instant('2026-11-19T02:00:00Z')]]),
};

export interface DeletedUsersBench {
  readonly store: DeletedUsersStore;
  /** Replaces what is there by something that no scan wrote. */
  damage(): Promise<void>;
}

/** What the port DeletedUsersStore promises. */
export function describeDeletedUsersStore(name: string, start: () => Promise<DeletedUsersBench>): void {
  describe(`the memory of the deleted users ${name}`, () => {
    const etagOf = async ({ store }: DeletedUsersBench): Promise<string> => {
      const stored = await store.read(open);
      return stored.kind === 'none' ? '' : stored.etag;
    };

    test('there is none at first', async () => {
      const { store } = await start();
      expect(await store.read(open)).toEqual({ kind: 'none' });
    });

    test.each([
      ['with everything', sampleMemory],
      [
        'empty',
        { completeSince: null, readAt: sampleMemory.readAt, deleted: new Set<CloudId>(), left: new Map() },
      ],
    ])('is read as it was written, %s', async (_, memory) => {
      const bench = await start();
      await bench.store.write(memory, null, open);
      expect(await bench.store.read(open)).toEqual({ kind: 'kept', memory, etag: expect.any(String) });
    });

    test('is replaced only where it is what was read', async () => {
      const bench = await start();
      const { store } = bench;
      const conflict = { code: 'writeConflict' };
      await expect(store.write(sampleMemory, '"0x1"', open)).rejects.toMatchObject(conflict);
      await store.write(sampleMemory, null, open);
      await expect(store.write(sampleMemory, null, open)).rejects.toMatchObject(conflict);
      const etag = await etagOf(bench);
      const next = { ...sampleMemory, deleted: new Set<CloudId>() };
      await store.write(next, etag, open);
      await expect(store.write(sampleMemory, etag, open)).rejects.toMatchObject(conflict);
      expect(await store.read(open)).toMatchObject({ memory: next });
    });

    test('what no scan wrote is lost, is no empty memory, and can be replaced', async () => {
      const bench = await start();
      await bench.store.write(sampleMemory, null, open);
      await bench.damage();
      expect(await bench.store.read(open)).toEqual({ kind: 'lost', etag: expect.any(String) });
      await bench.store.write(sampleMemory, await etagOf(bench), open);
      expect(await bench.store.read(open)).toMatchObject({ kind: 'kept' });
    });
  });
}
