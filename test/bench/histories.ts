import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { checkHistories, type CheckOptions } from '../support/histories/checkHistories';
import { leastOf } from '../support/histories/leastOf';
import { Statistics } from '../support/histories/statistics';
import { breachesOfOrganisations } from '../support/randomNights/checkOrganisation';
import { markdownTable } from './markdownTable';
import { provedCommit } from './provedCommit';

const usage = `Usage: npm run prove:histories [-- --runs N] [--seed S] [--path P] [--organisations M] [--report FILE]

Random histories (scans, exports, decisions, deletes, crashes, faults, and what people and agents do meanwhile) against the real use
cases, over ports in memory. An oracle that knows the truth looks at every run, decision, block and DELETE.

After them, random organisations of 5,000 objects with random faults, three nights each, through the scan: what is a candidate must be
an orphan in truth, always, and every orphan that no fault touched must be one.

  --runs N            how many histories; 10,000 where it is not said
  --seed S            the seed of a check that is repeated
  --path P            with the seed of a failure: repeats the smallest history that failed
  --organisations M   how many organisations; 200 where it is not said
  --first F           the first organisation's seed; 0 where it is not said
  --report FILE       writes what was proved; refuses a checkout with changes that are not committed
  --allow-dirty       writes it all the same, and says so
`;

const defaultRuns = 10_000;
const defaultOrganisations = 200;
const progressEvery = 250;

/** What one of the two proofs came to. */
interface Proof {
  readonly held: boolean;
  /** For the report. */
  readonly title: string;
  readonly result: string;
  readonly statistics: Statistics;
}

async function main(args: readonly string[]): Promise<boolean> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      runs: { type: 'string', default: String(defaultRuns) },
      seed: { type: 'string' },
      path: { type: 'string' },
      organisations: { type: 'string', default: String(defaultOrganisations) },
      first: { type: 'string', default: '0' },
      report: { type: 'string' },
      'allow-dirty': { type: 'boolean', default: false },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    return true;
  }
  const { seed, path, report = null } = values;
  const commit = provedCommit({ report, allowDirty: values['allow-dirty'] });
  const runs = wholeNumber('--runs', values.runs);
  const count = path === undefined ? wholeNumber('--organisations', values.organisations) : 0;
  const proofs: Proof[] = [];
  if (runs > 0)
    proofs.push(
      await proveHistories({
        runs,
        ...(seed === undefined ? {} : { seed: wholeNumber('--seed', seed) }),
        ...(path === undefined ? {} : { path }),
      }),
    );
  if (count > 0 && proofs.every(({ held }) => held))
    proofs.push(await proveOrganisations(count, wholeNumber('--first', values.first)));
  if (report !== null) writeFileSync(report, reportText(commit, args, proofs));
  return proofs.every(({ held }) => held);
}

const stopwatch = (): (() => string) => {
  const started = performance.now();
  return () => `${((performance.now() - started) / 1_000).toFixed(0)} s`;
};

async function proveHistories(options: CheckOptions): Promise<Proof> {
  const time = stopwatch();
  const report = await checkHistories({
    ...options,
    onProgress: done => {
      if (done % progressEvery === 0) process.stdout.write(`${done} histories, ${time()}\n`);
    },
  });
  const { failure, seed, statistics } = report;
  process.stdout.write(`${statistics.lines().join('\n')}\n`);
  const lacking = failure !== null || options.path !== undefined ? [] : leastOf(statistics, options.runs);
  for (const line of lacking) process.stdout.write(`${line}\n`);
  if (failure)
    process.stdout.write(
      `FAILED: ${failure.reason}\n${JSON.stringify(failure.history, null, 1)}\n` +
        `To repeat it: npm run prove:histories -- --seed ${seed} --path ${failure.path}\n`,
    );
  const held = failure === null && lacking.length === 0;
  const said = failure === null ? 'Held, but too little happened' : 'Failed';
  const result = `${held ? 'Held' : said}: ${report.runs} histories in ${time()}, seed ${seed}.`;
  process.stdout.write(`${result}\n`);
  return { held, title: 'Histories', result, statistics };
}

async function proveOrganisations(count: number, from: number): Promise<Proof> {
  const time = stopwatch();
  const statistics = new Statistics();
  const breaches = await breachesOfOrganisations({ from, count, sharing: 1 }, statistics, done => {
    if (done % 10 === 0) process.stdout.write(`${done} organisations, ${time()}\n`);
  });
  process.stdout.write(`${statistics.lines().join('\n')}\n`);
  for (const breach of breaches) process.stdout.write(`FAILED: ${breach}\n`);
  const held = breaches.length === 0;
  const result = `${held ? 'Held' : 'Failed'}: ${count} organisations from seed ${from} in ${time()}.`;
  process.stdout.write(`${result}\n`);
  return { held, title: 'Organisations', result, statistics };
}

const introduction = `# Histories report

Written by \`npm run prove:histories -- --report docs/history-report.md\`, not by hand.

**Histories** are random: exports, scans, approvals, edits, deletions, undeletions, restores, releases, crashes, lost answers, and two calls at
once, against the real use cases over ports in memory. An oracle that knows what is true in the directories and in the tenant looks at every
run, decision, block and DELETE ([\`oracle.ts\`](../test/support/histories/oracle.ts)). One breach of a promise fails the proof, and so does it
where too little happened ([\`leastOf.ts\`](../test/support/histories/leastOf.ts)).

**Organisations** are random, of 5,000 objects with three nights each. Without a fault the candidates must equal the true orphans; with up to
three faults a night ([\`nightFaults.ts\`](../test/support/randomNights/nightFaults.ts)) every candidate must be a true orphan, and every orphan
that no fault touched a candidate.
`;

function reportText(commit: string, args: readonly string[], proofs: readonly Proof[]): string {
  const command = ['npm run prove:histories', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  const sections = proofs.flatMap(({ title, result, statistics }) => [
    `## ${title}`,
    '',
    result,
    '',
    ...markdownTable([
      ['What happened', 'Times'],
      ...statistics.entries().map(([what, times]) => [what, String(times)]),
    ]),
    '',
  ]);
  return [introduction, `- Commit: ${commit}`, `- Command: \`${command}\``, '', ...sections].join('\n');
}

function wholeNumber(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value)) throw new RangeError(`${option}: a whole number was expected, found ${text}`);
  return value;
}

main(process.argv.slice(2)).then(
  held => {
    process.exitCode = held ? 0 : 1;
    return undefined;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
