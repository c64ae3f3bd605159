import { breachesOf, checkHistories, type CheckReport } from '../../support/histories/checkHistories';
import { leastOf } from '../../support/histories/leastOf';
import { Statistics } from '../../support/histories/statistics';
import { dayMs, minuteMs, type Step } from '../../support/histories/steps';

// Whatever happens in whatever order, the promises of the design hold at every moment (test/support/histories). Many more of these:
// npm run prove:histories.

const histories = 300;

describe('random histories against the real use cases', () => {
  let report: CheckReport;
  beforeAll(async () => {
    report = await checkHistories({ runs: histories });
  }, 180_000);

  test('break no promise', () => {
    const { failure, seed } = report;
    if (failure)
      throw new Error(
        `npm run prove:histories -- --seed ${seed} --path ${failure.path}\n${JSON.stringify(failure.history)}\n${failure.reason}`,
      );
    expect(report.runs).toBe(histories);
  });

  test('are about something', () => {
    expect(leastOf(report.statistics, histories)).toEqual([]);
  });
});

// Too much has to come together for a random history: 30 days, and a delete before and after them.
test('who was restored is decided about anew after 30 days, and breaks no promise', async () => {
  const approve: Step = { do: 'approve', name: 'eve', crash: null };
  const deleteAll: readonly Step[] = [
    { do: 'wait', ms: minuteMs },
    { do: 'export', source: 'all', fault: null },
    { do: 'delete', names: 'all', by: 'deleter', stage: 'normal', crash: null },
  ];
  const statistics = new Statistics();
  const breaches = await breachesOf(
    {
      world: {
        sources: 1,
        history: true,
        waiting: 'short',
        fourEyes: false,
        contactsThroughBeta: true,
        quarantineDays: 0,
        deletionsPerDay: 1_000,
        nightsBefore: 5,
        leftBefore: [{ name: 'eve', leaves: 'nothing' }],
      },
      steps: [
        approve,
        ...deleteAll,
        { do: 'restore', which: 0, crash: null },
        approve,
        ...Array.from({ length: 5 }, (): Step => ({ do: 'nights', count: 7 })),
        approve,
        { do: 'reopen', name: 'eve', crash: null },
        approve,
        ...deleteAll,
        { do: 'restore', which: 0, crash: null },
        { do: 'wait', ms: dayMs },
      ],
    },
    statistics,
  );
  expect(breaches).toEqual([]);
  const counted = [
    'deletes',
    'restore: restored',
    'refused to approve: illegalStep',
    'decisions after a restoration: approved',
  ];
  expect(counted.map(what => statistics.of(what))).toEqual([2, 2, 1, 1]);
});
