import { readdirSync } from 'node:fs';
import path from 'node:path';
import { readDocument, root } from './markdown';

interface PackageJson {
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly optionalDependencies: Readonly<Record<string, string>>;
}

const decisions = readdirSync(path.join(root, 'docs/adr'))
  .filter(name => /^\d{4}-.*\.md$/.test(name))
  .map(name => readDocument(`docs/adr/${name}`));

test('each dependency has its reason in an ADR', () => {
  const { dependencies, devDependencies, optionalDependencies } = JSON.parse(
    readDocument('package.json'),
  ) as PackageJson;
  const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies });
  // A line of a table whose first cell names the package.
  const unexplained = names.filter(
    name => !decisions.some(text => new RegExp(`^\\|[^|]*\`${name}\``, 'm').test(text)),
  );
  expect(unexplained).toEqual([]);
});
