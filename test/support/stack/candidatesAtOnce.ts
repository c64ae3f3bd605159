import type { WaitingRules } from '../../../shared/core/waiting';

/** Rules of time that every missing object has met when it is first seen. */
export const metAtOnce: WaitingRules = {
  consecutiveRuns: 1,
  graceDays: 0,
  recycleBinDays: 0,
  synchronisation: 'notAsked',
};

/** Settings of the part scan for whoever has one night only. */
export const candidatesAtOnce = { WAITING_RULES: JSON.stringify(metAtOnce) };
