import { parseArgs } from 'node:util';

/** What a command line asks for. */
export type Command =
  | { readonly kind: 'help'; readonly of: CommandName | null }
  | { readonly kind: 'version' }
  | { readonly kind: 'check'; readonly config: string; readonly ldif: readonly string[] }
  | {
      readonly kind: 'export';
      readonly config: string;
      readonly ldif: readonly string[];
      readonly out: string | null;
      readonly acceptUnexplained: number | null;
      readonly follow: string | null;
      readonly discardWaiting: boolean;
    }
  | {
      readonly kind: 'run';
      readonly config: string;
      readonly ldif: readonly string[];
      readonly ifDue: boolean;
      readonly acceptUnexplained: number | null;
      readonly follow: string | null;
      readonly discardWaiting: boolean;
    }
  | {
      readonly kind: 'keygen';
      readonly config: string;
      readonly keyId: string | null;
      readonly step: 'first' | 'rotate' | 'activate';
    };

const commandNames = ['check', 'export', 'run', 'keygen'] as const;
export type CommandName = (typeof commandNames)[number];

export type ParsedCommandLine =
  | { readonly kind: 'command'; readonly command: Command }
  | { readonly kind: 'wrong'; readonly problem: string };

const defaultConfig = 'entra-orphans-agent.json';

const options = {
  config: { type: 'string' },
  ldif: { type: 'string', multiple: true },
  out: { type: 'string' },
  'accept-unexplained': { type: 'string' },
  'if-due': { type: 'boolean' },
  follow: { type: 'string' },
  'discard-waiting': { type: 'boolean' },
  'key-id': { type: 'string' },
  rotate: { type: 'boolean' },
  activate: { type: 'boolean' },
  help: { type: 'boolean' },
  version: { type: 'boolean' },
} as const;

type OptionName = keyof typeof options;

const allowed: Readonly<Record<CommandName, readonly OptionName[]>> = {
  check: ['config', 'ldif'],
  export: ['config', 'ldif', 'out', 'accept-unexplained', 'follow', 'discard-waiting'],
  run: ['config', 'ldif', 'if-due', 'accept-unexplained', 'follow', 'discard-waiting'],
  keygen: ['config', 'key-id', 'rotate', 'activate'],
};

/** Reads the arguments behind the program's name. `wrong` says what was expected. */
export function parseCommandLine(given: readonly string[]): ParsedCommandLine {
  try {
    return { kind: 'command', command: commandOf(given) };
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
}

function commandOf(given: readonly string[]): Command {
  const { values, positionals } = parseArgs({
    args: [...given],
    options,
    strict: true,
    allowPositionals: true,
  });
  const [name, ...more] = positionals;
  if (values.version === true) return { kind: 'version' };
  if (name === undefined || name === 'help') return { kind: 'help', of: commandNameOf(more[0]) };
  const command = commandNameOf(name);
  if (command === null)
    throw new RangeError(`expected one of the commands ${commandNames.join(', ')}, found "${name}"`);
  if (values.help === true) return { kind: 'help', of: command };
  if (more.length > 0)
    throw new RangeError(`expected nothing behind ${command} but options, found "${more[0]}"`);
  const foreign = (Object.keys(values) as OptionName[]).find(option => !allowed[command].includes(option));
  if (foreign !== undefined) throw new RangeError(`--${foreign} is no option of ${command}`);
  const config = values.config ?? defaultConfig;
  const ldif = values.ldif ?? [];
  const acceptUnexplained = countOf(values['accept-unexplained']);
  const repair = { follow: values.follow ?? null, discardWaiting: values['discard-waiting'] === true };
  switch (command) {
    case 'check':
      return { kind: 'check', config, ldif };
    case 'export':
      return { kind: 'export', config, ldif, out: values.out ?? null, acceptUnexplained, ...repair };
    case 'run':
      return { kind: 'run', config, ldif, ifDue: values['if-due'] === true, acceptUnexplained, ...repair };
    case 'keygen':
      return { kind: 'keygen', config, keyId: values['key-id'] ?? null, step: keyStepOf(values) };
  }
}

function commandNameOf(text: string | undefined): CommandName | null {
  return commandNames.find(name => name === text) ?? null;
}

function countOf(text: string | undefined): number | null {
  if (text === undefined) return null;
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new RangeError(`--accept-unexplained: expected the number that the refusal named, found "${text}"`);
}

function keyStepOf({
  rotate,
  activate,
}: {
  readonly rotate?: boolean | undefined;
  readonly activate?: boolean | undefined;
}): 'first' | 'rotate' | 'activate' {
  if (rotate === true && activate === true)
    throw new RangeError(
      '--rotate makes the next key, --activate takes it into use later: expected one of them',
    );
  if (rotate === true) return 'rotate';
  return activate === true ? 'activate' : 'first';
}
