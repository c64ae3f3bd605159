import type { Command } from './shellScript';

/** Splits the lines of a Windows command file into its commands: comments, labels and redirections are left out. */
export function readBatch(text: string): readonly Command[] {
  return text
    .replaceAll(/\^\n\s*/g, ' ')
    .split('\n')
    .map(line => line.trim().replace(/^@/, ''))
    .filter(line => line !== '' && !/^rem\b/i.test(line) && !line.startsWith(':'))
    .flatMap(line => line.split(/\s+(?:\|\||&&)\s+/))
    .map(wordsOf)
    .filter(words => words.length > 0);
}

/** Words are separated by spaces outside of double quotes; a redirection goes with its file. */
function wordsOf(line: string): Command {
  if ((line.match(/"/g) ?? []).length % 2 === 1) throw new SyntaxError('a " that is not closed');
  return [...line.matchAll(/>?(?:"[^"]*"|[^\s"])+/g)]
    .map(([word]) => word)
    .filter(word => !word.startsWith('>'))
    .map(word => word.replaceAll('"', ''));
}
