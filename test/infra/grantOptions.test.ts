import { exitCodes, help } from '../../infra/grant/help';
import { optionSources, readOptions, type Environment, type GrantOptions } from '../../infra/grant/options';
import { clientIds, tenantId, toAll, toReaders } from './grantWorld';

const read = (args: readonly string[], environment: Environment = {}) =>
  readOptions(['--tenant', tenantId, ...args], environment);

function options(args: readonly string[], environment: Environment = {}): GrantOptions {
  const reading = read(args, environment);
  if (reading.kind !== 'options') throw new TypeError(JSON.stringify(reading));
  return reading.options;
}

function problems(args: readonly string[], environment: Environment = {}): readonly string[] {
  const reading = read(args, environment);
  return reading.kind === 'invalid' ? reading.problems : [];
}

test('what is not said is null, and nothing is to be deleted', () => {
  expect(options(toReaders)).toEqual({
    phase: 'all',
    whatIf: false,
    undo: false,
    confirmed: false,
    tenantId,
    cloud: null,
    registration: { uniqueName: 'entra-orphans', displayName: 'entra-orphans', redirects: [] },
    identities: new Map([
      ['scanReader', clientIds.scanReader],
      ['reviewReader', clientIds.reviewReader],
    ]),
    choices: { types: null, quarantine: false, optional: null },
    inAzd: false,
  });
});

test('everything that can be said', () => {
  const said =
    '--cloud usgov-dod --name prod-2 --page https://a.example.org --page http://localhost:7071/ ' +
    '--types user,device --quarantine --optional Directory.Read.All --what-if';
  expect(options([...toAll, ...said.split(' ')])).toMatchObject({
    cloud: 'usgov-dod',
    registration: {
      uniqueName: 'entra-orphans-prod-2',
      displayName: 'entra-orphans (prod-2)',
      redirects: ['https://a.example.org/', 'http://localhost:7071/'],
    },
    choices: {
      types: new Set(['user', 'device']),
      quarantine: true,
      optional: new Set(['Directory.Read.All']),
    },
    whatIf: true,
  });
});

test('the environment stands in for what is not on the command line, and loses against it', () => {
  const environment = {
    AZURE_TENANT_ID: '60000000-0000-4000-8000-000000000001',
    AZURE_ENV_NAME: 'prod',
    GRANT_CLOUD: 'china',
    GRANT_TYPES: 'none',
    GRANT_QUARANTINE: 'false',
    GRANT_OPTIONAL: 'none',
    REVIEW_PAGE_URL: 'https://a.example.org/,https://b.example.org/',
    SCAN_READER_CLIENT_ID: clientIds.scanReader.toUpperCase(),
    REVIEW_READER_CLIENT_ID: ` ${clientIds.reviewReader} `,
    DELETER_CLIENT_ID: '',
  };
  const reading = readOptions([], environment);
  expect(reading).toMatchObject({
    options: {
      tenantId: environment.AZURE_TENANT_ID,
      cloud: 'china',
      registration: {
        uniqueName: 'entra-orphans-prod',
        redirects: ['https://a.example.org/', 'https://b.example.org/'],
      },
      choices: { types: new Set(), quarantine: false, optional: new Set() },
      identities: new Map([
        ['scanReader', clientIds.scanReader],
        ['reviewReader', clientIds.reviewReader],
      ]),
    },
  });
  expect(options(['--cloud', 'global', '--name', 'x', '--types', 'contact'], environment)).toMatchObject({
    tenantId,
    cloud: 'global',
    registration: { uniqueName: 'entra-orphans-x' },
    choices: { types: new Set(['contact']) },
  });
});

test('the pre phase asks for no identity, and speaks to azd only inside of it', () => {
  expect(options(['--phase', 'pre'])).toMatchObject({ identities: new Map(), inAzd: false });
  expect(options(['--phase', 'pre'], { AZURE_ENV_NAME: 'prod' }).inAzd).toBe(true);
  expect(options([...toReaders, '--phase', 'post'], { AZURE_ENV_NAME: 'prod' }).inAzd).toBe(false);
});

test('to undo, only those are dealt with that are named', () => {
  expect(options(['--undo', '--deleter', clientIds.deleter])).toMatchObject({
    undo: true,
    confirmed: false,
    identities: new Map([['deleter', clientIds.deleter]]),
  });
  expect(problems(['--undo', '--phase', 'pre'])).toEqual(['--undo has no phase: leave --phase out.']);
});

test.each([
  ['an option that does not exist', ['--force'], "Unknown option '--force'"],
  ['a word', ['prod'], "Unexpected argument 'prod'"],
  [
    'a tenant that is no GUID',
    ['--tenant', 'contoso.com'],
    '--tenant: expected a GUID; found "contoso.com".',
  ],
  [
    'an unknown cloud',
    ['--cloud', 'germany'],
    '--cloud: expected global, usgov, usgov-dod, china; found "germany".',
  ],
  ['a name that would be part of an address', ['--name', "x'y"], '--name: expected 1 to 64 letters'],
  ['a name too long', ['--name', 'x'.repeat(65)], '--name: expected 1 to 64 letters'],
  [
    'an unknown type',
    ['--types', 'user,users'],
    '--types: expected none, or some of user, group, contact, device',
  ],
  ['a type twice', ['--types', 'user,user'], 'once each; found "user,user"'],
  ['no type at all', ['--types', ''], '--types: expected none'],
  [
    'quarantine without users',
    ['--types', 'device', '--quarantine'],
    '--quarantine: expected together with --types',
  ],
  ['quarantine alone', ['--quarantine'], '--quarantine: expected together with --types'],
  [
    'a permission that is not optional',
    ['--optional', 'Directory.ReadWrite.All'],
    '--optional: expected none, or some',
  ],
  ['a page over http', ['--page', 'http://a.example.org/'], '--page: expected an https address'],
  ['a page with a query', ['--page', 'https://a.example.org/?x=1'], '--page: expected an https address'],
  ['a page with a wildcard', ['--page', 'https://*.example.org/'], '--page: expected an https address'],
  ['a page that is no address', ['--page', 'orphans'], '--page: expected an https address'],
  ['types without a deleter', ['--types', 'user'], '--deleter: expected a GUID; found nothing.'],
  [
    'a client id that is none',
    ['--deleter', 'x'.repeat(100)],
    `--deleter: expected a GUID; found "${'x'.repeat(80)}…".`,
  ],
  [
    'one identity for two',
    ['--deleter', clientIds.scanReader],
    "--deleter: expected another identity than the scan reader's",
  ],
])('%s is refused', (_, args, message) => {
  expect(problems([...toReaders, ...args]).join('\n')).toContain(message);
});

test('contacts need no deleter, for there is no permission for them', () => {
  expect(problems([...toReaders, '--types', 'contact'])).toEqual([]);
});

test('everything that is wrong is said at once', () => {
  expect(problems(['--cloud', 'x', '--types', 'x', '--page', 'x'])).toHaveLength(5);
});

test('help names every option, every variable and every exit code', () => {
  expect(readOptions(['--help'], {})).toEqual({ kind: 'help' });
  for (const [option, variables] of Object.entries(optionSources)) {
    expect(help).toContain(`--${option}`);
    for (const variable of variables) expect(help).toContain(variable);
  }
  for (const option of ['--phase', '--what-if', '--undo', '--yes', '--help']) expect(help).toContain(option);
  for (const [code, meaning] of Object.entries(exitCodes)) expect(help).toContain(`  ${code}  ${meaning}`);
});

test('the examples of the help are valid', () => {
  const examples = help
    .split('\n')
    .flatMap(line => /npm run grant -- (--[^[]*?)(?: {2,}.*)?$/.exec(line)?.[1] ?? []);
  expect(examples).toHaveLength(5);
  for (const example of examples) {
    let next = 0;
    const args = example
      .trim()
      .split(' ')
      .map(word => (word === '<id>' ? Object.values({ tenantId, ...clientIds })[next++] : word));
    expect(readOptions(args as string[], {})).toMatchObject({ kind: 'options' });
  }
});
