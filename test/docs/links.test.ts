import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { anchorsIn, linkTargetsIn, readDocument, root } from './markdown';

const documentsIn = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.md'))
    .map(name => path.join(folder, name));

const documents = [
  ...readdirSync(root).filter(name => name.endsWith('.md')),
  ...documentsIn('docs'),
  ...documentsIn('test/scenarios'),
];

/** Links within the repository that lead nowhere: no such file, or no such heading in it. */
function brokenLinks(document: string): string[] {
  return linkTargetsIn(readDocument(document)).filter(target => {
    if (/^[a-z]+:/.test(target)) return false;
    const [file = '', anchor] = target.split('#');
    const full = file === '' ? path.join(root, document) : path.resolve(root, path.dirname(document), file);
    if (!existsSync(full)) return true;
    return anchor !== undefined && !anchorsIn(readFileSync(full, 'utf8')).has(anchor);
  });
}

test.each(documents)('the links of %s lead somewhere', document => {
  expect(brokenLinks(document)).toEqual([]);
});

test('README.md leads to every document', () => {
  const targets = new Set(linkTargetsIn(readDocument('README.md')).map(target => target.split('#')[0]));
  const ofDocs = documentsIn('docs').filter(name => path.dirname(name) === 'docs');
  expect(ofDocs.filter(name => !targets.has(name))).toEqual([]);
  expect(ofDocs.length).toBeGreaterThan(10);
});
