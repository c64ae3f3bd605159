import { createGraphClient } from '../../../../shared/io/graph/graphClient';
import { createGraphRequests } from '../../../../shared/io/graph/graphRequests';
import { readItems } from '../../../../shared/io/graph/itemReader';
import { credentialOf } from './samples';
import { graphError, page, startScriptedGraph, type ScriptedGraph } from './scriptedGraph';
import { correlationId } from './writeBench';

const path = '/v1.0/groups/1/members';
let graph: ScriptedGraph;
beforeAll(async () => {
  graph = await startScriptedGraph();
});
beforeEach(() => graph.reset());
afterAll(() => graph.stop());
const read = (most: number) =>
  readItems(
    createGraphRequests({
      client: createGraphClient(graph.origin, credentialOf('t')),
      correlationId,
      log: { debug() {}, info() {}, warn() {}, error() {} },
    }),
    `${path}?$top=999`,
    most,
    new AbortController().signal,
  );

test.each([
  [3, [1, 2, 3], true],
  [4, [1, 2, 3, 4], false],
  [5, [1, 2, 3, 4], false],
])('at most %d of four items; whether there are more is known', async (most, items, more) => {
  graph.script(path, page([1, 2], 'a'), page([3, 4]));
  expect(await read(most)).toMatchObject({ kind: 'read', items, more });
});

test('no page is asked for after it is known that there are more', async () => {
  graph.script(path, page([1, 2, 3], 'a'), page([4]));
  expect(await read(2)).toMatchObject({ items: [1, 2], more: true });
  expect(graph.asked).toHaveLength(1);
});

test('that many and a further page: one item of it tells whether there are more', async () => {
  graph.script(path, page([1, 2], 'a'), page([]));
  expect(await read(2)).toMatchObject({ items: [1, 2], more: false });
});

test('a refusal is a value', async () => {
  graph.script(path, graphError(403, 'Authorization_RequestDenied'));
  expect(await read(2)).toMatchObject({ kind: 'refused', refusal: { status: 403 } });
});
