import { readFileSync } from 'node:fs';
import path from 'node:path';
import { containerClasses } from '../../../../agent/src/io/ldif/containers';
import { exportAttributes } from '../../../../agent/src/core/exportLine';
import { attributesFileName, fileNames } from '../../../../agent/src/io/ldif/ldifFolder';

const text = readFileSync(path.join(__dirname, '../../../../docs/ldif.md'), 'utf8');
const block = (language: string): string => text.split(`\n\`\`\`${language}\n`)[1]!.split('\n```\n')[0]!;
const commands = block('bat');
const script = block('powershell');

/** The value of a variable in the commands. */
const variable = (name: string): string => new RegExp(`^set ${name}=(.*)$`, 'm').exec(commands)![1]!;

describe('docs/ldif.md', () => {
  it('has a command for every file, in the order in which they are made', () => {
    const made = [...commands.matchAll(/%FOLDER%\\([a-z-]+\.(?:ldf|txt))"/g)].map(([, name]) => name);
    expect(made).toEqual([attributesFileName, ...Object.values(fileNames)]);
  });

  it('stops at the first command that fails, so that after.ldf says that none did', () => {
    const lines = commands.split('\n').filter(line => /^(?:ldifde|%POWERSHELL%|md) /.test(line));
    expect(lines).toHaveLength(Object.keys(fileNames).length + 1);
    for (const line of lines) expect(line).toMatch(/ \|\| goto failed$/);
  });

  it('asks the same domain controller every time', () => {
    for (const line of commands.split('\n').filter(command => command.startsWith('ldifde')))
      expect(line).toContain('ldifde -s %DC% ');
  });

  it('asks for the containers that are checked, in both ways', () => {
    const classes = (filter: string): readonly string[] =>
      [...filter.matchAll(/objectClass=(\w+)/g)]
        .map(([, name]) => name!.toLowerCase())
        .sort((a, b) => (a < b ? -1 : 1));
    expect(classes(variable('CONTAINERS'))).toEqual([...containerClasses]);
    expect(script).toContain(variable('CONTAINERS').replaceAll('"', "'"));
  });

  it('asks for the same objects and attributes of walk and keys', () => {
    const filterOf = (name: string): string | undefined =>
      new RegExp(`\\\\${name}\\.ldf".*? (-d .*) -l `).exec(commands)?.[1];
    expect(filterOf('keys')).toBe(filterOf('walk'));
    expect(filterOf('configuration-keys')).toBe(filterOf('configuration'));
    expect(variable('ATTRIBUTES').split(',')).toEqual(
      expect.arrayContaining([...exportAttributes(null, []), 'uSNChanged', 'isDeleted']),
    );
  });

  it('names every file in its table', () => {
    for (const name of [attributesFileName, ...Object.values(fileNames)])
      expect(text).toContain(`| \`${name}\``);
  });
});
