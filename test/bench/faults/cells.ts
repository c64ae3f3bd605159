import type { ObjectType } from '../../../shared/core/objectType';
import type { Fault, Outcome } from './fault';
import { runFault } from './judgeFault';
import type { Options } from './options';
import { forestsOf, runScenarioCell, typesOf, type Scenario } from './scenarioFaults';
import { scenarioSettings } from './scenarioSettings';
import type { FaultWorld } from './world';

/** What is told of a night that broke off before it could be judged. */
export const notFinished = 'not finished';

/** One night, or story, to go through. */
export interface Cell {
  readonly name: string;
  readonly forests: 1 | 2;
  /** `every`: looked at together. */
  readonly type: ObjectType | 'every';
  readonly run: (world: FaultWorld, salt: string) => Promise<readonly Outcome[]>;
  /** What to say of it where it did not come to its end. */
  readonly unfinished: (reason: string) => Outcome;
}

/** The cells that the options ask for, in the order in which they are run. */
export function cellsOf(
  faults: readonly Fault[],
  scenarios: readonly Scenario[],
  options: Options,
): readonly Cell[] {
  const wanted = faults.filter(fault => fits(options.only, fault.name, fault.answers, fault.group));
  const stories = scenarios
    .filter(({ name, answers }) => fits(options.only, name, answers, 'cases'))
    .filter(({ answers }) => options.part === 'all' || answers.startsWith('case'));
  return [
    ...(options.part === 'ci'
      ? inTurn(wanted)
      : wanted.map(fault => ({ fault, types: typesOfFault(fault) }))
    ).flatMap(({ fault, types }) =>
      options.forests
        .filter(forests => fault.forests?.includes(forests) ?? true)
        .flatMap(forests => types.map(type => cellOf(fault, type, forests))),
    ),
    ...byProcess(stories, options).map(({ scenario, forests }) => storyCell(scenario, forests)),
  ];
}

const fits = (only: string | null, ...texts: readonly string[]): boolean =>
  only === null || texts.some(text => text.includes(only));

const typesOfFault = ({ types }: Fault): readonly (ObjectType | 'every')[] =>
  types === 'together' ? ['every'] : types;

/** How many of the kills the short proof takes: every so manieth. */
const killsApart = 10;

/** Every fault once, of each series one by turns, and the types by turns. */
function inTurn(
  faults: readonly Fault[],
): readonly { readonly fault: Fault; readonly types: readonly (ObjectType | 'every')[] }[] {
  const series = Map.groupBy(faults, fault => fault.series ?? '');
  const chosen = faults.filter(fault => {
    if (fault.series === undefined) return true;
    const members = series.get(fault.series) ?? [];
    const at = members.indexOf(fault);
    if (fault.series === 'kill') return at % killsApart === 0;
    const turn = [...series.keys()].indexOf(fault.series);
    return at === turn % members.length;
  });
  return chosen.map((fault, at) => {
    const types = typesOfFault(fault);
    return { fault, types: [types[at % types.length] ?? 'every'] };
  });
}

/** A story's variants, those that one process can serve next to each other. */
function byProcess(
  scenarios: readonly Scenario[],
  { part, forests: asked }: Options,
): readonly { readonly scenario: Scenario; readonly forests: 1 | 2 }[] {
  const variants = scenarios.flatMap(scenario => {
    const all = forestsOf(scenario);
    const some = part === 'ci' ? all.slice(0, 1) : all.filter(forests => asked.includes(forests));
    return some.map(forests => ({ scenario, forests }));
  });
  const groups = Map.groupBy(variants, ({ scenario, forests }) =>
    JSON.stringify(scenarioSettings(scenario.input, forests)),
  );
  return [...groups.values()].flat();
}

const cellOf = (fault: Fault, type: ObjectType | 'every', forests: 1 | 2): Cell => ({
  name: fault.name,
  forests,
  type,
  run: (world, salt) => runFault(world, fault, type === 'every' ? 'user' : type, salt),
  unfinished: reason => ({
    fault: fault.name,
    group: fault.group,
    answers: fault.answers,
    type: type === 'every' ? 'user' : type,
    forests,
    happened: notFinished,
    refused: '',
    lost: [reason],
  }),
});

const storyCell = (scenario: Scenario, forests: 1 | 2): Cell => ({
  name: scenario.name,
  forests,
  type: 'every',
  run: world => runScenarioCell(world, scenario, forests),
  unfinished: reason => ({
    fault: scenario.name,
    group: 'cases',
    answers: scenario.answers,
    type: typesOf(scenario)[0] ?? 'user',
    forests,
    happened: notFinished,
    refused: '',
    lost: [reason],
  }),
});
