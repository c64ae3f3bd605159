import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { blocksOf, isShell, otherLanguages, shellLanguages, type Block } from './commands/blocks';
import { problemsOfBlock, type Surroundings } from './commands/checkBlock';
import { withSamples } from './commands/placeholders';
import { known, knownOf } from './commands/programs';
import { readScript } from './commands/shellScript';
import { readDocument, root } from './markdown';

const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...readdirSync(path.join(root, 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `docs/${name}`),
];

/** Blocks that a test runs, beside being read here: by a word of the block. */
const executed: readonly (readonly [string, string, string])[] = [
  ['docs/http-api.md', "JSON='Content-Type", 'test/docs/httpApi.slow.test.ts'],
  ['docs/permissions.md', 'az rest --method patch', 'test/infra/grantDocument.slow.test.ts'],
  ['docs/permissions.md', 'revoke()', 'test/infra/grantDocument.slow.test.ts'],
  ['docs/agent.md', 'npm run package', 'test/infra/packageExecutable.slow.test.ts'],
  ['docs/agent.md', 'install -m', 'test/infra/packageExecutable.slow.test.ts'],
];

/** Variables that need no word: an access token. */
const understood = ['TOKEN'];

const blocksIn = (name: string): readonly Block[] => blocksOf(readDocument(name));

function surroundingsOf(name: string): Surroundings {
  const scripts = blocksIn(name)
    .filter(({ language }) => language === 'sh' || language === 'bash')
    .map(({ text }) => readScript(withSamples(text)));
  const prose = [...readDocument(name).matchAll(/`([A-Z][A-Z_]*)`/g)].map(([, word]) => word as string);
  return {
    functions: new Set(scripts.flatMap(({ functions }) => functions)),
    variables: new Set([...scripts.flatMap(({ assigned }) => assigned), ...prose, ...understood]),
  };
}

describe('every command block of the documents is checked', () => {
  const all = documents.flatMap(name =>
    blocksIn(name)
      .filter(({ language }) => isShell(language))
      .map(block => [`${name}:${block.line}`, name, block] as const),
  );

  test('there are many', () => {
    expect(all.length).toBeGreaterThan(60);
  });

  test.each(all)('%s', (_, name, { language, text }) => {
    expect(isShell(language) ? problemsOfBlock(language, text, surroundingsOf(name)) : null).toEqual([]);
  });

  test.each(documents)('no block of %s is of a language that nobody checks', name => {
    const languages = new Set<string>([...shellLanguages, ...otherLanguages, '']);
    expect(blocksIn(name).filter(({ language }) => !languages.has(language))).toEqual([]);
    // Without a language a block is output, and not a command.
    const output = blocksIn(name).filter(({ language }) => language === '');
    const typed = /^(?:\$ |npm |az |azd |curl |entra-orphans-agent )/m;
    expect(output.filter(({ text }) => typed.test(text))).toEqual([]);
  });

  test.each(executed)('%s, "%s", is run by %s', (name, word, file) => {
    expect(blocksIn(name).some(({ text }) => text.includes(word))).toBe(true);
    expect(existsSync(path.join(root, file))).toBe(true);
  });

  test('several lines of curl in one block are run', () => {
    const notRun = all.filter(
      ([, name, { text }]) =>
        (text.match(/^ *(?:\w+=\$\()?curl /gm) ?? []).length > 2 &&
        !executed.some(([document, word]) => document === name && text.includes(word)),
    );
    expect(notRun).toEqual([]);
  });
});

test('README.md names every command of package.json that is not about building', () => {
  const { scripts } = JSON.parse(readDocument('package.json')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const ofContributors = new Set(['build', 'build:agent', 'pack:agent', 'lint', 'lint:infra', 'format']);
  const named = new Set(readDocument('README.md').match(/(?<=npm (?:run )?)[a-z]+(?::[a-z]+)?/g));
  expect(Object.keys(scripts).filter(verb => !named.has(verb) && !ofContributors.has(verb))).toEqual([]);
  for (const verb of ofContributors) expect(readDocument('CONTRIBUTING.md')).toContain(`npm run ${verb}`);
});

/** Commands in the prose of a document, as `npm run lint`; what leaves something out (…) is no command. */
const inProse = (name: string): readonly string[] =>
  [
    ...readDocument(name)
      .replaceAll(/^ *```[^]*?^ *```$/gm, '')
      .matchAll(/`((?:npm|az|azd|entra-orphans-agent) [^`…]+)`/g),
  ].map(([, command = '']) => command.replaceAll(/\s+/g, ' '));

test.each(documents)('commands in the prose of %s are checked, too', name => {
  // A name alone is a word about the command.
  const problems = inProse(name)
    .filter(text => knownOf(text.split(' '), known)?.name !== text)
    .flatMap(text => problemsOfBlock('sh', text, surroundingsOf(name)));
  expect(problems).toEqual([]);
});

describe('a mistake in a block is found', () => {
  const surroundings: Surroundings = {
    functions: new Set(['principal']),
    variables: new Set(['API', 'RUN', 'RESOURCE', 'GRAPH']),
  };
  const rest = 'az rest --resource "$RESOURCE" --headers "Content-Type=application/json"';
  const release = (body: string): string =>
    `${rest} --method post --url "$API/scans/$RUN/release" --body '${body}'`;
  const right =
    '{"gate": "newMissing", "statement": {"runId": "$RUN", "gate": "newMissing"}, "reason": "closed"}';

  test.each([
    'npm start -- --once --objects 20000',
    'npm run package -- --only linux,windows',
    'npm test -- test/shared/core',
    'entra-orphans-agent run --accept-unexplained 17',
    'azd env set ROLLOUT_STAGE reportOnly',
    'azd env set AGENT_PRINCIPAL_IDS \'["<object id>"]\'',
    'until az login --tenant <tenant id>; do sleep 1; done # again',
    'X=$(principal 1) && cat > file.json 2> /dev/null',
    'az rest --method get --url "$API/health" --skip-authorization-header',
    `${rest} --method get --url "$API/scans?limit=7" --query 'items[].{began: startedAt, reason: reasons[0]}'`,
    release(right),
  ])('not in: %s', text => {
    expect(problemsOfBlock('sh', text, surroundings)).toEqual([]);
  });

  test.each([
    ['npm run packages', 'there is no npm run packages'],
    ['npm run package -- --onyl app', '--onyl is no option of npm run package'],
    ['npm run package --only app', '"--" is missing'],
    ['npm start -- --nihgts 1', '--nihgts is no option of npm run start'],
    ['npm run grant -- --undo --type user', '--type is no option of npm run grant'],
    ['npm run build -- --fast', 'takes no options'],
    ['npm test -- test/shared/cor/laws', 'there is no test/shared/cor/laws'],
    ['npm ci', 'npm ci is not known'],
    ['node dist/test/bench/cost.js', 'there is no source of dist/test/bench/cost.js'],
    ['entra-orphans-agent exprot', 'expected one of the commands'],
    ['entra-orphans-agent keygen --rotate --activate', 'expected one of them'],
    ['entra-orphans-agent run --out x', '--out is no option of run'],
    ['npm install --global ./entra-orphans-agent-0.0.9.tgz', 'found 0.0.9'],
    ['az logn --tenant x', 'az logn --tenant is not known'],
    ['az login --tennant x', '--tennant is no option of az login'],
    ['az ad sp show --id', '--id has no value'],
    ['az ad app credential list --id x y --certs', '--certs is no option'],
    ['azd env set ROLOUT_STAGE reportOnly', 'no hook reads the variable ROLOUT_STAGE'],
    ['azd env get-value REVIEW_ADDRESS', 'nothing sets the variable REVIEW_ADDRESS'],
    ["azd env set AGENT_PRINCIPAL_IDS '<object id>'", 'was expected to be JSON'],
    [`azd env set GATE_LIMITS '{"newMissing":{"user":50}}'`, 'GATE_LIMITS: '],
    ['azd down now', 'azd down takes at most 0 arguments'],
    [
      'az functionapp config appsettings set --resource-group a --name b --settings ROLLOUT=normal',
      'the code reads no setting ROLLOUT',
    ],
    ['az storage entity query --table-name Candidates', 'there is no table Candidates'],
    ['az storage entity query --table-name Rules --select ownr', 'Rules has no column ownr'],
    [`${rest} --method get --url "$API/scan"`, 'there is no route /scan'],
    [`${rest} --method put --url "$API/scans" --body '{}'`, 'there is no PUT /scans'],
    [`${rest} --method get --url "$API/scans?lmit=7"`, 'has no parameter lmit'],
    [`${rest} --method get --url "$API/scans" --query 'items[].strate'`, 'no strate to be picked'],
    [`${rest} --method get --url "$API/scans" --body '{}'`, 'takes no body'],
    [`${rest} --method post --url "$API/scans"`, 'needs a body'],
    [`${rest} --method post --url "$API/scans" --body '{'`, 'is not JSON'],
    [`az rest --resource "$RESOURCE" --method post --url "$API/scans" --body '{}'`, 'needs Content-Type'],
    ['az rest --method get --url "$API/scans"', '--resource is missing'],
    [`${rest} --method post --url "$API/candidates/user/<id>/reopen" --body '{}'`, 'If-Match is missing'],
    [release(right.replace('reason', 'reasons')), 'body /'],
    [release(right.replaceAll('newMissing', 'newMising')), 'there is no gate newMising'],
    [release(right.replace('"reason": "closed"', '"reason": 1')), 'body /reason'],
    ['az rest --method get --url https://example.org/v1.0/users', 'an address neither of the API nor'],
    ['az rest --method get --url "$GRAPH/v1.0/users"', 'no request to Microsoft Graph that is known'],
    [
      `az rest --method post --url "$GRAPH/v1.0/servicePrincipals/$RUN/appRoleAssignedTo" --body '{"appRoleId": "c71084fb-a699-4bdc-b128-dac26aa57108"}'`,
      'is no role of the registration',
    ],
    ['curl -H "Authorization: Bearer $RUN" "$API/candidate"', 'there is no route /candidate'],
    ['curl "$API/candidates"', 'there is no token'],
    ['curl -H "Authorization: Bearer $RUN" https://example.org/', 'is no address of the API'],
    ['rm -rf /', 'rm -rf / is not known'],
    ['echo $(rm -rf /)', 'rm -rf / is not known'],
    ['cd "$HERE"', '$HERE is set by no block'],
    ["echo 'open", 'not closed'],
    ['# nothing but a comment', 'there is no command in it'],
  ])('in: %s', (text, problem) => {
    expect(problemsOfBlock('sh', text, surroundings)).toContainEqual(expect.stringContaining(problem));
  });

  test.each([
    ['console', '$ npm run lnit\nall is well', 'there is no npm run lnit'],
    ['console', 'npm run lint', 'there is no command in it'],
    ['bat', 'signtool sing /n x y.exe', 'signtool is not known'],
    ['bat', 'signtool sign /fx SHA256 y.exe', '/fx is no option of signtool sign'],
    ['bat', 'schtasks /Create /TN "agent" /TR "entra-orphans-agent run --if-do"', "'--if-do'"],
    ['bat', 'md "C:\\Program Files', 'not closed'],
    ['powershell', 'Where-Objekt { $_ }', 'Where-Objekt is no cmdlet'],
    ['powershell', 'if ($x) { "a }', 'a quote is not closed'],
    ['powershell', 'if ($x) { "a"', 'a "}" is missing'],
    ['powershell', 'if ($x)) { }', 'a ")" closes nothing'],
  ] as const)('in %s: %s', (language, text, problem) => {
    expect(problemsOfBlock(language, text, surroundings)).toContainEqual(expect.stringContaining(problem));
  });

  test('also in a block within a list, and nothing of it is lost', () => {
    const [block, other, ...more] = blocksOf(
      '1. so:\n\n   ```sh\n   npm run x \\\n     -- y\n   ```\n\n```\nout\n```\n',
    );
    expect([block, other, more]).toEqual([
      { language: 'sh', line: 4, text: 'npm run x \\\n  -- y\n' },
      { language: '', line: 9, text: 'out\n' },
      [],
    ]);
  });
});
