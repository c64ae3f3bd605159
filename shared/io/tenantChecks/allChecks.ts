import { anchorChecks } from './checks/anchorChecks';
import { answerChecks } from './checks/answerChecks';
import { filledChecks } from './checks/filledChecks';
import { listChecks } from './checks/listChecks';
import { snapshotChecks } from './checks/snapshotChecks';
import { tokenChecks } from './checks/tokenChecks';
import type { TenantCheck } from './tenantCheck';

/**
 * Every check, in the order in which they are made: those that need others' outcomes, or what all the others met, come last. To add
 * one: an entry of docs/assumptions.md whose Check line begins with `tenant`, and a check here with its id; a test compares both.
 */
export const allChecks: readonly TenantCheck[] = [
  ...listChecks,
  ...filledChecks,
  ...anchorChecks,
  ...snapshotChecks,
  ...tokenChecks,
  ...answerChecks,
];
