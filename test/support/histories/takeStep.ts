import { askingScan } from '../../../shared/app/askForSynchronisation';
import { checkQuarantines } from '../../../shared/app/review/checkQuarantines';
import { AppError } from '../../../shared/core/appError';
import { CrashError, crashingAt, hangingAt, unansweredAt, type CrashingProcess } from '../crash';
import { actOf, approveThese, type Go, type Stage } from './acts';
import { subjectNames, type Member, type SubjectName } from './cast';
import type { HistoryWorld } from './historyWorld';
import type { Oracle } from './oracle';
import type { Statistics } from './statistics';
import { dayMs, minuteMs, type ActStep, type Crash, type Meanwhile, type Step } from './steps';

type StepOf<Do extends Step['do']> = Extract<Step, { do: Do }>;

/** Lets things happen in a world, by the real use cases, under the eyes of the oracle. */
export class Narrator implements Stage {
  constructor(
    readonly world: HistoryWorld,
    readonly oracle: Oracle,
    readonly statistics: Statistics,
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
      case 'shortList':
        world.directory.shortList = step.type;
        return;
      case 'approveAll':
        await approveThese(this, subjectNames)(alone);
        world.now += minuteMs;
        this.#export({ do: 'export', source: 'all', fault: null });
        world.now += minuteMs;
        return;
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
      case 'meanwhile':
        return this.#meanwhile(step);
      default:
        return this.#act(step);
    }
  }

  /** The calls that come after everything: what a crash left is ended and recorded. */
  async end(): Promise<void> {
    const { world } = this;
    world.now += 6 * minuteMs;
    await this.#act({ do: 'delete', names: subjectNames, by: 'deleter', stage: 'normal', crash: null });
    world.now += 6 * minuteMs;
    await checkQuarantines(world.reviewPorts(), null, world.stop.signal);
    // What a crash left out of the mirror, or of a new month, the next record of either part catches up with.
    world.now += 120 * minuteMs;
    await this.#act({ do: 'exclude', name: 'eve', days: 1 });
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
      await this.#act({ do: 'scan', crash: null });
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

  // ---- processes

  #act(step: ActStep): Promise<void> {
    return actOf(this, step)(this.#upTo('crash' in step ? step.crash : null));
  }

  async #meanwhile(step: Meanwhile): Promise<void> {
    const { world, statistics } = this;
    const { how, pause, midnight, crash } = step;
    if (step.approved) await this.take({ do: 'approveAll' });
    const name = this.#nameAt(step.about);
    const first = about(step.first, name);
    const second = step.second === 'again' ? step.second : about(step.second, name);
    if (midnight) world.now = Math.ceil(world.now / dayMs) * dayMs - Math.ceil(pause / 2);
    const one = actOf(this, first);
    const other = (): Promise<void> =>
      (second === 'again' ? one : actOf(this, second))(amongOthers(this.#upTo(crash)));
    if (how === 'together') {
      await Promise.all([one(amongOthers(alone)), other()]);
      return;
    }
    const hanging = hangingAt(how, async () => {
      statistics.count(`hung: ${first.do}`);
      statistics.count(`meanwhile: ${second === 'again' ? second : second.do}`);
      world.now += pause;
      await other();
    });
    const ending = this.#upTo('crash' in first ? first.crash : null);
    await one(amongOthers(work => ending(wrap => work(ports => hanging.wrap(wrap(ports))))));
  }

  #nameAt(at: number): SubjectName {
    const { world } = this;
    const concerned = subjectNames.filter(name => {
      const member = world.member(name);
      return member && (world.facts(member)?.state === 'candidate' || world.decision(member) !== null);
    });
    return concerned[at % Math.max(1, concerned.length)] ?? 'eve';
  }

  /** A process that ends there. */
  #upTo(crash: Crash | null): Go {
    return async work => {
      if (crash === null) return alone(work);
      const process = endingAs(crash);
      try {
        return await work(process.wrap);
      } catch (error) {
        const unanswered = error instanceof AppError && error.code === 'storageUnavailable';
        if (error instanceof CrashError || (process.crashed() && unanswered)) return null;
        throw error;
      } finally {
        if (process.crashed())
          this.statistics.count(
            crash.when === 'before' || crash.when === 'after' ? 'crashes' : 'steps without an answer',
          );
      }
    };
  }
}

/** The step, about this object. */
function about(step: ActStep, name: SubjectName): ActStep {
  if ('name' in step) return { ...step, name };
  if ('names' in step && step.names !== 'all')
    return { ...step, names: [name, ...step.names.filter(other => other !== name)] };
  return step;
}

function endingAs({ at, when }: Crash): CrashingProcess {
  switch (when) {
    case 'before':
    case 'after':
      return crashingAt(at, when);
    case 'unanswered':
      return unansweredAt(at, 'done');
    case 'notDone':
      return unansweredAt(at, 'notDone');
  }
}

const alone: Go = work => work(ports => ports);

/** Who is told that somebody else was faster calls again, or not. */
const amongOthers =
  (go: Go): Go =>
  async work => {
    try {
      return await go(work);
    } catch (error) {
      if (error instanceof AppError && error.code === 'writeConflict') return null;
      throw error;
    }
  };
