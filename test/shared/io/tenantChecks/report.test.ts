import { differs, notChecked, type CheckOutcome } from '../../../../shared/core/tenantChecks/checkOutcome';
import { linesOf, reportOf } from '../../../../shared/io/tenantChecks/report';
import type { TenantCheck } from '../../../../shared/io/tenantChecks/tenantCheck';
import { idOf } from '../../../support/graph/testGraph';

const entries = [
  { id: 'G1', title: 'One', check: 'tenant: a list', onTenant: true },
  { id: 'G2', title: 'Two', check: 'tenant: a list', onTenant: true },
  { id: 'G5', title: 'Five', check: 'none planned', onTenant: false },
];
const check = (id: string): TenantCheck => ({
  id,
  expected: `expected of ${id}`,
  look: () => Promise.resolve(notChecked('')),
});
const reported = (outcomes: Readonly<Record<string, CheckOutcome>>, verbose: boolean) =>
  reportOf({
    tenantId: idOf(1),
    facts: [`asked as ${idOf(2)}`],
    entries,
    checks: [check('G2'), check('G1')],
    outcomes: new Map(Object.entries(outcomes)),
    verbose,
  });
const outcomes = {
  G2: notChecked('not allowed', 'a part'),
  G1: differs(`the object ${idOf(3)}`, `as of request ${idOf(4)}`, [`user/${idOf(3)}`]),
};

test('outcomes come in the order of the document, ids only where they were asked for', () => {
  const quiet = reported(outcomes, false);
  expect(quiet.checks.map(({ id }) => id)).toEqual(['G1', 'G2']);
  expect(quiet.checks[0]).toEqual({
    id: 'G1',
    title: 'One',
    expected: 'expected of G1',
    status: 'differs',
    found: ['the object <id>'],
    why: ['as of request <id>'],
  });
  expect(quiet.facts).toEqual(['asked as <id>']);
  expect(reported(outcomes, true).checks[0]).toMatchObject({
    found: [`the object ${idOf(3)}`],
    objects: [`user/${idOf(3)}`],
  });
});

test('a line sums it up; where nothing could be checked, it says so', () => {
  expect(linesOf(reported(outcomes, false)).at(-1)).toBe(
    '0 hold, 1 differ, 1 not checked, 1 not for this command.',
  );
  const nothing = reported({ G2: notChecked('not allowed') }, false);
  expect(nothing.exitCode).toBe(2);
  expect(linesOf(nothing).at(-1)).toBe('Nothing of Microsoft Graph could be checked, so nothing is known.');
  expect(nothing.notCheckable.map(({ id }) => id)).toEqual(['G1', 'G5']);
});
