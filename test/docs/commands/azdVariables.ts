import { optionSources } from '../../../infra/grant/options';
import { settings } from '../../../shared/io/configuration/settings';
import { readDocument } from '../markdown';

const inParameters = [
  ...readDocument('infra/main.bicepparam').matchAll(/readEnvironmentVariable\('(\w+)'/g),
].map(([, name]) => name as string);

const outputs = [...readDocument('infra/main.bicep').matchAll(/^output (\w+) /gm)].map(
  ([, name]) => name as string,
);

/** `npm run grant --phase pre` sets these. */
const setByGrant = ['AUTH_AUDIENCE', 'AUTH_ISSUER'];

const canBeSet = new Set<string>([...inParameters, ...Object.values(optionSources).flat()]);
const canBeRead = new Set<string>([...canBeSet, ...outputs, ...setByGrant]);

/** What is wrong with `azd env set NAME VALUE` or `azd env get-value NAME`. */
export function problemsOfAzdVariable(words: readonly string[]): readonly string[] {
  const [, , command, name = ''] = words;
  if (command === 'set')
    return canBeSet.has(name)
      ? problemsOfJson(name, words[4] ?? '')
      : [`no template and no hook reads the variable ${name}`];
  if (command === 'get-value')
    return canBeRead.has(name) ? [] : [`nothing sets the variable ${name} in azd's environment`];
  return [];
}

/** Lists of main.bicepparam, and settings that are JSON. */
function problemsOfJson(name: string, value: string): readonly string[] {
  const isList = readDocument('infra/main.bicepparam').includes(`json(readEnvironmentVariable('${name}'`);
  const isJson = name === 'GATE_LIMITS' || name === 'WAITING_RULES';
  if (isList) {
    try {
      JSON.parse(value);
    } catch {
      return [`${name} was expected to be JSON, found ${value}`];
    }
  }
  if (!isJson) return [];
  const checked = settings[name].schema.safeParse(value);
  return checked.success ? [] : checked.error.issues.map(({ message }) => `${name}: ${message}`);
}

/** What is wrong with the words behind `--settings`, NAME=VALUE. */
export const problemsOfAppSettings = (given: readonly string[]): readonly string[] =>
  given
    .map(word => word.split('=')[0] as string)
    .filter(name => !Object.hasOwn(settings, name))
    .map(name => `the code reads no setting ${name}`);
