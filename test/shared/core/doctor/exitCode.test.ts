import { exitCodeOfChecks, type CheckEnd } from '../../../../shared/core/doctor/exitCode';

const one = (status: CheckEnd['status'], optional = false): CheckEnd => ({ status, optional });

test.each([
  [[one('holds')], 0],
  [[one('holds'), one('notChecked', true)], 0],
  [[one('holds'), one('notChecked')], 2],
  [[one('notChecked', true)], 2],
  [[], 2],
  [[one('holds'), one('differs')], 1],
  [[one('notChecked'), one('differs', true)], 1],
])('%j: %d', (checks, code) => {
  expect(exitCodeOfChecks(checks)).toBe(code);
});
