import { readFileSync } from 'node:fs';
import path from 'node:path';
import { bundle } from './bundle';
import { bundledPackages } from './bundledPackages';
import { readLockFile } from './lockFile';
import { readOwnPackage } from './ownPackage';
import { sbom } from './sbom';
import { thirdPartyLicenses } from './thirdPartyLicenses';
import { zipFile, type ArchiveFile } from './zipFile';

const text = (content: string): Buffer => Buffer.from(content, 'utf8');

/** Above this the package is refused: something got into it that does not belong there. Bytes. */
export const largestAppPackage = 25_000_000;

/**
 * Stays outside of the bundle. `@azure/functions-core` is the host's own: its worker answers for that name, and no package of it
 * exists. `supports-color` colours the lines of `debug` where it happens to be installed, which is so in a checkout only.
 */
const external = ['@azure/functions-core', 'supports-color'];

/** Before the app is loaded, so that the stack of an error names the lines of the sources. */
const entryPoint = `'use strict';
process.setSourceMapsEnabled(true);
require('./app.js');
`;

export interface AppPackage {
  readonly fileName: string;
  readonly files: readonly ArchiveFile[];
  readonly zip: Buffer;
  readonly sbom: string;
}

/**
 * The app as Azure Functions takes it, by "zip deploy" or "one deploy": host.json, package.json, and the whole app with its production
 * dependencies in one file with its source map. There is nothing to install or to build in Azure (docs/adr/0022).
 */
export async function makeAppPackage(root: string): Promise<AppPackage> {
  const { name, version, description, license, engines } = readOwnPackage(root);
  const { code, sourceMap, inputs } = await bundle({
    root,
    entryPoint: 'dist/functions/index.js',
    fileName: 'app.js',
    sourceMap: true,
    external,
  });
  if (!sourceMap) throw new Error('Expected a source map of the app, found none.');
  const found = bundledPackages({ inputs }, readLockFile(root));
  const files: readonly ArchiveFile[] = [
    { name: 'host.json', content: readFileSync(path.join(root, 'host.json')) },
    {
      name: 'package.json',
      content: text(
        `${JSON.stringify({ name, version, private: true, description, license, engines, main: 'index.js' }, null, 2)}\n`,
      ),
    },
    { name: 'index.js', content: text(entryPoint) },
    { name: 'app.js', content: code },
    { name: 'app.js.map', content: sourceMap },
    { name: 'LICENSE', content: readFileSync(path.join(root, 'LICENSE')) },
    {
      name: 'THIRD-PARTY-LICENSES.txt',
      content: text(
        thirdPartyLicenses(root, found.packages, `app.js holds, beside ${name}, code of these packages.`),
      ),
    },
  ];
  const zip = zipFile(files);
  if (zip.length > largestAppPackage)
    throw new Error(
      `Expected a package of ${largestAppPackage} bytes at most, found ${zip.length}. Look at what was added to the bundle.`,
    );
  const fileName = `${name}-${version}.zip`;
  return {
    fileName,
    files,
    zip,
    sbom: sbom({ name, version, license, fileName, content: zip }, found, null),
  };
}
