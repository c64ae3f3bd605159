import { execFile } from 'node:child_process';
import { once } from 'node:events';
import http from 'node:http';
import path from 'node:path';
import { promisify } from 'node:util';
import { TableClient } from '@azure/data-tables';
import type { User } from '@microsoft/microsoft-graph-types';
import { containerNames, tableNames } from '../../shared/io/storageNames';
import { bringBack } from '../support/organisation/edits';
import { sampleUsers } from '../support/openIdProvider/sampleIdentities';
import { exportAgeMs, makeOrganisation } from '../support/organisation/makeOrganisation';
import type { Organisation } from '../support/organisation/organisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startStack, type Stack } from '../support/stack/stack';
import { reviewSteps, type ListedItem, type ReviewSteps } from './reviewSteps';

const root = path.join(__dirname, '..', '..');
const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** What a spreadsheet would calculate and a page would run, in a name that anybody on-premises may choose. */
const hostileName = '=HYPERLINK("https://evil.example","<img src=x onerror=alert(1)>")';

/** The exports start ten minutes ago, so that those of now still have the verdicts that the generator knows. */
function sampleOrganisation(): Organisation {
  const made = makeOrganisation({ seed: 21, objects: 1200, now: Date.now() + exportAgeMs - 10 * minuteMs });
  const named = made.orphans.find(({ type }) => type === 'user')?.cloudId;
  const users = made.cloud.users.map(user =>
    user.id === named ? { ...user, displayName: hostileName } : user,
  );
  return { ...made, cloud: { ...made.cloud, users } };
}

jest.setTimeout(120_000);

/**
 * The whole review, as its users have it: the built app in two processes, and nothing but HTTP with tokens of the OpenID provider.
 * Only what happens outside of the app (Active Directory, Entra ID, time) is done directly.
 */
describe('the review, through HTTP only', () => {
  const organisation = sampleOrganisation();
  let stack: Stack;
  let steps: ReviewSteps;
  let users: readonly ListedItem[];
  const log: string[] = [];
  /** The next candidate that no test has used. */
  const another = (): ListedItem => {
    const [item, ...rest] = users;
    if (!item) throw new Error('the sample organisation has too few orphaned users');
    users = rest;
    return item;
  };
  const inGraph = (item: ListedItem): Readonly<User> | undefined =>
    stack.graph.directory.get('user', item.facts.id);
  const deletionsOf = (item: ListedItem): number =>
    stack.graph.directory.deletions.filter(({ id }) => id === item.facts.id).length;
  const auditOf = async ({ facts: { id } }: ListedItem): Promise<string[]> =>
    (await steps.audit()).filter(row => row.object?.id === id).map(row => row.action);

  beforeAll(async () => {
    stack = await startStack({
      organisation,
      scanSettings: candidatesAtOnce,
      onLogLine: line => log.push(line),
    });
    steps = reviewSteps(stack);
    await steps.scan();
    users = (await steps.list('status=candidate&type=user')).filter(
      ({ facts }) => facts.displayName !== hostileName,
    );
  });
  afterAll(() => stack?.stop());

  test('the candidates are the orphans of the organisation, no more and no fewer', async () => {
    const found = (await steps.list('status=candidate')).map(({ facts }) => facts.id);
    expect(found.toSorted()).toEqual(organisation.orphans.map(({ cloudId }) => cloudId).toSorted());
    expect(users.length).toBeGreaterThan(10);
  });

  test('the part that scans can not get a token of the deleter, nor of the other reader', async () => {
    const { deleterClientId, settings } = stack.review;
    const statusFrom = async (
      { IDENTITY_ENDPOINT: url = '', IDENTITY_HEADER: header = '' }: Readonly<Record<string, string>>,
      clientId: string,
    ): Promise<number> => {
      const query = new URLSearchParams({
        'api-version': '2019-08-01',
        resource: stack.graph.endpoint,
        client_id: clientId,
      });
      const answer = await fetch(`${url}?${query.toString()}`, { headers: { 'x-identity-header': header } });
      return answer.status;
    };
    const reviewer = settings['READER_CLIENT_ID'] ?? '';
    const scanner = stack.settings['READER_CLIENT_ID'] ?? '';
    for (const [platform, granted] of [
      [stack.platform, [scanner]],
      [stack.review.platform, [reviewer, deleterClientId]],
    ] as const)
      for (const clientId of [scanner, reviewer, deleterClientId])
        expect(await statusFrom(platform, clientId)).toBe(granted.includes(clientId) ? 200 : 400);
    // Whatever header it has: each endpoint has its own.
    expect(
      await statusFrom(
        { ...stack.platform, IDENTITY_ENDPOINT: stack.review.platform['IDENTITY_ENDPOINT'] ?? '' },
        deleterClientId,
      ),
    ).toBe(403);
  });

  test('deletion is off by default: refused, and nothing is read or asked', async () => {
    const item = another();
    expect((await steps.approve(item)).status).toBe(200);
    const before = stack.graph.requests.length;
    const answer = await steps.remove([item]);
    expect([answer.status, answer.json.type]).toEqual([403, '/problems/deletionDisabled']);
    expect(stack.graph.requests).toHaveLength(before);
    expect(inGraph(item)).toBeDefined();
  });

  describe('with deletion switched on', () => {
    beforeAll(() => stack.reviewing.restart({ ROLLOUT_STAGE: 'normal', DELETIONS_PER_DAY: '200' }));
    afterEach(() => stack.graph.faults.clear());

    test('scan, explain, approve, wait for an export, delete, restore: one effect and one audit row a step', async () => {
      const item = another();
      const { id, evidenceHash } = item.facts;
      const earlier = (await steps.audit()).length;

      const explained = await steps.call('reader', 'GET', `/explain/user/${id}`);
      expect(explained.json).toMatchObject({ judgement: { evidenceHash }, decision: null });

      expect(await steps.approve(item)).toMatchObject({ status: 200, json: { state: 'approved' } });

      const refused = await steps.remove([item]);
      expect(refused.json.items).toMatchObject([
        { id, outcome: { kind: 'refused', refusal: 'waitingForExport', backToReview: false } },
      ]);
      const requests = await Array.fromAsync(
        stack.blobs.getContainerClient(containerNames.requests).listBlobsFlat(),
      );
      expect(requests.map(({ name }) => name).toSorted()).toEqual(
        organisation.sources.map(({ source }) => `${source}/export.json`).toSorted(),
      );

      await stack.upload(organisation, 'now');
      const deleted = await steps.remove([item]);
      expect(deleted.json.items).toMatchObject([{ id, outcome: { kind: 'deleted', confirmed: true } }]);
      expect(Date.parse(deleted.json.items[0]?.outcome.restorableUntil ?? '')).toBeGreaterThan(
        Date.now() + 29 * dayMs,
      );
      expect(inGraph(item)).toBeUndefined();
      expect(deletionsOf(item)).toBe(1);
      expect(
        stack.graph.requests.filter(({ method, appId }) => method === 'DELETE' && appId !== null),
      ).toMatchObject([{ appId: stack.review.deleterClientId, status: 204 }]);

      const restorable = (await steps.list('decision=deleted')).find(({ facts }) => facts.id === id);
      expect(restorable).toMatchObject({
        decision: { state: 'deleted' },
        reversibility: { kind: 'restorable', days: 30 },
      });

      const restored = await steps.call('deleter', 'POST', `/candidates/user/${id}/restore`, {
        body: { comment: 'she is on leave' },
      });
      expect(restored).toMatchObject({ status: 200, json: { state: 'restored', how: 'now' } });
      expect(inGraph(item)?.displayName).toBe(item.facts.displayName);
      expect(deletionsOf(item)).toBe(1);

      const rows = (await steps.audit()).slice(earlier);
      expect(rows.map(({ action, actor, object }) => [action, actor.name, object?.id])).toEqual([
        ['candidateApproved', sampleUsers.approver.login, id],
        ...organisation.sources.map(({ source }) => ['exportRequested', sampleUsers.deleter.login, source]),
        ['deletionStarted', sampleUsers.deleter.login, id],
        ['deletionSucceeded', sampleUsers.deleter.login, id],
        ['restored', sampleUsers.deleter.login, id],
      ]);
    });

    test('after a restore the object is not deleted again without a new approval', async () => {
      const [item] = await steps.list('decision=restored');
      const answer = await steps.remove([item!]);
      expect(answer.json.items).toMatchObject([{ outcome: { kind: 'refused', refusal: 'notApproved' } }]);
      expect(deletionsOf(item!)).toBe(1);
    });

    test('the approver may not delete, and the deleter may not approve', async () => {
      const item = another();
      const approval = await steps.approve(item, 'deleter');
      expect([approval.status, approval.json['type']]).toEqual([403, '/problems/roleMissing']);
      await steps.approve(item);
      await stack.upload(organisation, 'now');
      const deletion = await steps.remove([item], { user: 'approver' });
      expect([deletion.status, deletion.json.type]).toEqual([403, '/problems/roleMissing']);
      expect(inGraph(item)).toBeDefined();
      expect(await auditOf(item)).toEqual(['candidateApproved']);
    });

    describe('what changed between approval and deletion is not deleted, with the reason, and is back to review', () => {
      /** Approves, lets something happen, has a fresh export made, and tries to delete. */
      async function changed(
        happens: (item: ListedItem) => Organisation | void | Promise<void>,
        item = another(),
      ): Promise<{ item: ListedItem; refusal: string | undefined }> {
        expect((await steps.approve(item)).status).toBe(200);
        const now = await happens(item);
        await stack.upload(now ?? organisation, 'now');
        const answer = await steps.remove([item]);
        expect(answer.json.items).toMatchObject([{ outcome: { kind: 'refused', backToReview: true } }]);
        expect(deletionsOf(item)).toBe(0);
        expect(inGraph(item)).toBeDefined();
        expect(await auditOf(item)).toEqual(['candidateApproved', 'decisionLapsed']);
        expect((await steps.read(item)).decision).toMatchObject({ state: 'lapsed' });
        return { item, refusal: answer.json.items[0]?.outcome.refusal };
      }
      const change = (item: ListedItem, properties: User): void =>
        stack.graph.directory.put('user', { ...inGraph(item), ...properties });

      test('the object has another anchor in Graph', async () => {
        const anchor = Buffer.from('another anchor!!').toString('base64');
        const { refusal } = await changed(item => change(item, { onPremisesImmutableId: anchor }));
        expect(refusal).toBe('evidenceChanged');
      });

      test('the object came back in Active Directory', async () => {
        const item = users.find(({ facts }) => facts.outcome === 'deleted');
        users = users.filter(one => one !== item);
        const { refusal } = await changed(one => bringBack(organisation, one.facts.id), item);
        expect(refusal).toBe('cameBack');
      });

      test('the object was synchronised again', async () => {
        const { refusal } = await changed(item =>
          change(item, { onPremisesLastSyncDateTime: new Date().toISOString() }),
        );
        expect(refusal).toBe('syncedSince');
      });

      test('the object is not synced any more', async () => {
        const { refusal } = await changed(item => change(item, { onPremisesSyncEnabled: null }));
        expect(refusal).toBe('notSynced');
      });

      test('the approval expired', async () => {
        const { refusal } = await changed(async ({ facts: { type, id } }) => {
          // The days of its life pass: only the row's own time tells.
          const decisions = new TableClient(
            stack.azurite.tableEndpoint,
            tableNames.decisions,
            stack.operator,
          );
          const approvalExpiresAt = new Date(Date.now() - 1000);
          await decisions.updateEntity({ partitionKey: type, rowKey: id, approvalExpiresAt }, 'Merge');
        });
        expect(refusal).toBe('approvalExpired');
      });
    });

    test('an export that is older than the approval proves nothing, though it came later', async () => {
      const item = another();
      await stack.upload(organisation, 'now');
      // An export's folder is named by its second: the next one begins in another.
      await new Promise(resolve => setTimeout(resolve, 1001));
      const startedAt = Date.now();
      await steps.approve(item);
      await stack.upload(organisation, { startedAt });
      const answer = await steps.remove([item]);
      expect(answer.json.items).toMatchObject([
        { outcome: { kind: 'refused', refusal: 'waitingForExport', backToReview: false } },
      ]);
      expect(deletionsOf(item)).toBe(0);
      expect((await steps.read(item)).decision).toMatchObject({ state: 'approved' });
    });

    describe('what is no id, no query and no body is refused, and nothing changes', () => {
      const guid = '0a0a0a0a-0000-4000-8000-000000000001';
      const ids = [
        '..',
        '../../admin/host',
        '%2e%2e%2f%2e%2e%2fadmin',
        'a/b',
        "'",
        `${guid}'`,
        `${guid}' or PartitionKey ne '`,
        "x') or (1 eq 1",
        `${guid}%00`,
        `${guid}?$select=id`,
        '$ref',
        '_caps',
      ];
      const state = async (): Promise<unknown> => [
        await steps.list(''),
        await steps.audit(),
        stack.graph.requests.length,
      ];
      let before: unknown;
      beforeAll(async () => {
        before = await state();
      });
      const isRefused = (status: number): boolean => status >= 400 && status < 500;

      /** Of a POST to this path as it is: `fetch` would resolve the dots. */
      async function rawStatus(target: string): Promise<number> {
        const { hostname, port } = new URL(stack.reviewing.worker.url);
        const authorization = `Bearer ${await stack.reviewing.tokenOf('both')}`;
        const headers = { authorization, 'content-type': 'application/json', 'content-length': 2 };
        const request = http.request({ hostname, port, path: target, method: 'POST', headers });
        request.end('{}');
        const [answer] = (await once(request, 'response')) as [http.IncomingMessage];
        answer.resume();
        return answer.statusCode ?? 0;
      }

      test('in a path', async () => {
        for (const id of ids) {
          for (const text of new Set([id, encodeURIComponent(id)])) {
            const calls = [
              steps.call('both', 'GET', `/candidates/user/${text}`),
              steps.call('both', 'GET', `/explain/user/${text}`),
              steps.call('both', 'POST', `/candidates/user/${text}/approve`, {
                headers: { 'if-match': '"x"' },
                body: { evidenceHash: 'a'.repeat(64) },
              }),
              steps.call('both', 'POST', `/candidates/user/${text}/restore`, { body: {} }),
            ];
            for (const { status } of await Promise.all(calls))
              expect([text, status, isRefused(status)]).toEqual([text, status, true]);
          }
        }
        expect(await state()).toEqual(before);
      });

      test('in a path that no client has tidied up', async () => {
        for (const id of [
          '..',
          '../..',
          '../../../admin/functions/nightlyScan',
          './x',
          `//${guid}`,
          `${guid}/..`,
        ])
          for (const route of [`/api/candidates/user/${id}/approve`, `/api/explain/user/${id}`]) {
            const status = await rawStatus(route);
            expect([route, status, isRefused(status)]).toEqual([route, status, true]);
          }
        expect(await state()).toEqual(before);
      });

      test('in a query and in a body', async () => {
        for (const id of ids) {
          const text = encodeURIComponent(id);
          const calls = [
            steps.call('both', 'GET', `/candidates?type=${text}`),
            steps.call('both', 'GET', `/candidates?continuation=${text}`),
            steps.call('both', 'GET', `/candidates?%24filter=${text}`),
            steps.call('both', 'GET', `/audit?part=${text}`),
            steps.call('both', 'GET', `/audit?part=review&month=${text}`),
            steps.call('both', 'POST', '/scans', { body: { runId: id } }),
            steps.call('both', 'POST', '/deletions', {
              body: { callId: guid, confirmation: '1', ids: [{ type: 'user', id }] },
            }),
            steps.call('both', 'POST', '/deletions', {
              body: { callId: id, confirmation: '1', ids: [{ type: 'user', id: guid }] },
            }),
            steps.call('both', 'POST', '/approvals', {
              body: { confirmation: '1', items: [{ type: 'user', id, evidenceHash: 'a'.repeat(64) }] },
            }),
          ];
          for (const { status } of await Promise.all(calls))
            expect([id, status, isRefused(status)]).toEqual([id, status, true]);
        }
        expect(await state()).toEqual(before);
      });

      test('bodies of 10 MB', async () => {
        const large = JSON.stringify({ comment: 'x'.repeat(10 * 1024 * 1024) });
        for (const route of [
          '/deletions',
          '/approvals',
          '/scans',
          '/rules',
          `/candidates/user/${guid}/approve`,
        ]) {
          const { status } = await steps.call('both', 'POST', route, {
            headers: { 'if-match': '"x"' },
            body: large,
          });
          expect([route, status]).toEqual([route, 413]);
        }
        expect(await state()).toEqual(before);
      });
    });

    test('a name with HTML and a formula stays text in JSON, and is harmless in CSV', async () => {
      const search = encodeURIComponent('evil.example');
      const found = await steps.call<{ items: ListedItem[] }>(
        'reader',
        'GET',
        `/candidates?search=${search}`,
      );
      expect(found.headers.get('content-type')).toMatch(/^application\/json/);
      expect(found.headers.get('x-content-type-options')).toBe('nosniff');
      expect(found.json.items.map(({ facts }) => facts.displayName)).toEqual([hostileName]);
      const csv = await steps.call('reader', 'GET', '/candidates', { headers: { accept: 'text/csv' } });
      expect(csv.headers.get('content-type')).toBe('text/csv; charset=utf-8');
      expect(csv.text).toContain(`"'${hostileName.replaceAll('"', '""')}"`);
      expect(csv.text).not.toMatch(/(?:^|[,\n"])=/m);
    });

    test('the audit log is whole, over HTTP and by the command', async () => {
      const report = await steps.call('reader', 'GET', '/audit/verify');
      const rows = (await steps.audit()).length;
      expect(report.json).toMatchObject({ status: 'whole', rows, findingsInAll: 0 });
      const { settings, platform } = stack.review;
      const command = path.join(root, 'dist', 'shared', 'io', 'cli', 'auditVerify.js');
      const run = promisify(execFile)(process.execPath, [command], {
        env: { PATH: process.env['PATH'], ...settings, ...platform },
      });
      expect((await run).stdout).toContain(`The audit log is whole: 1 chains with ${rows} rows.`);
    });

    test('the log of the app names nobody', () => {
      const names = organisation.cloud.users.flatMap(user => [user.displayName, user.userPrincipalName]);
      const text = log.join('\n');
      expect(names.filter(name => name && name.length > 8 && text.includes(name))).toEqual([]);
    });
  });
});
