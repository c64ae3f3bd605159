import type { CloudDeleter, DeleteRequest } from '../../../../shared/app/deletionPorts';
import type { CloudId } from '../../../../shared/core/cloudObject';
import type { Instant } from '../../../../shared/core/instant';
import type { Guid } from '../../../../shared/core/keys/guid';
import { createCloudDeleter, type CloudDeleterOptions } from '../../../../shared/io/graph/cloudDeleter';
import { createGraphClient } from '../../../../shared/io/graph/graphClient';
import { createGraphRequests, type GraphRequests } from '../../../../shared/io/graph/graphRequests';
import { createWriteRate } from '../../../../shared/io/graph/writeRate';
import type { DirectoryContent } from '../../../support/graph/directory';
import type { Fault, FaultCondition } from '../../../support/graph/faults';
import type { GraphStandInOptions } from '../../../support/graph/standIn';
import { idOf, readerRoles, startTestGraph, type TestGraph } from '../../../support/graph/testGraph';

export const deleterAppId = 'dddddddd-0000-4000-8000-000000000001';
export const deleterRoles = [
  'User.DeleteRestore.All',
  'Group.ReadWrite.All',
  'Device.ReadWrite.All',
  'User.EnableDisableAccount.All',
  'User.Read.All',
  'User.RevokeSessions.All',
];
export const correlationId = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee' as Guid;
export const cloudId = (n: number): CloudId => idOf(n) as CloudId;

/** The stand-in with a deleter and a reader, and a clock that only their waits move on. */
export interface WriteBench extends TestGraph {
  now: number;
  waits: number[];
  warnings: string[];
  deleter(change?: Partial<CloudDeleterOptions>, roles?: readonly string[]): CloudDeleter;
  reader(roles?: readonly string[]): GraphRequests;
  fault(change: Fault, times?: number, when?: FaultCondition): void;
  /** The DELETE, POST and PATCH requests that came, as `METHOD path status`. */
  writes(): string[];
  /** A request with a minute to go. */
  request(type: DeleteRequest['type'], n: number, change?: Partial<DeleteRequest>): DeleteRequest;
  /** Forgets faults, requests and waits. */
  reset(): void;
}

export async function startWriteBench(
  content: Partial<DirectoryContent>,
  options: Partial<GraphStandInOptions> = {},
): Promise<WriteBench> {
  const start = Date.UTC(2026, 5, 1);
  let seen = 0;
  const served = await startTestGraph(content, { now: () => bench.now, ...options });
  const { graph } = served;
  const credentialOf = (appId: string, roles: readonly string[]) => ({
    getToken: async () => ({
      token: await served.token({ appId, objectId: appId, roles }),
      expiresOnTimestamp: Date.now() + 60_000,
    }),
  });
  const common = {
    correlationId,
    log: {
      debug() {},
      info() {},
      warn: (message: string) => void bench.warnings.push(message),
      error() {},
    },
    clock: { now: () => bench.now as Instant },
    sleep: async (milliseconds: number) => {
      bench.waits.push(milliseconds);
      bench.now += milliseconds;
    },
    random: () => 0,
  };
  const bench: WriteBench = {
    ...served,
    now: start,
    waits: [],
    warnings: [],
    deleter: (change = {}, roles = deleterRoles) =>
      createCloudDeleter({
        ...common,
        endpoint: graph.endpoint,
        credential: credentialOf(deleterAppId, roles),
        contactsThroughBeta: false,
        // Faster than the clock: what waits then is the retry, not the rate.
        rate: createWriteRate(1_000_000),
        limits: { attemptTimeoutMs: 1_000 },
        ...change,
      }),
    reader: (roles = readerRoles) =>
      createGraphRequests({
        ...common,
        client: createGraphClient(
          graph.endpoint,
          credentialOf('aaaaaaaa-0000-4000-8000-000000000001', roles),
        ),
        limits: { attempts: 3, attemptTimeoutMs: 1_000 },
      }),
    fault: (change, times = 1, when = { appId: deleterAppId }) =>
      graph.faults.add({ when, times, do: change }),
    writes: () =>
      graph.requests
        .slice(seen)
        .filter(({ method }) => method !== 'GET')
        .map(({ method, url, status }) => `${method} ${url} ${String(status)}`),
    request: (type, n, change = {}) => ({
      type,
      id: cloudId(n),
      deadline: (bench.now + 60_000) as Instant,
      privileged: 'unknown',
      ...change,
    }),
    reset() {
      graph.faults.clear();
      graph.throttle(null);
      seen = graph.requests.length;
      bench.waits = [];
      bench.warnings = [];
    },
  };
  return bench;
}
