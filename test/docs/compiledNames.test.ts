import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from './markdown';

/**
 * A compiled module reaches its own exported constants by the name `exports`, which a local name hides; the tests run another
 * compiler's output, where it does not.
 */
const sources = ['shared', 'functions', 'agent/src', 'infra'].flatMap(folder =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts'))
    .map(file => path.join(folder, file)),
);

/** The top-level functions that bind `exports`, and use a constant that their module exports. */
function hidden(text: string): string[] {
  const constants = [...text.matchAll(/^export const (\w+)/gm)].map(match => match[1] ?? '');
  const functions = [...text.matchAll(/^(?:export )?(?:async )?function\*? (\w+)[\s\S]*?^\}$/gm)];
  return functions
    .filter(([body]) => /const exports\b|[{,]\s*exports\s*(?:,[^;]*)?\}\s*(?:=[^>]|:)/.test(body))
    .filter(([body]) => constants.some(name => new RegExp(`(?<![.\\w'])${name}\\b`).test(body)))
    .map(match => match[1] ?? '');
}

test.each(sources)('%s: no local name hides what the module exports', file => {
  expect(hidden(readFileSync(path.join(root, file), 'utf8'))).toEqual([]);
});

test('the test sees what it looks for', () => {
  const used = 'export const names = 1;\n';
  expect(hidden(`${used}function one() {\n  const exports = names;\n}\n`)).toEqual(['one']);
  expect(hidden(`${used}export function two({ exports, x }: Options) {\n  return names;\n}\n`)).toEqual([
    'two',
  ]);
  expect(hidden(`${used}function three() {\n  const { exports } = compared;\n  f(names.a);\n}\n`)).toEqual([
    'three',
  ]);
  expect(hidden(`${used}function four() {\n  return { exports: names };\n}\n`)).toEqual([]);
  expect(hidden('const names = 1;\nfunction five() {\n  const exports = names;\n}\n')).toEqual([]);
});
