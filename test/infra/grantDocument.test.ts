import { spawnSync } from 'node:child_process';
import { exitCodes } from '../../infra/grant/help';
import { optionSources, readOptions } from '../../infra/grant/options';
import {
  catalogue,
  identityNames,
  identityTitles,
  type IdentityName,
  type Need,
} from '../../infra/grant/permissions';
import { decidePermissions, type Choices } from '../../infra/grant/wanted';
import { table } from '../docs/markdown';
import { blocksUnder, document, shellBlocks } from './grantLines';

const variables: Readonly<Record<string, IdentityName>> = {
  SCAN_READER_CLIENT_ID: 'scanReader',
  REVIEW_READER_CLIENT_ID: 'reviewReader',
  DELETER_CLIENT_ID: 'deleter',
};

/** The grant lines under a heading, as identity and permission. */
const linesUnder = (heading: string): readonly string[] =>
  blocksUnder(heading)
    .flatMap(block => [...block.matchAll(/^grant "\$(\w+)" (\S+)$/gm)])
    .map(([, variable = '', permission]) => `${variables[variable]} ${permission}`);

const plannedFor = (choices: Partial<Choices>): ReadonlySet<string> =>
  new Set(
    identityNames.flatMap(identity =>
      decidePermissions(identity, {
        types: new Set(),
        quarantine: false,
        optional: new Set(),
        ...choices,
      }).wanted.map(({ permission }) => `${identity} ${permission}`),
    ),
  );
const always = plannedFor({});
const addedBy = (choices: Partial<Choices>): readonly string[] =>
  [...plannedFor(choices)].filter(one => !always.has(one));

test('the az lines grant what the command plans, by identity and type', () => {
  expect(linesUnder('#### Always')).toEqual([...always]);
  for (const type of ['user', 'group', 'device'] as const)
    expect(linesUnder(`#### Deleting ${type}s`)).toEqual(addedBy({ types: new Set([type]) }));
  const users = new Set(['user'] as const);
  const withQuarantine = addedBy({ types: users, quarantine: true });
  expect(linesUnder('#### Quarantine')).toEqual(
    withQuarantine.filter(one => !addedBy({ types: users }).includes(one)),
  );
  const optional = new Set(catalogue.map(({ permission }) => permission));
  expect([...linesUnder('#### Optional')].sort()).toEqual([...addedBy({ optional })].sort());
});

test('every grant line is under one of these headings, once', () => {
  const lines = [...document.matchAll(/^grant "/gm)];
  expect(lines).toHaveLength(catalogue.length);
});

const when = (need: Need): string => (need.kind === 'type' ? `deleting ${need.type}s` : need.kind);

test('the table of permissions is the catalogue, with its reasons', () => {
  expect(table(document, 'Identity', 'Permission', 'When', 'For')).toEqual(
    catalogue.map(({ identity, permission, need, reason }) => [
      identityTitles[identity],
      permission,
      when(need),
      reason,
    ]),
  );
});

test('the tables of exit codes and variables are those of the command', () => {
  expect(table(document, 'Exit code', 'Means')).toEqual(Object.entries(exitCodes).map(([...row]) => row));
  const documented = table(document, 'Variable', 'Option').map(([names = '', option = '']) => [
    /^--([\w-]+)/.exec(option)?.[1],
    names.split(', '),
  ]);
  const { length } = documented;
  expect(documented).toEqual(expect.arrayContaining(Object.entries(optionSources)));
  expect(length).toBe(Object.keys(optionSources).length);
});

test('the lines of azd are options of the command', () => {
  const runs = [...document.matchAll(/run: npm run grant -- (--phase \w+)/g)].map(([, args = '']) =>
    args.split(' '),
  );
  const environment = {
    AZURE_TENANT_ID: '3a7d1f0e-5b1c-4b44-9d6e-0c2f5a6b7c8d',
    SCAN_READER_CLIENT_ID: '8c1f6a52-7f0b-4a3e-9a68-2f4d7b1e0c11',
    REVIEW_READER_CLIENT_ID: '9d2f7b63-8a1c-4b4f-8b79-3f5e8c2f1d22',
  };
  expect(runs.map(args => readOptions(args, environment).kind)).toEqual(['options', 'options']);
});

test('every block of the shell is Bash without a mistake', () => {
  expect(shellBlocks.length).toBeGreaterThan(10);
  for (const block of shellBlocks) {
    const { stderr, status } = spawnSync('bash', ['-n'], { input: block, encoding: 'utf8' });
    expect([status, stderr]).toEqual([0, '']);
  }
});
