import { parseArgs } from 'node:util';
import { checkHistories } from '../support/histories/checkHistories';
import { leastOf } from '../support/histories/leastOf';

const usage = `Usage: npm run prove:histories [-- --runs N] [--seed S] [--path P]

Random histories (scans, exports, decisions, deletes, crashes, faults, and what people and agents do meanwhile) against the real use
cases, over ports in memory. An oracle that knows the truth looks at every run, decision, block and DELETE.

  --runs N   how many histories; 10,000 where it is not said
  --seed S   the seed of a check that is repeated
  --path P   with the seed of a failure: repeats the smallest history that failed
`;

const defaultRuns = 10_000;
const progressEvery = 250;

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: String(defaultRuns) },
      seed: { type: 'string' },
      path: { type: 'string' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return true;
  }
  const runs = wholeNumber('--runs', values.runs);
  const started = performance.now();
  const seconds = (): string => ((performance.now() - started) / 1_000).toFixed(0);
  const report = await checkHistories({
    runs,
    ...(values.seed === undefined ? {} : { seed: wholeNumber('--seed', values.seed) }),
    ...(values.path === undefined ? {} : { path: values.path }),
    onProgress: done => {
      if (done % progressEvery === 0) process.stdout.write(`${done} histories, ${seconds()} s\n`);
    },
  });
  process.stdout.write(`${report.statistics.lines().join('\n')}\n`);
  const { failure, seed } = report;
  if (failure) {
    process.stdout.write(
      `FAILED: ${failure.reason}\n${JSON.stringify(failure.history, null, 1)}\n` +
        `To repeat it: npm run prove:histories -- --seed ${seed} --path ${failure.path}\n`,
    );
    return false;
  }
  const lacking = values.path === undefined ? leastOf(report.statistics, runs) : [];
  for (const line of lacking) process.stdout.write(`${line}\n`);
  process.stdout.write(
    `${lacking.length === 0 ? 'Held' : 'Held, and too little happened'}: ${report.runs} histories in ${seconds()} s, seed ${seed}.\n`,
  );
  return lacking.length === 0;
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new RangeError(`${option}: a whole number was expected, found ${text}`);
  return value;
}

main().then(
  held => {
    process.exitCode = held ? 0 : 1;
    return undefined;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
