import { parseArgs } from 'node:util';
import type { ReportOptions } from '../provedCommit';

export const usage = `Usage: npm run prove:faults [-- options]

Every fault end to end on the embedded stack: the built app in two processes over Azurite and a stand-in for Microsoft Graph. Fails
where anything was lost, where a live object became a candidate, or where a night was not what it must be.

  --part all|ci      all (default): every fault, for every type that it can concern, in one and in two forests.
                     ci: every fault of one forest, once, for one type by turns; of each series (a write that fails in five ways,
                     the kills) some; of the cases one variant. Under five minutes.
  --only TEXT        faults whose name, case or group has this text
  --forests 1,2      in how many forests
  --report FILE      writes the report, which has no date; refuses a checkout with changes that are not committed
  --allow-dirty      writes it all the same, and says so
  --help             this text
`;

export interface Options extends ReportOptions {
  readonly part: 'all' | 'ci';
  readonly only: string | null;
  readonly forests: readonly (1 | 2)[];
}

export type OptionsReading =
  | { readonly kind: 'options'; readonly options: Options }
  | { readonly kind: 'help' }
  | { readonly kind: 'wrong'; readonly problem: string };

/** What the command line asks for. */
export function readOptions(args: readonly string[]): OptionsReading {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    return { kind: 'wrong', problem: error instanceof Error ? error.message : String(error) };
  }
  if (values.help) return { kind: 'help' };
  const part = values.part ?? 'all';
  if (part !== 'all' && part !== 'ci')
    return { kind: 'wrong', problem: `--part: all or ci was expected, found ${part}` };
  const forests = (values.forests ?? (part === 'ci' ? '1' : '1,2')).split(',').map(Number);
  if (!forests.every(isForests) || new Set(forests).size !== forests.length)
    return { kind: 'wrong', problem: `--forests: 1, 2 or 1,2 was expected, found ${values.forests}` };
  const options = {
    part,
    only: values.only ?? null,
    forests,
    report: values.report ?? null,
    allowDirty: values['allow-dirty'] ?? false,
  } as const;
  return { kind: 'options', options };
}

const isForests = (count: number): count is 1 | 2 => count === 1 || count === 2;

const parse = (args: readonly string[]) =>
  parseArgs({
    args: [...args],
    options: {
      part: { type: 'string' },
      only: { type: 'string' },
      forests: { type: 'string' },
      report: { type: 'string' },
      'allow-dirty': { type: 'boolean' },
      help: { type: 'boolean' },
    },
  }).values;
