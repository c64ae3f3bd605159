import fc from 'fast-check';
import type { DeletionPorts } from '../../../../shared/app/review/deletionUseCasePorts';
import { guidFromImmutableId } from '../../../../shared/core/keys/immutableId';
import { CrashError, crashingAt } from './crash';
import { dayMs, DeletionWorld, minuteMs, normalRollout, reportOnly } from './deletionWorld';

// Whatever happens in whatever order, the promises of design.md hold at the moment of every DELETE, and at the end.

const people = ['eve', 'frank'] as const;
const rids = { eve: 1105, frank: 1106 } as const;
type Name = (typeof people)[number];

type Step =
  | { readonly do: 'approve' | 'reject' | 'edit' | 'sync' | 'return' | 'leave'; readonly name: Name }
  | { readonly do: 'export' | 'scan' | 'switch' | 'quarantine' }
  | { readonly do: 'wait'; readonly ms: number }
  | {
      readonly do: 'delete';
      readonly names: readonly Name[];
      readonly crash: { readonly at: number; readonly when: 'before' | 'after' } | null;
    };

const someone = fc.constantFrom(...people);
const steps: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('delete' as const),
      names: fc.subarray([...people], { minLength: 1 }),
      crash: fc.option(
        fc.record({ at: fc.integer({ min: 1, max: 60 }), when: fc.constantFrom('before', 'after') }),
      ),
    }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('approve' as const), name: someone }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('export' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('scan' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      ms: fc.constantFrom(1, minuteMs, 6 * minuteMs, 40 * 60 * minuteMs, 2 * dayMs, 15 * dayMs),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('reject', 'edit', 'sync', 'return', 'leave'),
      name: someone,
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('switch', 'quarantine') }) },
);

/** Watches every DELETE, at the moment when it is sent. */
class Watched {
  readonly world = new DeletionWorld();
  readonly breaches: string[] = [];
  /** Since when the object is known to differ from what was looked at last. */
  readonly changed = new Map<Name, number>();
  readonly back = new Set<Name>();
  asked = false;

  wrap = (ports: DeletionPorts): DeletionPorts => ({
    ...ports,
    deleter: {
      restore: (...all) => ports.deleter.restore(...all),
      release: (...all) => ports.deleter.release(...all),
      block: (...all) => {
        this.#look(all[0].id, 'quarantined');
        return ports.deleter.block(...all);
      },
      delete: (...all) => {
        this.#look(all[0].id, 'deleting');
        return ports.deleter.delete(...all);
      },
    },
  });

  #look(id: string, state: 'deleting' | 'quarantined'): void {
    const { world } = this;
    const name = people.find(one => world.idOf(one) === id);
    if (!name) return void this.breaches.push(`${id} is nobody's`);
    const expect = (holds: boolean, promise: string): void => {
      if (!holds) this.breaches.push(`${state} ${name}: ${promise}`);
    };
    const decision = world.decision(name);
    const facts = world.facts(name);
    const live = world.tenant.find('user', world.idOf(name));
    expect(this.asked && world.settings.rollout.stage !== 'reportOnly', 'report-only is the default (6)');
    expect(decision?.state === state, 'deleted is reached through deleting only (1)');
    const approval = decision && 'approval' in decision ? decision.approval : null;
    if (!approval || !facts) return expect(false, 'an approval and facts (1)');
    expect(facts.state === 'candidate', 'a candidate (1)');
    expect(approval.evidenceHash === facts.evidenceHash, 'the same evidence (1)');
    expect(world.now < approval.expiresAt, 'unexpired (1)');
    const audited = world
      .rowsAbout(name)
      .some(row => row.action === 'candidateApproved' && row.at === approval.at);
    expect(audited, 'an approval that is audited (7)');
    const [used] = world.exports.exports;
    expect((used?.manifest.startedAt ?? 0) > approval.at, 'an export begun after the approval (5)');
    if (live?.type !== 'user') return;
    expect(live.onPremisesSyncEnabled === true, 'still synced (5)');
    const anchor = guidFromImmutableId(live.onPremisesImmutableId ?? '');
    const found = used?.records.some(record => record.objectGUID === anchor);
    expect(found === false, 'absent in the newest export (2, 5)');
    expect((live.onPremisesLastSyncDateTime ?? 0) <= approval.at, 'not synced since (5)');
    expect((this.changed.get(name) ?? 0) <= facts.changedAt, 'the object as it was judged (5)');
    if (state === 'deleting' && decision?.quarantine)
      expect(world.now >= decision.quarantine.until, 'the quarantine is over (1)');
  }

  async take(step: Step): Promise<void> {
    const { world } = this;
    switch (step.do) {
      case 'approve':
        return void (await world.approve(step.name));
      case 'reject':
        return void (await world.reject(step.name));
      case 'edit':
        this.changed.set(step.name, world.now);
        return world.tenant.change(world.idOf(step.name), {
          mail: `${step.name}.${world.now}@contoso.example`,
        });
      case 'sync':
        return world.tenant.change(world.idOf(step.name), { onPremisesLastSyncDateTime: world.now });
      case 'return':
        if (!this.back.has(step.name)) world.comeBack(step.name, rids[step.name]);
        return void this.back.add(step.name);
      case 'leave':
        this.back.delete(step.name);
        return void world.leave(step.name);
      case 'export':
        return void world.newExport();
      case 'scan':
        return void (await world.scan());
      case 'switch':
        world.settings = {
          ...world.settings,
          rollout: world.settings.rollout === reportOnly ? normalRollout : reportOnly,
        };
        return;
      case 'quarantine':
        world.settings = { ...world.settings, quarantineDays: 2 - world.settings.quarantineDays };
        return;
      case 'wait':
        return void world.advance(step.ms);
      case 'delete':
        return this.#delete(step);
    }
  }

  async #delete({ names, crash }: Extract<Step, { do: 'delete' }>): Promise<void> {
    const process = crashingAt(crash?.at ?? Infinity, crash?.when ?? 'after');
    this.asked = true;
    try {
      await this.world.delete(names, { wrap: ports => process.wrap(this.wrap(ports)) });
    } catch (error) {
      if (!(error instanceof CrashError)) throw error;
    } finally {
      this.asked = false;
    }
  }
}

test('no order of approvals, edits, returns, exports, deletes, crashes and waits breaks promises 1, 5, 6 and 7', async () => {
  let deleted = 0;
  let blocked = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(steps, { minLength: 5, maxLength: 30 }), async order => {
      const watched = new Watched();
      const { world } = watched;
      await world.scan();
      for (const step of order) {
        world.advance(1_000);
        await watched.take(step);
        expect(watched.breaches).toEqual([]);
      }
      // Everything comes to its end with the next calls.
      world.settings = { ...world.settings, rollout: normalRollout };
      world.advance(6 * minuteMs);
      await world.delete([], { scope: { kind: 'named', ids: [] } });
      const ids = world.audit.rows.map(row => row.operationId);
      expect(new Set(ids).size).toBe(ids.length);
      for (const name of people) {
        const times = world.timesDeleted(name);
        deleted += times;
        expect(times).toBeLessThan(2);
        const rows = world.rowsAbout(name).filter(row => row.action === 'deletionSucceeded');
        expect([name, rows.length]).toEqual([name, times]);
        expect(world.isThere(name)).toBe(times === 0);
        const state = world.decision(name)?.state;
        expect([name, state === 'deleted', state === 'deleting']).toEqual([name, times === 1, false]);
        const attempts = world.rowsAbout(name).filter(row => row.action === 'deletionStarted').length;
        const ends = world.rowsAbout(name).filter(row => row.operationId.endsWith('.end')).length;
        expect([name, ends]).toEqual([name, attempts]);
      }
      blocked += world.tenant.writes.filter(write => write.startsWith('block')).length;
    }),
    { numRuns: 300 },
  );
  // The law is about something.
  expect(deleted).toBeGreaterThan(20);
  expect(blocked).toBeGreaterThan(0);
}, 120_000);
