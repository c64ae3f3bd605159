import { readCredentials } from '../../../../shared/io/http/bearerToken';

test.each([
  ['Bearer abc.def-_~+/==', 'abc.def-_~+/=='],
  ['bearer  abc ', 'abc'],
  ['BEARER abc', 'abc'],
])('%j holds the token %s', (header, token) => {
  expect(readCredentials(header)).toEqual({ kind: 'bearer', token });
});

test.each([null, '', 'Basic abc', 'Bearerabc', ' Bearer abc', 'DPoP abc'])('%j holds no token', header => {
  expect(readCredentials(header)).toEqual({ kind: 'none' });
});

test.each([
  'Bearer',
  'Bearer ',
  'Bearer a b',
  'Bearer a, Bearer b',
  'Bearer =',
  'Bearer a=b',
  'Bearer é',
  'Bearer a\u0000',
])('%j holds what can not be a token', header =>
  expect(readCredentials(header)).toEqual({ kind: 'malformed' }),
);

test('a token that is too long is none', () => {
  const limit = 16 * 1024 - 'Bearer '.length;
  expect(readCredentials(`Bearer ${'a'.repeat(limit)}`)).toMatchObject({ kind: 'bearer' });
  expect(readCredentials(`Bearer ${'a'.repeat(limit + 1)}`)).toEqual({ kind: 'malformed' });
});
