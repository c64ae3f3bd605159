import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { blocksOf, typedLines } from './commands/blocks';
import { readDocument, root } from './markdown';

jest.setTimeout(180_000);

/** Dates move with the day on which it runs; columns are as wide as what they hold. */
const comparable = (line: string): string =>
  line
    .replaceAll(/\d{4}-\d\d-\d\d/g, 'date')
    .replaceAll(/-{3,}/g, '---')
    .replaceAll(/ +/g, ' ')
    .trim();

test('the README shows what npm start prints', () => {
  const shown =
    blocksOf(readDocument('README.md')).find(({ language }) => language === 'console')?.text ?? '';
  expect(typedLines(shown)).toBe('npm start -- --once');
  const { stdout, status } = spawnSync(
    process.execPath,
    [path.join(root, 'dist', 'test', 'support', 'stack', 'main.js'), '--once'],
    { cwd: root, encoding: 'utf8', timeout: 170_000 },
  );
  expect(status).toBe(0);
  const printed = new Set(stdout.split('\n').map(comparable));
  const lines = shown.split('\n').filter(line => line.trim() !== '…' && !line.startsWith('$ '));
  expect(lines.length).toBeGreaterThan(25);
  expect(lines.map(comparable).filter(line => !printed.has(line))).toEqual([]);
});
