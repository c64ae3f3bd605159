import { assumptionEntriesOf } from '../../../shared/core/tenantChecks/assumptionEntry';
import { allChecks } from '../../../infra/doctor/allChecks';
import { readDocument } from '../../docs/markdown';

const promised = assumptionEntriesOf(readDocument('docs/assumptions.md')).flatMap(({ id, check }) => {
  const [, names] = /`npm run doctor` \(([^)]+)\)/.exec(check) ?? [];
  return names === undefined ? [] : [{ id, check, names: names.split(', ') }];
});

test('every check that docs/assumptions.md promises of the doctor is one', () => {
  expect(promised.length).toBeGreaterThan(7);
  const known = new Set(allChecks.map(({ id }) => `\`${id}\``));
  expect(promised.flatMap(({ names }) => names).filter(name => !known.has(name))).toEqual([]);
});

test('only a deployment can show what the doctor checks', () => {
  expect(promised.filter(({ check }) => !check.startsWith('deployment')).map(({ id }) => id)).toEqual([]);
});

test('names of checks are distinct', () => {
  expect(new Set(allChecks.map(({ id }) => id)).size).toBe(allChecks.length);
});
