import { detectOrphans } from '../../../shared/app/detectOrphans';
import { approveCandidate } from '../../../shared/app/review/approve';
import { approveMany } from '../../../shared/app/review/approveMany';
import { checkQuarantines } from '../../../shared/app/review/checkQuarantines';
import type { Decided } from '../../../shared/app/review/decide';
import { deleteApproved } from '../../../shared/app/review/deleteApproved';
import { reconcileDeletions } from '../../../shared/app/review/reconcileDeletions';
import { rejectCandidate } from '../../../shared/app/review/reject';
import { releaseHold } from '../../../shared/app/review/releaseHold';
import { releaseQuarantineOf } from '../../../shared/app/review/releaseQuarantine';
import { reopenCandidate } from '../../../shared/app/review/reopen';
import { restoreDeleted } from '../../../shared/app/review/restoreDeleted';
import { addRule, removeRule } from '../../../shared/app/review/rules';
import type { Instant } from '../../../shared/core/instant';
import { expectedConfirmation } from '../../../shared/core/review/confirmation';
import { versionOf } from '../../../shared/core/review/version';
import type { CrashingProcess } from '../crash';
import type { SubjectName } from './cast';
import { approver, deleter, type HistoryWorld } from './historyWorld';
import type { Oracle } from './oracle';
import type { Statistics } from './statistics';
import { dayMs, type ActStep } from './steps';

type StepOf<Do extends ActStep['do']> = Extract<ActStep, { do: Do }>;

/** How a process goes: to its answer, to where it ends before that (then null), or with something else while it hangs. */
export type Go = <Value>(work: (wrap: CrashingProcess['wrap']) => Promise<Value>) => Promise<Value | null>;

/** A request that is made from what the world is now; to carry it out again is to send the same once more. */
export type Act = (go: Go) => Promise<void>;

export interface Stage {
  readonly world: HistoryWorld;
  readonly oracle: Oracle;
  readonly statistics: Statistics;
}

const nothing: Act = async () => undefined;

export function actOf(stage: Stage, step: ActStep): Act {
  if (step.do === 'scan') return scan(stage);
  const act = callOf(stage, step);
  return go => stage.oracle.reviewing(() => act(go));
}

function callOf(stage: Stage, step: Exclude<ActStep, { do: 'scan' }>): Act {
  switch (step.do) {
    case 'approve':
    case 'reject':
    case 'reopen':
      return decide(stage, step);
    case 'approveMany':
      return approveThese(stage, step.names);
    case 'delete':
      return deleteThese(stage, step);
    case 'restore':
    case 'releaseQuarantine':
      return giveBack(stage, step);
    case 'reconcile':
      return reconcile(stage);
    case 'releaseHold':
      return release(stage, step.which);
    case 'exclude':
      return exclude(stage, step);
    case 'removeRule':
      return remove(stage, step.which);
  }
}

const scan =
  ({ world, oracle }: Stage): Act =>
  async go => {
    const before = oracle.scanBegins();
    await go(wrap => detectOrphans(world.scanPorts(wrap), world.scanSettings(), world.stop.signal));
    oracle.scanEnded(before);
  };

function decide({ world, oracle, statistics }: Stage, step: StepOf<'approve' | 'reject' | 'reopen'>): Act {
  const member = world.member(step.name);
  const facts = member && world.facts(member);
  if (!member || !facts) return nothing;
  const earlier = world.decision(member);
  const { type, id, evidenceHash } = facts;
  const asked = { type, id, by: approver, correlationId: null, version: versionOf(facts, earlier) };
  const { signal } = world.stop;
  return async go => {
    const ground = oracle.ground(member);
    const decided = await go((wrap): Promise<Decided> => {
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
    oracle.decided(member, earlier, ground);
    if (decided?.kind === 'decided') statistics.count(`decisions: ${step.do}`);
    if (decided?.kind === 'refused') statistics.count(`refused to ${step.do}: ${decided.refusal}`);
  };
}

export function approveThese({ world, oracle, statistics }: Stage, names: readonly SubjectName[]): Act {
  const listed = names.flatMap(name => {
    const member = world.member(name);
    const facts = member && world.facts(member);
    return member && facts ? [{ member, facts, earlier: world.decision(member) }] : [];
  });
  return async go => {
    const grounds = listed.map(({ member }) => oracle.ground(member));
    const outcomes = await go(wrap =>
      approveMany(
        world.reviewPorts(wrap),
        world.approveSettings(),
        {
          items: listed.map(({ facts: { type, id, evidenceHash } }) => ({ type, id, evidenceHash })),
          by: approver,
          comment: null,
          correlationId: null,
        },
        world.stop.signal,
      ),
    );
    for (const [at, { member, earlier }] of listed.entries())
      oracle.decided(member, earlier, grounds[at] ?? oracle.ground(member));
    for (const outcome of outcomes ?? [])
      statistics.count(
        outcome.status === 'refused'
          ? `refused to approve: ${outcome.because}`
          : `decisions: bulk ${outcome.status}`,
      );
  };
}

function deleteThese({ world, statistics }: Stage, { names, by, stage }: StepOf<'delete'>): Act {
  const ids = names === 'all' ? [] : names.flatMap(name => world.member(name)?.cloud ?? []);
  const scope =
    names === 'all'
      ? ({ kind: 'allApproved', upTo: 50, type: null } as const)
      : ({ kind: 'named', ids: ids.map(({ type, id }) => ({ type, id })) } as const);
  const person = by === 'approver' ? approver : deleter;
  const settings = { ...world.deletion, rollout: { stage, testObjects: world.testObjects } };
  const request = {
    callId: world.callId(),
    by: person,
    correlationId: null,
    scope,
    confirmation: String(names === 'all' ? 50 : ids.length),
  };
  return async go => {
    const answer = await go(wrap =>
      deleteApproved(
        world.reviewPorts(wrap, { by: person.id, settings }),
        settings,
        request,
        world.stop.signal,
      ),
    );
    if (answer?.kind === 'refused') statistics.count(`calls refused: ${answer.refusal}`);
    for (const { outcome } of answer?.kind === 'answered' ? answer.items : [])
      statistics.count(
        `delete: ${outcome.kind === 'refused' ? `refused, ${outcome.refusal}` : outcome.kind}`,
      );
  };
}

function giveBack(
  { world, oracle, statistics }: Stage,
  { do: what, which }: StepOf<'restore' | 'releaseQuarantine'>,
): Act {
  const concerned = world.members.filter(one => {
    const decision = world.decision(one);
    if (one.cloud.type !== 'user') return false;
    return what === 'restore' ? decision?.state === 'deleted' : (decision?.quarantine ?? null) !== null;
  });
  const member = concerned[which % Math.max(1, concerned.length)];
  if (!member) return nothing;
  const { id } = member.cloud;
  const asked = { by: approver, correlationId: null };
  return async go => {
    const done = await go(async (wrap): Promise<{ readonly kind: string }> => {
      const ports = world.reviewPorts(wrap);
      return what === 'restore'
        ? restoreDeleted(ports, { ...asked, id, comment: null }, world.stop.signal)
        : releaseQuarantineOf(ports, id, asked, world.stop.signal);
    });
    if (what === 'restore' && world.tenant.writes.includes(`restore ${id}`)) oracle.revived.add(member.name);
    if (done) statistics.count(`${what}: ${done.kind}`);
  };
}

const reconcile =
  ({ world }: Stage): Act =>
  async go => {
    await go(async wrap => {
      const ports = world.reviewPorts(wrap);
      await reconcileDeletions(ports, null, world.stop.signal);
      await checkQuarantines(ports, null, world.stop.signal);
    });
  };

function release({ world, statistics }: Stage, which: number): Act {
  const holds = world.newestRun()?.holds ?? [];
  const hold = holds[which % Math.max(1, holds.length)];
  if (!hold) return nothing;
  const { runId, gate } = hold;
  return async go => {
    const released = await go(wrap =>
      releaseHold(
        world.reviewPorts(wrap),
        {
          runId,
          gate,
          statement: { runId, gate },
          reason: 'looked at it',
          by: approver,
          correlationId: null,
        },
        world.stop.signal,
      ),
    );
    if (released) statistics.count(`holds: ${released.kind}`);
  };
}

const asked = { by: approver, correlationId: null };

function exclude({ world, statistics }: Stage, { name, days }: StepOf<'exclude'>): Act {
  const member = world.member(name);
  if (!member) return nothing;
  const { type, id } = member.cloud;
  const expiresAt = days === null ? null : ((world.now + days * dayMs) as Instant);
  const content = { kind: 'exclusion', excludes: { by: 'id', type, id } } as const;
  return async go => {
    const added = await go(wrap =>
      addRule(world.reviewPorts(wrap), { ...asked, content, reason: 'kept', expiresAt }, world.stop.signal),
    );
    if (added) statistics.count(`rules ${added.kind}`);
  };
}

function remove({ world, statistics }: Stage, which: number): Act {
  const rules = [...world.rules.rows.values()];
  const rule = rules[which % Math.max(1, rules.length)];
  if (!rule) return nothing;
  const { kind } = rule.content;
  const { ruleId, etag: version } = rule;
  return async go => {
    const removed = await go(wrap =>
      removeRule(world.reviewPorts(wrap), { ...asked, kind, ruleId, version }, world.stop.signal),
    );
    if (removed) statistics.count(`rules ${removed.kind}`);
  };
}
