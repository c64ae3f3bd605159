import { randomUUID } from 'node:crypto';
import path from 'node:path';
import { TableClient } from '@azure/data-tables';
import { QueueClient } from '@azure/storage-queue';
import type { HostLogEntry } from '../support/functionsHost/hostLog';
import { createHost, type FunctionsHost } from '../support/functionsHost/host';
import { jestApp } from '../support/functionsHost/jestApp';
import { startOpenIdProvider, type OpenIdProvider } from '../support/openIdProvider/openIdProvider';
import { makeOrganisation } from '../support/organisation/makeOrganisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startServices, type Services } from '../support/stack/services';
import { createCertificateAuthority } from '../support/tls';
import { trustAuthority } from '../support/trust';

const root = path.join(__dirname, '..', '..');
const organisation = makeOrganisation({ seed: 9, objects: 250, now: Date.now() });

/** Both parts on the local host, with real HTTP, a real queue and real tables between them. */
describe('a scan that is asked for', () => {
  const environment = process.env;
  let services: Services;
  let provider: OpenIdProvider;
  let review: FunctionsHost;
  let scan: FunctionsHost;
  const entries: HostLogEntry[] = [];
  const waiting: { readonly count: number; readonly resolve: () => void }[] = [];
  const ends = (): HostLogEntry[] =>
    entries.filter(({ message }) => message.startsWith("Executed 'Functions.scanRequests'"));

  /** Resolves when the queue's function has ended this many times. */
  const ended = (count: number): Promise<void> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (ends().length >= count) resolve();
    else waiting.push({ count, resolve });
    return promise;
  };
  const start = (part: string): Promise<FunctionsHost> => {
    process.env['APP_PART'] = part;
    return createHost({
      appDirectory: root,
      log: entry => {
        entries.push(entry);
        for (const { count, resolve } of waiting) if (ends().length >= count) resolve();
      },
      endWorker: reason => {
        throw reason;
      },
      loadApp: jestApp(() => require('../../functions')),
      queuePollMs: 20,
    });
  };

  beforeAll(async () => {
    services = await startServices({ organisation, scanSettings: candidatesAtOnce });
    const authority = await createCertificateAuthority();
    trustAuthority(authority.cert);
    provider = await startOpenIdProvider({
      certificate: await authority.issue(),
      tenantId: organisation.tenantId,
    });
    process.env = { ...environment, ...services.settings, ...services.platform, ...provider.settings };
    review = await start('review');
    scan = await start('scan');
  });
  afterAll(async () => {
    await scan?.stop();
    await review?.stop();
    await provider?.stop();
    await services?.stop();
    process.env = environment;
  });
  beforeEach(() => entries.splice(0));

  const request = (body: object = {}): Promise<Response> =>
    fetch(`${review.url}/api/scans`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${provider.forge(provider.claimsOf('approver'))}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify(body),
    });
  const recorded = async (runId: string): Promise<string[]> =>
    (await services.runs.newest(100, AbortSignal.timeout(10_000)))
      .filter(run => run.runId === runId)
      .map(run => run.state);

  test('over HTTP runs in the part scan, under the run id that was answered, with an audit row', async () => {
    const answer = await request();
    expect(answer.status).toBe(202);
    const { runId } = (await answer.json()) as { runId: string };
    expect(answer.headers.get('location')).toBe(`/api/scans/${runId}`);
    await ended(1);
    expect(await recorded(runId)).toEqual(['finished']);
    expect((await services.candidates()).length).toBeGreaterThan(0);
    const audit = new TableClient(services.azurite.tableEndpoint, 'AuditLog', services.operator);
    const rows = await Array.fromAsync(audit.listEntities<{ action?: string; runId?: string }>());
    expect(rows.filter(row => row.action === 'scanRequested').map(row => row.runId)).toEqual([runId]);
  });

  test('twice, and delivered twice, is one run', async () => {
    const runId = randomUUID();
    await Promise.all([request({ runId }), request({ runId })]);
    await ended(2);
    expect(await recorded(runId)).toEqual(['finished']);
    expect(entries.map(({ message }) => message)).toContainEqual(
      expect.stringContaining(`(${runId}) was asked for once more: it is finished already`),
    );
  });

  test.each(['{"runId":"../../secret"}', 'secret', `{"runId":"${randomUUID()}","more":"secret"}`])(
    'by anything else (%j) is dropped with a line that does not say it',
    async text => {
      const queue = new QueueClient(`${services.azurite.queueEndpoint}/scan-requests`, services.operator);
      const before = (await services.runs.newest(100, AbortSignal.timeout(10_000))).length;
      await queue.sendMessage(Buffer.from(text).toString('base64'));
      await ended(1);
      expect((await services.runs.newest(100, AbortSignal.timeout(10_000))).length).toBe(before);
      const lines = entries.map(({ message }) => message).join('\n');
      expect(lines).toContain('was dropped');
      expect(lines).not.toContain('secret');
      expect(ends()[0]?.message).toContain('Succeeded');
    },
  );

  test('by the host itself fails its invocation where the run failed, or the settings are wrong', async () => {
    const before = process.env;
    const text = JSON.stringify({ runId: randomUUID() });
    try {
      process.env = { ...before, TENANT_ID: 'contoso' };
      await expect(scan.runQueue('scanRequests', text)).rejects.toThrow(/TENANT_ID/);
      process.env = { ...before, DATA_BLOB_ENDPOINT: `${services.azurite.blobEndpoint}x` };
      await expect(scan.runQueue('scanRequests', text)).rejects.toThrow(/container/);
    } finally {
      process.env = before;
    }
  });

  test('a setting of deciding that is wrong is a problem, and the log names it', async () => {
    const before = process.env;
    try {
      process.env = { ...before, APP_PART: 'review', APPROVAL_DAYS: 'secret' };
      const answer = await request();
      expect([answer.status, await answer.text()]).toEqual([
        503,
        expect.stringContaining('configurationInvalid'),
      ]);
      expect(entries.map(({ message }) => message).join('\n')).toContain('APPROVAL_DAYS');
      process.env = { ...before, APP_PART: 'scan', APPROVAL_DAYS: 'secret' };
      expect((await request()).status).toBe(503);
    } finally {
      process.env = before;
    }
    expect(entries.map(({ message }) => message).join('\n')).not.toContain('secret');
  });

  test('rules and decisions go into the tables that the wiring names', async () => {
    const row = (await services.candidates()).find(one => one.type === 'user' && one.state === 'candidate')!;
    const ask = (url: string, headers: object, body: object): Promise<Response> =>
      fetch(`${review.url}/api${url}`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${provider.forge(provider.claimsOf('approver'))}`,
          'content-type': 'application/json',
          ...headers,
        },
        body: JSON.stringify(body),
      });
    const item = { type: row.type, id: row.id, evidenceHash: row.evidenceHash };
    const approved = await ask('/approvals', {}, { items: [item], confirmation: '1' });
    expect(await approved.json()).toMatchObject({ items: [{ status: 'approved' }] });
    const rule = await ask(
      '/rules',
      {},
      {
        content: { kind: 'breakGlass', userId: row.id },
        reason: 'test',
        expiresAt: null,
      },
    );
    expect(rule.status).toBe(201);
    const decisions = new TableClient(services.azurite.tableEndpoint, 'Decisions', services.operator);
    expect(await decisions.getEntity(row.type, row.id)).toMatchObject({ state: 'approved' });
  });
});
