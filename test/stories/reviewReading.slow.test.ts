import path from 'node:path';
import { AzureCliCredential, ManagedIdentityCredential } from '@azure/identity';
import { TableClient } from '@azure/data-tables';
import { candidateRoute, candidatesRoute } from '../../functions/httpCandidates';
import { verifyAuditRoute } from '../../functions/httpAudit';
import { explainRoute } from '../../functions/httpExplain';
import { scanRoute, scansRoute } from '../../functions/httpScans';
import { createAuditLog } from '../../shared/app/auditWriter';
import { createAuditMirror } from '../../shared/io/audit/auditMirror';
import { createAuditTable } from '../../shared/io/audit/auditTable';
import { auditVerify, credentialFor, type ExitCode } from '../../shared/io/cli/auditVerify';
import type { Route, RouteDescription } from '../../shared/io/http/route';
import { containerNames, tableNames } from '../../shared/io/storageNames';
import { anEntry } from '../shared/io/audit/auditContract';
import { expectDocumented } from '../shared/io/http/expectDocumented';
import { listeningLog, open } from '../shared/io/tables/storage';
import { createHost, type FunctionsHost } from '../support/functionsHost/host';
import { jestApp } from '../support/functionsHost/jestApp';
import { startOpenIdProvider, type OpenIdProvider } from '../support/openIdProvider/openIdProvider';
import { makeOrganisation } from '../support/organisation/makeOrganisation';
import { candidatesAtOnce } from '../support/stack/candidatesAtOnce';
import { startServices, type Services } from '../support/stack/services';
import { createCertificateAuthority } from '../support/tls';
import { trustAuthority } from '../support/trust';

const root = path.join(__dirname, '..', '..');
const environment = process.env;
const organisation = makeOrganisation({ seed: 11, objects: 250, now: Date.now() });

/** The sample organisation was scanned; now somebody reads it over HTTP. Everything but Azure itself is as it is there. */
describe('what the scan found is read over HTTP', () => {
  let services: Services;
  let provider: OpenIdProvider;
  let host: FunctionsHost;
  let token: string;

  const start = async (given: Readonly<Record<string, string>>): Promise<FunctionsHost> => {
    process.env = { ...environment, ...services.settings, ...services.platform, ...given };
    return await createHost({
      appDirectory: root,
      log: () => {},
      endWorker: reason => {
        throw reason;
      },
      loadApp: jestApp(() => require('../../functions')),
    });
  };

  beforeAll(async () => {
    services = await startServices({ organisation, scanSettings: candidatesAtOnce });
    const authority = await createCertificateAuthority();
    trustAuthority(authority.cert);
    const { tenantId } = organisation;
    provider = await startOpenIdProvider({ certificate: await authority.issue(), tenantId });
    const scanning = await start({ APP_PART: 'scan' });
    await scanning.runTimer('nightlyScan');
    await scanning.stop();
    host = await start({ APP_PART: 'review', ...provider.settings });
    ({ access_token: token } = await provider.signIn('approver'));
  });
  afterAll(async () => {
    await host?.stop();
    await provider?.stop();
    await services?.stop();
    process.env = environment;
  });

  async function get<Answer>(route: RouteDescription | Route<never>, below: string): Promise<Answer> {
    const answer = await fetch(`${host.url}/api${below}`, { headers: { authorization: `Bearer ${token}` } });
    expect([below, answer.status]).toEqual([below, 200]);
    return (await expectDocumented(route, answer)) as Answer;
  }

  interface Listed {
    readonly items: readonly { readonly facts: { readonly type: string; readonly id: string } }[];
    readonly continuation: string | null;
  }

  test('page by page, every orphan once', async () => {
    const found: string[] = [];
    for (let next: string | null = ''; next !== null;) {
      const page: Listed = await get(candidatesRoute, `/candidates?status=candidate&limit=3${next}`);
      found.push(...page.items.map(({ facts }) => `${facts.type}/${facts.id}`));
      next = page.continuation === null ? null : `&continuation=${page.continuation}`;
    }
    const orphans = (await services.candidates()).filter(({ state }) => state === 'candidate');
    expect(orphans).toHaveLength(organisation.orphans.length);
    expect(found).toEqual(orphans.map(({ type, id }) => `${type}/${id}`));
  });

  test('each with its evidence, and explained from both sides as the scan judged it', async () => {
    const rows = (await services.candidates()).filter(({ state }) => state !== 'withdrawn');
    const samples = [...new Map(rows.map(row => [`${row.type} ${row.outcome}`, row])).values()];
    expect(samples.length).toBeGreaterThan(5);
    for (const { type, id, outcome, evidenceHash } of samples) {
      const detail = await get(candidateRoute, `/candidates/${type}/${id}`);
      expect(detail).toMatchObject({ facts: { id, outcome }, evidence: { outcome: { kind: outcome } } });
      const explained = await get(explainRoute, `/explain/${type}/${id}`);
      expect(explained).toMatchObject({ judgement: { outcome, evidenceHash }, facts: { id } });
    }
  });

  test('as a list for a spreadsheet', async () => {
    const answer = await fetch(`${host.url}/api/candidates`, {
      headers: { authorization: `Bearer ${token}`, accept: 'text/csv' },
    });
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    const lines = (await answer.text()).split('\r\n');
    expect(lines).toHaveLength((await services.candidates()).length + 2);
  });

  test('with the run that found it', async () => {
    const { items } = await get<{ items: { runId: string }[] }>(scansRoute, '/scans');
    expect(items).toHaveLength(1);
    expect(await get(scanRoute, `/scans/${items[0]!.runId}`)).toMatchObject({
      state: 'finished',
      reasons: [],
    });
  });

  describe('the audit log', () => {
    const verify = async (
      args: readonly string[] = [],
      given: Readonly<Record<string, string | undefined>> = {},
    ): Promise<[ExitCode, string]> => {
      const lines: string[] = [];
      const code = await auditVerify({
        args,
        environment: { ...process.env, ...given },
        print: line => lines.push(line),
        signal: open,
      });
      return [code, lines.join('\n')];
    };
    let table: TableClient;

    beforeAll(async () => {
      const credential = new ManagedIdentityCredential({ clientId: services.settings['READER_CLIENT_ID']! });
      table = new TableClient(services.azurite.tableEndpoint, tableNames.audit, credential);
      const log = createAuditLog({
        part: 'review',
        table: createAuditTable(table),
        mirror: createAuditMirror({ container: services.blobs.getContainerClient(containerNames.audit) }),
        log: listeningLog(),
        sleep: async () => {},
      });
      for (const id of ['one', 'two', 'three']) await log.record(anEntry(id), open);
    });

    test('is verified over HTTP and by npm run audit:verify', async () => {
      expect(await get(verifyAuditRoute, '/audit/verify')).toMatchObject({ status: 'whole', rows: 3 });
      expect(await verify()).toEqual([0, 'The audit log is whole: 1 chains with 3 rows.']);
      expect(await verify(['scan'])).toEqual([0, 'The audit log is whole: 0 chains with 0 rows.']);
    });

    test('that somebody changed is told by both, with the row', async () => {
      await table.updateEntity(
        { partitionKey: 'review-202611', rowKey: '0000000002', actorId: 'x' },
        'Merge',
        {
          etag: '*',
        },
      );
      expect(await get(verifyAuditRoute, '/audit/verify?part=review')).toMatchObject({ status: 'damaged' });
      const [code, printed] = await verify(['review']);
      expect(code).toBe(1);
      expect(printed).toMatch(/^changed review-202611\/0000000002: /m);
      expect(printed).toMatch(/^The audit log is damaged: \d+ findings in 1 chains with 3 rows\.$/m);
    });

    test('that can not be read is not verified, which is not whole', async () => {
      const endpoint = `${services.azurite.tableEndpoint}x`;
      expect(await verify([], { DATA_TABLE_ENDPOINT: endpoint })).toEqual([
        2,
        expect.stringMatching(/^Not verified\. .*AuditLog/),
      ]);
    });

    test('is not looked for with wrong settings: each is named, none is shown', async () => {
      const [code, printed] = await verify([], {
        TENANT_ID: ' ',
        DATA_TABLE_ENDPOINT: 'http://secret',
        READER_CLIENT_ID: undefined,
      });
      expect(code).toBe(2);
      expect(printed).toMatch(/TENANT_ID is missing/);
      expect(printed).toMatch(/DATA_TABLE_ENDPOINT is not valid/);
      expect(printed).toMatch(/READER_CLIENT_ID is missing/);
      expect(printed).not.toContain('secret');
      const [, elsewhere] = await verify([], { DATA_BLOB_ENDPOINT: '', IDENTITY_ENDPOINT: undefined });
      expect(elsewhere).not.toContain('READER_CLIENT_ID');
    });

    test('the command says how it is used', async () => {
      expect(await verify(['--help'])).toEqual([0, expect.stringMatching(/^Usage: npm run audit:verify/)]);
      expect(await verify(['reviews'])).toEqual([2, expect.stringMatching(/^Usage/)]);
    });

    test('the command signs in by the Azure CLI, and in Azure as the reader', () => {
      expect(credentialFor(organisation.tenantId, null)).toBeInstanceOf(AzureCliCredential);
      expect(credentialFor(organisation.tenantId, 'x')).toBeInstanceOf(ManagedIdentityCredential);
    });
  });
});
