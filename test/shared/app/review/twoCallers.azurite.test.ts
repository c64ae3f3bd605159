import { createAuditLog } from '../../../../shared/app/auditWriter';
import { createAuditTrail } from '../../../../shared/app/review/auditTrail';
import { deleteApproved } from '../../../../shared/app/review/deleteApproved';
import type { DeletionPorts } from '../../../../shared/app/review/deletionUseCasePorts';
import { formatInstant, type Instant } from '../../../../shared/core/instant';
import { createAuditMirror } from '../../../../shared/io/audit/auditMirror';
import { createAuditTable } from '../../../../shared/io/audit/auditTable';
import { createCloudDirectory } from '../../../../shared/io/graph/cloudDirectory';
import { createCloudSnapshots } from '../../../../shared/io/graph/cloudSnapshots';
import { createDeletedItems } from '../../../../shared/io/graph/deletedItems';
import { createDeletionRecords } from '../../../../shared/io/snapshots';
import { createDeletionCaps } from '../../../../shared/io/tables/decisionCapsTable';
import { createDecisionTable } from '../../../../shared/io/tables/decisionTable';
import { createRuleTable } from '../../../../shared/io/tables/ruleTable';
import { correlationId, startWriteBench, type WriteBench } from '../../io/graph/writeBench';
import { all, listeningLog, open, startStorage, type Storage } from '../../io/tables/storage';
import { readerRoles } from '../../../support/graph/testGraph';
import { deleter, readyWorld, type DeletionWorld } from './deletionWorld';

// Two instances of the app, each with its own clients, on one account and one tenant, over TLS.

const crowd = Array.from({ length: 200 }, (_, n) => `leaver${n}`);
const perDay = 1_000;

let storage: Storage;
let bench: WriteBench;
let world: DeletionWorld;

beforeAll(async () => {
  world = await readyWorld(crowd, {
    cloud: crowd.map((name, n) => ({
      type: 'user',
      id: `@id(${name})`,
      displayName: name,
      onPremisesImmutableId: `@base64(${name})`,
      onPremisesSecurityIdentifier: `@sid(contoso,${2_000_000 + n})`,
      onPremisesDomainName: 'contoso.example',
    })),
  });
  storage = await startStorage();
  const users = world.directory.objects
    .filter(object => object.type === 'user')
    .map(user => ({
      id: user.id,
      displayName: user.displayName,
      accountEnabled: true,
      userType: 'Member',
      createdDateTime: formatInstant(user.createdDateTime ?? (0 as Instant)),
      onPremisesSyncEnabled: true,
      onPremisesLastSyncDateTime: formatInstant(user.onPremisesLastSyncDateTime ?? (0 as Instant)),
      onPremisesImmutableId: user.onPremisesImmutableId,
      onPremisesSecurityIdentifier: user.onPremisesSecurityIdentifier,
      onPremisesDomainName: user.onPremisesDomainName,
    }));
  bench = await startWriteBench({ users });
  bench.now = world.now;
}, 60_000);
afterAll(async () => {
  await bench?.stop();
  await storage?.stop();
});

test('two callers on the same 200 approved candidates: each is deleted once, with one audit row', async () => {
  const decisions = await storage.table();
  const auditRows = await storage.table();
  const rules = await storage.table();
  const mirror = await storage.container();
  const snapshots = await storage.container();
  for (const { etag: _, ...decision } of world.decisions.rows.values())
    await createDecisionTable(decisions).write(decision, null, open);
  const log = listeningLog();
  const instance = (): DeletionPorts => {
    const requests = bench.reader();
    const audit = createAuditLog({
      part: 'review',
      table: createAuditTable(auditRows),
      mirror: createAuditMirror({ container: mirror }),
      log,
    });
    return {
      ...world.ports(),
      decisions: createDecisionTable(decisions),
      caps: createDeletionCaps({
        table: decisions,
        limits: { perDay, perType: { user: perDay, group: perDay, contact: perDay, device: perDay } },
      }),
      rules: createRuleTable(rules),
      directory: createCloudDirectory({
        endpoint: bench.graph.endpoint,
        credential: {
          getToken: async () => ({
            token: await bench.token({ roles: readerRoles }),
            expiresOnTimestamp: Date.now() + 60_000,
          }),
        },
        correlationId,
        log,
      }),
      deleter: bench.deleter(),
      deletedItems: createDeletedItems(requests),
      snapshots: createCloudSnapshots({ requests, clock: { now: () => world.now as Instant } }),
      records: createDeletionRecords(snapshots),
      audit,
      trail: createAuditTrail(createAuditTable(auditRows)),
      log,
    };
  };
  const ids = crowd.map(name => ({ type: 'user' as const, id: world.idOf(name) }));
  const call = (ports: DeletionPorts, named: typeof ids) =>
    deleteApproved(
      ports,
      world.settings,
      {
        callId: world.callId(),
        by: deleter,
        correlationId,
        scope: { kind: 'named', ids: named },
        confirmation: String(named.length),
      },
      open,
    );
  const answers = await Promise.all([call(instance(), ids), call(instance(), ids.toReversed())]);

  const outcomes = answers.flatMap(answer => (answer.kind === 'answered' ? answer.items : []));
  expect(outcomes).toHaveLength(2 * crowd.length);
  const deletes = bench.graph.requests.filter(({ method }) => method === 'DELETE');
  expect(deletes.map(({ status }) => status)).toEqual(crowd.map(() => 204));
  expect(new Set(deletes.map(({ url }) => url)).size).toBe(crowd.length);
  const rows = await all(
    createAuditTable(auditRows).rows({ part: 'review', month: '202611' as never }, 1, open),
  );
  const succeeded = rows.flatMap(({ row }) =>
    row?.action === 'deletionSucceeded' ? (row.object?.id ?? []) : [],
  );
  expect(succeeded.toSorted()).toEqual(ids.map(({ id }) => id).toSorted());
  const stored = createDecisionTable(decisions);
  for (const { id } of ids) {
    expect((await stored.read('user', id, open))?.state).toBe('deleted');
    const kinds = outcomes.filter(item => item.id === id).map(item => item.outcome.kind);
    expect(kinds.toSorted()).toEqual(['deleted', 'refused']);
  }
  const kept = await all(snapshots.listBlobsFlat({ prefix: 'deleted/' }));
  expect(kept).toHaveLength(crowd.length);
}, 170_000);
