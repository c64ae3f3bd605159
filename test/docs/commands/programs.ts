/** A program, or a subcommand of one, and what of it the documents may use. */
export interface Known {
  /** Options with values: one, or as many as follow. */
  readonly options?: readonly string[];
  /** Options that stand alone. */
  readonly flags?: readonly string[];
  /** The most arguments that are no options and no values of options; none by default. */
  readonly arguments?: number;
}

const none: Known = {};
/** Its words are not looked at. */
const anything: Known = { arguments: Number.POSITIVE_INFINITY };

/**
 * What the documents may use of others' programs, from these programs' own references: so that a typo is found, though nothing is run.
 * Options of the Azure CLI that every command has (`--query`, `--output`) are added by `knownOf`.
 */
export const known: Readonly<Record<string, Known>> = {
  'az login': { options: ['--tenant'], flags: ['--allow-no-subscriptions'] },
  'az rest': {
    options: ['--method', '--url', '--resource', '--headers', '--body', '--output-file'],
    flags: ['--skip-authorization-header'],
  },
  'az account get-access-token': { options: ['--resource'] },
  'az ad sp create-for-rbac': { options: ['--name', '--years'], flags: ['--create-cert'] },
  'az ad sp show': { options: ['--id'] },
  'az ad signed-in-user show': none,
  'az ad app delete': { options: ['--id'] },
  'az ad app credential reset': { options: ['--id', '--years'], flags: ['--create-cert', '--append'] },
  'az ad app credential list': { options: ['--id'], flags: ['--cert'] },
  'az ad app credential delete': { options: ['--id', '--key-id'], flags: ['--cert'] },
  'az functionapp config appsettings set': { options: ['--resource-group', '--name', '--settings'] },
  'az functionapp list-flexconsumption-locations': none,
  'az role definition list': { options: ['--custom-role-only'] },
  'az storage container immutability-policy lock': {
    options: ['--account-name', '--container-name', '--if-match'],
  },
  'az storage blob list': { options: ['--account-name', '--container-name', '--prefix', '--auth-mode'] },
  'az storage blob download': {
    options: ['--account-name', '--container-name', '--name', '--file', '--auth-mode'],
  },
  'az storage blob download-batch': {
    options: ['--account-name', '--source', '--destination', '--auth-mode'],
  },
  'az storage entity query': {
    options: ['--auth-mode', '--account-name', '--table-name', '--filter', '--select', '--num-results'],
  },
  'azd auth login': { options: ['--tenant-id'] },
  'azd env new': { options: ['--subscription', '--location'], arguments: 1 },
  'azd env set': { arguments: 2 },
  'azd env get-value': { arguments: 1 },
  'azd env get-values': none,
  'azd up': none,
  'azd provision': none,
  'azd deploy': none,
  'azd down': none,
  'git clone': { arguments: 2 },
  'git fetch': { flags: ['--tags'] },
  'git checkout': { arguments: 1 },
  'gh attestation verify': { options: ['--repo'], arguments: 1 },
  'osslsigncode sign': { options: ['-certs', '-key', '-h', '-ts', '-n', '-in', '-out'] },
  'osslsigncode verify': { arguments: 1 },
  curl: {
    options: ['-X', '-H', '-d'],
    flags: ['-fsS', '-sS'],
    arguments: 1,
  },
  'npm install': { flags: ['--global'], arguments: 1 },
  sha256sum: { flags: ['--check', '--ignore-missing'], arguments: 1 },
  install: { options: ['-m'], arguments: 2 },
  cd: { arguments: 1 },
  set: { flags: ['-a'], arguments: 1 },
  eval: { arguments: 1 },
  sleep: { arguments: 1 },
  cat: { arguments: 1 },
  uuidgen: none,
  jq: { flags: ['-r', '-e'], arguments: 2 },
};

/** Of Windows. */
export const knownOfWindows: Readonly<Record<string, Known>> = {
  certutil: { flags: ['-hashfile'], arguments: 2 },
  'signtool sign': { options: ['/n', '/fd', '/tr', '/td', '/d'], arguments: 1 },
  'signtool verify': { flags: ['/pa', '/v'], arguments: 1 },
  schtasks: { options: ['/TN', '/SC', '/MO', '/RU', '/TR'], flags: ['/Create'] },
  dsacls: { options: ['/G'], flags: ['/takeownership'], arguments: 1 },
  ldifde: { options: ['-s', '-f', '-d', '-p', '-r', '-l'], flags: ['-x'] },
  md: { arguments: 1 },
  copy: { arguments: 2 },
  set: anything,
  echo: anything,
  goto: { arguments: 1 },
  exit: { options: ['/b'] },
  '%POWERSHELL%': { options: ['-What', '-File'] },
};

const ofEveryAz = ['--query', '--output', '-o'];

export interface KnownCommand extends Required<Known> {
  readonly name: string;
  /** How many words name it. */
  readonly words: number;
}

/** The longest entry that the words begin with; null: none. */
export function knownOf(
  words: readonly string[],
  table: Readonly<Record<string, Known>>,
): KnownCommand | null {
  for (let count = Math.min(5, words.length); count > 0; count -= 1) {
    const name = words.slice(0, count).join(' ');
    const found = Object.hasOwn(table, name) ? table[name] : undefined;
    if (found === undefined) continue;
    const { options = [], flags = [], arguments: most = 0 } = found;
    return {
      name,
      words: count,
      options: words[0] === 'az' ? [...options, ...ofEveryAz] : options,
      flags,
      arguments: most,
    };
  }
  return null;
}

/** A slash begins an option of Windows; with another slash behind it, a path. */
const looksLikeOption = (word: string): boolean => /^(?:-{1,2}[A-Za-z][\w-]*|\/[A-Za-z]+)$/.test(word);

/** The values behind each option, in order; '' holds the arguments that belong to none. */
export function optionsOf(
  words: readonly string[],
  { words: from, options, flags }: KnownCommand,
): ReadonlyMap<string, readonly string[]> {
  const found = new Map<string, string[]>([['', []]]);
  let current = '';
  for (const word of words.slice(from)) {
    if (looksLikeOption(word)) {
      found.set(word, found.get(word) ?? []);
      current = flags.includes(word) || !options.includes(word) ? '' : word;
    } else {
      found.get(current)?.push(word);
      // Of the Azure CLI, some options take a list; of the others, none.
      if (words[0] !== 'az') current = '';
    }
  }
  return found;
}

/** What is wrong with the options and the number of arguments. */
export function problemsOfOptions(words: readonly string[], command: KnownCommand): readonly string[] {
  const { name, options, flags, arguments: most } = command;
  if (most === Number.POSITIVE_INFINITY) return [];
  const problems: string[] = [];
  const given = optionsOf(words, command);
  for (const [option, values] of given)
    if (option !== '' && !options.includes(option) && !flags.includes(option))
      problems.push(`${option} is no option of ${name} that is known`);
    else if (options.includes(option) && values.length === 0) problems.push(`${option} has no value`);
  const others = given.get('')?.length ?? 0;
  if (others > most) problems.push(`${name} takes at most ${most} arguments, found ${others}`);
  return problems;
}
