import { builtinModules } from 'node:module';
import path from 'node:path';
import { build, type Metafile } from 'esbuild';

export interface BundleOptions {
  /** The checkout. */
  readonly root: string;
  /** A compiled file, relative to the checkout. */
  readonly entryPoint: string;
  /** The name of the bundle, which its source map names. */
  readonly fileName: string;
  readonly sourceMap: boolean;
  /** Modules that stay outside, beside Node's own. */
  readonly external: readonly string[];
  /** Global names and the JSON that stands for them. */
  readonly define?: Readonly<Record<string, string>>;
}

/** Everything that a program runs, in one file. */
export interface Bundle {
  readonly code: Buffer;
  /** null: none was asked for. */
  readonly sourceMap: Buffer | null;
  /** What is in the file, by path relative to the checkout, and what each of them takes from others in it. */
  readonly inputs: ReadonlyMap<string, readonly string[]>;
}

/** Packages whose CommonJS form hides from a bundler what it requires (UMD), and the form that does not. */
const moduleForms = { 'jsonc-parser': 'jsonc-parser/lib/esm/main.js' };

/**
 * Puts the compiled program and its packages into one CommonJS file. It starts from what tsc emitted and takes the packages' CommonJS
 * form, so that exactly those modules are packaged which the tests run. Code that is imported when it is needed still loads then.
 *
 * @throws Error: something would be looked for beside the file at run time that is not Node's own and not declared as external.
 */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  const { root, entryPoint, fileName, sourceMap, external, define = {} } = options;
  const { outputFiles, metafile, warnings } = await build({
    absWorkingDir: root,
    entryPoints: [entryPoint],
    // Beside the sources, and never written: paths in the source map are relative to it.
    outfile: path.join(root, fileName),
    write: false,
    bundle: true,
    platform: 'node',
    target: 'node22',
    format: 'cjs',
    external: [...external],
    alias: moduleForms,
    define: { ...define },
    sourcemap: sourceMap ? 'linked' : false,
    sourcesContent: false,
    metafile: true,
    // The licences are in a file of their own.
    legalComments: 'none',
    // A folder of packages that is a link must not show where it leads to.
    preserveSymlinks: true,
    logLevel: 'silent',
  });
  const output = outputOf(metafile, fileName);
  const contentOf = (extension: string): Buffer | null => {
    const file = outputFiles.find(({ path: name }) => name.endsWith(extension));
    return file ? Buffer.from(file.contents) : null;
  };
  const code = contentOf('.js');
  if (!code) throw new Error(`Expected esbuild to write ${fileName}, found nothing.`);
  const outside = [...output.imports.map(({ path: name }) => name), ...requiredIn(code.toString('utf8'))];
  const missing = outside.filter(name => !external.includes(name) && !isOfNode(name));
  const problems = [...warnings.map(({ text }) => text), ...missing.map(name => `${name} is not in it`)];
  if (problems.length > 0)
    throw new Error(`Expected ${fileName} to be complete, found: ${[...new Set(problems)].join('; ')}.`);
  return { code, sourceMap: contentOf('.js.map'), inputs: inputsOf(metafile, output) };
}

type Output = Metafile['outputs'][string];

function outputOf(metafile: Metafile, fileName: string): Output {
  const output = metafile.outputs[fileName];
  if (!output) throw new Error(`Expected esbuild to tell of ${fileName}, found no word of it.`);
  return output;
}

const isOfNode = (name: string): boolean => name.startsWith('node:') || builtinModules.includes(name);

/**
 * What code still asks for, comments left out. The bundler sees a `require` of its module only, not one that was passed on under its
 * name, nor a name that is computed, and then says nothing.
 */
export function requiredIn(code: string): readonly string[] {
  const lines = code.split('\n').filter(line => !/^\s*(?:\*|\/[/*])/.test(line));
  const calls = lines
    .join('\n')
    .matchAll(/(?<!function )\brequire\d*\(\s*(?:(["'])(.*?)\1\s*\)|([^"'\s)][^)]*))/g);
  return [...calls].map(([, , name, computed]) => name ?? `a module that is named by ${computed}`);
}

function inputsOf(metafile: Metafile, output: Output): ReadonlyMap<string, readonly string[]> {
  // What is defined by a setting is an input of no file, `<define:…>`.
  const present = Object.entries(output.inputs).flatMap(([name, { bytesInOutput }]) =>
    bytesInOutput > 0 && !name.startsWith('<') ? [name] : [],
  );
  return new Map(
    present
      .sort()
      .map(name => [
        name,
        (metafile.inputs[name]?.imports ?? []).filter(({ external }) => !external).map(({ path: to }) => to),
      ]),
  );
}
