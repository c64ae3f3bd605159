/** Languages of fenced blocks that a person runs, as the documents name them. */
export const shellLanguages = ['sh', 'bash', 'console', 'bat', 'powershell'] as const;
export type ShellLanguage = (typeof shellLanguages)[number];

/** Languages of blocks that nobody runs as they stand: data, queries, diagrams. */
export const otherLanguages = ['json', 'jsonc', 'yaml', 'mermaid', 'powerquery', 'js', 'kusto'] as const;

export interface Block {
  readonly language: string;
  /** Of its first line, counted from 1. */
  readonly line: number;
  /** Without the indentation of its fence. */
  readonly text: string;
}

/** Every fenced block of a document, also those within lists. A fence without a language has the language ''. */
export function blocksOf(document: string): readonly Block[] {
  const blocks: Block[] = [];
  let open: { readonly indent: string; readonly language: string; readonly line: number } | null = null;
  let lines: string[] = [];
  for (const [at, line] of document.split('\n').entries()) {
    const [, indent = '', language = ''] = /^( *)```(.*)$/.exec(line) ?? [];
    if (!/^ *```/.test(line)) lines.push(open ? line.slice(open.indent.length) : '');
    else if (open === null) {
      open = { indent, language: language.trim(), line: at + 2 };
      lines = [];
    } else {
      blocks.push({ language: open.language, line: open.line, text: `${lines.join('\n')}\n` });
      open = null;
    }
  }
  return blocks;
}

export const isShell = (language: string): language is ShellLanguage =>
  shellLanguages.some(one => one === language);

/** What was typed in a block that shows output as well: its lines behind `$ `. */
export const typedLines = (text: string): string =>
  text
    .split('\n')
    .flatMap(line => (line.startsWith('$ ') ? [line.slice(2)] : []))
    .join('\n');
