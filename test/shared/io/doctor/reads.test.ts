import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, '..', '..', '..', '..', 'shared', 'io');
const files = [
  'cli/doctor.ts',
  ...readdirSync(path.join(folder, 'doctor'), { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.startsWith('inside'))
    .map(file => path.join('doctor', file)),
];

test('from outside, the command sends GET and nothing else, and leads to nothing that writes', () => {
  expect(files.length).toBeGreaterThan(12);
  for (const file of files) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    expect(text).not.toMatch(/\bmethod:|graphWrite|[Ww]iring'|\/tables\/|inside\//);
    // The one place that sends anything.
    expect([file, /\bfetch\(/.test(text)]).toEqual([file, file === path.join('doctor', 'outside.ts')]);
  }
});
