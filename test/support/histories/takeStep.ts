import { askingScan } from '../../../shared/app/askForSynchronisation';
import { detectOrphans } from '../../../shared/app/detectOrphans';
import { approveCandidate } from '../../../shared/app/review/approve';
import { approveMany } from '../../../shared/app/review/approveMany';
import { checkQuarantines } from '../../../shared/app/review/checkQuarantines';
import type { Decided } from '../../../shared/app/review/decide';
import { deleteApproved, type DeleteApproved } from '../../../shared/app/review/deleteApproved';
import { reconcileDeletions } from '../../../shared/app/review/reconcileDeletions';
import { rejectCandidate } from '../../../shared/app/review/reject';
import { releaseHold } from '../../../shared/app/review/releaseHold';
import { releaseQuarantineOf } from '../../../shared/app/review/releaseQuarantine';
import { reopenCandidate } from '../../../shared/app/review/reopen';
import { restoreDeleted } from '../../../shared/app/review/restoreDeleted';
import { addRule, removeRule } from '../../../shared/app/review/rules';
import { AppError } from '../../../shared/core/appError';
import type { Instant } from '../../../shared/core/instant';
import type { Guid } from '../../../shared/core/keys/guid';
import { expectedConfirmation } from '../../../shared/core/review/confirmation';
import { versionOf } from '../../../shared/core/review/version';
import { CrashError, crashingAt, hangingAt, type CrashingProcess } from '../crash';
import { subjectNames, type Member, type SubjectName } from './cast';
import { approver, deleter, type HistoryWorld } from './historyWorld';
import { leaseMs } from './leaseLock';
import type { Oracle } from './oracle';
import type { Statistics } from './statistics';
import { dayMs, minuteMs, type Crash, type Step } from './steps';

type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>;
type Wrap = CrashingProcess['wrap'];

/** Lets things happen in a world, by the real use cases, under the eyes of the oracle. */
export class Narrator {
  constructor(
    private readonly world: HistoryWorld,
    private readonly oracle: Oracle,
    private readonly statistics: Statistics,
  ) {}

  async take(step: Step): Promise<void> {
    const { world } = this;
    switch (step.do) {
      case 'nights':
        return this.#nights(step.count);
      case 'wait':
        world.now += step.ms;
        return;
      case 'export':
        return this.#export(step);
      case 'storage':
        return this.#withForest(step.source, forest => void (forest.storageFault = step.fault));
      case 'replay':
        return this.#withForest(step.source, forest => forest.replay(step.back));
      case 'synchronise':
        return world.synchronise(step.succeeds);
      case 'switchSynchronisation':
        return world.enableSynchronisation(world.synchronisation.state.enabled !== true);
      case 'scan':
        return this.#scan(step.crash);
      case 'twoScans':
        return this.#twoScans(step);
      case 'shortList':
        world.directory.shortList = step.type;
        return;
      case 'approve':
      case 'reject':
      case 'reopen':
        return this.#decide(step);
      case 'approveMany':
        return this.#approveMany(step.names);
      case 'approveAll':
        await this.#approveMany(subjectNames);
        world.now += minuteMs;
        this.#export({ do: 'export', source: 'all', fault: null });
        world.now += minuteMs;
        return;
      case 'delete':
        return this.#delete(step);
      case 'twoDeletes':
        return this.#twoDeletes(step);
      case 'restore':
      case 'releaseQuarantine':
        return this.#giveBack(step);
      case 'reconcile':
        await reconcileDeletions(world.reviewPorts(), null, world.stop.signal);
        await checkQuarantines(world.reviewPorts(), null, world.stop.signal);
        return;
      case 'releaseHold':
        return this.#releaseHold(step.which);
      case 'exclude':
      case 'removeRule':
        return this.#rule(step);
      case 'leave':
        return world.forestOf(step.name)?.leave(step.name, step.leaves, world.now);
      case 'return':
        return this.#withMember(step.name, member => world.forestOf(step.name)?.comeBack(member, step.key));
      case 'edit':
      case 'touch':
      case 'vanish':
      case 'revive':
      case 'transfer':
        return this.#withMember(step.name, member => this.#inTheCloud(step.do, member));
      case 'switchQuarantine':
        world.deletion = { ...world.deletion, quarantineDays: 2 - world.deletion.quarantineDays };
        return;
    }
  }

  /** The calls that come after everything: what a crash left is ended and recorded. */
  async end(): Promise<void> {
    const { world } = this;
    world.now += 6 * minuteMs;
    await this.#delete({ do: 'delete', names: subjectNames, by: 'deleter', stage: 'normal', crash: null });
    world.now += 6 * minuteMs;
    await checkQuarantines(world.reviewPorts(), null, world.stop.signal);
    // What a crash left out of the mirror, or of a new month, the next record of either part catches up with.
    world.now += 120 * minuteMs;
    await this.#rule({ do: 'exclude', name: 'eve', days: 1 });
    const { requests } = world.scanPorts().asking;
    for (const source of world.sources)
      await requests.ask(source, 'synchronisation', askingScan, world.stop.signal);
    this.oracle.stepped();
  }

  // ---- forests and tenant

  #withForest(at: number, action: (forest: HistoryWorld['forests'][number]) => void): void {
    const forest = this.world.forests[at];
    if (forest) action(forest);
  }

  #withMember(name: SubjectName, action: (member: Member) => void): void {
    const member = this.world.member(name);
    if (member) action(member);
  }

  #export({ source, fault }: StepOf<'export'>): void {
    const { world, statistics } = this;
    world.forests.forEach((forest, at) => {
      if (source !== 'all' && source !== at) return;
      forest.export(world.now, fault);
      if (fault) statistics.count(`exports: ${fault.kind}`);
    });
  }

  async #nights(count: number): Promise<void> {
    const { world } = this;
    for (let night = 0; night < count; night += 1) {
      world.now += dayMs - 10 * minuteMs;
      world.enableSynchronisation(true);
      world.synchronise(true);
      this.#export({ do: 'export', source: 'all', fault: null });
      world.now += 5 * minuteMs;
      await this.#scan(null);
    }
  }

  #inTheCloud(what: 'edit' | 'touch' | 'vanish' | 'revive' | 'transfer', { name, cloud }: Member): void {
    const { world, oracle } = this;
    const live = world.tenant.find(cloud.type, cloud.id);
    if (what === 'revive') {
      const item = world.tenant.bin.get(cloud.id);
      if (!item) return;
      world.tenant.bin.delete(cloud.id);
      world.directory.objects = [...world.directory.objects, item.object];
      oracle.revived.add(name);
    }
    if (!live) return;
    switch (what) {
      case 'revive':
        return;
      case 'edit':
        oracle.edited.set(name, world.now);
        return world.tenant.change(
          cloud.id,
          cloud.type === 'device'
            ? { displayName: `${name}-${world.now}` }
            : { mail: `${name}.${world.now}@contoso.example` },
        );
      case 'touch':
        return world.tenant.change(cloud.id, { onPremisesLastSyncDateTime: world.now });
      case 'vanish':
        oracle.vanished.add(name);
        return world.tenant.remove(cloud.type, cloud.id);
      case 'transfer':
        return world.tenant.change(cloud.id, {
          onPremisesSyncEnabled: live.onPremisesSyncEnabled === true ? null : true,
        });
    }
  }

  // ---- scans

  async #scan(crash: Crash | null): Promise<void> {
    const { world } = this;
    const before = this.oracle.before();
    await this.#process(crash, wrap => this.#detect(wrap));
    this.oracle.scanned(before);
    world.directory.shortList = null;
  }

  #detect(wrap?: Wrap): Promise<unknown> {
    const { world } = this;
    return detectOrphans(world.scanPorts(wrap), world.scanSettings(), world.stop.signal);
  }

  async #twoScans({ how }: StepOf<'twoScans'>): Promise<void> {
    const { world, statistics } = this;
    const before = this.oracle.before();
    if (how === 'together') await Promise.all([this.#detect(), this.#detect()]);
    else {
      const hanging = hangingAt(how, async () => {
        statistics.count('scans that hung');
        world.now += leaseMs + 1;
        await this.#detect();
      });
      await this.#detect(hanging.wrap).catch((error: unknown) => {
        // Its record was closed by the one that took over.
        if (!(error instanceof AppError && error.code === 'writeConflict')) throw error;
      });
    }
    this.oracle.scanned(before);
    world.directory.shortList = null;
  }

  // ---- review

  /** What a process does, up to where it ends. */
  async #process<Value>(crash: Crash | null, work: (wrap: Wrap) => Promise<Value>): Promise<Value | null> {
    const process = crashingAt(crash?.at ?? Infinity, crash?.when ?? 'after');
    try {
      return await work(process.wrap);
    } catch (error) {
      if (error instanceof CrashError) return null;
      throw error;
    } finally {
      if (process.crashed()) this.statistics.count('crashes');
    }
  }

  async #decide(step: StepOf<'approve' | 'reject' | 'reopen'>): Promise<void> {
    const { world, oracle, statistics } = this;
    const member = world.member(step.name);
    const facts = member && world.facts(member);
    if (!member || !facts) return;
    const earlier = world.decision(member);
    const { type, id, evidenceHash } = facts;
    const asked = { type, id, by: approver, correlationId: null, version: versionOf(facts, earlier) };
    const { signal } = world.stop;
    const decided = await this.#process(step.crash, (wrap): Promise<Decided> => {
      const ports = world.reviewPorts(wrap);
      switch (step.do) {
        case 'approve':
          return approveCandidate(
            ports,
            world.approveSettings(),
            { ...asked, evidenceHash, comment: null, confirmation: expectedConfirmation(facts) },
            signal,
          );
        case 'reject':
          return rejectCandidate(
            ports,
            { ...asked, evidenceHash, reason: 'needed', expiresAt: null },
            signal,
          );
        case 'reopen':
          return reopenCandidate(ports, { ...asked, reason: 'a second thought' }, signal);
      }
    });
    oracle.decided(member, earlier);
    if (decided?.kind === 'decided') statistics.count(`decisions: ${step.do}`);
    if (decided?.kind === 'refused') statistics.count(`refused to ${step.do}: ${decided.refusal}`);
  }

  async #approveMany(names: readonly SubjectName[]): Promise<void> {
    const { world, oracle, statistics } = this;
    const listed = names.flatMap(name => {
      const member = world.member(name);
      const facts = member && world.facts(member);
      return member && facts ? [{ member, facts, earlier: world.decision(member) }] : [];
    });
    const outcomes = await approveMany(
      world.reviewPorts(),
      world.approveSettings(),
      {
        items: listed.map(({ facts: { type, id, evidenceHash } }) => ({ type, id, evidenceHash })),
        by: approver,
        comment: null,
        correlationId: null,
      },
      world.stop.signal,
    );
    for (const { member, earlier } of listed) oracle.decided(member, earlier);
    for (const outcome of outcomes)
      statistics.count(
        outcome.status === 'refused'
          ? `refused to approve: ${outcome.because}`
          : `decisions: bulk ${outcome.status}`,
      );
  }

  #call(names: readonly SubjectName[] | 'all', by: StepOf<'delete'>['by'], callId: Guid) {
    const { world } = this;
    const ids = names === 'all' ? [] : names.flatMap(name => world.member(name)?.cloud ?? []);
    const scope =
      names === 'all'
        ? ({ kind: 'allApproved', upTo: 50, type: null } as const)
        : ({ kind: 'named', ids: ids.map(({ type, id }) => ({ type, id })) } as const);
    const person = by === 'approver' ? approver : deleter;
    const confirmation = String(names === 'all' ? 50 : ids.length);
    return (wrap?: Wrap): Promise<DeleteApproved> =>
      deleteApproved(
        world.reviewPorts(wrap),
        world.deletion,
        { callId, by: person, correlationId: null, scope, confirmation },
        world.stop.signal,
      );
  }

  async #delete({ names, by, stage, crash }: StepOf<'delete'>): Promise<void> {
    const { world, oracle } = this;
    world.deletion = { ...world.deletion, rollout: { stage, testObjects: world.testObjects } };
    oracle.asking = by === 'approver' ? approver.id : deleter.id;
    const answer = await this.#process(crash, this.#call(names, by, world.callId()));
    oracle.asking = null;
    if (answer) this.#answered(answer);
  }

  async #twoDeletes({ names, sameCall, how }: StepOf<'twoDeletes'>): Promise<void> {
    const { world, oracle, statistics } = this;
    oracle.asking = deleter.id;
    world.deletion = { ...world.deletion, rollout: { stage: 'normal', testObjects: world.testObjects } };
    const callId = world.callId();
    const one = this.#call(names, 'deleter', callId);
    const other = this.#call(names, 'deleter', sameCall ? callId : world.callId());
    const answers: DeleteApproved[] = [];
    if (how === 'together') answers.push(...(await Promise.all([one(), other()])));
    else {
      const hanging = hangingAt(how, async () => {
        statistics.count('deletes that hung');
        answers.push(await other());
      });
      answers.push(await one(hanging.wrap));
    }
    oracle.asking = null;
    for (const answer of answers) this.#answered(answer);
  }

  #answered(answer: DeleteApproved): void {
    if (answer.kind === 'refused') return this.statistics.count(`calls refused: ${answer.refusal}`);
    for (const { outcome } of answer.items)
      this.statistics.count(
        `delete: ${outcome.kind === 'refused' ? `refused, ${outcome.refusal}` : outcome.kind}`,
      );
  }

  async #giveBack({ do: what, which, crash }: StepOf<'restore' | 'releaseQuarantine'>): Promise<void> {
    const { world, oracle, statistics } = this;
    const concerned = world.members.filter(one => {
      const decision = world.decision(one);
      if (one.cloud.type !== 'user') return false;
      return what === 'restore' ? decision?.state === 'deleted' : (decision?.quarantine ?? null) !== null;
    });
    const member = concerned[which % Math.max(1, concerned.length)];
    if (!member) return;
    const { id } = member.cloud;
    const asked = { by: approver, correlationId: null };
    const done = await this.#process(crash, async (wrap): Promise<{ readonly kind: string }> => {
      const ports = world.reviewPorts(wrap);
      return what === 'restore'
        ? restoreDeleted(ports, { ...asked, id, comment: null }, world.stop.signal)
        : releaseQuarantineOf(ports, id, asked, world.stop.signal);
    });
    if (what === 'restore' && world.tenant.writes.includes(`restore ${id}`)) oracle.revived.add(member.name);
    if (done) statistics.count(`${what}: ${done.kind}`);
  }

  async #releaseHold(which: number): Promise<void> {
    const { world, statistics } = this;
    const holds = world.newestRun()?.holds ?? [];
    const hold = holds[which % Math.max(1, holds.length)];
    if (!hold) return;
    const { runId, gate } = hold;
    const released = await releaseHold(
      { ...world.reviewPorts(), runs: world.runs },
      { runId, gate, statement: { runId, gate }, reason: 'looked at it', by: approver, correlationId: null },
      world.stop.signal,
    );
    statistics.count(`holds: ${released.kind}`);
  }

  async #rule(step: StepOf<'exclude' | 'removeRule'>): Promise<void> {
    const { world, statistics } = this;
    const asked = { by: approver, correlationId: null };
    if (step.do === 'exclude') {
      const member = world.member(step.name);
      if (!member) return;
      const { type, id } = member.cloud;
      const expiresAt = step.days === null ? null : ((world.now + step.days * dayMs) as Instant);
      const content = { kind: 'exclusion', excludes: { by: 'id', type, id } } as const;
      await addRule(world.reviewPorts(), { ...asked, content, reason: 'kept', expiresAt }, world.stop.signal);
      return statistics.count('rules added');
    }
    const rules = [...world.rules.rows.values()];
    const rule = rules[step.which % Math.max(1, rules.length)];
    if (!rule) return;
    const { kind } = rule.content;
    const { ruleId, etag: version } = rule;
    const removed = await removeRule(
      world.reviewPorts(),
      { ...asked, kind, ruleId, version },
      world.stop.signal,
    );
    statistics.count(`rules ${removed.kind}`);
  }
}
