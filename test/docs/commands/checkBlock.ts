import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseCommandLine } from '../../../agent/src/cli/commandLine';
import { tableNames } from '../../../shared/io/storageNames';
import { readDocument, root } from '../markdown';
import { apiAddressOf, problemsOfApiCall } from './apiCalls';
import { problemsOfAppSettings, problemsOfAzdVariable } from './azdVariables';
import { readBatch } from './batchFile';
import { typedLines, type ShellLanguage } from './blocks';
import { problemsOfGraphCall } from './graphCalls';
import { packageVersion, problemsOfNpm } from './npmVerbs';
import { withSamples } from './placeholders';
import { problemsOfPowershell } from './powershellScript';
import { known, knownOf, knownOfWindows, optionsOf, problemsOfOptions } from './programs';
import { readScript, type Command } from './shellScript';

/** What a document defines for all of its blocks. */
export interface Surroundings {
  readonly functions: ReadonlySet<string>;
  /** Variables that a block sets, or that the prose names. */
  readonly variables: ReadonlySet<string>;
}

/** Everything that is wrong with a block, command by command. Nothing: every command is known, down to its options. */
export function problemsOfBlock(
  language: ShellLanguage,
  text: string,
  surroundings: Surroundings,
): readonly string[] {
  try {
    switch (language) {
      case 'powershell':
        return problemsOfPowershell(text);
      case 'bat':
        return readBatch(withSamples(text)).flatMap(problemsOfWindowsCommand);
      case 'console':
        return problemsOfScript(typedLines(text), surroundings);
      case 'sh':
      case 'bash':
        return problemsOfScript(text, surroundings);
    }
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
}

function problemsOfScript(text: string, { functions, variables }: Surroundings): readonly string[] {
  const { commands, used, assigned } = readScript(withSamples(text));
  if (commands.length === 0 && assigned.length === 0) return ['there is no command in it'];
  return [
    ...used
      .filter(name => !variables.has(name))
      .map(name => `$${name} is set by no block of the document, and not named in it`),
    ...commands.filter(([name = '']) => !functions.has(name)).flatMap(problemsOfCommand),
  ];
}

/** What is wrong with one command of a Bash. */
function problemsOfCommand(words: Command): readonly string[] {
  return [...problemsOfVersions(words), ...problemsOfProgram(words)];
}

/** Our own files have the version of package.json. */
const problemsOfVersions = (words: Command): readonly string[] =>
  words
    .flatMap(word => /entra-orphans(?:-agent)?-(\d+\.\d+\.\d+)/.exec(word)?.[1] ?? [])
    .filter(version => version !== packageVersion)
    .map(version => `the version is ${packageVersion}, found ${version}`);

function problemsOfProgram(words: Command): readonly string[] {
  const [program = '', ...rest] = words;
  if (program === 'entra-orphans-agent') return problemsOfAgent(rest);
  if (program === 'node') return problemsOfNode(rest);
  if (program === 'npm' && rest[0] !== 'install') return problemsOfNpm(rest);
  const command = knownOf(words, known);
  if (command === null) return [`${words.slice(0, 3).join(' ')} is not known`];
  const problems = problemsOfOptions(words, command);
  if (problems.length > 0) return problems;
  const options = optionsOf(words, command);
  switch (command.name) {
    case 'az rest':
      return problemsOfRest(options);
    case 'curl':
      return problemsOfCurl(options);
    case 'azd env set':
    case 'azd env get-value':
      return problemsOfAzdVariable(words);
    case 'az functionapp config appsettings set':
      return problemsOfAppSettings(options.get('--settings') ?? []);
    case 'az storage entity query':
      return problemsOfTableQuery(options);
    default:
      return [];
  }
}

function problemsOfAgent(given: readonly string[]): readonly string[] {
  const parsed = parseCommandLine(given);
  return parsed.kind === 'wrong' ? [`entra-orphans-agent: ${parsed.problem}`] : [];
}

/** Our own compiled programs have a source. */
function problemsOfNode([file = '']: readonly string[]): readonly string[] {
  const source = file.replace(/^dist\//, '').replace(/\.js$/, '.ts');
  return file.startsWith('dist/') && existsSync(path.join(root, source))
    ? []
    : [`there is no source of ${file}`];
}

type Options = ReadonlyMap<string, readonly string[]>;

function problemsOfRest(options: Options): readonly string[] {
  const url = options.get('--url')?.[0] ?? '';
  const method = options.get('--method')?.[0] ?? 'get';
  const body = options.get('--body')?.[0] ?? null;
  const address = apiAddressOf(url);
  if (address === null) return problemsOfGraphCall({ method, url, body });
  const health = address === '/health';
  if (!health && !options.has('--resource'))
    return ['--resource is missing: the token would be for another API'];
  return problemsOfApiCall({
    method,
    address,
    headers: options.get('--headers') ?? [],
    body,
    query: options.get('--query')?.[0] ?? null,
  });
}

function problemsOfCurl(options: Options): readonly string[] {
  const [url = ''] = options.get('') ?? [];
  const address = apiAddressOf(url);
  if (address === null) return [`${url} is no address of the API`];
  const body = options.get('-d')?.[0] ?? null;
  const headers = options.get('-H') ?? [];
  if (!headers.some(header => header.startsWith('Authorization: Bearer $'))) return ['there is no token'];
  const method = options.get('-X')?.[0] ?? (body === null ? 'get' : 'post');
  return problemsOfApiCall({ method, address, headers, body, query: null });
}

function problemsOfTableQuery(options: Options): readonly string[] {
  const name = options.get('--table-name')?.[0] ?? '';
  if (!Object.values<string>(tableNames).includes(name)) return [`there is no table ${name}`];
  const schema = readDocument('docs/table-schema.md');
  const keys = new Set(['PartitionKey', 'RowKey']);
  const filtered = /^(\w+) eq /.exec(options.get('--filter')?.[0] ?? '')?.[1];
  return [...(options.get('--select') ?? []), ...(filtered === undefined ? [] : [filtered])]
    .filter(column => !keys.has(column) && !schema.includes(`\`${column}\``))
    .map(column => `${name} has no column ${column}`);
}

function problemsOfWindowsCommand(words: Command): readonly string[] {
  const [program = ''] = words;
  const problems = problemsOfVersions(words);
  const ownProgram = /(?:^|\\)entra-orphans-agent(?:\.exe)?$/.test(program);
  if (ownProgram) return [...problems, ...problemsOfAgent(words.slice(1))];
  const command = knownOf(words, knownOfWindows);
  if (command === null) return [...problems, `${program} is not known`];
  // What a task is to run is a command of its own.
  const run = optionsOf(words, command).get('/TR')?.[0]?.split(' ');
  return [
    ...problems,
    ...problemsOfOptions(words, command),
    ...(run === undefined ? [] : problemsOfWindowsCommand(run)),
  ];
}
