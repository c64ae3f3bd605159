import type { NotificationMarkers } from '../../../../shared/app/notify';
import { open } from '../tables/storage';

/** What every store of markers keeps. */
export function markersContract(
  openStore: () => Promise<{
    readonly markers: NotificationMarkers;
    /** The marker as it is stored; null: there is none. */
    readonly stored: (name: string) => Promise<unknown>;
  }>,
): void {
  const marker = { version: 1, event: 'hold', night: '2026-11-20' } as const;
  const name = '2026-11-20/hold.json';

  test('a marker is created once: who comes second learns it, and changes nothing', async () => {
    const { markers, stored } = await openStore();
    expect(await stored(name)).toBeNull();
    expect(await markers.create(name, marker, open)).toBe('created');
    expect(await markers.create(name, { ...marker, night: '2026-11-21' }, open)).toBe('exists');
    expect(await stored(name)).toMatchObject(marker);
  });

  test('each event and each night has its own', async () => {
    const { markers } = await openStore();
    for (const one of [name, '2026-11-20/missedWork.json', '2026-11-21/hold.json'])
      expect(await markers.create(one, marker, open)).toBe('created');
  });

  test('of many who create it at once, one does', async () => {
    const { markers } = await openStore();
    const answers = await Promise.all(Array.from({ length: 10 }, () => markers.create(name, marker, open)));
    expect(answers.filter(answer => answer === 'created')).toHaveLength(1);
  });
}
