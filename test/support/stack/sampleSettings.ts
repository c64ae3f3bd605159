import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The checkout, from the sources and from dist/ alike. */
export const root = path.join(
  __dirname,
  '..',
  '..',
  '..',
  ...(__dirname.includes(`${path.sep}dist${path.sep}`) ? ['..'] : []),
);

/** The values of local.settings.sample.json. */
export function sampleSettings(): Record<string, string> {
  const sample = readFileSync(path.join(root, 'local.settings.sample.json'), 'utf8');
  return (JSON.parse(sample) as { Values: Record<string, string> }).Values;
}
