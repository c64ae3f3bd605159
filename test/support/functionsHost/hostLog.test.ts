import { formatEntry, isKept, messageOf, stackOf } from './hostLog';

test('every line of a message names level, function and invocation', () => {
  expect(
    formatEntry({ level: 'warning', functionName: 'scan', invocationId: '7', message: 'one\r\ntwo' }),
  ).toBe('warning scan 7 one\nwarning scan 7 two\n');
  expect(formatEntry({ level: 'error', functionName: null, invocationId: null, message: 'one' })).toBe(
    'error host one\n',
  );
});

test('an entry is kept from the lowest level upwards', () => {
  expect(isKept('information', 'information')).toBe(true);
  expect(isKept('debug', 'information')).toBe(false);
  expect(isKept('critical', 'none')).toBe(false);
});

test('a stack comes with those of its causes, and what is no error as text', () => {
  const error = new Error('outer', { cause: new Error('inner', { cause: 'innermost' }) });
  expect(stackOf(error)).toMatch(/^Error: outer\n[^]*\nCaused by: Error: inner\n[^]*\nCaused by: innermost$/);
  expect([messageOf(error), messageOf(7)]).toEqual(['outer', '7']);
});
