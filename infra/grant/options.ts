import { parseArgs } from 'node:util';
import { parseGuid, type Guid } from '../../shared/core/keys/guid';
import { objectTypes, type ObjectType } from '../../shared/core/objectType';
import { cloudNames, type CloudName } from './clouds';
import { identityNames, identityTitles, optionalPermissions, type IdentityName } from './permissions';
import type { WantedRegistration } from './registration';
import type { Choices } from './wanted';

const phases = ['pre', 'post', 'all'] as const;
/** Of a deployment: before the resources are made, after it, or both at once. */
export type Phase = (typeof phases)[number];

export interface GrantOptions {
  readonly phase: Phase;
  readonly whatIf: boolean;
  readonly undo: boolean;
  /** Without it nothing is undone. */
  readonly confirmed: boolean;
  readonly tenantId: Guid;
  /** null: the one that the Azure CLI is set to. */
  readonly cloud: CloudName | null;
  readonly registration: WantedRegistration;
  /** Client ids of the identities that are dealt with. */
  readonly identities: ReadonlyMap<IdentityName, Guid>;
  readonly choices: Choices;
  /** Whether the values of the registration go to azd's environment. */
  readonly inAzd: boolean;
}

export type OptionsReading =
  | { readonly kind: 'help' }
  | { readonly kind: 'invalid'; readonly problems: readonly string[] }
  | { readonly kind: 'options'; readonly options: GrantOptions };

export type Environment = Readonly<Record<string, string | undefined>>;

/** Options, each with the environment variable that stands in for it: azd hands its environment to the hooks. */
export const optionSources = {
  tenant: ['TENANT_ID', 'AZURE_TENANT_ID'],
  cloud: ['GRANT_CLOUD'],
  name: ['AZURE_ENV_NAME'],
  page: ['REVIEW_PAGE_URL'],
  'scan-reader': ['SCAN_READER_CLIENT_ID'],
  'review-reader': ['REVIEW_READER_CLIENT_ID'],
  deleter: ['DELETER_CLIENT_ID'],
  types: ['GRANT_TYPES'],
  quarantine: ['GRANT_QUARANTINE'],
  optional: ['GRANT_OPTIONAL'],
} as const satisfies Readonly<Record<string, readonly string[]>>;

const identityOptions: Readonly<Record<IdentityName, 'scan-reader' | 'review-reader' | 'deleter'>> = {
  scanReader: 'scan-reader',
  reviewReader: 'review-reader',
  deleter: 'deleter',
};

const definitions = {
  phase: { type: 'string' },
  tenant: { type: 'string' },
  cloud: { type: 'string' },
  name: { type: 'string' },
  page: { type: 'string', multiple: true },
  'scan-reader': { type: 'string' },
  'review-reader': { type: 'string' },
  deleter: { type: 'string' },
  types: { type: 'string' },
  quarantine: { type: 'boolean' },
  optional: { type: 'string' },
  'what-if': { type: 'boolean' },
  undo: { type: 'boolean' },
  yes: { type: 'boolean' },
  help: { type: 'boolean' },
} as const;

/** Reads the command line and what stands in for it in the environment, or says everything that is wrong at once. */
export function readOptions(args: readonly string[], environment: Environment): OptionsReading {
  let values;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: definitions,
      strict: true,
      allowPositionals: false,
    }));
  } catch (error) {
    return { kind: 'invalid', problems: [(error as Error).message] };
  }
  if (values.help) return { kind: 'help' };
  const problems: string[] = [];
  const text = (name: Exclude<keyof typeof optionSources, 'page' | 'quarantine'>): string | null =>
    values[name] ?? fromEnvironment(environment, name);

  const phase = oneOf('--phase', values.phase ?? 'all', phases, problems) ?? 'all';
  const cloudText = text('cloud');
  const pages = values.page ?? fromEnvironment(environment, 'page')?.split(',') ?? [];
  const undo = values.undo ?? false;
  const choices = readChoices(
    {
      types: text('types'),
      quarantine: values.quarantine ?? fromEnvironment(environment, 'quarantine') === 'true',
      optional: text('optional'),
    },
    problems,
  );
  const options: GrantOptions = {
    phase,
    whatIf: values['what-if'] ?? false,
    undo,
    confirmed: values.yes ?? false,
    tenantId: readGuid('--tenant', text('tenant'), problems),
    cloud: cloudText === null ? null : oneOf('--cloud', cloudText, cloudNames, problems),
    registration: {
      ...readName(text('name'), problems),
      redirects: pages.flatMap(page => readRedirect(page.trim(), problems)),
    },
    identities: phase === 'pre' ? new Map() : readIdentities(text, undo, choices, problems),
    choices,
    inAzd: phase === 'pre' && Boolean(environment['AZURE_ENV_NAME']),
  };
  if (options.undo && phase === 'pre') problems.push('--undo has no phase: leave --phase out.');
  return problems.length > 0 ? { kind: 'invalid', problems } : { kind: 'options', options };
}

function fromEnvironment(environment: Environment, name: keyof typeof optionSources): string | null {
  for (const variable of optionSources[name]) {
    const value = environment[variable]?.trim();
    if (value) return value;
  }
  return null;
}

function oneOf<Value extends string>(
  option: string,
  text: string,
  values: readonly Value[],
  problems: string[],
): Value | null {
  const value = values.find(one => one === text);
  if (value !== undefined) return value;
  problems.push(`${option}: expected ${values.join(', ')}; found ${quoted(text)}.`);
  return null;
}

function readGuid(option: string, text: string | null, problems: string[]): Guid {
  const value = text === null ? null : parseGuid(text);
  if (value !== null) return value;
  problems.push(`${option}: expected a GUID; found ${text === null ? 'nothing' : quoted(text)}.`);
  return '' as Guid;
}

/** The unique name is part of an address and of a shell's line: letters, digits and hyphens only. */
function readName(
  name: string | null,
  problems: string[],
): Pick<WantedRegistration, 'uniqueName' | 'displayName'> {
  if (name === null) return { uniqueName: 'entra-orphans', displayName: 'entra-orphans' };
  if (!/^[A-Za-z0-9-]{1,64}$/.test(name))
    problems.push(`--name: expected 1 to 64 letters, digits and hyphens; found ${quoted(name)}.`);
  return { uniqueName: `entra-orphans-${name}`, displayName: `entra-orphans (${name})` };
}

/** What Entra ID takes for the page of a single-page application: https, or http on localhost while developing. */
function readRedirect(text: string, problems: string[]): readonly string[] {
  const url = URL.parse(text);
  const local = url?.protocol === 'http:' && url.hostname === 'localhost';
  const plain = url?.username === '' && url.search === '' && url.hash === '' && !text.includes('*');
  if (url && plain && (url.protocol === 'https:' || local)) return [url.href];
  problems.push(`--page: expected an https address without query; found ${quoted(text)}.`);
  return [];
}

function readChoices(
  given: { readonly types: string | null; readonly quarantine: boolean; readonly optional: string | null },
  problems: string[],
): Choices {
  const types = given.types === null ? null : readList('--types', given.types, objectTypes, problems);
  const optional =
    given.optional === null ? null : readList('--optional', given.optional, optionalPermissions, problems);
  if (given.quarantine && !types?.has('user'))
    problems.push(
      '--quarantine: expected together with --types that holds user; users are put into quarantine.',
    );
  return { types, quarantine: given.quarantine, optional };
}

function readList<Value extends string>(
  option: string,
  text: string,
  values: readonly Value[],
  problems: string[],
): ReadonlySet<Value> {
  if (text === 'none') return new Set();
  const names = text.split(',').map(name => name.trim());
  const found = values.filter(value => names.includes(value));
  if (found.length !== names.length)
    problems.push(
      `${option}: expected none, or some of ${values.join(', ')}, once each; found ${quoted(text)}.`,
    );
  return new Set(found);
}

/** The readers, and the deleter where it is to get something; to undo, whoever is named. */
function readIdentities(
  text: (name: 'scan-reader' | 'review-reader' | 'deleter') => string | null,
  undo: boolean,
  choices: Choices,
  problems: string[],
): ReadonlyMap<IdentityName, Guid> {
  const deletes = [...(choices.types ?? new Set<ObjectType>())].some(type => type !== 'contact');
  const identities = new Map<IdentityName, Guid>();
  for (const identity of identityNames) {
    const option = identityOptions[identity];
    const value = text(option);
    const required = !undo && (identity === 'deleter' ? deletes : true);
    if (value === null && !required) continue;
    const id = readGuid(`--${option}`, value, problems);
    const twin = [...identities].find(([, other]) => other === id && (id as string) !== '');
    if (twin)
      problems.push(
        `--${option}: expected another identity than the ${identityTitles[twin[0]]}'s; one for both has the rights of both.`,
      );
    identities.set(identity, id);
  }
  return identities;
}

/** What was typed, short and without control characters. */
const quoted = (text: string): string => JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);
