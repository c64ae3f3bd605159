import { z } from 'zod';
import { reviewRoutes } from '../../functions/httpRoutes';
import { itemRefusals, type ItemOutcome } from '../../shared/core/review/itemOutcome';
import { readDocument, section, table } from './markdown';

const document = readDocument('docs/http-api.md');
const namesIn = (heading: string, column: string): (string | undefined)[] =>
  table(section(document, heading), column).map(([name]) => name);

const id = '00000000-0000-0000-0000-000000000000';

/** The path as the document says it: a route about users alone names them. */
const toldPath = ({ path, params }: (typeof reviewRoutes)[number]): string =>
  params && !params.safeParse({ type: 'group', id }).success && params.safeParse({ type: 'user', id }).success
    ? path.replace('{type}', 'user')
    : path;

test('every route is listed, with its roles', () => {
  const expected = reviewRoutes.map(
    route =>
      `${route.method} /api${toldPath(route)}: ${route.roles.join(' or ')}${route.person ? ', a person' : ''}`,
  );
  const rows = table(section(document, '## Routes'), 'Route', 'Role');
  expect(new Set(rows.map(([route, role]) => `${route}: ${role}`))).toEqual(
    // The only one without a token is a function of its own.
    new Set(['GET /api/health: none', ...expected]),
  );
  expect(rows).toHaveLength(expected.length + 1);
});

test('every parameter of the list of candidates is told', () => {
  const list = reviewRoutes.find(({ operationId }) => operationId === 'listCandidates');
  const { properties } = z.toJSONSchema(list!.query!, { io: 'input' });
  expect(new Set(namesIn('## Candidates', 'Parameter'))).toEqual(new Set(Object.keys(properties!)));
});

test('every refusal of a call that deletes is listed, in the order of the code', () => {
  expect(namesIn('## Deleting', 'refusal')).toEqual([...itemRefusals]);
});

test('every outcome of one object of such a call is listed', () => {
  const kinds: Readonly<Record<ItemOutcome['kind'], true>> = {
    deleted: true,
    gone: true,
    manual: true,
    failed: true,
    quarantined: true,
    refused: true,
  };
  expect(namesIn('## Deleting', 'kind')).toEqual(Object.keys(kinds));
});
