import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import type { StoredFacts } from '../../../shared/core/facts';
import type { ScanRun } from '../../../shared/core/scanRun';
import { readScenario, scenarioCloud, type ScenarioInput, type ScenarioPlan } from '../../support/scenario';
import { root } from '../../support/stack/sampleSettings';
import type { ExpectThat, Outcome } from './fault';
import { scenarioSettings } from './scenarioSettings';
import { stageScenario } from './scenarioWorld';
import type { FaultWorld } from './world';

/** A story in which a naive compare goes wrong, with the plan that is wanted of the night (test/scenarios). */
export interface Scenario {
  readonly name: string;
  /** `case 7`, `combination`. */
  readonly answers: string;
  readonly input: ScenarioInput;
  readonly plan: ScenarioPlan;
}

const directory = path.join(root, 'test', 'scenarios');

/** What test/scenarios knows to be put on stage; another member means that this program has to learn it. */
const known: ReadonlySet<string> = new Set([
  'expected',
  'exports',
  'cloud',
  'time',
  'previous',
  'restored',
  'deletedByUs',
  'retiredDomains',
  'synchronisation',
  'limits',
]);

/** All scenarios, in the order of their names. */
export function readScenarios(): readonly Scenario[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter(entry => entry.isDirectory())
    .map(({ name }): Scenario => {
      const folder = path.join(directory, name);
      const number = /^case-(\d+)-/.exec(name)?.[1];
      return {
        name,
        answers: number === undefined ? 'two cases at once' : `case ${Number(number)}`,
        input: readScenario(folder),
        plan: JSON.parse(readFileSync(path.join(folder, 'plan.json'), 'utf8')) as ScenarioPlan,
      };
    })
    .toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

/** What of the input nobody puts on stage: none, or the scenario can not be run end to end. */
export const unknownMembers = ({ input }: Scenario): readonly string[] =>
  Object.keys(input).filter(name => !known.has(name));

/** More sources than its own are needed for two forests; one that has several has no variant in one. */
export const forestsOf = ({ input }: Scenario): readonly (1 | 2)[] =>
  (input.expected ?? input.exports).length > 1 ? [2] : [1, 2];

/** Runs the story end to end, and compares what the app has written with the golden plan. */
export async function runScenarioCell(
  world: FaultWorld,
  { name, answers, input, plan }: Scenario,
  forests: 1 | 2,
): Promise<readonly Outcome[]> {
  const lost: string[] = [];
  const expectThat: ExpectThat = (holds, what) => {
    if (!holds) lost.push(what);
  };
  await world.scanUnder(scenarioSettings(input, forests));
  const moved = await stageScenario(world, input, forests);
  const before = new Map((await world.rows()).map(row => [nameOf(row), row]));
  const run = await world.scan();
  const rows = await world.rows();
  compareGates(run, plan, expectThat);
  if (run?.state === 'finished') compareOutcomes(run, plan, expectThat);
  compareRows(rows, before, plan, moved, expectThat);
  const refused = await refusals(world, input, rows, expectThat);
  const types = objectTypes.filter(type => scenarioCloud(input).some(object => object.type === type));
  const happened = [run?.state ?? 'none', ...plan.breachedGates, statesOf(rows)].filter(Boolean).join(', ');
  return types.map(type => ({
    fault: name,
    group: 'cases',
    answers,
    type,
    forests,
    happened,
    refused,
    lost,
  }));
}

const volumeGates: ReadonlySet<string> = new Set(['candidates', 'newMissing', 'pendingDeletions']);

function compareGates(run: ScanRun | null, { breachedGates }: ScenarioPlan, expectThat: ExpectThat): void {
  const state = breachedGates.every(gate => volumeGates.has(gate)) ? 'finished' : 'refused';
  expectThat(run?.state === state, `${state} was expected: ${run?.state} ${run?.reasons.join(' ') ?? ''}`);
  const breached = new Set(run?.gates.filter(gate => !gate.passed).map(gate => gate.gate));
  for (const gate of breachedGates) expectThat(breached.has(gate), `a breach of ${gate} was expected`);
  // An export that is missing is not fresh, and so on, either.
  if (state === 'finished')
    for (const gate of breached)
      expectThat(breachedGates.includes(gate), `no breach of ${gate} was expected`);
}

function compareOutcomes(run: ScanRun, plan: ScenarioPlan, expectThat: ExpectThat): void {
  for (const type of objectTypes) {
    const counts = run.counts[type];
    const { live = 0, unknown: _, ...rest } = counts?.outcomes ?? {};
    const found = sorted({
      ...(live > 0 ? { live } : {}),
      ...rest,
      ...Object.fromEntries(
        Object.entries(counts?.unknownReasons ?? {}).map(([reason, count]) => [`unknown: ${reason}`, count]),
      ),
    });
    const wanted = sorted(plan.outcomes[type] ?? {});
    expectThat(found === wanted, `outcomes of ${type}s: expected ${wanted}, found ${found}`);
  }
}

const sorted = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${count}`)
    .toSorted()
    .join(', ') || 'none';

const nameOf = ({ type, displayName, id }: StoredFacts): string => `${type} ${displayName ?? id}`;

/** How exactly (ms) a date is compared: the run begins a little later than the story says. */
const dateSlackMs = 5 * 60_000;

function compareRows(
  rows: readonly StoredFacts[],
  before: ReadonlyMap<string, StoredFacts>,
  { writes }: ScenarioPlan,
  moved: number,
  expectThat: ExpectThat,
): void {
  const found = Map.groupBy(rows, nameOf);
  const written = new Set(writes.map(write => write.object));
  for (const write of writes) {
    // Two may have one name: one that was deleted, and one that was made again.
    const named = found.get(write.object) ?? [];
    const row = named.find(one => columns.every(column => one[column] === write[column])) ?? named[0];
    for (const column of columns)
      expectThat(
        row?.[column] === write[column],
        `${write.object}: ${column} ${write[column]} was expected, found ${row?.[column]}`,
      );
    const waits = write.state === 'observed' ? (write.waitsFor ?? []) : [];
    expectThat(
      waits.length === row?.waitsFor.length &&
        waits.every((wait, at) => sameWait(wait, row.waitsFor[at], moved)),
      `${write.object}: to wait for ${waits.join(', ') || 'nothing'} was expected, found ${JSON.stringify(row?.waitsFor)}`,
    );
  }
  for (const row of rows)
    if (!written.has(nameOf(row)))
      expectThat(
        row.state === before.get(nameOf(row))?.state,
        `${nameOf(row)} was not expected to be written`,
      );
}

const columns = [
  'state',
  'outcome',
  'attention',
  'withdrawal',
  'proof',
  'firstObservedRun',
  'evidenceHash',
] as const;

function sameWait(
  wanted: string,
  found: StoredFacts['waitsFor'][number] | undefined,
  moved: number,
): boolean {
  const [name, until] = wanted.split(' until ');
  if (!found || found.for !== name) return false;
  if (until === undefined) return found.until === null;
  return found.until !== null && Math.abs(Date.parse(until) + moved - found.until) < dateSlackMs;
}

/** Approval of what is no candidate, and deletion of everything that was not approved, is refused. */
async function refusals(
  world: FaultWorld,
  input: ScenarioInput,
  rows: readonly StoredFacts[],
  expectThat: ExpectThat,
): Promise<string> {
  const refused = new Set<string>();
  for (const row of rows.filter(({ state }) => state !== 'candidate')) {
    const answer = await world.administrator.steps.call<{ type?: string }>(
      'approver',
      'POST',
      `/candidates/${row.type}/${row.id}/approve`,
      {
        headers: { 'if-match': row.etag },
        body: { evidenceHash: row.evidenceHash, comment: 'left', confirmation: row.displayName ?? '' },
      },
    );
    expectThat(answer.status >= 400 && answer.status < 500, `approval of ${nameOf(row)}: ${answer.status}`);
    refused.add(`approval (${answer.status})`);
  }
  const ids = scenarioCloud(input).map(({ type, id }) => ({ type, id }));
  const asked = await world.administrator.steps.call<{
    items?: { outcome: { kind: string; refusal?: string } }[];
  }>('deleter', 'POST', '/deletions', {
    body: { callId: crypto.randomUUID(), confirmation: String(ids.length), ids },
  });
  for (const { outcome } of asked.json.items ?? []) {
    expectThat(outcome.kind !== 'deleted', 'something was deleted that nobody approved');
    refused.add(outcome.refusal ?? outcome.kind);
  }
  expectThat((asked.json.items?.length ?? 0) > 0, `POST /deletions: ${asked.status}`);
  return [...refused].join(', ');
}

function statesOf(rows: readonly StoredFacts[]): string {
  const counts = new Map<string, number>();
  for (const { state, attention } of rows) {
    const name = attention ?? state;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
}

/** Of which type a story is, for whoever takes only some. */
export const typesOf = ({ input }: Scenario): readonly ObjectType[] =>
  objectTypes.filter(type => scenarioCloud(input).some(object => object.type === type));
