import { alertEvents } from '../../shared/core/alert';
import { readDocument, section, table } from './markdown';

const operations = readDocument('docs/operations.md');
const firstColumn = (heading: string, column: string): string =>
  table(section(operations, heading), column)
    .map(([cell = '']) => cell)
    .join(', ');

test('every gate that holds has its question', () => {
  const gates = table(readDocument('docs/how-it-works.md'), 'Gate', 'Kind');
  const holding = gates.filter(cells => cells[4] === 'yes').map(([gate]) => gate as string);
  expect(holding.length).toBeGreaterThan(10);
  const asked = firstColumn('### Holds', 'Gate').split(', ');
  expect(asked.toSorted()).toEqual(holding.toSorted());
});

test('every alert says what to do', () => {
  const told = firstColumn('## Every day', 'You are told');
  const rules = [...readDocument('infra/monitoring/alerts.bicep').matchAll(/name: '(\w+)(?:-\$|',)/g)];
  expect(rules.map(([, name]) => name)).toEqual(expect.arrayContaining([...alertEvents, 'scanSilent']));
  for (const event of [...alertEvents, 'scanSilent']) expect(told).toContain(`alert ${event}`);
});

test('every threat says what it can do, what stops it and what remains', () => {
  const threats = section(readDocument('docs/security.md'), '## Threats');
  const sections = threats.split(/^### /m).slice(1);
  expect(table(threats, 'Threat')).toHaveLength(sections.length);
  for (const text of sections) expect(text).toMatch(/^- \*\*Remains\*\*: /m);
  const withoutNames = sections.filter(text => !text.startsWith('Malicious names'));
  for (const text of withoutNames) {
    expect(text).toMatch(/^- \*\*Can\*\*: /m);
    expect(text).toMatch(/^- \*\*Stopped by\*\*: /m);
  }
});
