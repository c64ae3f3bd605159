import { assumptionEntriesOf } from '../../../../shared/core/tenantChecks/assumptionEntry';
import { allChecks } from '../../../../shared/io/tenantChecks/allChecks';
import { readAssumptions } from '../../../../shared/io/tenantChecks/assumptionsDocument';
import { readDocument } from '../../../docs/markdown';

const entries = assumptionEntriesOf(readDocument('docs/assumptions.md'));
const checked = allChecks.map(({ id }) => id);

test('every entry of docs/assumptions.md says how it is checked', () => {
  expect(entries.length).toBeGreaterThan(50);
  expect(entries.filter(({ check }) => check === '').map(({ id }) => id)).toEqual([]);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(entries.length);
});

test('every entry whose Check line says tenant has a check, which a person can run: add it, or say "by hand"', () => {
  const promised = entries.filter(({ onTenant }) => onTenant).map(({ id }) => id);
  expect(promised.filter(id => !checked.includes(id))).toEqual([]);
});

test('every check is of an entry that exists and promises it, once', () => {
  const promised = new Set(entries.filter(({ onTenant }) => onTenant).map(({ id }) => id));
  expect(checked.filter(id => !promised.has(id))).toEqual([]);
  expect(new Set(checked).size).toBe(checked.length);
});

test('the command finds the document from where it lies, and from what it is compiled to', async () => {
  expect(await readAssumptions()).toEqual(entries);
  await expect(readAssumptions('/')).rejects.toMatchObject({ code: 'configurationInvalid' });
});
