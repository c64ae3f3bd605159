import { chooseType, isJson, type OfferedType } from '../../../../shared/io/http/mediaType';

const both: readonly OfferedType[] = ['application/json', 'text/csv'];

test.each<[string | null, OfferedType | null]>([
  [null, 'application/json'],
  ['', 'application/json'],
  ['*/*', 'application/json'],
  ['text/csv', 'text/csv'],
  ['TEXT/CSV;charset=utf-8', 'text/csv'],
  ['text/*', 'text/csv'],
  ['text/csv, application/json', 'application/json'],
  ['text/csv, application/json;q=0.9', 'text/csv'],
  ['text/csv;q=0.1, */*;q=0.05', 'text/csv'],
  ['application/json;q=0, */*', 'text/csv'],
  ['text/html', null],
  ['application/json;q=0', null],
  ['nonsense', null],
  ['*/csv', null],
  ['text/csv;q=2', 'text/csv'],
])('Accept: %s chooses %s', (accept, type) => {
  expect(chooseType(accept, both)).toBe(type);
});

test('what is not offered is not chosen', () => {
  expect(chooseType('text/csv', ['application/json'])).toBeNull();
  expect(chooseType(null, [])).toBeNull();
  expect(chooseType('*/*', [])).toBeNull();
});

test.each([
  'application/json',
  'Application/JSON',
  'application/json; charset=utf-8',
  'application/json;charset="UTF-8"',
])('%s is JSON', type => expect(isJson(type)).toBe(true));

test.each([
  null,
  '',
  'text/json',
  'application/jsonx',
  'application/problem+json',
  'application/json; charset=latin1',
  'application/json;a=b',
])('%s is not JSON', type => expect(isJson(type)).toBe(false));
