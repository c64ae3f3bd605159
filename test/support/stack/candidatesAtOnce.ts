import { metAtOnce } from '../scanDefaults';

const everyType = (figure: number) => ({ user: figure, group: figure, contact: figure, device: figure });

/** For its size, a sample of a few hundred objects has more orphans than any tenant. */
const anyVolume = {
  candidatesObjects: everyType(100_000),
  candidatesLeastObjects: 100_000,
  newMissingObjects: everyType(100_000),
};

/** Settings of the part scan for whoever has one night only, and needs candidates that can be approved. */
export const candidatesAtOnce = {
  WAITING_RULES: JSON.stringify(metAtOnce),
  GATE_LIMITS: JSON.stringify(anyVolume),
};
