import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const folder = path.join(__dirname, '..', '..', '..', 'infra', 'doctor');
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter(file => file.endsWith('.ts'));

test('from outside, the command sends GET and nothing else, and leads to nothing that writes', () => {
  expect(files.length).toBeGreaterThan(12);
  for (const file of files) {
    const text = readFileSync(path.join(folder, file), 'utf8');
    expect(text).not.toMatch(/\bmethod:|graphWrite|[Ww]iring'|\/tables\/|\/diagnosis\//);
    // The one place that sends anything.
    expect([file, /\bfetch\(/.test(text)]).toEqual([file, file === 'outside.ts']);
  }
});
