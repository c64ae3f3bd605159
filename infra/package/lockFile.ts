import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';

const entrySchema = z.looseObject({
  version: z.string().optional(),
  integrity: z.string().optional(),
  license: z.string().optional(),
  dev: z.boolean().default(false),
});
const lockSchema = z.looseObject({
  lockfileVersion: z.literal(3),
  packages: z.record(z.string(), entrySchema),
});

/** A package that the lock file pins. */
export interface LockedPackage {
  /** Where it is installed, from the root of the checkout: `node_modules/…`, nested where two versions are needed. */
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  /** SHA-512 of its tarball. */
  readonly sha512: Buffer;
  /** An SPDX expression; null: its package.json names none. */
  readonly license: string | null;
  /** Only development needs it. */
  readonly development: boolean;
}

/** Finds a package by the folder in which it is installed. @throws Error: it is not in the lock file, or without its hash. */
export type LockFile = (folder: string) => LockedPackage;

export function readLockFile(root: string): LockFile {
  const file = path.join(root, 'package-lock.json');
  const { packages } = lockSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  return folder => {
    const entry = packages[folder];
    const hash = /(?:^|\s)sha512-([A-Za-z0-9+/=]+)/.exec(entry?.integrity ?? '')?.[1];
    if (entry?.version === undefined || hash === undefined)
      throw new Error(
        `Expected ${folder} in package-lock.json with version and SHA-512, found none. Run npm install, and keep the lock file.`,
      );
    return {
      folder,
      name: folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length),
      version: entry.version,
      sha512: Buffer.from(hash, 'base64'),
      license: entry.license ?? null,
      development: entry.dev,
    };
  };
}
