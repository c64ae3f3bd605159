import { faults } from './catalogue';
import { cellsOf } from './cells';
import type { Outcome } from './fault';
import { readOptions } from './options';
import { reportText, rowsOf, type ReportFrame } from './report';
import { readScenarios, unknownMembers } from './scenarioFaults';

const cases = 38;

const outcome = (given: Partial<Outcome> = {}): Outcome => ({
  fault: 'a part is empty',
  group: 'exports',
  answers: 'case 8',
  type: 'user',
  forests: 1,
  happened: 'refused, exportVerified',
  refused: 'evidenceRefused',
  lost: [],
  ...given,
});

const frame: ReportFrame = {
  commit: 'a'.repeat(40),
  command: 'npm run prove:faults',
  cells: 2,
  minutes: 1.4,
  audit: [{ world: 'world a', status: 'whole', chains: 1, rows: 7 }],
  repeated: [],
};

const killed = (percent: number, happened: string): Outcome =>
  outcome({
    fault: `the process is killed (SIGKILL) after ${percent} % of a run`,
    group: 'killed',
    happened,
  });

describe('the list', () => {
  test('has at least 60 faults beside the cases, each under a name of its own', () => {
    const names = faults.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(60);
  });

  test('has every numbered case as a story that can be put on stage', () => {
    const stories = readScenarios();
    const found = new Set(stories.map(({ answers }) => answers));
    const missing = Array.from({ length: cases }, (_, at) => `case ${at + 1}`).filter(one => !found.has(one));
    expect(missing).toEqual([]);
    expect(stories.flatMap(unknownMembers)).toEqual([]);
  });

  test('kills at 50 moments, which differ', () => {
    const kills = faults.filter(({ series }) => series === 'kill');
    expect(new Set(kills.map(({ name }) => name)).size).toBe(50);
  });
});

describe('the parts', () => {
  const optionsOf = (...args: readonly string[]) => {
    const reading = readOptions(args);
    if (reading.kind !== 'options') throw new Error(`options were expected, found ${reading.kind}`);
    return reading.options;
  };

  test('all: every fault for every type, in one and in two forests', () => {
    const cells = cellsOf(faults, readScenarios(), optionsOf());
    for (const { name, types, forests = [1, 2] } of faults) {
      const own = cells.filter(cell => cell.name === name);
      expect({ name, cells: own.length }).toEqual({
        name,
        cells: (types === 'together' ? 1 : types.length) * forests.length,
      });
    }
    for (const { name } of readScenarios()) expect(cells.some(cell => cell.name === name)).toBe(true);
  });

  test('ci: every fault of one forest once, of every series one or more, every case, and every type in turn', () => {
    const cells = cellsOf(faults, readScenarios(), optionsOf('--part', 'ci'));
    const names = cells.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    const single = faults
      .filter(({ series, forests = [1] }) => series === undefined && forests.includes(1))
      .map(({ name }) => name);
    expect(single.filter(name => !names.includes(name))).toEqual([]);
    const chosen = faults.filter(({ name }) => names.includes(name));
    expect(new Set(chosen.map(({ series }) => series))).toEqual(new Set(faults.map(({ series }) => series)));
    expect(new Set(cells.map(({ type }) => type))).toEqual(
      new Set(['user', 'group', 'contact', 'device', 'every']),
    );
    const stories = readScenarios().filter(({ answers }) => answers.startsWith('case'));
    for (const { name } of stories) expect(names).toContain(name);
  });

  test('--only takes faults by name, case and group', () => {
    const groups = cellsOf(faults, readScenarios(), optionsOf('--only', 'clocks'));
    expect(groups.length).toBe(faults.filter(({ group }) => group === 'clocks').length * 2);
    const stories = cellsOf([], readScenarios(), optionsOf('--only', 'case-38'));
    expect(new Set(stories.map(({ name }) => name)).size).toBe(1);
  });

  test.each([
    [['--part', 'some'], '--part: all or ci was expected, found some'],
    [['--forests', '3'], '--forests: 1, 2 or 1,2 was expected, found 3'],
    [['--forests', '1,1'], '--forests: 1, 2 or 1,2 was expected, found 1,1'],
  ])('%j is told what was expected', (args, problem) => {
    expect(readOptions(args)).toEqual({ kind: 'wrong', problem });
  });

  test('an option that nobody knows is told, and help is help', () => {
    expect(readOptions(['--what']).kind).toBe('wrong');
    expect(readOptions(['--help'])).toEqual({ kind: 'help' });
  });
});

describe('the report', () => {
  test('has one line for a fault, with all its types and what became of them', () => {
    const rows = rowsOf([
      outcome(),
      outcome({ type: 'contact', refused: 'notApproved', forests: 2 }),
      outcome({ fault: 'another', happened: 'finished', refused: '' }),
    ]);
    expect(rows).toEqual([
      {
        fault: 'a part is empty',
        answers: 'case 8',
        types: 'user, contact',
        forests: '1, 2',
        happened: 'refused, exportVerified',
        refused: 'evidenceRefused, notApproved',
        lost: 'nothing',
      },
      expect.objectContaining({ fault: 'another', happened: 'finished', refused: 'none asked' }),
    ]);
  });

  test('sums the kills up', () => {
    const rows = rowsOf([killed(1, 'none'), killed(20, 'record left open'), killed(30, 'record left open')]);
    expect(rows).toEqual([
      expect.objectContaining({
        fault: 'the process is killed (SIGKILL) at 3 moments of a run, and started again',
        happened: '1 times before its record was made; 2 times record left open',
      }),
    ]);
  });

  test('names the commit and the command, and has no date', () => {
    const text = reportText([outcome()], frame);
    expect(text).toContain(`* Commit: ${frame.commit}\n* Command: \`npm run prove:faults\`\n`);
    expect(text).toContain(
      '* Lost: nothing\n* Run once more, since they could not be judged: none\n* Audit log of world a: whole, 1 chains with 7 rows\n',
    );
    expect(text).not.toMatch(/\d{4}-\d{2}-\d{2}/);
  });

  test('names the nights that were run once more', () => {
    const text = reportText([outcome()], { ...frame, repeated: ['a: the machine stood still', 'b: c'] });
    expect(text).toContain('could not be judged: a: the machine stood still; b: c\n');
  });

  test('says what was lost, and that an audit log is damaged', () => {
    const lost = outcome({ lost: ['a | b', 'c'] });
    const audit = [{ world: 'world a', status: 'damaged', chains: 1, rows: 7 } as const];
    const text = reportText([lost, outcome({ fault: 'another' })], { ...frame, audit });
    expect(text).toContain('* Lost: 1 outcomes, 1 audit logs\n');
    expect(text).toContain('a \\| b; c');
  });
});
