import { ncrontabProblem } from './ncrontab';

test.each([
  '0 30 1 * * *',
  '*/15 * * * * *',
  '0 0 9-17/2 * * MON-FRI',
  '0 0,30 0 1,15 jan,DEC 0',
  '0 5/10 * 31 12 6',
  '  0 30 1 * * *  ',
])('%s is a schedule', expression => {
  expect(ncrontabProblem(expression)).toBeNull();
});

test.each([
  ['30 1 * * *', 'has 5 fields'],
  ['01:00:00', 'has 1 fields'],
  ['', 'has 1 fields'],
  ['60 * * * * *', '"60" in "60 * * * * *" is not a second'],
  ['0 60 * * * *', 'not a minute'],
  ['0 0 24 * * *', 'not a hour'],
  ['0 0 0 0 * *', 'not a day'],
  ['0 0 0 * 13 *', 'not a month'],
  ['0 0 0 * * 7', 'not a day of week'],
  ['0 0 0 * mon *', 'not a month'],
  ['0 0 0 * * */0', 'not a day of week'],
  ['0 0 0 5-1 * *', 'not a day'],
  ['0 0 1-2-3 * * *', 'not a hour'],
  ['0 0 */2/3 * * *', 'not a hour'],
  ['0 0 1, * * *', 'not a hour'],
  ['0 0 -1 * * *', 'not a hour'],
])('%s is none', (expression, why) => {
  expect(ncrontabProblem(expression)).toContain(why);
});
