import type { DeletionOutcome } from '../../../../shared/core/cloudWrites/deletionOutcome';
import { deleteApproved } from '../../../../shared/app/review/deleteApproved';
import { AppError } from '../../../../shared/core/appError';
import type { Hold } from '../../../../shared/core/holds';
import type { Instant } from '../../../../shared/core/instant';
import type { ObjectType } from '../../../../shared/core/objectType';
import { aRelease } from '../../../support/scanDefaults';
import type { DeletionPorts } from '../../../../shared/app/review/deletionUseCasePorts';
import type { Rollout } from '../../../../shared/core/rollout';
import {
  approver,
  dayMs,
  deleter,
  DeletionWorld,
  minuteMs,
  normalRollout,
  readyWorld,
  reportOnly,
} from './deletionWorld';

/** Nothing was sent, and nothing happened to it. */
function expectUntouched(world: DeletionWorld, name = 'eve'): void {
  expect(world.isThere(name)).toBe(true);
  expect(world.tenant.writes).toEqual([]);
}

describe('a delete', () => {
  test('of what was approved is one DELETE, one snapshot, one audit row, and says until when it can be undone', async () => {
    const world = await readyWorld();
    expect(await world.deleteOne('eve')).toEqual({
      kind: 'deleted',
      restorableUntil: world.now + 30 * dayMs,
      confirmed: true,
    });
    expect(world.tenant.writes).toEqual([`delete ${world.idOf('eve')}`]);
    expect(world.audited('eve')).toEqual(['candidateApproved', 'deletionStarted', 'deletionSucceeded']);
    expect(world.decision('eve')).toMatchObject({ state: 'deleted', deletion: { by: deleter, attempt: 1 } });
    const [started] = world.rowsAbout('eve').slice(1);
    expect([...world.records.snapshots.entries()]).toEqual([
      [started?.operationId, expect.objectContaining({ missing: [{ part: 'owners', why: 'no right' }] })],
    ]);
    expect(world.rowsAbout('eve')[2]).toMatchObject({
      actor: { kind: 'person', id: deleter.id },
      operationId: world.decision('eve')?.operationId,
      details: { ending: { kind: 'deleted', confirmation: 'answered' }, trace: 'trace' },
    });
  });

  test('is off by default, and then nothing is even looked at', async () => {
    const world = await readyWorld();
    world.settings = { ...world.settings, rollout: reportOnly };
    expect(await world.delete(['eve'])).toMatchObject({ kind: 'refused', refusal: 'deletionDisabled' });
    expectUntouched(world);
    expect(world.records.calls.size).toBe(0);
  });

  test('of more than the cap of a call, or without the right count typed, is refused', async () => {
    const world = await readyWorld(['eve', 'frank']);
    world.settings = { ...world.settings, perCall: 1 };
    expect(await world.delete(['eve', 'frank'])).toMatchObject({ refusal: 'tooMany' });
    world.settings = { ...world.settings, perCall: 2 };
    const ids = [{ type: 'user' as const, id: world.idOf('eve') }];
    for (const confirmation of ['', '01', '2', '1 ', 'one']) {
      const answer = await deleteApproved(
        world.ports(),
        world.settings,
        {
          callId: world.callId(),
          by: deleter,
          correlationId: null,
          scope: { kind: 'named', ids },
          confirmation,
        },
        world.stop.signal,
      );
      expect(answer).toMatchObject({ kind: 'refused', refusal: 'confirmationWrong' });
    }
    expectUntouched(world);
    expect(await world.delete(['eve', 'frank'])).toMatchObject({
      items: [{ outcome: { kind: 'deleted' } }, { outcome: { kind: 'deleted' } }],
    });
  });

  test('of a contact is for a person: nothing is sent, the commands are there, the cap is given back', async () => {
    const world = await readyWorld(['supplier']);
    const outcome = await world.deleteOne('supplier');
    expect(outcome).toMatchObject({ kind: 'manual', reason: 'contactUnsupported' });
    expect(outcome.kind === 'manual' && outcome.steps.commands.join('\n')).toContain(world.idOf('supplier'));
    expect(world.decision('supplier')?.state).toBe('manual');
    expect(world.audited('supplier').at(-1)).toBe('deletionManual');
    expect(world.caps.claimedOn('20261120')).toBe(0);
    expectUntouched(world, 'supplier');
  });
});

const exclusion = {
  ruleId: 'rule-1',
  content: {
    kind: 'exclusion',
    excludes: { by: 'attribute', type: 'user', attribute: 'displayName', value: 'EVE' },
  },
  reason: 'board',
  owner: approver,
  createdAt: 0 as Instant,
  expiresAt: null,
} as const;

describe('nothing is deleted without a matching, unexpired approval', () => {
  test('nobody approved', async () => {
    const world = await readyWorld([]);
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'notApproved', backToReview: false });
    expectUntouched(world);
  });

  test('somebody rejected', async () => {
    const world = await readyWorld();
    await world.reject('eve');
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'notApproved' });
    expectUntouched(world);
  });

  test('the approval expired, to the millisecond', async () => {
    for (const [late, kind] of [
      [-1, 'deleted'],
      [0, 'refused'],
    ] as const) {
      const world = await readyWorld();
      const decision = world.decision('eve');
      const expiresAt = decision?.state === 'approved' ? decision.approval.expiresAt : 0;
      world.now = expiresAt - dayMs;
      world.newExport();
      await world.scan();
      world.now = expiresAt + late;
      expect((await world.deleteOne('eve')).kind).toBe(kind);
      expect(world.decision('eve')?.state).toBe(kind === 'deleted' ? 'deleted' : 'lapsed');
      expect(world.tenant.writes).toHaveLength(kind === 'deleted' ? 1 : 0);
      expect(world.audited('eve').at(-1)).toBe(kind === 'deleted' ? 'deletionSucceeded' : 'decisionLapsed');
    }
  });

  test('the approver may not delete where four eyes are wanted', async () => {
    const world = await readyWorld();
    world.settings = { ...world.settings, fourEyesTypes: new Set(['user']) };
    expect(await world.deleteOne('eve', { by: approver })).toMatchObject({
      refusal: 'fourEyes',
      backToReview: false,
    });
    expectUntouched(world);
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
  });

  test('a rule excludes it, also one that is added while the call runs', async () => {
    const before = await readyWorld();
    await before.rules.add(exclusion);
    expect(await before.deleteOne('eve')).toMatchObject({ refusal: 'excluded' });
    expectUntouched(before);
    const during = await readyWorld();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      directory: {
        readSynced: (...all) => ports.directory.readSynced(...all),
        readById: async (...all) => {
          await during.rules.add(exclusion);
          return ports.directory.readById(...all);
        },
      },
    });
    expect(await during.deleteOne('eve', { wrap })).toMatchObject({ refusal: 'excluded' });
    expectUntouched(during);
    expect(during.decision('eve')?.state).toBe('approved');
  });

  test('an emergency account is never deleted', async () => {
    const world = await readyWorld();
    await world.rules.add({
      ruleId: 'rule-2',
      content: { kind: 'breakGlass', userId: world.idOf('eve') },
      reason: 'emergency',
      owner: approver,
      createdAt: 0 as Instant,
      expiresAt: null,
    });
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'excluded' });
    expectUntouched(world);
  });
});

describe('immediately before a delete both sides are proved again', () => {
  const lapsed = (world: DeletionWorld, reason: string): void => {
    expectUntouched(world);
    expect(world.decision('eve')).toMatchObject({ state: 'lapsed', lapse: { reason } });
    expect(world.audited('eve').at(-1)).toBe('decisionLapsed');
    expect(world.caps.claimedOn('20261120')).toBe(0);
  };

  test('the object came back on-premises after the approval', async () => {
    const world = await readyWorld();
    world.comeBack('eve', 1105).newExport().advance(minuteMs);
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'cameBack', backToReview: true });
    lapsed(world, 'notCandidate');
  });

  test('the object was synchronised again', async () => {
    const world = await readyWorld();
    world.tenant.change(world.idOf('eve'), { onPremisesLastSyncDateTime: world.now });
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'syncedSince', backToReview: true });
    lapsed(world, 'notCandidate');
  });

  test('its source of authority was transferred', async () => {
    for (const onPremisesSyncEnabled of [null, false]) {
      const world = await readyWorld();
      world.tenant.change(world.idOf('eve'), { onPremisesSyncEnabled });
      expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'notSynced', backToReview: true });
      lapsed(world, 'notCandidate');
    }
  });

  test('one of its keys was changed in the cloud', async () => {
    for (const change of [
      { onPremisesImmutableId: 'AAAAAAAAAAAAAAAAAAAAAA==' },
      { onPremisesSecurityIdentifier: 'S-1-5-21-1-2-3-4' },
      { mail: 'eve@contoso.example' },
    ]) {
      const world = await readyWorld();
      world.tenant.change(world.idOf('eve'), change);
      expect(await world.deleteOne('eve')).toMatchObject({
        refusal: 'evidenceChanged',
        backToReview: true,
      });
      expectUntouched(world);
      expect(world.decision('eve')?.state).toBe('lapsed');
    }
  });

  test('it became protected', async () => {
    const world = await readyWorld();
    world.tenant.change(world.idOf('eve'), { isManagementRestricted: true });
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'protected', backToReview: true });
    lapsed(world, 'notCandidate');
  });

  test('the scan changed its mind', async () => {
    const world = await readyWorld();
    world.tenant.change(world.idOf('eve'), { mail: 'eve@contoso.example' });
    await world.scan();
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'evidenceChanged', backToReview: true });
    lapsed(world, 'evidenceChanged');
  });

  test('it is gone, and not by us', async () => {
    const world = await readyWorld();
    world.tenant.remove('user', world.idOf('eve'));
    expect(await world.deleteOne('eve')).toEqual({ kind: 'gone' });
    expect(world.tenant.writes).toEqual([]);
    expect(world.decision('eve')).toMatchObject({ state: 'lapsed', lapse: { reason: 'gone' } });
  });

  test('it changes in the moment between the judgement and the DELETE', async () => {
    const changes: readonly (readonly [object, string])[] = [
      [{ onPremisesSyncEnabled: false }, 'evidenceChanged'],
      [{ displayName: 'Eve, back from leave' }, 'evidenceChanged'],
      [{ accountEnabled: false }, 'evidenceChanged'],
    ];
    for (const [change, refusal] of changes) {
      const world = await readyWorld();
      const wrap = (ports: DeletionPorts): DeletionPorts => ({
        ...ports,
        snapshots: {
          readOptionalFacts: (...all) => ports.snapshots.readOptionalFacts(...all),
          take: async (...all) => {
            world.tenant.change(world.idOf('eve'), change);
            return ports.snapshots.take(...all);
          },
        },
      });
      expect(await world.deleteOne('eve', { wrap })).toMatchObject({ refusal, backToReview: true });
      lapsed(world, 'evidenceChanged');
    }
  });

  test('it vanishes in that moment', async () => {
    for (const stage of ['take', 'keepSnapshot'] as const) {
      const world = await readyWorld();
      const vanish = (): void => world.tenant.remove('user', world.idOf('eve'));
      const wrap = (ports: DeletionPorts): DeletionPorts => ({
        ...ports,
        snapshots: {
          readOptionalFacts: (...all) => ports.snapshots.readOptionalFacts(...all),
          take: async (...all) => {
            if (stage === 'take') vanish();
            return ports.snapshots.take(...all);
          },
        },
        records: {
          hasSnapshot: (...all) => ports.records.hasSnapshot(...all),
          readCall: (...all) => ports.records.readCall(...all),
          beginCall: (...all) => ports.records.beginCall(...all),
          keepSignIn: (...all) => ports.records.keepSignIn(...all),
          readSignIn: (...all) => ports.records.readSignIn(...all),
          keepSnapshot: async (...all) => {
            await ports.records.keepSnapshot(...all);
            if (stage === 'keepSnapshot') vanish();
          },
        },
      });
      expect(await world.deleteOne('eve', { wrap })).toEqual({ kind: 'gone' });
      expect(world.tenant.writes).toEqual([]);
      expect(world.audited('eve').slice(-2)).toEqual(['deletionGone', 'decisionLapsed']);
      expect(world.decision('eve')).toMatchObject({ state: 'lapsed', lapse: { reason: 'gone' } });
    }
  });

  test('the approval runs out while the snapshot is taken', async () => {
    const world = await readyWorld();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      snapshots: {
        readOptionalFacts: (...all) => ports.snapshots.readOptionalFacts(...all),
        take: async (...all) => {
          world.advance(15 * dayMs);
          return ports.snapshots.take(...all);
        },
      },
    });
    expect(await world.deleteOne('eve', { wrap })).toMatchObject({ refusal: 'approvalExpired' });
    lapsed(world, 'expired');
  });

  test('the scan withdraws it while the snapshot is taken', async () => {
    const world = await readyWorld();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      snapshots: {
        readOptionalFacts: (...all) => ports.snapshots.readOptionalFacts(...all),
        take: async (...all) => {
          const facts = world.facts('eve')!;
          world.candidates.rows.set(`user/${facts.id}`, { ...facts, state: 'withdrawn', withdrawal: 'gone' });
          return ports.snapshots.take(...all);
        },
      },
    });
    expect(await world.deleteOne('eve', { wrap })).toMatchObject({ refusal: 'notCandidate' });
    lapsed(world, 'notCandidate');
  });

  test.each(['a rule', 'a lock', 'a breach of evidence'])(
    '%s comes while the snapshot is taken: nothing is sent, and it may be tried again',
    async what => {
      const world = await readyWorld();
      const [accepted] = world.runs.runs;
      const hold: Hold = {
        gate: what === 'a lock' ? 'newMissing' : 'matchRate',
        kind: what === 'a lock' ? 'volume' : 'evidence',
        source: null,
        type: what === 'a lock' ? 'user' : 'device',
        context: null,
        severity: 1,
        runId: 'run-9',
        since: world.now as Instant,
      };
      const come = async (): Promise<void> => {
        if (what === 'a rule') await world.rules.add(exclusion);
        else
          await world.runs.create({
            ...accepted!,
            runId: 'run-9',
            runNumber: 9,
            startedAt: world.now as Instant,
            state: what === 'a lock' ? 'finished' : 'refused',
            acceptedBefore: accepted!.runId,
            holds: [hold],
          });
      };
      const wrap = (ports: DeletionPorts): DeletionPorts => ({
        ...ports,
        snapshots: {
          readOptionalFacts: (...all) => ports.snapshots.readOptionalFacts(...all),
          take: async (...all) => {
            await come();
            return ports.snapshots.take(...all);
          },
        },
      });
      expect(await world.deleteOne('eve', { wrap })).toMatchObject({
        kind: 'failed',
        reason: expect.stringContaining(what === 'a rule' ? 'rule-1' : 'run-9'),
        retryable: true,
      });
      expectUntouched(world);
      expect(world.decision('eve')?.state).toBe('failed');
      expect(world.caps.claimedOn('20261120')).toBe(0);
    },
  );

  test.each(['volume', 'evidence'] as const)(
    'a scan that ends while the call runs finds a breach of %s: no further object is begun',
    async kind => {
      const world = await readyWorld(['eve', 'frank']);
      const [accepted] = world.runs.runs;
      const wrap = (ports: DeletionPorts): DeletionPorts => ({
        ...ports,
        deleter: {
          ...ports.deleter,
          delete: async (...all) => {
            await world.runs.create({
              ...accepted!,
              runId: 'run-9',
              runNumber: 9,
              startedAt: world.now as Instant,
              acceptedBefore: accepted!.runId,
              holds: [
                {
                  gate: 'matchRate',
                  kind,
                  source: null,
                  type: 'user',
                  context: null,
                  severity: 1,
                  runId: 'run-9',
                  since: world.now as Instant,
                },
              ],
            });
            return ports.deleter.delete(...all);
          },
        },
      });
      expect(await world.delete(['eve', 'frank'], { wrap })).toMatchObject({
        items: [
          { outcome: { kind: 'deleted' } },
          { outcome: { refusal: kind === 'volume' ? 'locked' : 'evidenceRefused' } },
        ],
      });
      expect(world.isThere('frank')).toBe(true);
      expect(world.decision('frank')?.state).toBe('approved');
    },
  );

  test('without a snapshot nothing is deleted', async () => {
    const world = await readyWorld();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      snapshots: {
        readOptionalFacts: (...all) => ports.snapshots.readOptionalFacts(...all),
        take: () => Promise.reject(new AppError('graphUnavailable', 'Graph does not answer')),
      },
    });
    expect(await world.deleteOne('eve', { wrap })).toMatchObject({ kind: 'failed', retryable: true });
    expectUntouched(world);
    expect(world.decision('eve')?.state).toBe('failed');
    expect(world.audited('eve').at(-1)).toBe('deletionFailed');
    expect(world.caps.claimedOn('20261120')).toBe(0);
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted', confirmed: true });
    expect(world.decision('eve')).toMatchObject({ state: 'deleted', deletion: { attempt: 2 } });
  });
});

describe('the exports that a delete rests on', () => {
  test('were begun after the approval; else the agent is asked for one, once a call', async () => {
    const world = new DeletionWorld();
    await world.scan();
    world.advance(minuteMs).newExport();
    await world.approve('eve');
    await world.approve('frank');
    world.advance(minuteMs);
    expect(await world.delete(['eve', 'frank'])).toMatchObject({
      items: [
        { outcome: { refusal: 'waitingForExport', backToReview: false } },
        { outcome: { refusal: 'waitingForExport' } },
      ],
    });
    expect(world.requests.asked).toEqual(['contoso export']);
    expectUntouched(world);
    expect(world.decision('eve')?.state).toBe('approved');
    world.newExport().advance(minuteMs);
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
  });

  test('are asked for where there is none at all', async () => {
    const world = await readyWorld();
    world.exports.exports = [];
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'waitingForExport' });
    expect(world.requests.asked).toEqual(['contoso export']);
    expectUntouched(world);
  });

  test('each approval is compared with them by itself', async () => {
    const world = await readyWorld(['eve']);
    await world.approve('frank');
    expect(await world.delete(['eve', 'frank'])).toMatchObject({
      items: [{ outcome: { kind: 'deleted' } }, { outcome: { refusal: 'waitingForExport' } }],
    });
  });

  test('pass the gates: not older than 36 hours', async () => {
    const world = await readyWorld();
    world.advance(36 * 60 * minuteMs - minuteMs);
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
    const late = await readyWorld();
    late.advance(36 * 60 * minuteMs);
    expect(await late.deleteOne('eve')).toMatchObject({ refusal: 'evidenceRefused', backToReview: false });
    expectUntouched(late);
  });

  test('pass the gates: not shorter than what the last accepted scan saw', async () => {
    const world = await readyWorld();
    world.loseRecords(38).newExport().advance(minuteMs);
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
    const shorter = await readyWorld();
    shorter.loseRecords(37).newExport().advance(minuteMs);
    expect(await shorter.deleteOne('eve')).toMatchObject({
      refusal: 'evidenceRefused',
      detail: expect.stringContaining('38 objects of the class user or more'),
    });
    expectUntouched(shorter);
  });

  test('pass the gates: nothing holds, and some scan was accepted', async () => {
    const held = await readyWorld();
    const [accepted] = held.runs.runs;
    const hold: Hold = {
      gate: 'matchRate',
      kind: 'evidence',
      source: null,
      type: 'device',
      context: null,
      severity: 40,
      runId: 'run-9',
      since: held.now as Instant,
    };
    await held.runs.create({
      ...accepted!,
      runId: 'run-9',
      startedAt: held.now as Instant,
      state: 'refused',
      acceptedBefore: accepted!.runId,
      holds: [hold],
    });
    expect(await held.deleteOne('eve')).toMatchObject({
      refusal: 'evidenceRefused',
      detail: expect.stringContaining('run-9'),
    });
    expectUntouched(held);
    held.rules.rows.set('release', aRelease('run-9', 'matchRate'));
    expect(await held.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
    const none = await readyWorld();
    none.runs.runs = [];
    expect(await none.deleteOne('eve')).toMatchObject({ refusal: 'evidenceRefused' });
    expectUntouched(none);
  });

  test('a breach of volume locks all objects of its type, until it is released', async () => {
    const world = await readyWorld();
    const [accepted] = world.runs.runs;
    const lock = (type: ObjectType | null): Hold => ({
      gate: 'newMissing',
      kind: 'volume',
      source: null,
      type,
      context: null,
      severity: 1,
      runId: accepted!.runId,
      since: accepted!.startedAt,
    });
    world.runs.runs = [{ ...accepted!, holds: [lock('user')] }];
    expect(await world.deleteOne('eve')).toMatchObject({
      refusal: 'locked',
      detail: expect.stringContaining(`POST /api/scans/${accepted!.runId}/release`),
      backToReview: false,
    });
    expectUntouched(world);
    world.runs.runs = [{ ...accepted!, holds: [lock(null)] }];
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'locked' });
    world.runs.runs = [{ ...accepted!, holds: [lock('device')] }];
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
    const released = await readyWorld();
    released.runs.runs = [{ ...released.runs.runs[0]!, holds: [lock('user')] }];
    released.rules.rows.set('release', aRelease(accepted!.runId, 'newMissing'));
    expect(await released.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
  });

  test('verify to their last byte', async () => {
    const world = await readyWorld();
    const openNewest = world.exports.openNewest.bind(world.exports);
    const broken = (): Promise<never> => Promise.reject(new AppError('exportRefused', 'part 3: bad hash'));
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      exports: { openNewest: async source => ({ ...(await openNewest(source)), readRecords: broken }) },
    });
    expect(await world.deleteOne('eve', { wrap })).toMatchObject({
      refusal: 'evidenceRefused',
      detail: 'part 3: bad hash',
    });
    expectUntouched(world);
  });

  test('cover the domain of every synced object, where the object names none', async () => {
    const world = await readyWorld(['supplier']);
    world.directory.objects = [
      ...world.directory.objects,
      {
        ...world.tenant.find('user', world.idOf('bob'))!,
        id: world.idOf('stranger'),
        onPremisesSecurityIdentifier: 'S-1-5-21-9-9-9-1000',
      } as never,
    ];
    expect(await world.deleteOne('supplier')).toMatchObject({ refusal: 'evidenceChanged' });
    expect(world.decision('supplier')?.state).toBe('lapsed');
  });

  test('tell nothing of such an object while the lists can not be read', async () => {
    const world = await readyWorld(['supplier']);
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      directory: {
        readById: (...all) => ports.directory.readById(...all),
        readSynced: () => Promise.reject(new AppError('graphUnavailable', 'Graph does not answer')),
      },
    });
    expect(await world.deleteOne('supplier', { wrap })).toMatchObject({
      refusal: 'evidenceRefused',
      backToReview: false,
    });
    expect(world.decision('supplier')?.state).toBe('approved');
  });
});

describe('what Graph answers', () => {
  const failed = (more: object): DeletionOutcome => ({
    kind: 'failed',
    reason: 'serverError',
    status: 500,
    retryable: true,
    mayHaveTakenEffect: false,
    ...more,
  });

  test('gone before: not by us, and the cap is given back', async () => {
    const world = await readyWorld();
    world.tenant.deleteOutcomes.push({ kind: 'goneBefore' });
    expect(await world.deleteOne('eve')).toEqual({ kind: 'gone' });
    expect(world.audited('eve')).not.toContain('deletionSucceeded');
    expect(world.caps.claimedOn('20261120')).toBe(0);
  });

  test('failed, and nothing came of it: may be tried again', async () => {
    const world = await readyWorld();
    world.tenant.deleteOutcomes.push(failed({ reason: 'throttled' }));
    expect(await world.deleteOne('eve')).toEqual({ kind: 'failed', reason: 'throttled', retryable: true });
    expect(world.decision('eve')?.state).toBe('failed');
    expect(world.caps.claimedOn('20261120')).toBe(0);
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
    expect(world.timesDeleted('eve')).toBe(1);
  });

  test('failed, although it did it: one look tells', async () => {
    const world = await readyWorld(['eve', 'team']);
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deleter: {
        restore: (...all) => ports.deleter.restore(...all),
        block: (...all) => ports.deleter.block(...all),
        release: (...all) => ports.deleter.release(...all),
        delete: async (...all) => {
          await ports.deleter.delete(...all);
          return { outcome: failed({ mayHaveTakenEffect: true }), attempts: 1, trace: 'trace' };
        },
      },
    });
    expect(await world.delete(['eve', 'team'], { wrap })).toMatchObject({
      items: [
        { outcome: { kind: 'deleted', confirmed: true } },
        // Groups are not surely in deletedItems: nothing confirms it.
        { outcome: { kind: 'deleted', confirmed: false, restorableUntil: null } },
      ],
    });
  });

  test('failed, and nobody knows: it stays under way until somebody can look', async () => {
    const world = await readyWorld();
    let sent = false;
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deleter: {
        restore: (...all) => ports.deleter.restore(...all),
        block: (...all) => ports.deleter.block(...all),
        release: (...all) => ports.deleter.release(...all),
        delete: async (...all) => {
          await ports.deleter.delete(...all);
          sent = true;
          return { outcome: failed({ mayHaveTakenEffect: true }), attempts: 1, trace: 'trace' };
        },
      },
      directory: {
        readSynced: (...all) => ports.directory.readSynced(...all),
        readById: (...all) =>
          sent
            ? Promise.reject(new AppError('graphUnavailable', 'Graph does not answer'))
            : ports.directory.readById(...all),
      },
    });
    expect(await world.deleteOne('eve', { wrap })).toMatchObject({ kind: 'failed', retryable: true });
    expect(world.decision('eve')?.state).toBe('deleting');
    expect(await world.deleteOne('eve')).toMatchObject({ refusal: 'beingDeleted' });
    world.advance(5 * minuteMs);
    const callId = world.callId();
    const again = await world.delete(['eve'], { callId });
    expect(again).toMatchObject({ reconciled: { ended: { deleted: 1 }, left: 0 } });
    expect(world.decision('eve')?.state).toBe('deleted');
    expect(world.audited('eve').filter(action => action === 'deletionSucceeded')).toHaveLength(1);
    expect(world.timesDeleted('eve')).toBe(1);
  });

  test('failed and may take effect later: the next attempt finds it ours', async () => {
    const world = await readyWorld();
    world.tenant.deleteOutcomes.push(failed({ mayHaveTakenEffect: true }));
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'failed' });
    expect(world.caps.claimedOn('20261120')).toBe(1);
    world.tenant.remove('user', world.idOf('eve'));
    // Long before the next attempt begins.
    world.advance(60 * minuteMs);
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted', confirmed: true });
    expect(world.decision('eve')).toMatchObject({ state: 'deleted', deletion: { attempt: 2 } });
  });

  test('probably deleted, in deletedItems since before we tried: not ours', async () => {
    const world = await readyWorld();
    world.tenant.deleteOutcomes.push({ kind: 'deletedProbably' });
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deleter: {
        restore: (...all) => ports.deleter.restore(...all),
        block: (...all) => ports.deleter.block(...all),
        release: (...all) => ports.deleter.release(...all),
        delete: async (...all) => {
          const { now } = world;
          world.now = now - 10 * minuteMs;
          world.tenant.remove('user', world.idOf('eve'));
          world.now = now;
          return ports.deleter.delete(...all);
        },
      },
    });
    expect(await world.deleteOne('eve', { wrap })).toEqual({ kind: 'gone' });
  });

  test('refused: for a person, with the steps', async () => {
    const world = await readyWorld(['team']);
    world.tenant.deleteOutcomes.push({
      kind: 'manual',
      reason: 'exchangeOwned',
      status: 400,
      code: 'Request_BadRequest',
      mayHaveTakenEffect: false,
    });
    expect(await world.deleteOne('team')).toMatchObject({
      kind: 'manual',
      reason: 'exchangeOwned',
      steps: { commands: expect.arrayContaining([expect.stringContaining('isCloudManaged')]) },
    });
    expect(world.decision('team')).toMatchObject({
      state: 'manual',
      failure: { reason: 'exchangeOwned (Request_BadRequest)' },
    });
  });

  test('refused after a try that may have arrived: what is there decides', async () => {
    for (const there of [true, false]) {
      const world = await readyWorld();
      const wrap = (ports: DeletionPorts): DeletionPorts => ({
        ...ports,
        deleter: {
          restore: (...all) => ports.deleter.restore(...all),
          block: (...all) => ports.deleter.block(...all),
          release: (...all) => ports.deleter.release(...all),
          delete: async (...all) => {
            if (!there) await ports.deleter.delete(...all);
            const refusal = { reason: 'roleHolder', status: 403, code: 'x' } as const;
            const outcome = { kind: 'manual', ...refusal, mayHaveTakenEffect: true } as const;
            return { outcome, attempts: 2, trace: 'trace' };
          },
        },
      });
      expect((await world.deleteOne('eve', { wrap })).kind).toBe(there ? 'manual' : 'deleted');
    }
  });
});

describe('what goes wrong with one object', () => {
  const broken = () => Promise.reject(new AppError('graphAnswerInvalid', 'not what Graph documents'));
  test.each(['directory', 'decisions', 'trail'] as const)(
    'at the port %s is its own outcome: the others are deleted',
    async port => {
      const world = await readyWorld(['eve', 'frank']);
      world.tenant.deleteOutcomes.push({
        kind: 'failed',
        reason: 'throttled',
        status: 429,
        retryable: true,
        mayHaveTakenEffect: false,
      });
      await world.deleteOne('eve');
      const eve = world.idOf('eve');
      const wrap = (ports: DeletionPorts): DeletionPorts => ({
        ...ports,
        ...(port === 'directory' && {
          directory: {
            readSynced: (...all) => ports.directory.readSynced(...all),
            readById: (...all) => (all[1] === eve ? broken() : ports.directory.readById(...all)),
          },
        }),
        ...(port === 'decisions' && {
          decisions: {
            list: (...all) => ports.decisions.list(...all),
            write: (...all) => ports.decisions.write(...all),
            read: (...all) => (all[1] === eve ? broken() : ports.decisions.read(...all)),
          },
        }),
        ...(port === 'trail' && { trail: { find: broken } }),
      });
      expect(await world.delete(['eve', 'frank'], { wrap })).toMatchObject({
        items: [
          { outcome: { kind: 'failed', reason: expect.stringContaining('graphAnswerInvalid') } },
          { outcome: { kind: 'deleted' } },
        ],
      });
    },
  );

  test('or with asking the agents keeps nobody from being told', async () => {
    const world = await readyWorld(['eve']);
    await world.approve('frank');
    const wrap = (ports: DeletionPorts): DeletionPorts => ({ ...ports, requests: { ask: broken } });
    expect(await world.delete(['eve', 'frank'], { wrap })).toMatchObject({
      items: [{ outcome: { kind: 'deleted' } }, { outcome: { refusal: 'waitingForExport' } }],
    });
  });
});

describe('the same callId again', () => {
  test('answers what came of the call, and deletes nothing more', async () => {
    const world = await readyWorld(['eve', 'frank', 'team', 'supplier']);
    const callId = world.callId();
    const scope = { kind: 'allApproved', upTo: 2, type: null } as const;
    const first = await world.delete([], { callId, scope });
    const again = await world.delete([], { callId, scope });
    expect(again).toEqual(first);
    expect(world.tenant.deletions).toHaveLength(1);
    expect(first).toMatchObject({
      items: [
        { type: 'contact', outcome: { kind: 'manual' } },
        { type: 'group', outcome: { kind: 'deleted' } },
      ],
      remaining: [],
    });
    expect(await world.delete([], { scope })).toMatchObject({
      items: [
        { type: 'user', outcome: { kind: 'deleted' } },
        { type: 'user', outcome: { kind: 'deleted' } },
      ],
    });
  });

  test('tries again what failed, under an attempt of its own', async () => {
    const world = await readyWorld();
    const callId = world.callId();
    world.tenant.deleteOutcomes.push({
      kind: 'failed',
      reason: 'throttled',
      status: 429,
      retryable: true,
      mayHaveTakenEffect: false,
    });
    expect(await world.deleteOne('eve', { callId })).toMatchObject({ kind: 'failed' });
    expect(await world.deleteOne('eve', { callId })).toMatchObject({ kind: 'deleted' });
    expect(world.audited('eve')).toEqual([
      'candidateApproved',
      'deletionStarted',
      'deletionFailed',
      'deletionStarted',
      'deletionSucceeded',
    ]);
  });

  test('is refused for other objects, and for another person', async () => {
    const world = await readyWorld(['eve', 'frank']);
    const callId = world.callId();
    await world.delete(['eve'], { callId });
    expect(await world.delete(['frank'], { callId })).toMatchObject({ refusal: 'callIdUsed' });
    expect(await world.delete(['eve'], { callId, by: approver })).toMatchObject({ refusal: 'callIdUsed' });
    expect(world.isThere('frank')).toBe(true);
  });
});

describe('all that is approved', () => {
  test('is deleted up to the number and of the type that was asked for, without what four eyes forbid', async () => {
    const world = await readyWorld(['eve', 'frank', 'laptop']);
    world.settings = { ...world.settings, fourEyesTypes: new Set(['user']) };
    const all = { kind: 'allApproved', upTo: 5, type: null } as const;
    expect(await world.delete([], { scope: all, by: approver })).toMatchObject({
      items: [{ type: 'device', outcome: { kind: 'deleted' } }],
    });
    const users = { kind: 'allApproved', upTo: 1, type: 'user' } as const;
    expect(await world.delete([], { scope: users })).toMatchObject({
      items: [{ type: 'user', outcome: { kind: 'deleted' } }],
    });
    expect(world.tenant.deletions).toHaveLength(2);
  });
});

describe('the stages of the roll-out', () => {
  const naming = (world: DeletionWorld, ...names: readonly string[]): Rollout => ({
    stage: 'testObjects',
    testObjects: new Set(names.map(name => `${world.typeOf(name)}/${world.idOf(name)}`)),
  });

  test('testObjects: what was not named is refused, with its own reason, and stays approved', async () => {
    const world = await readyWorld(['eve', 'frank', 'team']);
    world.settings = { ...world.settings, rollout: naming(world, 'frank') };
    expect(await world.delete(['eve', 'frank', 'team'])).toMatchObject({
      items: [
        { outcome: { kind: 'refused', refusal: 'notTestObject', backToReview: false } },
        { outcome: { kind: 'deleted' } },
        { outcome: { kind: 'refused', refusal: 'notTestObject', backToReview: false } },
      ],
    });
    expect(world.tenant.writes).toEqual([`delete ${world.idOf('frank')}`]);
    expect(world.decision('eve')?.state).toBe('approved');
    world.settings = { ...world.settings, rollout: normalRollout };
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
  });

  test('testObjects: all that is approved means all that was named', async () => {
    const world = await readyWorld(['eve', 'frank', 'team']);
    world.settings = { ...world.settings, rollout: naming(world, 'team') };
    const scope = { kind: 'allApproved', upTo: 1, type: null } as const;
    expect(await world.delete([], { scope })).toMatchObject({
      items: [{ type: 'group', outcome: { kind: 'deleted' } }],
      remaining: [],
    });
  });

  test('testObjects: nobody else is put into quarantine', async () => {
    const world = await readyWorld(['eve', 'frank']);
    world.settings = { ...world.settings, rollout: naming(world, 'eve'), quarantineDays: 3 };
    expect(await world.delete(['eve', 'frank'])).toMatchObject({
      items: [{ outcome: { kind: 'quarantined' } }, { outcome: { refusal: 'notTestObject' } }],
    });
    expect(world.tenant.writes).toEqual([`block ${world.idOf('eve')}`]);
  });

  test('a call that is repeated after the stage went back deletes nothing more', async () => {
    const world = await readyWorld(['eve', 'frank']);
    const callId = world.callId();
    world.caps.limits = { perDay: 1, perType: { user: 1, group: 1, contact: 1, device: 1 } };
    await world.delete(['eve', 'frank'], { callId });
    world.advance(dayMs).newExport();
    world.settings = { ...world.settings, rollout: naming(world, 'team') };
    expect(await world.delete(['eve', 'frank'], { callId })).toMatchObject({
      items: [{ outcome: { kind: 'deleted' } }, { outcome: { refusal: 'notTestObject' } }],
    });
    expect(world.tenant.deletions).toHaveLength(1);
  });

  test('capped: a call of too many says that the stage limits it', async () => {
    const world = await readyWorld(['eve', 'frank']);
    const rollout = { stage: 'capped', testObjects: new Set<string>() } as const;
    world.settings = { ...world.settings, rollout, perCall: 1 };
    expect(await world.delete(['eve', 'frank'])).toMatchObject({
      refusal: 'tooMany',
      reason: expect.stringContaining('ROLLOUT_STAGE is capped'),
    });
    expect(await world.deleteOne('eve')).toMatchObject({ kind: 'deleted' });
  });
});

describe('limits', () => {
  test('the cap of the day holds over calls, and says so', async () => {
    const world = await readyWorld(['eve', 'frank', 'laptop']);
    world.caps.limits = { perDay: 2, perType: { user: 1, group: 1, contact: 1, device: 1 } };
    expect(await world.delete(['eve', 'frank', 'laptop'])).toMatchObject({
      items: [
        { outcome: { kind: 'deleted' } },
        { outcome: { refusal: 'capReached', backToReview: false } },
        { outcome: { kind: 'deleted' } },
      ],
    });
    world.advance(dayMs).newExport();
    await world.scan();
    expect(await world.deleteOne('frank')).toMatchObject({ kind: 'deleted' });
  });

  test('a call that has no time left says what remains, and the same call goes on', async () => {
    const world = await readyWorld(['eve', 'frank', 'laptop']);
    const callId = world.callId();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deleter: {
        restore: (...all) => ports.deleter.restore(...all),
        block: (...all) => ports.deleter.block(...all),
        release: (...all) => ports.deleter.release(...all),
        delete: async (request, signal) => {
          expect(request.deadline - world.now).toBeLessThanOrEqual(180_000);
          world.advance(100_000);
          return ports.deleter.delete(request, signal);
        },
      },
    });
    const first = await world.delete(['eve', 'frank', 'laptop'], { callId, wrap });
    expect(first).toMatchObject({
      items: [{ outcome: { kind: 'deleted' } }, { outcome: { kind: 'deleted' } }],
      remaining: [{ type: 'device', id: world.idOf('laptop') }],
    });
    expect(await world.delete(['eve', 'frank', 'laptop'], { callId })).toMatchObject({
      items: [
        { outcome: { kind: 'deleted' } },
        { outcome: { kind: 'deleted' } },
        { outcome: { kind: 'deleted' } },
      ],
      remaining: [],
    });
    expect(world.tenant.deletions).toHaveLength(3);
  });

  test('a stop ends the call between two objects, and loses nothing of the one under way', async () => {
    const world = await readyWorld(['eve', 'frank']);
    const callId = world.callId();
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      deleter: {
        restore: (...all) => ports.deleter.restore(...all),
        block: (...all) => ports.deleter.block(...all),
        release: (...all) => ports.deleter.release(...all),
        delete: async (...all) => {
          world.stop.abort(new AppError('stopped', 'SIGTERM'));
          return ports.deleter.delete(...all);
        },
      },
    });
    expect(await world.delete(['eve', 'frank'], { callId, wrap })).toMatchObject({
      items: [{ id: world.idOf('eve'), outcome: { kind: 'deleted' } }],
      remaining: [{ id: world.idOf('frank') }],
    });
    expect(world.decision('eve')?.state).toBe('deleted');
    expect(world.decision('frank')?.state).toBe('approved');
  });

  const failed = { items: [{ outcome: { kind: 'failed', retryable: true } }], remaining: [] };
  const remaining = { items: [], remaining: [{ type: 'user' }] };
  test.each([
    ['snapshot', 'failed', failed],
    ['proof', 'approved', remaining],
    ['start', 'approved', remaining],
  ] as const)('a stop at the %s sends nothing', async (stage, state, expected) => {
    const world = await readyWorld();
    const halt = (): void => world.stop.abort(new AppError('stopped', 'SIGTERM'));
    const wrap = (ports: DeletionPorts): DeletionPorts => ({
      ...ports,
      snapshots: {
        readOptionalFacts: (...all) => ports.snapshots.readOptionalFacts(...all),
        take: async (...all) => {
          if (stage === 'snapshot') halt();
          return ports.snapshots.take(...all);
        },
      },
      facts: {
        read: async (...all) => {
          if (stage === 'start' && world.directory.readByIds.length > 0) halt();
          return ports.facts.read(...all);
        },
      },
      directory: {
        readSynced: (...all) => ports.directory.readSynced(...all),
        readById: async (type, id, signal) => {
          if (stage === 'proof') halt();
          signal.throwIfAborted();
          return ports.directory.readById(type, id, signal);
        },
      },
    });
    const answer = await world.delete(['eve'], { wrap });
    expectUntouched(world);
    expect(answer).toMatchObject(expected);
    expect(world.decision('eve')?.state).toBe(state);
  });
});
