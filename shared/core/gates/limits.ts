import { z } from 'zod';

const share = z.number().min(0).max(100);
const figure = z.int().min(0).max(1_000_000);
const hours = z
  .number()
  .min(1)
  .max(24 * 30);

const perType = <Shape extends z.ZodType>(shape: Shape) =>
  z.strictObject({ user: shape, group: shape, contact: shape, device: shape });

/** The limits of the gates, as data: every name says its unit. The setting GATE_LIMITS replaces single ones. */
export const gateLimitsSchema = z.strictObject({
  /** The oldest export (hours since it was begun). */
  exportAgeHours: hours,
  /** How far (minutes) a source's clock may be ahead of ours. */
  clockAheadMinutes: z.number().min(0).max(60),
  /** The fewest live objects that an export of a source may have. */
  exportFloorObjects: figure,
  /** How much smaller an export may be than the one of the last accepted run, per naming context and class: the larger of the two. */
  exportDropPercent: share,
  exportDropObjects: figure,
  /** The most canaries that may be out of sight. */
  canariesUnseenObjects: figure,
  /** How long ago (hours) inbound replication of the domain controller that was asked may have succeeded last. */
  replicationLagHours: hours,
  /** How long ago (hours) synchronisation may have run last. */
  synchronisationAgeHours: hours,
  /** The least share (per cent) of comparable cloud objects that some key finds on-premises. */
  matchRateFloorPercent: perType(share),
  /** The most missing objects, observed or candidates: the smaller of the two figures, the share being of the synced objects. */
  candidatesObjects: perType(figure),
  candidatesPercent: perType(share),
  /** A share that is less than this many objects counts as this many. */
  candidatesLeastObjects: figure,
  /** The most objects that become missing in one night. */
  newMissingObjects: perType(figure),
  /** The tenant's accidental-delete threshold: synchronisation exports no deletion while more are pending. */
  pendingDeletionsObjects: figure,
});
export type GateLimits = z.output<typeof gateLimitsSchema>;

/** Strict on purpose: a larger tenant, or one with years of orphans, is told which limit and what to do. */
export const defaultGateLimits: GateLimits = {
  exportAgeHours: 36,
  clockAheadMinutes: 5,
  exportFloorObjects: 25,
  exportDropPercent: 5,
  exportDropObjects: 10,
  canariesUnseenObjects: 0,
  replicationLagHours: 24,
  synchronisationAgeHours: 24,
  matchRateFloorPercent: { user: 70, group: 70, contact: 50, device: 50 },
  candidatesObjects: { user: 100, group: 50, contact: 50, device: 100 },
  candidatesPercent: { user: 5, group: 5, contact: 10, device: 10 },
  candidatesLeastObjects: 10,
  newMissingObjects: { user: 25, group: 15, contact: 15, device: 25 },
  pendingDeletionsObjects: 500,
};

const partialPerType = <Shape extends z.ZodType>(shape: Shape) => perType(shape).partial();

/** What GATE_LIMITS may say: any of the limits, each type of a limit by itself. */
export const gateLimitChangesSchema = gateLimitsSchema
  .extend({
    matchRateFloorPercent: partialPerType(share),
    candidatesObjects: partialPerType(figure),
    candidatesPercent: partialPerType(share),
    newMissingObjects: partialPerType(figure),
  })
  .partial();
export type GateLimitChanges = z.output<typeof gateLimitChangesSchema>;

/** The default limits with these changes. */
export function gateLimitsWith(changes: GateLimitChanges): GateLimits {
  const { matchRateFloorPercent, candidatesObjects, candidatesPercent, newMissingObjects, ...single } =
    changes;
  const defaults = defaultGateLimits;
  return gateLimitsSchema.parse({
    ...defaults,
    ...single,
    matchRateFloorPercent: { ...defaults.matchRateFloorPercent, ...matchRateFloorPercent },
    candidatesObjects: { ...defaults.candidatesObjects, ...candidatesObjects },
    candidatesPercent: { ...defaults.candidatesPercent, ...candidatesPercent },
    newMissingObjects: { ...defaults.newMissingObjects, ...newMissingObjects },
  });
}
