import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const packageSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  description: z.string(),
  license: z.string(),
  engines: z.looseObject({ node: z.string() }),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});
export type OwnPackage = z.infer<typeof packageSchema>;

/** The package.json of a folder of the checkout. */
export function readOwnPackage(...folder: readonly string[]): OwnPackage {
  return packageSchema.parse(JSON.parse(readFileSync(path.join(...folder, 'package.json'), 'utf8')));
}
