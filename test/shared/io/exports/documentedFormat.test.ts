import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  exportLineSchema,
  manifestSchema,
  objectLineSchema,
  tombstoneLineSchema,
} from '../../../../shared/core/exportFormat';
import { requestSchema } from '../../../../shared/core/exportRequest';

const text = readFileSync(join(__dirname, '../../../../docs/export-format.md'), 'utf8');
const examples = [...text.matchAll(/^```json\n([^]*?)^```$/gm)].map(
  ([, json = '']) => JSON.parse(json) as object,
);

test('the examples of docs/export-format.md are two lines, a manifest and a request of this version', () => {
  const [object, tombstone, manifest, request] = examples;
  expect(examples).toHaveLength(4);
  expect(exportLineSchema.parse(object)).toEqual(object);
  expect(exportLineSchema.parse(tombstone)).toMatchObject({ kind: 'tombstone' });
  expect(requestSchema.parse(request)).toMatchObject({ kind: 'export' });
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
