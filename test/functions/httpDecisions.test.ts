import { approveManyRoute, approveRoute, rejectRoute, reopenRoute } from '../../functions/httpDecisions';
import { AppError } from '../../shared/core/appError';
import type { CloudId } from '../../shared/core/cloudObject';
import type { StoredDecision } from '../../shared/core/decision';
import { activeRules } from '../../shared/core/rule';
import { formatInstant } from '../../shared/core/instant';
import { ada, at, dayMs, decisions, evidenceHash, later, otherHash, userId } from '../shared/core/decisions';
import { aRule } from '../shared/core/rules';
import { asApplication } from '../shared/io/http/sampleApi';
import { expectDocumented } from '../shared/io/http/expectDocumented';
import { anotherPerson, aRun, groupId, personId, ReviewBench, secretName, someFacts } from './reviewBench';

let bench: ReviewBench;
beforeEach(() => {
  bench = new ReviewBench();
  bench.runs.runs.push(aRun());
});
const approve = (body: object = {}, given = {}): Promise<Response> =>
  bench.decide('approve', { evidenceHash, ...body }, given);
const documented = async (response: Response, route = approveRoute): Promise<Record<string, unknown>> =>
  (await expectDocumented(route, response)) as Record<string, unknown>;
const refusedAs = (status: number, type: string): object =>
  expect.objectContaining({ status, type: `/problems/${type}` }) as object;
const approvalOf = (row: StoredDecision | undefined): unknown => row && 'approval' in row && row.approval;

describe('approving', () => {
  test('writes who approved which evidence of which run, until when, and one audit row of it', async () => {
    bench.has();
    const answer = await approve({ comment: ' left in May ' });
    expect(answer.headers.get('etag')).toBe(bench.tag());
    expect(await documented(answer)).toEqual({
      type: 'user',
      id: userId,
      state: 'approved',
      changedAt: formatInstant(at),
      operationId: expect.stringMatching(/^approve\.user\.0b0b0b0b-[0-9a-f.-]+$/),
      expiresAt: formatInstant(later(14)),
    });
    expect(approvalOf(bench.decisions.rows.get(`user/${userId}`))).toEqual({
      by: { id: personId, name: 'Ada Lovelace' },
      at,
      expiresAt: later(14),
      evidenceHash,
      runId: aRun().runId,
      comment: 'left in May',
      confirmation: null,
    });
    expect(bench.audit.rows).toMatchObject([
      {
        action: 'candidateApproved',
        actor: { kind: 'person', id: personId },
        object: { type: 'user', id: userId },
        evidenceHash,
        runId: aRun().runId,
        correlationId: answer.headers.get('x-correlation-id'),
        details: { comment: 'left in May' },
      },
    ]);
  });

  test('names an older run by its number', async () => {
    bench.runs.runs = [aRun({ runNumber: 7, fence: null }), aRun({ runNumber: 500 })];
    bench.has(someFacts({ changedRun: 7 }));
    await approve();
    expect(approvalOf(bench.decisions.rows.get(`user/${userId}`))).toMatchObject({ runId: 'run-7' });
  });

  test('keeps the days of the setting', async () => {
    bench.has();
    bench.approval = { ...bench.approval, approvalDays: 3 };
    expect(await documented(await approve())).toMatchObject({ expiresAt: formatInstant(later(3)) });
  });

  test('the same request again is one decision and one audit row', async () => {
    bench.has();
    const ifMatch = bench.tag();
    const first = await documented(await approve({}, { ifMatch }));
    bench.now += 60_000;
    const again = await approve({}, { ifMatch });
    expect(again.headers.get('etag')).toBe(bench.tag());
    expect(await documented(again)).toEqual(first);
    expect(bench.decisions.written).toBe(1);
    expect(bench.audit.rows).toHaveLength(1);
  });

  test.each([
    ['by somebody else', {}, { claims: anotherPerson }],
    ['with another comment', { comment: 'else' }, {}],
  ])('the same request %s is another one, and is refused by its version', async (_, body, given) => {
    bench.has();
    const ifMatch = bench.tag();
    await approve({}, { ifMatch });
    expect(await documented(await approve(body, { ifMatch, ...given }))).toEqual(
      refusedAs(412, 'preconditionFailed'),
    );
    expect(bench.decisions.written).toBe(1);
  });

  test('facts that a scan wrote since they were read are refused by their version', async () => {
    bench.has();
    const ifMatch = bench.tag();
    bench.has(someFacts({ etag: 'W/"facts-2"' }));
    expect(await documented(await approve({}, { ifMatch }))).toEqual(refusedAs(412, 'preconditionFailed'));
  });

  test('evidence that is not what was looked at is refused', async () => {
    bench.has(someFacts({ evidenceHash: otherHash }));
    expect(await documented(await approve())).toEqual(refusedAs(409, 'conflict'));
    expect(bench.state()).toBe('none');
  });

  test.each([
    [someFacts({ state: 'attention', attention: 'reAnchored' }), 409, 'conflict'],
    [someFacts({ state: 'attention', attention: 'protected' }), 403, 'notAllowed'],
    [someFacts({ state: 'observed' }), 409, 'conflict'],
    [someFacts({ state: 'withdrawn', withdrawal: 'alive' }), 409, 'conflict'],
  ])('what is no candidate is refused', async (facts, status, type) => {
    bench.has(facts);
    expect(await documented(await approve())).toEqual(refusedAs(status, type));
    expect([bench.state(), bench.audit.rows]).toEqual(['none', []]);
  });

  test('what no scan reported is not found', async () => {
    expect(await documented(await approve())).toEqual(refusedAs(404, 'notFound'));
  });

  test.each([
    { kind: 'exclusion', excludes: { by: 'id', type: 'user', id: userId } } as const,
    {
      kind: 'exclusion',
      excludes: {
        by: 'attribute',
        type: 'user',
        attribute: 'onPremisesDomainName',
        value: 'CONTOSO.example',
      },
    } as const,
    { kind: 'breakGlass', userId } as const,
  ])('an object that a rule keeps is refused while the rule is active', async content => {
    bench.has();
    await bench.rules.add(aRule(content));
    const body = await documented(await approve());
    expect(body).toEqual(refusedAs(403, 'notAllowed'));
    expect(body['detail']).toContain(content.kind);
    expect(bench.state()).toBe('none');
    bench.now = later(30);
    expect((await approve()).status).toBe(200);
    // The rule is what was over, not the test's idea of it.
    expect(activeRules(bench.rules.rows.values(), later(30)).excludedIds.size).toBe(0);
  });

  describe('what cannot be restored', () => {
    const group = someFacts({ type: 'group', id: groupId, displayName: ' Café ' });
    const approveGroup = (confirmation?: string): Promise<Response> =>
      approve(confirmation === undefined ? {} : { confirmation }, { type: 'group', id: groupId });

    test.each([undefined, '', 'Cafe', 'café', groupId])('is refused where %j was typed', async typed => {
      bench.has(group);
      const body = await documented(await approveGroup(typed));
      expect(body).toMatchObject({ status: 400, errors: [{ pointer: '/body/confirmation' }] });
      expect(bench.state('group', groupId)).toBe('none');
    });

    test('is approved where its name was typed, in any encoding of its letters', async () => {
      bench.has(group);
      expect((await approveGroup('Cafe\u0301 ')).status).toBe(200);
      expect(approvalOf(bench.decisions.rows.get(`group/${groupId}`))).toMatchObject({
        confirmation: 'Café',
      });
    });

    test('is approved by its id where it has no name', async () => {
      bench.has({ ...group, displayName: null });
      expect((await approveGroup(groupId)).status).toBe(200);
    });
  });

  describe('a contact', () => {
    const contact = someFacts({ type: 'contact', id: groupId, displayName: 'Cleo' });
    const approveContact = (): Promise<Response> =>
      approve({ confirmation: 'Cleo' }, { type: 'contact', id: groupId });

    test('is answered with what a person has to do', async () => {
      bench.has(contact);
      const body = await documented(await approveContact());
      expect(body).toEqual(refusedAs(409, 'conflict'));
      expect(body['detail']).toContain('Remove-MailContact');
    });

    test('is approved where the app deletes contacts', async () => {
      bench.has(contact);
      bench.approval = { ...bench.approval, contactsThroughBeta: true };
      expect((await approveContact()).status).toBe(200);
    });
  });

  test.each([
    ['an application', asApplication, 'personRequired'],
    ['a deleter', { roles: ['Orphans.Deleter'] }, 'roleMissing'],
    ['a reader', { roles: ['Orphans.Reader'] }, 'roleMissing'],
  ])('%s may not', async (_, claims, type) => {
    bench.has();
    expect(await documented(await approve({}, { claims }))).toEqual(refusedAs(403, type));
    expect(bench.state()).toBe('none');
  });

  test('needs If-Match', async () => {
    bench.has();
    const answer = await bench.ask('POST', `/candidates/user/${userId}/approve`, { evidenceHash });
    expect(answer.status).toBe(428);
  });

  test('a decision that stands is not replaced by another approval', async () => {
    bench.has();
    await approve();
    expect(await documented(await approve({ comment: 'again' }))).toEqual(refusedAs(409, 'conflict'));
  });

  test('an approval that expired is lapsed first, and both are audited', async () => {
    bench.has();
    await approve();
    bench.now = later(14);
    expect((await approve()).status).toBe(200);
    expect(bench.audited()).toEqual([
      `candidateApproved user/${userId}`,
      `decisionLapsed user/${userId}`,
      `candidateApproved user/${userId}`,
    ]);
    expect(bench.audit.rows[1]).toMatchObject({ actor: { kind: 'system' }, details: { reason: 'expired' } });
  });

  test('a delete that was begun is not touched', async () => {
    bench.has();
    await bench.decisions.write(decisions.deleting, null);
    expect(await documented(await approve())).toEqual(refusedAs(409, 'conflict'));
    expect(bench.state()).toBe('deleting');
  });
});

describe('rejecting and taking back', () => {
  test('a rejection holds its reason and its end', async () => {
    bench.has(someFacts({ state: 'attention', attention: 'reCreated' }));
    const answer = await bench.decide('reject', {
      evidenceHash,
      reason: 'comes back',
      expiresAt: '2026-12-24T00:00:00Z',
    });
    expect(await documented(answer, rejectRoute)).toMatchObject({
      state: 'rejected',
      expiresAt: '2026-12-24T00:00:00.000Z',
    });
    expect(bench.audit.rows).toMatchObject([
      {
        action: 'candidateRejected',
        details: { reason: 'comes back', expiresAt: '2026-12-24T00:00:00.000Z' },
      },
    ]);
  });

  test('without an end it is for ever; an end that has passed is refused', async () => {
    bench.has();
    const past = await bench.decide('reject', {
      evidenceHash,
      reason: 'x',
      expiresAt: '2026-11-20T09:00:00Z',
    });
    expect(await documented(past, rejectRoute)).toMatchObject({
      status: 400,
      errors: [{ pointer: '/body/expiresAt' }],
    });
    const answer = await bench.decide('reject', { evidenceHash, reason: 'x' });
    expect(await documented(answer, rejectRoute)).toMatchObject({ expiresAt: null });
  });

  test('a decision is taken back, with the reason in the audit log', async () => {
    bench.has();
    await approve();
    const answer = await bench.decide('reopen', { reason: 'too early' });
    expect(await documented(answer, reopenRoute)).toMatchObject({ state: 'lapsed', expiresAt: null });
    expect(bench.audit.rows.at(-1)).toMatchObject({
      action: 'candidateReopened',
      actor: { kind: 'person', id: personId },
      details: { reason: 'reopened', note: 'too early' },
    });
    expect((await approve()).status).toBe(200);
  });

  test('there must be one to take back', async () => {
    bench.has();
    expect(await documented(await bench.decide('reopen'), reopenRoute)).toEqual(refusedAs(409, 'conflict'));
    await bench.decisions.write(decisions.deleting, null);
    expect(await documented(await bench.decide('reopen'), reopenRoute)).toEqual(refusedAs(409, 'conflict'));
  });
});

describe('a crash between the decision and its audit row', () => {
  const crashing = (): void => {
    bench.ports = () => ({
      ...bench.memoryPorts(),
      audit: { record: () => Promise.reject(new AppError('storageUnavailable', 'crash')) },
    });
  };
  const recovered = (): void => {
    bench.ports = () => bench.memoryPorts();
  };

  test('loses neither: the request that is repeated records it, once', async () => {
    bench.has();
    const ifMatch = bench.tag();
    crashing();
    expect((await approve({}, { ifMatch })).status).toBe(503);
    expect([bench.state(), bench.audit.rows]).toEqual(['approved', []]);
    recovered();
    bench.now += dayMs;
    expect((await approve({}, { ifMatch })).status).toBe(200);
    expect((await approve({}, { ifMatch })).status).toBe(200);
    expect(bench.decisions.written).toBe(1);
    expect(bench.audit.rows).toMatchObject([{ action: 'candidateApproved', at, evidenceHash }]);
  });

  test('loses neither where somebody else decides next', async () => {
    bench.has();
    crashing();
    await approve();
    recovered();
    bench.now += 1;
    await bench.decide('reopen', {}, { claims: anotherPerson });
    expect(bench.audited()).toEqual([`candidateApproved user/${userId}`, `candidateReopened user/${userId}`]);
    expect(bench.audit.rows.map(row => row.actor.id)).toEqual([personId, anotherPerson['oid']]);
  });

  test('is not written over while the audit log is away', async () => {
    bench.has();
    crashing();
    await approve();
    const { operationId } = bench.decisions.rows.get(`user/${userId}`)!;
    expect((await bench.decide('reopen')).status).toBe(503);
    expect(bench.decisions.rows.get(`user/${userId}`)).toMatchObject({ state: 'approved', operationId });
  });

  test('months later it is still recorded once', async () => {
    bench.has();
    await approve();
    for (let month = 1; month <= 4; month += 1)
      await bench.audit.record(
        {
          operationId: `other-${month}`,
          at: later(31 * month),
          actor: { kind: 'system', id: 'x', name: null },
          action: 'scanFinished',
          object: null,
          evidenceHash: null,
          runId: null,
          correlationId: null,
          details: null,
        },
        AbortSignal.timeout(1000),
      );
    bench.now = later(130);
    expect((await approve()).status).toBe(200);
    expect(bench.audited().filter(line => line.startsWith('candidateApproved'))).toHaveLength(2);
    expect(bench.audited().filter(line => line.startsWith('decisionLapsed'))).toHaveLength(1);
  });
});

test('of two who decide at the same time, one is told to read again', async () => {
  bench.has();
  const both = Promise.withResolvers<void>();
  const read = bench.decisions.read.bind(bench.decisions);
  let readers = 0;
  bench.decisions.read = async (type, id) => {
    const row = await read(type, id);
    if ((readers += 1) === 2) both.resolve();
    await both.promise;
    return row;
  };
  const answers = await Promise.all([
    approve(),
    bench.decide('reject', { evidenceHash, reason: 'no' }, { claims: anotherPerson }),
  ]);
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([200, 409]);
  expect(bench.audit.rows).toHaveLength(1);
});

describe('approving many', () => {
  const idOf = (ordinal: number): CloudId =>
    `00000000-0000-4000-8000-${ordinal.toString(16).padStart(12, '0')}` as CloudId;
  const many = (
    count: number,
    type: 'user' | 'group' = 'user',
  ): { type: string; id: CloudId; evidenceHash: string }[] =>
    Array.from({ length: count }, (_, ordinal) => {
      bench.has(someFacts({ type, id: idOf(ordinal) }));
      return { type, id: idOf(ordinal), evidenceHash };
    });
  const approveAll = (items: object[], more: object = {}): Promise<Response> =>
    bench.ask('POST', '/approvals', { items, confirmation: String(items.length), ...more });
  const outcomes = async (
    answer: Response,
  ): Promise<{ status: string; because: string | null; detail: string | null }[]> =>
    (
      (await expectDocumented(approveManyRoute, answer)) as {
        items: { status: string; because: string | null; detail: string | null }[];
      }
    ).items;

  test('a thousand are approved in one request, each with its own decision and audit row', async () => {
    const items = many(1_000, 'group');
    const found = await outcomes(await approveAll(items));
    expect(new Set(found.map(({ status }) => status))).toEqual(new Set(['approved']));
    expect(bench.decisions.written).toBe(1_000);
    expect(new Set(bench.audited()).size).toBe(1_000);
    expect(approvalOf(bench.decisions.rows.get(`group/${idOf(999)}`))).toMatchObject({
      confirmation: '1000',
    });
  });

  test('the same again changes nothing', async () => {
    const items = many(3);
    await approveAll(items, { comment: 'all' });
    bench.now += 1;
    expect((await outcomes(await approveAll(items, { comment: 'all' }))).map(one => one.status)).toEqual(
      Array(3).fill('approved'),
    );
    expect([bench.decisions.written, bench.audit.rows.length]).toEqual([3, 3]);
  });

  test('one item does not touch another, and each says why not', async () => {
    const items = many(8);
    bench.has(someFacts({ id: idOf(1), evidenceHash: otherHash }));
    bench.has(someFacts({ id: idOf(2), state: 'attention', attention: 'protected' }));
    bench.candidates.delete(`user/${idOf(3)}`);
    await bench.decisions.write({ ...decisions.rejected, id: idOf(4) }, null);
    await bench.decisions.write({ ...decisions.approved, id: idOf(5) }, null);
    await bench.rules.add(aRule({ kind: 'breakGlass', userId: idOf(6) }));
    const write = bench.decisions.write.bind(bench.decisions);
    bench.decisions.write = async (decision, etag) => {
      if (decision.id === idOf(7)) throw new AppError('writeConflict', secretName);
      return await write(decision, etag);
    };
    const found = await outcomes(await approveAll(items));
    expect(found.map(({ status, because }) => `${status} ${because}`)).toEqual([
      'approved null',
      'refused evidenceChanged',
      'refused protected',
      'refused noSuchCandidate',
      'refused illegalStep',
      'refused illegalStep',
      'refused excluded',
      'failed writeConflict',
    ]);
    expect(JSON.stringify(found)).not.toContain('script');
    expect(bench.state('user', idOf(4))).toBe('rejected');
  });

  test('a decision that lapsed may be taken anew', async () => {
    const [item] = many(1);
    await bench.decisions.write({ ...decisions.approved, id: idOf(0) }, null);
    bench.now = later(15);
    expect(await outcomes(await approveAll([item!]))).toMatchObject([{ status: 'approved' }]);
    expect(bench.audited()).toEqual([
      `candidateApproved user/${idOf(0)}`,
      `decisionLapsed user/${idOf(0)}`,
      `candidateApproved user/${idOf(0)}`,
    ]);
    expect(bench.audit.rows[0]?.actor.id).toBe(ada.id);
  });

  test.each(['3', '', '02', 'two'])(
    'the count that was typed must be the number of items, not %j',
    async confirmation => {
      const answer = await approveAll(many(2), { confirmation });
      expect(await expectDocumented(approveManyRoute, answer)).toMatchObject({
        status: 400,
        errors: [{ pointer: '/body/confirmation' }],
      });
      expect(bench.decisions.written).toBe(0);
    },
  );

  test('nothing, more than a thousand, and one object twice are refused', async () => {
    const [item] = many(1);
    expect((await approveAll([])).status).toBe(400);
    expect((await approveAll(many(1_001))).status).toBe(400);
    expect((await approveAll([item!, item!])).status).toBe(400);
    expect(bench.decisions.written).toBe(0);
  });

  test('what there is no time for is not begun, and says so', async () => {
    const items = many(20);
    const read = bench.facts.read.bind(bench.facts);
    (bench as { facts: unknown }).facts = {
      read: (...asked: Parameters<typeof read>) => {
        bench.now += 20_000;
        return read(...asked);
      },
    };
    const found = (await outcomes(await approveAll(items))).map(({ status }) => status);
    expect(new Set(found)).toEqual(new Set(['approved', 'notTried']));
    expect(found.filter(status => status === 'approved')).toHaveLength(bench.decisions.written);
  });

  test('rules that can not be read approve nothing', async () => {
    const items = many(1);
    bench.ports = () => ({
      ...bench.memoryPorts(),
      rules: Object.assign(Object.create(bench.rules) as typeof bench.rules, {
        // oxlint-disable-next-line require-yield
        async *readAll() {
          throw new AppError('storageUnavailable', 'away');
        },
      }),
    });
    expect((await approveAll(items)).status).toBe(503);
    expect((await bench.decide('approve', { evidenceHash }, { id: idOf(0) })).status).toBe(503);
    expect(bench.decisions.written).toBe(0);
  });

  test('a bug is not an outcome', async () => {
    const items = many(1);
    bench.decisions.read = () => Promise.reject(new TypeError('bug'));
    expect((await approveAll(items)).status).toBe(500);
  });
});

test('no name and no comment is in the log above debug', async () => {
  bench.has();
  await approve({ comment: 'a secret comment' });
  await bench.decide('reopen', { reason: 'a secret comment' });
  await approve({ comment: 'a secret comment', confirmation: secretName });
  const loud = bench.log.lines.filter(line => !line.startsWith('debug'));
  expect(loud.join('\n')).not.toMatch(/secret|script|Ada/);
});
