import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Files of this project that `entry` leads to by imports that exist at run time. */
function closureOf(entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found;
  found.add(entry);
  const text = readFileSync(entry, 'utf8');
  const imports = text.matchAll(
    /^(?:import|export) (?!type )[^;]*?from '(?<from>\.[^']+)'|import\('(?<lazy>\.[^']+)'\)/gms,
  );
  for (const { groups } of imports) {
    const from = groups?.['from'] ?? groups?.['lazy'] ?? '';
    const file = `${path.resolve(path.dirname(entry), from)}.ts`;
    if (existsSync(file)) closureOf(file, found);
  }
  return found;
}

const root = path.resolve(__dirname, '../../../..');
const relative = (files: Iterable<string>): string[] =>
  [...files].map(file => path.relative(root, file)).sort();

const readers = [
  'functions/nightlyScan.ts',
  'shared/io/graph/cloudDirectory.ts',
  'shared/io/graph/deletedItems.ts',
  'shared/io/graph/cloudSnapshots.ts',
  'shared/io/graph/synchronisation.ts',
];

describe.each(readers)('what %s leads to', entry => {
  const files = closureOf(path.join(root, entry));

  test('reaches Graph by its client, or by requests that it was given', () => {
    const graphFiles = relative(files).filter(file => file.startsWith('shared/io/graph/'));
    expect(graphFiles).toContain('shared/io/graph/refusal.ts');
  });

  test('does not lead to the client that writes, nor to the deleter', () => {
    const writing = new Set(
      ['graphWriteClient', 'graphWrites', 'cloudDeleter'].map(name => `shared/io/graph/${name}.ts`),
    );
    expect(relative(files).filter(file => writing.has(file))).toEqual([]);
  });

  test('names no verb of the Graph SDK but get', () => {
    const graphFiles = [...files].filter(file => file.includes(`${path.sep}io${path.sep}graph${path.sep}`));
    const verbs = graphFiles.flatMap(file => {
      const text = readFileSync(file, 'utf8');
      return [...text.matchAll(/\brequest\s*\.\s*(\w+)\(|method: '(\w+)'|\bfetch\(/g)].map(match => match[0]);
    });
    expect(verbs.filter(verb => !/^request\.get\($/.test(verb))).toEqual([]);
  });
});

describe('the scan, which reads decisions,', () => {
  const files = relative(closureOf(path.join(root, 'functions/nightlyScan.ts')));

  test('reads them: the test sees what it looks for', () => {
    expect(files).toContain('shared/io/tables/decisionReader.ts');
    expect(files).toContain('shared/app/cloudHistory.ts');
  });

  test('leads to nothing that decides, or writes a decision, and of the review to the requests only', () => {
    const deciding = files.filter(file =>
      /tables\/(?:decisionTable|decisionCapsTable|ruleTable)|core\/decisionSteps|core\/review\/|cloudWrites\/deletionOutcome/.test(
        file,
      ),
    );
    expect(deciding).toEqual([]);
    expect(files.filter(file => file.startsWith('shared/app/review/'))).toEqual([
      'shared/app/review/requestExport.ts',
    ]);
  });
});

test('the test sees what it looks for: the deleter leads to the client that writes', () => {
  const files = relative(closureOf(path.join(root, 'shared/io/graph/cloudDeleter.ts')));
  expect(files).toContain('shared/io/graph/graphWriteClient.ts');
  expect(readFileSync(path.join(root, 'shared/io/graph/graphWriteClient.ts'), 'utf8')).toContain(
    'request.delete(',
  );
});
