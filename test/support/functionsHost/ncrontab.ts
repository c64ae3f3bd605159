const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

interface Field {
  readonly name: string;
  readonly least: number;
  readonly most: number;
  /** The name at position 0 stands for `least`. */
  readonly names: readonly string[];
}

const fields: readonly Field[] = [
  { name: 'second', least: 0, most: 59, names: [] },
  { name: 'minute', least: 0, most: 59, names: [] },
  { name: 'hour', least: 0, most: 23, names: [] },
  { name: 'day', least: 1, most: 31, names: [] },
  { name: 'month', least: 1, most: 12, names: months },
  { name: 'day of week', least: 0, most: 6, names: days },
];

/**
 * What is wrong with a timer's schedule, null where nothing is. Expected is an NCRONTAB expression of six fields,
 * `{second} {minute} {hour} {day} {month} {day of week}`. The time spans (hh:mm:ss) that Azure takes on some plans only are refused.
 */
export function ncrontabProblem(expression: string): string | null {
  const parts = expression.trim().split(/\s+/);
  if (parts.length !== fields.length)
    return `"${expression}" has ${parts.length} fields; {second} {minute} {hour} {day} {month} {day of week} is expected`;
  for (const [position, field] of fields.entries()) {
    const part = parts[position] ?? '';
    if (!part.split(',').every(item => isItem(item, field)))
      return `"${part}" in "${expression}" is not a ${field.name} (${field.least} to ${field.most}, *, a-b, */n, lists with commas)`;
  }
  return null;
}

function isItem(item: string, field: Field): boolean {
  const [range = '', step, ...tooMany] = item.split('/');
  if (tooMany.length > 0 || (step !== undefined && !/^[1-9]\d*$/.test(step))) return false;
  if (range === '*') return true;
  const [from, to = from, ...more] = range.split('-').map(text => valueOf(text, field));
  return (
    more.length === 0 && from !== undefined && from !== null && to !== undefined && to !== null && from <= to
  );
}

function valueOf(text: string, { least, most, names }: Field): number | null {
  const named = names.indexOf(text.toLowerCase());
  if (named >= 0) return named + least;
  const value = /^\d{1,2}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : null;
}
