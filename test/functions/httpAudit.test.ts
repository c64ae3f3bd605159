import { auditRoute, verifyAuditRoute } from '../../functions/httpAudit';
import type { AuditFault } from '../../shared/core/auditVerification';
import { november, recordAll } from '../shared/io/audit/auditContract';
import { expectDocumented } from '../shared/io/http/expectDocumented';
import { ReadingApi } from './readingApi';

let api: ReadingApi;
beforeEach(async () => {
  api = await ReadingApi.open();
});

const ids = (count: number): string[] => Array.from({ length: count }, (_, at) => `operation-${at}`);

async function answered(path: string, route: typeof auditRoute): Promise<unknown> {
  const answer = await api.get(path);
  expect(answer.status).toBe(200);
  return await expectDocumented(route, answer);
}

describe('GET /audit', () => {
  test('answers the rows of a chain in their order, from page to page', async () => {
    await recordAll(api.auditStore, ids(3));
    const first = await answered(`/audit?part=review&month=${november.month}&limit=2`, auditRoute);
    expect(first).toMatchObject({
      part: 'review',
      month: '202611',
      months: ['202611'],
      rows: [
        {
          key: '0000000001',
          problem: null,
          row: { sequence: 1, operationId: 'operation-0', hash: expect.any(String) },
        },
        { row: { sequence: 2 } },
      ],
      next: 2,
    });
    expect(await answered('/audit?part=review&limit=2&after=2', auditRoute)).toMatchObject({
      rows: [{ row: { operationId: 'operation-2' } }],
      next: null,
    });
    expect(await answered('/audit?part=scan', auditRoute)).toEqual({
      part: 'scan',
      month: null,
      months: [],
      rows: [],
      next: null,
    });
  });

  test('shows that a row can not be read, with the reason', async () => {
    await recordAll(api.auditStore, ids(1));
    const [chain] = api.auditStore.table.chains.values();
    chain!.rows = [{ key: '0000000001', row: null, problem: 'no such columns' }];
    expect(await answered('/audit?part=review', auditRoute)).toMatchObject({
      rows: [{ row: null, problem: 'no such columns' }],
    });
  });

  test.each([
    '',
    'part=agent',
    'part=scan&month=2026-11',
    'part=scan&month=202613',
    'part=scan&after=-1',
    'part=scan&limit=0',
  ])('refuses %j', async query => {
    const answer = await api.get(`/audit?${query}`);
    expect(answer.status).toBe(400);
    await expectDocumented(auditRoute, answer);
  });
});

describe('GET /audit/verify', () => {
  test('says that the log is whole, of one part or of both', async () => {
    await recordAll(api.auditStore, ids(3));
    expect(await answered('/audit/verify', verifyAuditRoute)).toEqual({
      status: 'whole',
      chains: 1,
      rows: 3,
      findings: [],
      findingsInAll: 0,
    });
    expect(await answered('/audit/verify?part=scan', verifyAuditRoute)).toMatchObject({ chains: 0 });
  });

  test('names what is wrong', async () => {
    await recordAll(api.auditStore, ids(3));
    const [chain] = api.auditStore.table.chains.values();
    chain!.rows.splice(1, 1);
    const report = (await answered('/audit/verify?part=review', verifyAuditRoute)) as {
      status: string;
      findings: { fault: AuditFault; row: string }[];
      findingsInAll: number;
    };
    expect(report.status).toBe('damaged');
    expect(report.findings).toContainEqual(
      expect.objectContaining({ fault: 'removed', row: 'review-202611/0000000002' }),
    );
    expect(report.findingsInAll).toBe(report.findings.length);
  });

  test('that is not finished says so', async () => {
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockReturnValueOnce(AbortSignal.timeout(10_000));
    timeout.mockReturnValueOnce(AbortSignal.abort(new Error('late')));
    api.auditStore.table.months = async (_, signal?: AbortSignal) => {
      signal?.throwIfAborted();
      return [];
    };
    const report = await answered('/audit/verify', verifyAuditRoute);
    timeout.mockRestore();
    expect(report).toEqual({
      status: 'notFinished',
      detail: expect.stringContaining('npm run audit:verify'),
    });
  });
});
