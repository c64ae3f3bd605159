import { checkHistories, type CheckReport } from '../../support/histories/checkHistories';
import { leastOf } from '../../support/histories/leastOf';

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
