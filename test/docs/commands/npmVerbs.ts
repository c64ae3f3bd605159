import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { readDocument, root } from '../markdown';

const { scripts, version } = JSON.parse(readDocument('package.json')) as {
  readonly scripts: Readonly<Record<string, string>>;
  readonly version: string;
};

/** The version that file names in documents have to have. */
export const packageVersion = version;

/** The compiled program of a verb, by the table in bootstrap.mjs; null: it has none of ours. */
function programOf(verb: string): string | null {
  const programs = /const programs = \{\n([^]*?)^\};/m.exec(readDocument('test/support/bootstrap.mjs'))?.[1];
  const [, file] = new RegExp(`^ *'?${verb}'?: '([^']+)'`, 'm').exec(programs ?? '') ?? [];
  return file === undefined ? null : path.join('dist', file);
}

const helpTexts = new Map<string, string>();

/** What the compiled program says of itself. */
function helpOf(program: string): string {
  const known = helpTexts.get(program);
  if (known !== undefined) return known;
  const { stdout, stderr } = spawnSync(process.execPath, [path.join(root, program), '--help'], {
    cwd: root,
    encoding: 'utf8',
    timeout: 20_000,
  });
  const help = `${stdout}${stderr}`;
  helpTexts.set(program, help);
  return help;
}

/** Verbs whose arguments are files of tests. */
const takesTestFiles = new Set(['test', 'test:all', 'test:ad']);

/** What is wrong with `npm <words>`: start, test, and run with a verb; arguments of ours behind `--`. */
export function problemsOfNpm(words: readonly string[]): readonly string[] {
  const [first, second] = words;
  const verb = first === 'run' ? second : first;
  if (verb === undefined || (first !== 'run' && first !== 'start' && first !== 'test'))
    return [`npm ${first ?? ''} is not known`];
  if (!Object.hasOwn(scripts, verb)) return [`there is no npm run ${verb}`];
  const rest = words.slice(first === 'run' ? 2 : 1);
  if (rest.length === 0) return [];
  if (rest[0] !== '--') return [`${rest[0]} goes to npm, and not to ${verb}: "--" is missing`];
  const given = rest.slice(1);
  if (takesTestFiles.has(verb))
    return given.flatMap(file => (startsAFile(file) ? [] : [`there is no ${file}`]));
  const program = programOf(verb);
  if (program === null) return [`npm run ${verb} takes no options`];
  if (!existsSync(path.join(root, program)))
    return [`${program} was not built: npm test does that before it starts the tests`];
  const help = helpOf(program);
  return given
    .filter(word => word.startsWith('--'))
    .map(word => word.split('=')[0] as string)
    .filter(option => !new RegExp(`(?:^|[\\s[,|(])${option}(?![\\w-])`, 'm').test(help))
    .map(option => `${option} is no option of npm run ${verb}`);
}

/** Whether a test file's path is this, or begins with it. */
function startsAFile(given: string): boolean {
  if (existsSync(path.join(root, given))) return true;
  const folder = path.join(root, path.dirname(given));
  return existsSync(folder) && readdirSync(folder).some(name => name.startsWith(path.basename(given)));
}
