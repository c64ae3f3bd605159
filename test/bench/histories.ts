import { parseArgs } from 'node:util';
import { checkHistories, type CheckOptions } from '../support/histories/checkHistories';
import { leastOf } from '../support/histories/leastOf';
import { Statistics } from '../support/histories/statistics';
import { breachesOfOrganisations } from '../support/randomNights/checkOrganisation';

const usage = `Usage: npm run prove:histories [-- --runs N] [--seed S] [--path P] [--organisations M]

Random histories (scans, exports, decisions, deletes, crashes, faults, and what people and agents do meanwhile) against the real use
cases, over ports in memory. An oracle that knows the truth looks at every run, decision, block and DELETE.

After them, random organisations of 5,000 objects with random faults, three nights each, through the scan: what is a candidate must be
an orphan in truth, always, and every orphan that no fault touched must be one.

  --runs N            how many histories; 10,000 where it is not said
  --seed S            the seed of a check that is repeated
  --path P            with the seed of a failure: repeats the smallest history that failed
  --organisations M   how many organisations; 200 where it is not said
  --first F           the first organisation's seed; 0 where it is not said
`;

const defaultRuns = 10_000;
const defaultOrganisations = 200;
const progressEvery = 250;

async function main(): Promise<boolean> {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: String(defaultRuns) },
      seed: { type: 'string' },
      path: { type: 'string' },
      organisations: { type: 'string', default: String(defaultOrganisations) },
      first: { type: 'string', default: '0' },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return true;
  }
  const { seed, path } = values;
  const runs = wholeNumber('--runs', values.runs);
  const histories =
    runs === 0 ||
    (await proveHistories({
      runs,
      ...(seed === undefined ? {} : { seed: wholeNumber('--seed', seed) }),
      ...(path === undefined ? {} : { path }),
    }));
  const count = wholeNumber('--organisations', values.organisations);
  const organisations =
    count === 0 ||
    path !== undefined ||
    (await proveOrganisations(count, wholeNumber('--first', values.first)));
  return histories && organisations;
}

const stopwatch = (): (() => string) => {
  const started = performance.now();
  return () => `${((performance.now() - started) / 1_000).toFixed(0)} s`;
};

async function proveHistories(options: CheckOptions): Promise<boolean> {
  const time = stopwatch();
  const report = await checkHistories({
    ...options,
    onProgress: done => {
      if (done % progressEvery === 0) process.stdout.write(`${done} histories, ${time()}\n`);
    },
  });
  const { failure, seed, statistics } = report;
  process.stdout.write(`${statistics.lines().join('\n')}\n`);
  if (failure) {
    process.stdout.write(
      `FAILED: ${failure.reason}\n${JSON.stringify(failure.history, null, 1)}\n` +
        `To repeat it: npm run prove:histories -- --seed ${seed} --path ${failure.path}\n`,
    );
    return false;
  }
  const lacking = options.path === undefined ? leastOf(statistics, options.runs) : [];
  for (const line of lacking) process.stdout.write(`${line}\n`);
  process.stdout.write(
    `${lacking.length === 0 ? 'Held' : 'Held, but too little happened'}: ${report.runs} histories in ${time()}, seed ${seed}.\n`,
  );
  return lacking.length === 0;
}

async function proveOrganisations(count: number, from: number): Promise<boolean> {
  const time = stopwatch();
  const statistics = new Statistics();
  const breaches = await breachesOfOrganisations({ from, count, sharing: 1 }, statistics, done => {
    if (done % 10 === 0) process.stdout.write(`${done} organisations, ${time()}\n`);
  });
  process.stdout.write(`${statistics.lines().join('\n')}\n`);
  for (const breach of breaches) process.stdout.write(`FAILED: ${breach}\n`);
  if (breaches.length === 0)
    process.stdout.write(`Held: ${count} organisations from seed ${from} in ${time()}.\n`);
  return breaches.length === 0;
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
