import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'jsonc-parser';
import { exitCodes } from '../../agent/src/core/agentError';
import { configurationSchema, readConfiguration } from '../../agent/src/io/configuration';
import { helpText } from '../../agent/src/cli/help';
import { temporaryFolders } from '../support/agent/temporaryFolder';
import { readDocument } from './markdown';

const newFolder = temporaryFolders();
const document = readDocument('docs/agent.md');
const blocks = [...document.matchAll(/```jsonc\n([^]*?)```/g)].map(match => match[1] ?? '');

describe("the agent's document", () => {
  test('has a configuration that works as it stands', () => {
    const file = path.join(newFolder(), 'agent.json');
    writeFileSync(file, blocks[0] ?? '');
    expect(readConfiguration(file, {}).source).toBe('contoso');
  });

  test('has further settings that fit into it', () => {
    const smallest = parse(blocks[0] ?? '') as object;
    expect(blocks.length).toBeGreaterThan(1);
    for (const block of blocks)
      expect(
        configurationSchema.safeParse({ ...smallest, ...(parse(block) as object) }).error,
      ).toBeUndefined();
  });

  test('describes every setting', () => {
    for (const name of Object.keys(configurationSchema.shape)) expect(document).toContain(`\`${name}`);
  });

  test('and the help list every exit code', () => {
    for (const code of new Set(Object.values(exitCodes))) {
      expect(document).toMatch(new RegExp(`^\\| ${code} +\\|`, 'm'));
      expect(helpText(null)).toMatch(new RegExp(`^  ${code} `, 'm'));
    }
  });
});
