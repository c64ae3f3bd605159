import { writeFileSync } from 'node:fs';
import { auditOf } from './faults/auditOfWorld';
import { faults } from './faults/catalogue';
import { cellsOf, notFinished, type Cell } from './faults/cells';
import type { Outcome } from './faults/fault';
import { readOptions, usage, type Options } from './faults/options';
import { reportText, type AuditLine } from './faults/report';
import { readScenarios, unknownMembers } from './faults/scenarioFaults';
import { Standstill } from './faults/standstill';
import { FaultWorld } from './faults/world';
import { provedCommit } from './provedCommit';

interface Lane {
  readonly outcomes: Outcome[];
  readonly audit: AuditLine[];
  readonly repeated: string[];
}

/** Two worlds side by side: one of one forest and one of two, or two of the same with half of the cells each. */
function lanesOf(cells: readonly Cell[], { forests }: Options): readonly (readonly Cell[])[] {
  const [first, second] = forests;
  if (first !== undefined && second !== undefined)
    return [cells.filter(cell => cell.forests === first), cells.filter(cell => cell.forests === second)];
  const half = Math.ceil(cells.length / 2);
  return [cells.slice(0, half), cells.slice(half)];
}

/** How often a night is tried that proves nothing, either way. */
const mostTries = 3;

async function runLane(
  cells: readonly Cell[],
  forests: 1 | 2,
  name: string,
  onOutcomes: (cell: Cell, found: readonly Outcome[]) => void,
): Promise<Lane> {
  const lane: Lane = { outcomes: [], audit: [], repeated: [] };
  const standstill = new Standstill();
  const world = await FaultWorld.start(forests);
  try {
    let number = 0;
    for (const cell of cells) {
      let found: readonly Outcome[] = [];
      for (let tries = 1; tries <= mostTries; tries += 1) {
        number += 1;
        standstill.happened();
        found = await runCell(world, cell, `${name}${number}`);
        const reason = whyVoid(found, standstill.happened());
        if (reason === null || tries === mostTries) break;
        lane.repeated.push(`${cell.name}: ${reason}`);
        process.stdout.write(`once more, since ${reason}: ${cell.name}\n`);
      }
      lane.outcomes.push(...found);
      onOutcomes(cell, found);
    }
    lane.audit.push(await auditOf(world, `world ${name} of ${forests === 1 ? 'one forest' : 'two forests'}`));
  } finally {
    standstill.stop();
    await world.stop();
  }
  return lane;
}

/** Why a night has to be repeated; null: it was judged. */
function whyVoid(found: readonly Outcome[], stoodStill: boolean): string | null {
  if (found.every(one => one.lost.length === 0)) return null;
  if (stoodStill) return 'the machine stood still';
  return found.some(one => one.happened === notFinished) ? 'the stack gave no answer' : null;
}

async function runCell(world: FaultWorld, cell: Cell, salt: string): Promise<readonly Outcome[]> {
  try {
    return await cell.run(world, salt);
  } catch (error) {
    await world.recover();
    return [cell.unfinished(error instanceof Error ? (error.stack ?? error.message) : String(error))];
  }
}

async function prove(options: Options, args: readonly string[]): Promise<boolean> {
  const commit = provedCommit(options);
  const scenarios = readScenarios();
  const unknown = scenarios.filter(one => unknownMembers(one).length > 0);
  for (const one of unknown)
    process.stdout.write(`${one.name} can not be staged: ${unknownMembers(one).join(', ')}\n`);
  const cells = cellsOf(
    faults,
    scenarios.filter(one => !unknown.includes(one)),
    options,
  );
  const started = performance.now();
  let done = 0;
  const onOutcomes = (cell: Cell, found: readonly Outcome[]): void => {
    done += 1;
    const lost = [...new Set(found.flatMap(one => one.lost))];
    const refused = [...new Set(found.map(one => one.refused))].filter(Boolean).join(', ');
    process.stdout.write(
      `[${done}/${cells.length}] ${lost.length === 0 ? 'ok  ' : 'LOST'} ${cell.forests} ${cell.type} ${cell.name}: ` +
        `${found[0]?.happened} | ${refused}\n${lost.map(what => `       ${what}\n`).join('')}`,
    );
  };
  const lanes = await Promise.all(
    lanesOf(cells, options).map(async (own, at) =>
      own.length === 0
        ? { outcomes: [], audit: [], repeated: [] }
        : await runLane(own, options.forests[at] ?? options.forests[0] ?? 1, 'ab'.charAt(at), onOutcomes),
    ),
  );
  const outcomes = lanes.flatMap(lane => lane.outcomes);
  const audit = lanes.flatMap(lane => lane.audit);
  const repeated = lanes.flatMap(lane => lane.repeated);
  const minutes = (performance.now() - started) / 60_000;
  const lost = outcomes.filter(one => one.lost.length > 0);
  process.stdout.write(
    `${new Set(outcomes.map(one => one.fault)).size} faults, ${cells.length} nights and stories, ${outcomes.length} outcomes in ` +
      `${minutes.toFixed(1)} minutes; lost: ${lost.length === 0 ? 'nothing' : `${lost.length} outcomes`}\n` +
      audit.map(one => `audit log of ${one.world}: ${one.status}, ${one.rows} rows\n`).join(''),
  );
  if (options.report !== null) {
    const command = ['npm run prove:faults', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
    writeFileSync(
      options.report,
      reportText(outcomes, { commit, command, cells: cells.length, minutes, audit, repeated }),
    );
  }
  return (
    outcomes.length > 0 &&
    lost.length === 0 &&
    unknown.length === 0 &&
    audit.every(one => one.status === 'whole')
  );
}

async function main(args: readonly string[]): Promise<boolean> {
  const reading = readOptions(args);
  if (reading.kind === 'options') return await prove(reading.options, args);
  if (reading.kind === 'wrong') process.stderr.write(`${reading.problem}\n`);
  process.stdout.write(usage);
  return reading.kind === 'help';
}

main(process.argv.slice(2)).then(
  proved => {
    process.stdout.write(proved ? 'proved\n' : 'NOT PROVED\n');
    process.exitCode = proved ? 0 : 1;
    return undefined;
  },
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
