import type { CloudObject } from '../../../shared/core/cloudObject';
import { referenceKey } from '../../../shared/core/duplicates';
import type { ExportManifest } from '../../../shared/core/exportFormat';
import type { ExportRecord, OnPremisesObject } from '../../../shared/core/onPremisesObject';
import type { Random } from '../organisation/random';
import type { Night, NightExport } from './night';

/** What a fault may look at. */
export interface FaultContext {
  readonly random: Random;
  /** The nights before, as they were scanned. */
  readonly earlier: readonly Night[];
  /** `type/id` of what is missing in truth. */
  readonly orphans: ReadonlySet<string>;
}

export interface FaultyNight {
  readonly night: Night;
  /** `type/id` of the orphans about which the night no longer tells the truth: of all others it does. */
  readonly touched: ReadonlySet<string> | 'all';
}

export type ApplyFault = (night: Night, context: FaultContext) => FaultyNight;

const nothing: ReadonlySet<string> = new Set();

export const harmless = (night: Night): FaultyNight => ({ night, touched: nothing });
export const touching = (night: Night, objects: readonly CloudObject[]): FaultyNight => ({
  night,
  touched: new Set(objects.map(referenceKey)),
});
export const touchingAll = (night: Night): FaultyNight => ({ night, touched: 'all' });

/** Changes the exports of one source that is drawn, or of all. */
export function withExports(
  night: Night,
  which: Random | 'all',
  change: (one: NightExport) => NightExport,
): Night {
  const only = which === 'all' ? null : which.below(night.exports.length);
  const exports = night.exports.map((one, at) => (only === null || only === at ? change(one) : one));
  return { ...night, exports };
}

export const withManifest = (one: NightExport, change: Partial<ExportManifest>): NightExport => ({
  ...one,
  manifest: { ...one.manifest, ...change },
});

export const keeping = (one: NightExport, keeps: (record: ExportRecord) => boolean): NightExport => ({
  ...one,
  records: one.records.filter(keeps),
});

export const changingLive = (
  one: NightExport,
  change: (object: OnPremisesObject) => OnPremisesObject,
): NightExport => ({
  ...one,
  records: one.records.map(record => (record.kind === 'object' ? change(record) : record)),
});

/** So many of them, drawn; the same one may be drawn twice. */
export const drawn = <Value>(random: Random, values: readonly Value[], count: number): readonly Value[] =>
  values.length === 0
    ? []
    : Array.from({ length: count }, () => values[random.below(values.length)] as Value);

/** Changes these cloud objects, as the lists show them. */
export function withObjects(
  night: Night,
  chosen: readonly CloudObject[],
  change: (object: CloudObject) => CloudObject,
): Night {
  const those = new Set(chosen);
  return { ...night, cloud: night.cloud.map(object => (those.has(object) ? change(object) : object)) };
}

/** The same members in another order (Fisher and Yates). */
export function shuffled<Value>(random: Random, values: readonly Value[]): readonly Value[] {
  const order = [...values];
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    [order[at], order[other]] = [order[other] as Value, order[at] as Value];
  }
  return order;
}
