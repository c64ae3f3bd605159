import { releaseHoldRoute, requestScanRoute } from '../../functions/httpScanRequests';
import { AppError } from '../../shared/core/appError';
import { activeRules, releaseOf } from '../../shared/core/rule';
import { at, later } from '../shared/core/decisions';
import { expectDocumented } from '../shared/io/http/expectDocumented';
import { asApplication } from '../shared/io/http/sampleApi';
import { aGate } from '../support/scanDefaults';
import { anotherPerson, aRun, personId, ReviewBench } from './reviewBench';

let bench: ReviewBench;
beforeEach(() => {
  bench = new ReviewBench();
});
const runId = '0e0e0e0e-0000-4000-8000-000000000009';

describe('asking for a scan', () => {
  const ask = (body: object = {}, given: object = {}): Promise<Response> =>
    bench.ask('POST', '/scans', body, given);

  test('sends the run id, audits it, and says where the run will be', async () => {
    const answer = await ask();
    const { runId: chosen } = (await expectDocumented(requestScanRoute, answer)) as { runId: string };
    expect([answer.status, answer.headers.get('location')]).toEqual([202, `/api/scans/${chosen}`]);
    expect(bench.sent).toEqual([chosen]);
    expect(bench.audit.rows).toMatchObject([
      {
        action: 'scanRequested',
        actor: { kind: 'person', id: personId },
        object: { type: 'scan', id: chosen },
      },
    ]);
  });

  test('with the client’s own run id again is the same run, sent again and audited once', async () => {
    await ask({ runId: runId.toUpperCase() });
    await ask({ runId });
    expect(bench.sent).toEqual([runId, runId]);
    expect(bench.audit.rows).toHaveLength(1);
  });

  test('is for an application with the role, too, and for nobody without it', async () => {
    expect((await ask({}, { claims: asApplication })).status).toBe(202);
    expect(bench.audit.rows).toMatchObject([{ actor: { kind: 'app', name: null } }]);
    for (const role of ['Orphans.Reader', 'Orphans.Deleter'])
      expect((await ask({}, { claims: { roles: [role] } })).status).toBe(403);
  });

  test('that can not be recorded sends nothing', async () => {
    bench.ports = () => ({
      ...bench.memoryPorts(),
      audit: { record: () => Promise.reject(new AppError('storageUnavailable', 'away')) },
    });
    expect((await ask()).status).toBe(503);
    expect(bench.sent).toEqual([]);
  });

  test.each([{ runId: 'x' }, { runId, more: 1 }, []])('%j is refused', async body => {
    expect((await ask(body)).status).toBe(400);
    expect(bench.sent).toEqual([]);
  });
});

describe('releasing a hold', () => {
  const gate = 'volume';
  const subject = { gate, kind: 'volume', source: null, type: null, context: null, severity: 850 } as const;
  const breached = aGate({
    ...subject,
    passed: false,
    found: '900',
    limit: '50',
    reason: 'many',
    holds: true,
  });
  beforeEach(() => {
    bench.runs.runs.push(
      aRun({
        runId,
        gates: [breached, aGate({ gate: 'age' })],
        holds: [{ ...subject, runId, since: at }],
      }),
    );
  });
  const body = { gate, statement: { runId, gate }, reason: 'a department was closed' };
  const release = (more: object = {}, given: object = {}, run = runId): Promise<Response> =>
    bench.ask('POST', `/scans/${run}/release`, { ...body, ...more }, given);
  const active = (): ReturnType<typeof activeRules> => activeRules(bench.rules.rows.values(), later(1_000));

  test('is a rule for this run and this gate, and for no other', async () => {
    const answer = await release();
    expect(answer.status).toBe(201);
    expect(await expectDocumented(releaseHoldRoute, answer)).toMatchObject({
      kind: 'holdRelease',
      content: { runId, gate },
      reason: 'a department was closed',
    });
    expect(releaseOf(active(), runId, gate)).not.toBeNull();
    expect(releaseOf(active(), runId, 'age')).toBeNull();
    expect(releaseOf(active(), aRun().runId, gate)).toBeNull();
    expect(bench.audit.rows).toMatchObject([
      { action: 'holdReleased', object: { type: 'scan', id: runId }, runId, actor: { id: personId } },
    ]);
  });

  test('twice is one release; somebody else’s is one of its own', async () => {
    await release();
    expect((await release()).status).toBe(200);
    expect((await release({}, { claims: anotherPerson })).status).toBe(201);
    expect(bench.audit.rows).toHaveLength(2);
  });

  test.each([
    [{ statement: { runId: aRun().runId, gate } }, 400],
    [{ statement: { runId, gate: 'age' } }, 400],
    [{ statement: { runId } }, 400],
    [{ statement: { runId, gate: 'Volume' } }, 400],
    [{ reason: '' }, 400],
    [{ gate: 'age', statement: { runId, gate: 'age' } }, 409],
    [{ gate: 'none', statement: { runId, gate: 'none' } }, 409],
  ])('%j is refused', async (more, status) => {
    expect(await expectDocumented(releaseHoldRoute, await release(more))).toMatchObject({ status });
    expect([bench.rules.rows.size, bench.audit.rows]).toEqual([0, []]);
  });

  test('a run that is not known is not found', async () => {
    const other = aRun().runId;
    const answer = await release({ statement: { runId: other, gate } }, {}, other);
    expect(await expectDocumented(releaseHoldRoute, answer)).toMatchObject({ status: 404 });
  });

  test.each([
    ['an application', asApplication],
    ['a deleter', { roles: ['Orphans.Deleter'] }],
  ])('%s may not', async (_, claims) => {
    expect((await release({}, { claims })).status).toBe(403);
    expect(bench.rules.rows.size).toBe(0);
  });
});
