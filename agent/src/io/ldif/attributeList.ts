import { readFile } from 'node:fs/promises';
import { AgentError } from '../../core/agentError';
import { asUtf8, encodingOf } from './textEncoding';

/** What a walk was asked for: attribute names in lower case, or everything (ldifde without `-l`). */
export type AttributeList = ReadonlySet<string> | 'all';

const namePattern = /^[a-z][a-z0-9-]*$/;

/**
 * Reads attributes.txt: the list that walk.ldf was made with, separated by commas. LDIF does not say what was asked for, and an
 * attribute that nobody asked for looks like one that nobody has. The commands write this file and the walk from one variable.
 */
export async function readAttributeList(path: string): Promise<AttributeList> {
  const bytes = await readFile(path);
  const { encoding, markBytes } = encodingOf(bytes);
  const text = asUtf8(bytes.subarray(markBytes), encoding)?.toString('utf8').trim().toLowerCase() ?? '';
  if (text === '*') return 'all';
  const names = text.split(',').map(name => name.trim());
  if (!names.every(name => namePattern.test(name)))
    throw new AgentError(
      'ldifInvalid',
      `${path}: expected the names of attributes with commas between them, found something else. Write the list that ` +
        'walk.ldf was made with: echo %ATTRIBUTES% (docs/ldif.md).',
    );
  return new Set(names);
}
