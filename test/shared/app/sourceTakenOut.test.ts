import type { SourceName } from '../../../shared/core/exportFormat';
import { formatInstant, type Instant } from '../../../shared/core/instant';
import type { MemoryExport } from '../../support/memory/memoryExports';
import { scenarioExports, type ScenarioInput } from '../../support/scenario';
import { breachesOf, HoldWorld } from './holdWorld';
import { minuteMs } from './review/deletionWorld';

const partner = 'partner' as SourceName;

/** A second forest, of which only contacts are in the cloud: these name no domain. Its supplier lives; of `more`, who moved there. */
function partnerExport(now: number, more: readonly object[]): MemoryExport {
  const supplier = {
    objectGUID: '@guid(supplier)',
    objectClass: 'contact',
    mail: 'supplier@elsewhere.example',
  };
  const startedAt = formatInstant(now as Instant);
  const [written] = scenarioExports({
    exports: [{ source: partner, startedAt, records: [supplier, ...more] }],
    cloud: [],
  } as unknown as ScenarioInput);
  const sequence = now / minuteMs;
  return {
    ...written!,
    manifest: { ...written!.manifest, sequence },
    manifestHash: String(sequence).padStart(64, '0'),
  };
}

class PartnerWorld extends HoldWorld {
  readonly #moved: object[] = [];

  constructor() {
    super();
    this.#addPartner();
    this.settings = { ...this.settings, sources: [...this.settings.sources, partner] };
  }

  /** With the forest's, which is all that the constructor of the base asks for. */
  override newExport(): this {
    super.newExport();
    if (#moved in this) this.#addPartner();
    return this;
  }

  #addPartner(): void {
    this.exports.exports = [...this.exports.exports, partnerExport(this.now, this.#moved)];
  }

  /** A person moves to the partner, and the anchor with her. */
  move(name: string): this {
    this.#moved.push({
      objectGUID: `@guid(${name} at partner)`,
      'mS-DS-ConsistencyGuid': `@base64(${name})`,
    });
    return this;
  }

  /** Somebody takes the partner out of EXPORT_SOURCES, or leaves it out in one of both parts. */
  async withoutPartner<Result>(action: () => Promise<Result>): Promise<Result> {
    const { settings } = this;
    this.settings = { ...settings, sources: settings.sources.filter(source => source !== partner) };
    const result = await action();
    this.settings = settings;
    return result;
  }
}

describe('a source that is not expected any more', () => {
  test('does not take those along who live in its forest: the run is refused, and holds', async () => {
    const world = new PartnerWorld();
    expect(await world.night()).toMatchObject({ state: 'finished' });
    expect(world.facts('supplier')).toBeUndefined();
    const without = await world.withoutPartner(() => world.night());
    expect(without).toMatchObject({ state: 'refused', holds: [{ gate: 'sourceExpected', source: partner }] });
    expect(breachesOf(without)).toEqual(['sourceExpected']);
    expect(world.facts('supplier')).toBeUndefined();
  });

  test('is taken out for good by one release', async () => {
    const world = new PartnerWorld();
    await world.night();
    await world.withoutPartner(async () => {
      await world.night();
      await world.release('night-2', 'sourceExpected');
      expect(await world.night()).toMatchObject({ state: 'finished', holds: [] });
      expect(await world.night()).toMatchObject({ state: 'finished', holds: [] });
    });
  });

  test('is expected by the deletion, which rests on every source that the scan rested on', async () => {
    const world = new PartnerWorld();
    await world.night();
    expect(await world.tryToApprove('eve')).toBe('approved');
    world.move('eve');
    expect(await world.withoutPartner(() => world.tryToDelete('eve'))).toBe('evidenceRefused');
    expect(world.isThere('eve')).toBe(true);
    expect(await world.tryToDelete('eve')).toBe('cameBack');
  });
});
