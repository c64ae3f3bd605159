import { restorableDays } from '../cloudWrites/deletedItem';
import type { ObjectType } from '../objectType';

/** What a delete of this type costs, as far as it can not be taken back (domain.md, "Deleting"). */
export interface Reversibility {
  /** restorable: for `days`. final: treat it so. manual: the app can not delete it, and what a person deletes is final. */
  readonly kind: 'restorable' | 'final' | 'manual';
  readonly days: number | null;
  /** What to know before saying yes. */
  readonly caveats: readonly string[];
}

const reversibilities: Readonly<Record<ObjectType, Reversibility>> = {
  user: {
    kind: 'restorable',
    days: restorableDays,
    caveats: [
      `It can be restored for ${restorableDays} days, and is final after that.`,
      'A restored user may come back as a cloud-only account, and the hard-match hardening of 2026 may stop synchronisation from linking it again.',
    ],
  },
  group: {
    kind: 'final',
    days: null,
    caveats: [
      'Treat it as final: only Microsoft 365 groups are kept for a while, and synced groups are none.',
      'Its members, and what was granted to it, are lost with it.',
    ],
  },
  contact: {
    kind: 'manual',
    days: null,
    caveats: [
      'Microsoft Graph does not delete contacts: a person does, by the commands that the decision gives.',
      'It can not be restored.',
    ],
  },
  device: {
    kind: 'final',
    days: null,
    caveats: [
      'Treat it as final.',
      'Its BitLocker keys and its LAPS passwords are lost with it: save them before.',
    ],
  },
};

/** Whether a delete of this type can be taken back, and what to know before. */
export const reversibilityOf = (type: ObjectType): Reversibility => reversibilities[type];
