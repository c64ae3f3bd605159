/** Cmdlets that the documents may use. */
const cmdlets = new Set([
  'Add-Type',
  'ForEach-Object',
  'New-Object',
  'Select-Object',
  'Start-ADSyncSyncCycle',
  'Where-Object',
]);

const closing: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

/** What is wrong with a script, as far as can be seen from outside: quotes, brackets, and cmdlets that are none. */
export function problemsOfPowershell(text: string): readonly string[] {
  const code = text.replaceAll(/'(?:[^']|'')*'|"(?:[^"`]|`.)*"/g, '""').replaceAll(/#.*$/gm, '');
  const problems: string[] = [];
  if (/['"]/.test(code.replaceAll('""', ''))) problems.push('a quote is not closed');
  const open: string[] = [];
  for (const [char] of code.matchAll(/[()[\]{}]/g)) {
    const close = closing[char];
    if (close !== undefined) open.push(close);
    else if (open.pop() !== char) problems.push(`a "${char}" closes nothing`);
  }
  if (open.length > 0) problems.push(`a "${open.at(-1)}" is missing`);
  const own = new Set([...code.matchAll(/function ([A-Z]\w*-\w+)/g)].map(([, name]) => name));
  for (const [name] of code.matchAll(/(?<![\w$.])[A-Z]\w*-[A-Z]\w*/g))
    if (!cmdlets.has(name) && !own.has(name)) problems.push(`${name} is no cmdlet that is known`);
  return problems;
}
