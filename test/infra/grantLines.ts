import { readDocument, section } from '../docs/markdown';

/** The document that says what grant does, and how to do the same with az. */
export const document = readDocument('docs/permissions.md');

const blocksIn = (text: string): readonly string[] =>
  [...text.matchAll(/^```sh\n([^]*?)^```$/gm)].map(([, block = '']) => block);

export const shellBlocks = blocksIn(document);

/** The shell's blocks between a heading and the next one of its level or above. */
export const blocksUnder = (heading: string): readonly string[] => blocksIn(section(document, heading));
