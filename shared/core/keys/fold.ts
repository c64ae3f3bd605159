const ascii = /^\p{ASCII}*$/u;

/**
 * One text for all that people and directories take for the same name or address: without white space around it, in one case, and in
 * one of Unicode's forms (NFKC: composed or not, in full width or not). By way of the upper case, since a Greek sigma has two lower
 * ones, and the Turkish i without its dot becomes a plain one. It takes more for equal than any directory does, so it is for weak keys
 * only, which never condemn.
 */
export function foldName(value: string): string {
  const text = value.trim();
  return ascii.test(text) ? text.toLowerCase() : text.normalize('NFKC').toUpperCase().toLowerCase().trim();
}
