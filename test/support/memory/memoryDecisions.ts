import type {
  DecisionPage,
  DecisionQuery,
  DecisionTable,
  DeletionCaps,
  DeletionClaim,
  RuleTable,
} from '../../../shared/app/decisionPorts';
import { AppError } from '../../../shared/core/appError';
import { canonicalJson, type Json } from '../../../shared/core/canonicalJson';
import type { CloudId } from '../../../shared/core/cloudObject';
import type { Decision, StoredDecision } from '../../../shared/core/decision';
import {
  claimDeletions,
  emptyCounter,
  giveBackDeletions,
  utcDayOf,
  type DeletionCounter,
  type DeletionLimits,
} from '../../../shared/core/decisionCaps';
import { objectTypes, type ObjectType } from '../../../shared/core/objectType';
import type { Rule, RuleKind, StoredRule } from '../../../shared/core/rule';

const same = (one: object, other: object): boolean =>
  canonicalJson(one as Json) === canonicalJson(other as Json);
const withoutEtag = <Row extends { etag: string }>({ etag: _, ...row }: Row): Omit<Row, 'etag'> => row;
const conflict = (row: string): AppError => new AppError('writeConflict', `${row} is not what was read`);

/** The port DecisionTable over a map, with ETags that change at every write. */
export class MemoryDecisions implements DecisionTable {
  readonly rows = new Map<string, StoredDecision>();
  /** Rows written since the table was made. */
  written = 0;

  async read(type: ObjectType, id: CloudId): Promise<StoredDecision | null> {
    return this.rows.get(`${type}/${id}`) ?? null;
  }

  async write(decision: Decision, etag: string | null): Promise<StoredDecision> {
    const key = `${decision.type}/${decision.id}`;
    const stored = this.rows.get(key);
    if ((stored?.etag ?? null) !== etag) {
      if (stored && same(withoutEtag(stored), decision)) return stored;
      throw conflict(key);
    }
    this.written += 1;
    const row = { ...decision, etag: `"${this.written}"` };
    this.rows.set(key, row);
    return row;
  }

  async list({ type, state, limit, continuation }: DecisionQuery): Promise<DecisionPage> {
    if (continuation !== null && !continuation.startsWith('after:')) return { kind: 'continuationInvalid' };
    const after = continuation?.slice('after:'.length) ?? '';
    const found = [...this.rows.entries()]
      .filter(([key]) => key > after)
      .filter(([, row]) => (type === null || row.type === type) && (state === null || row.state === state))
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    const page = found.slice(0, limit);
    const last = page.at(-1)?.[0];
    return {
      kind: 'page',
      decisions: page.map(([, row]) => row),
      continuation: found.length > page.length && last !== undefined ? `after:${last}` : null,
    };
  }
}

/** The port DeletionCaps over maps. */
export class MemoryCaps implements DeletionCaps {
  readonly counters = new Map<string, DeletionCounter>();
  readonly claims = new Map<string, DeletionClaim>();

  constructor(
    public limits: DeletionLimits = {
      perDay: 1_000,
      perType: { user: 1_000, group: 1_000, contact: 1_000, device: 1_000 },
    },
  ) {}

  async claim(request: Parameters<DeletionCaps['claim']>[0]): Promise<DeletionClaim> {
    const { operationId, type, count, at } = request;
    const day = utcDayOf(at);
    const earlier = this.claims.get(`${day}-${operationId}`);
    if (earlier) return earlier;
    const { granted, counter } = claimDeletions(
      this.counters.get(day) ?? emptyCounter(day),
      this.limits,
      type,
      count,
    );
    const claim = { operationId, day, type, granted, returned: 0 };
    this.counters.set(day, counter);
    this.claims.set(`${day}-${operationId}`, claim);
    return claim;
  }

  async giveBack({ operationId, day }: DeletionClaim, unused: number): Promise<void> {
    const claim = this.claims.get(`${day}-${operationId}`);
    const counter = this.counters.get(day);
    if (!claim || !counter) return;
    const returned = Math.max(claim.returned, Math.min(unused, claim.granted));
    this.counters.set(day, giveBackDeletions(counter, claim.type, returned - claim.returned));
    this.claims.set(`${day}-${operationId}`, { ...claim, returned });
  }

  /** How many are claimed on a day, in all. */
  claimedOn(day: string): number {
    const counter = this.counters.get(day);
    return counter ? objectTypes.reduce((sum, type) => sum + counter.claimed[type], 0) : 0;
  }
}

/** The port RuleTable over a map. */
export class MemoryRules implements RuleTable {
  readonly rows = new Map<string, StoredRule>();
  #written = 0;

  async *readAll(): AsyncIterable<StoredRule> {
    yield* this.rows.values();
  }

  async add(rule: Rule): Promise<void> {
    const key = `${rule.content.kind}/${rule.ruleId}`;
    const stored = this.rows.get(key);
    if (stored && !same(withoutEtag(stored), rule)) throw conflict(key);
    if (stored) return;
    this.#written += 1;
    this.rows.set(key, { ...rule, etag: `"${this.#written}"` });
  }

  async remove(kind: RuleKind, ruleId: string, etag: string): Promise<void> {
    const key = `${kind}/${ruleId}`;
    if (this.rows.get(key)?.etag !== etag) throw conflict(key);
    this.rows.delete(key);
  }
}
