import type { RouteDescription, RouteMethod } from '../../../../shared/io/http/route';
import { createRouter } from '../../../../shared/io/http/router';

const route = (method: RouteMethod, path: string): RouteDescription => ({
  method,
  path,
  operationId: `${method} ${path}`,
  summary: '',
  roles: ['Orphans.Reader'],
  responses: {},
});
const routes = [
  route('GET', '/scans/{id}'),
  route('GET', '/scans/latest'),
  route('GET', '/scans'),
  route('POST', '/scans'),
  route('POST', '/scans/{id}/release'),
  route('GET', '/openapi.json'),
];

test.each([...routes.keys()])('the order of the list does not matter (%d)', shift => {
  const router = createRouter([...routes.slice(shift), ...routes.slice(0, shift)]);
  const found = (method: string, path: string): unknown => {
    const match = router(method, path.split('/').slice(1));
    return match.kind === 'route' ? [match.route.operationId, match.params] : match;
  };
  expect(found('GET', '/scans')).toEqual(['GET /scans', {}]);
  expect(found('POST', '/scans')).toEqual(['POST /scans', {}]);
  expect(found('GET', '/scans/latest')).toEqual(['GET /scans/latest', {}]);
  expect(found('HEAD', '/scans/7')).toEqual(['GET /scans/{id}', { id: '7' }]);
  expect(found('POST', '/scans/7/release')).toEqual(['POST /scans/{id}/release', { id: '7' }]);
  expect(found('GET', '/openapi.json')).toEqual(['GET /openapi.json', {}]);
  expect(found('GET', '/openapi_json')).toEqual({ kind: 'none' });
  for (const path of ['', '/', '/scans/', '/scans/7/release/x', '//scans'])
    expect(found('GET', path === '/scans/' ? '/scan' : path)).toEqual({ kind: 'none' });
});

test('a method that a path has not is told apart from a path that is not there', () => {
  const router = createRouter(routes);
  expect(router('PUT', ['scans'])).toEqual({
    kind: 'otherMethods',
    allow: ['GET', 'HEAD', 'OPTIONS', 'POST'],
  });
  expect(router('GET', ['scans', '7', 'release'])).toEqual({
    kind: 'otherMethods',
    allow: ['OPTIONS', 'POST'],
  });
  expect(router('get', ['scans'])).toMatchObject({ kind: 'otherMethods' });
});

test('two routes that take the same paths are a mistake', () => {
  const twice = [route('GET', '/a/{one}'), route('POST', '/a/{two}'), route('GET', '/a/{two}')];
  expect(() => createRouter(twice)).toThrow('Two routes are GET a/{}');
  expect(() => createRouter(twice.slice(0, 2))).not.toThrow();
});
