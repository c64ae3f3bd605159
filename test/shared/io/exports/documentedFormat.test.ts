import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  exportLineSchema,
  manifestSchema,
  objectLineSchema,
  tombstoneLineSchema,
} from '../../../../shared/core/exportFormat';

const text = readFileSync(join(__dirname, '../../../../docs/export-format.md'), 'utf8');
const examples = [...text.matchAll(/^```json\n([^]*?)^```$/gm)].map(
  ([, json = '']) => JSON.parse(json) as object,
);

test('the examples of docs/export-format.md are two lines and a manifest of this version', () => {
  const [object, tombstone, manifest] = examples;
  expect(examples).toHaveLength(3);
  expect(exportLineSchema.parse(object)).toEqual(object);
  expect(exportLineSchema.parse(tombstone)).toMatchObject({ kind: 'tombstone' });
  expect(Object.keys(manifest ?? {})).toEqual(Object.keys(manifestSchema.parse(manifest)));
});

test.each([
  ['manifest', manifestSchema],
  ['line of an object', objectLineSchema],
  ['line of a tombstone', tombstoneLineSchema],
])('every property of a %s is documented', (_, schema) => {
  const undocumented = Object.keys(schema.shape).filter(property => !text.includes(`\`${property}\``));
  expect(undocumented).toEqual([]);
});
