import { itemRefusals } from '../../shared/core/review/itemOutcome';
import { readDocument, section, table } from './markdown';

const document = readDocument('docs/http-api.md');

test('each refusal of an object is told, in the order of the code', () => {
  const rows = table(section(document, '## Deleting'), 'refusal', 'Means');
  expect(rows.map(([refusal]) => refusal)).toEqual(itemRefusals);
});
