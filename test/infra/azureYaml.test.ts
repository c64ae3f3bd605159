import { readdirSync } from 'node:fs';
import path from 'node:path';
import { readDocument, root } from '../docs/markdown';

const azureYaml = readDocument('azure.yaml');
const scripts = (
  JSON.parse(readDocument('package.json')) as { readonly scripts: Readonly<Record<string, string>> }
).scripts;

/** The lines of a block, `hooks` or `services`, by the name that each part of it begins with. */
function partsOf(block: string): Readonly<Record<string, string>> {
  const text = azureYaml.split(new RegExp(`^${block}:\n`, 'm'))[1]?.split(/^\w/m)[0] ?? '';
  return Object.fromEntries(
    text
      .split(/^ {2}(?=\w+:)/m)
      .slice(1)
      .map(part => [part.slice(0, part.indexOf(':')), part]),
  );
}

test('both apps are deployed from the one package', () => {
  const services = partsOf('services');
  expect(Object.keys(services)).toEqual(['scan', 'review']);
  for (const service of Object.values(services)) {
    expect(service).toMatch(/^ {4}host: function$/m);
    // Not built by azd, but by npm run package, which writes this folder.
    expect(service).toMatch(/^ {4}language: custom$/m);
    expect(service).toMatch(/^ {4}dist: out\/app$/m);
  }
});

test('the hooks grant before and after, and package before a deployment, on every system', () => {
  const commands = Object.entries(partsOf('hooks')).map(([hook, part]) => [
    hook,
    ...[...part.matchAll(/^ {4}(posix|windows):[^}]*?run: ([^,}\n]+?)(?:,| }|$)/gms)].map(
      ([, system, command]) => `${system}: ${command}`,
    ),
  ]);
  const both = (command: string): string[] => [`posix: ${command}`, `windows: ${command}`];
  expect(commands).toEqual([
    ['prepackage', ...both('npm run package -- --only app')],
    ['predeploy', ...both('npm run package -- --only app')],
    ['preprovision', ...both('npm run grant -- --phase pre')],
    ['postprovision', ...both('npm run grant -- --phase post')],
  ]);
  for (const [, verb = ''] of azureYaml.matchAll(/npm run (\w+)/g)) expect(scripts).toHaveProperty(verb);
});

test('azd sets every parameter of the template from its environment', () => {
  const names = (text: string): string[] => [...text.matchAll(/^param (\w+)/gm)].map(([, name = '']) => name);
  const template = names(readDocument('infra/main.bicep'));
  // By default the tenant that is deployed in.
  const withoutVariable = 'tenantId';
  expect(names(readDocument('infra/main.bicepparam')).toSorted()).toEqual(
    template.filter(name => name !== withoutVariable).toSorted(),
  );
});

test('every parameter and output of every template says what it is', () => {
  const files = readdirSync(path.join(root, 'infra'), { recursive: true, encoding: 'utf8' }).filter(file =>
    file.endsWith('.bicep'),
  );
  expect(files.length).toBeGreaterThan(15);
  const silent = files.flatMap(file => {
    const lines = readDocument(path.join('infra', file)).split('\n');
    return lines.flatMap((line, at) => {
      const [, kind, name] = /^(param|output) (\w+)/.exec(line) ?? [];
      if (kind === undefined) return [];
      const before = lines.slice(0, at);
      const decorators = before.slice(before.findLastIndex(each => !each.startsWith('@')) + 1);
      return decorators.some(each => each.startsWith('@description(')) ? [] : [`${file}: ${kind} ${name}`];
    });
  });
  expect(silent).toEqual([]);
});
