import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { bundle } from './bundle';
import { bundledPackages, type BundledPackages } from './bundledPackages';
import { readLockFile } from './lockFile';
import { nodeProgram, systems, type System } from './nodeProgram';
import { readOwnPackage } from './ownPackage';
import { withoutSignature } from './portableExecutable';
import { runProgram } from './programs';
import { sbom } from './sbom';
import { thirdPartyLicenses } from './thirdPartyLicenses';
import type { Workplace } from './workplace';

/** In Node's program, and followed by `:0` or, where something was put into it, by `:1`. Node's documentation names it. */
export const fuse = 'NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2';

/** What the agent's program sets for its process, in its first line (docs/adr/0016). */
export interface StartSettings {
  readonly environment: Readonly<Record<string, string>>;
  readonly nodeArguments: readonly string[];
}

const words = (text: string): string[] => text.split(' ').filter(word => word !== '');

/** Reads `#!/usr/bin/env -S NAME=value node --option`. @throws RangeError: the line is another one. */
export function startSettings(firstLine: string): StartSettings {
  const [, assignments, given] =
    /^#!\/usr\/bin\/env -S ((?:\w+=\S* )*)node((?: --\S+)*)$/.exec(firstLine) ?? [];
  if (assignments === undefined || given === undefined)
    throw new RangeError(
      `Expected agent/bin to begin with "#!/usr/bin/env -S NAME=value node --option", found ${JSON.stringify(firstLine)}.`,
    );
  return {
    environment: Object.fromEntries(
      words(assignments).map(word => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]),
    ),
    nodeArguments: words(given),
  };
}

/** The agent as one script, ready to be put into a program of Node. The same for every system. */
export interface AgentScript {
  /** The file with the script, its settings and its mark. */
  readonly blobFile: string;
  readonly found: BundledPackages;
}

/** Made by the Node that runs this, which must be of the version that it is put into: the form of the blob is Node's own affair. */
export async function makeAgentScript({ root, cache }: Workplace): Promise<AgentScript> {
  const folder = path.join(cache, 'executable');
  await mkdir(folder, { recursive: true });
  const file = path.join(root, 'agent', 'bin', 'entra-orphans-agent.js');
  const [firstLine = ''] = (await readFile(file, 'utf8')).split('\n');
  const { environment, nodeArguments } = startSettings(firstLine);
  const { code, inputs } = await bundle({
    root,
    entryPoint: 'dist/infra/package/agentStart.js',
    fileName: 'agent.js',
    sourceMap: false,
    external: ['supports-color'],
    define: { startEnvironment: JSON.stringify(environment) },
  });
  await writeFile(path.join(folder, 'agent.js'), code);
  const configuration = {
    main: 'agent.js',
    output: 'agent.blob',
    disableExperimentalSEAWarning: true,
    // Code that was compiled here would not run on another system.
    useCodeCache: false,
    useSnapshot: false,
    execArgv: nodeArguments,
    // What runs is what was shipped: NODE_OPTIONS of the server can load nothing into it.
    execArgvExtension: 'none',
  };
  await writeFile(path.join(folder, 'configuration.json'), JSON.stringify(configuration));
  await runProgram(process.execPath, ['--experimental-sea-config', 'configuration.json'], folder);
  return {
    blobFile: path.join(folder, 'agent.blob'),
    found: bundledPackages({ inputs }, readLockFile(root)),
  };
}

export interface AgentExecutable {
  readonly fileName: string;
  readonly sbom: string;
  readonly licenses: string;
}

/**
 * Writes the agent as one file that needs no Node on the server: a Node single-executable application. The signature of Node's
 * publisher is taken off first; how to sign the result is in docs/agent.md.
 */
export async function makeAgentExecutable(
  system: System,
  { blobFile, found }: AgentScript,
  workplace: Workplace,
): Promise<AgentExecutable> {
  const { root, out } = workplace;
  const { name, version, license } = readOwnPackage(root, 'agent');
  const { content, source } = await nodeProgram(system, workplace);
  if (process.version !== `v${source.version}`)
    throw new Error(
      `Expected Node ${source.version}, which is put into the executable, found ${process.version}. Run npm run package on Linux x64.`,
    );
  const fileName = `${name}-${version}-${systems[system].suffix}`;
  const file = path.join(out, fileName);
  await writeFile(file, system === 'windows' ? withoutSignature(content) : content);
  await chmod(file, 0o755);
  // In a process of its own: it takes a gigabyte, and writes warnings that mean nothing.
  const postject = path.join(root, 'node_modules', 'postject', 'dist', 'cli.js');
  await runProgram(
    process.execPath,
    [postject, file, 'NODE_SEA_BLOB', blobFile, '--sentinel-fuse', fuse],
    root,
  );
  const executable = await readFile(file);
  if (!executable.includes(`${fuse}:1`) || !executable.includes(await readFile(blobFile)))
    throw new Error(`Expected the agent in ${fileName}, found Node's own program. Delete it and try again.`);
  return {
    fileName,
    sbom: sbom({ name, version, license, fileName, content: executable }, found, source),
    licenses: thirdPartyLicenses(
      root,
      found.packages,
      `${fileName} holds, beside ${name}, Node.js ${source.version} (MIT, and the licences in its file LICENSE, ` +
        `https://github.com/nodejs/node/blob/v${source.version}/LICENSE), and code of these packages.`,
    ),
  };
}
