import { matchRoute, parseRouteTemplate } from './routeTemplate';

const guid = '88666888-0101-1111-BBBB-1234567890ab';

test.each([
  ['api/Candidates', 'API/candidates', {}],
  ['api/candidates/{type}/{id}', 'api/candidates/user/Ab%', { type: 'user', id: 'Ab%' }],
  ['api/scans/{id?}', 'api/scans', {}],
  ['api/scans/{id?}', 'api/scans/7', { id: '7' }],
  ['api/scans/{from?}/{to?}', 'api/scans/7', { from: '7' }],
  ['files/{*path}', 'files/a/b', { path: 'a/b' }],
  ['files/{**path}', 'files', {}],
  ['api/{id:guid}', `api/${guid}`, { id: guid }],
  ['api/{n:int}', 'api/-12', { n: '-12' }],
  ['api/{word:alpha?}', 'api/Abc', { word: 'Abc' }],
])('%s takes %s', (template, path, parameters) => {
  expect(matchRoute(parseRouteTemplate(template), path.split('/'))).toEqual(parameters);
});

test.each([
  ['api/candidates', 'api/candidates/user'],
  ['api/candidates', 'api'],
  ['api/candidates/{id}', 'api/candidates'],
  ['api/candidates/{id}', 'api/candidates/'],
  ['api/scans/{id?}', 'api/scans/7/8'],
  ['api/{id:guid}', 'api/88666888'],
  ['api/{n:int}', 'api/1.5'],
  ['api/{word:alpha}', 'api/a1'],
  ['files/{*path}', 'file/a'],
])('%s does not take %s', (template, path) => {
  expect(matchRoute(parseRouteTemplate(template), path.split('/'))).toBeNull();
});

test.each([
  ['/items', 'begins or ends with "/"'],
  ['items/', 'begins or ends with "/"'],
  ['items//x', 'empty segment'],
  ['items?x', '"?" or "~"'],
  ['items/{id', 'has the segment "{id"'],
  ['items/x-{id}', 'has the segment "x-{id}"'],
  ['items/{id=5}', 'has the segment "{id=5}"'],
  ['items/{id:length(5)}', 'has the constraint "length(5)"'],
  ['items/{id:toString}', 'has the constraint "toString"'],
  ['items/{id}/{ID}', 'names a parameter twice'],
  ['items/{id?}/parts', 'optional segment before one that is required'],
  ['items/{*rest}/{*more}', 'before its end'],
])('the route %s is refused', (template, why) => {
  expect(() => parseRouteTemplate(template)).toThrow(why);
});
