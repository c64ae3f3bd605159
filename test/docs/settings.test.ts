import { defaultWaitingRules } from '../../shared/core/waiting';
import { settings } from '../../shared/io/configuration/settings';
import { readDocument, section, table } from './markdown';

const document = readDocument('docs/settings.md');

/** A setting without a fallback has a value from azd, is optional, or has to be given. */
const withoutDefault = new Set(['azd', 'needed', 'none']);

const partOf = (description: string): string => /^Part (scan|review):/.exec(description)?.[1] ?? 'both';

test('every setting is listed, with its part and its default, in the order of the code', () => {
  const rows = table(section(document, '## Of the apps'), 'Setting', 'Part', 'Default');
  expect(rows.map(([name, part]) => [name, part])).toEqual(
    Object.entries(settings).map(([name, { description }]) => [name, partOf(description)]),
  );
  const fallbacks = Object.values(settings).map(setting => ('fallback' in setting ? setting.fallback : ''));
  const told = rows.map(([, , value = '']) => (withoutDefault.has(value) ? '' : value));
  // Cloud Sync and the roll-out have a default that is called none, too.
  expect(told).toEqual(fallbacks.map(fallback => (fallback === 'none' ? '' : fallback)));
});

test('the rules of waiting are told with their defaults', () => {
  expect(document).toContain(`\`${JSON.stringify(defaultWaitingRules)}\``);
});

/** Variables of azd's environment that the templates read, each with its default. */
const variables = [
  ...readDocument('infra/main.bicepparam').matchAll(/readEnvironmentVariable\(\s*'(\w+)',\s*'([^']*)'\s*\)/g),
].map(([, name = '', value = '']): readonly [string, string] => [name, value]);

test('every variable of the templates is listed, with its default, in their order', () => {
  expect(variables.length).toBeGreaterThan(25);
  const rows = table(section(document, '## Of the deployment'), 'Variable', 'Default');
  const ofApps = new Set(table(section(document, '## Of the apps'), 'Setting').map(([name]) => name));
  expect(rows.map(([name, value]) => [name, value])).toEqual(variables.filter(([name]) => !ofApps.has(name)));
});

test('the templates give an app the defaults of the code', () => {
  // Nobody's id, in place of none: the template needs one.
  const ofSettings = variables.filter(([name]) => name in settings && name !== 'AUTH_AUDIENCE');
  expect(ofSettings.length).toBeGreaterThan(10);
  const fallbacks = Object.entries(settings).map(([name, one]): readonly [string, string] => [
    name,
    'fallback' in one ? one.fallback : '',
  ]);
  expect(fallbacks).toEqual(expect.arrayContaining(ofSettings));
});
