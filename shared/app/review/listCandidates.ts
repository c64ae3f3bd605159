import type { StoredDecision } from '../../core/decision';
import type { FactState } from '../../core/facts';
import type { ObjectType } from '../../core/objectType';
import { hasDecision, searchFor, type DecisionFilter } from '../../core/review/candidateFilter';
import { summaryOf, type DecisionSummary } from '../../core/review/decisionSummary';
import { versionOf } from '../../core/review/version';
import type { DecisionTable } from '../decisionPorts';
import { eachLimited } from '../eachLimited';
import type { CandidateReader, Clock, ListedFacts } from '../ports';
import {
  beginning,
  firstType,
  readCursor,
  typesFrom,
  writeCursor,
  type CandidateCursor,
} from './candidateCursor';

export interface ListCandidatesPorts {
  readonly candidates: CandidateReader;
  readonly decisions: Pick<DecisionTable, 'read'>;
  readonly clock: Clock;
}

/** What to list; null: all. */
export interface CandidateListQuery {
  readonly state: FactState | null;
  readonly type: ObjectType | null;
  /** By what is in force, not by what is recorded. */
  readonly decision: DecisionFilter | null;
  /** Part of a name, an address or an id. */
  readonly search: string | null;
  /** The most that a page holds, 1 to 1,000. */
  readonly limit: number;
  /** From the page before; it comes from outside. */
  readonly continuation: string | null;
}

/** One row, with the decision as it stands. */
export interface ListedCandidate {
  readonly facts: ListedFacts;
  readonly decision: DecisionSummary | null;
  /** For If-Match. */
  readonly version: string;
}

/** Why a page is shorter than was asked for although there is more: as many rows, or as much time, as one call may take. */
export type Budget = 'rows' | 'time';

export type CandidateList =
  | {
      readonly kind: 'page';
      readonly items: readonly ListedCandidate[];
      /** null: there is no more. */
      readonly continuation: string | null;
      readonly cutBy: Budget | null;
    }
  | { readonly kind: 'continuationInvalid' };

/** What one call may take where it has to look at rows that it does not answer. */
export const mostRowsLookedAt = 5_000;
export const listBudgetMs = 10_000;
/** Decisions that are read at the same time. */
const readsAtOnce = 16;
const mostRowsOfPage = 1_000;

/**
 * One page of the candidates with their decisions, in the order of the keys: each row is on exactly one page, however long the pages
 * are. A search, and a filter by decision, look at row after row, so their pages may be short, even empty, and not be the last.
 */
export async function listCandidates(
  ports: ListCandidatesPorts,
  query: CandidateListQuery,
  signal: AbortSignal,
): Promise<CandidateList> {
  const start = startOf(query);
  if (start === null) return { kind: 'continuationInvalid' };
  const deadline = ports.clock.now() + listBudgetMs;
  const selective = query.search !== null || query.decision !== null;
  const items: ListedCandidate[] = [];
  let cursor: CandidateCursor | null = start;
  let looked = 0;
  while (cursor !== null && items.length < query.limit) {
    const missing = query.limit - items.length;
    const limit = selective ? Math.min(mostRowsOfPage, mostRowsLookedAt - looked) : missing;
    const { type, from }: CandidateCursor = cursor;
    const page = await ports.candidates.list({ type, state: query.state, from, limit }, signal);
    if (page.kind === 'continuationInvalid') return page;
    const found = await select(ports, page.facts, query, signal);
    items.push(...found.slice(0, missing));
    looked += page.facts.length;
    const last = found[missing - 1];
    if (found.length > missing && last) {
      cursor = { type, from: { after: last.facts.id, token: null } };
      break;
    }
    cursor = page.next === null ? nextType(type, query) : { type, from: page.next };
    const cutBy = budgetSpent(looked, ports.clock.now() >= deadline);
    if (cutBy !== null && cursor !== null && items.length < query.limit)
      return { kind: 'page', items, continuation: writeCursor(cursor), cutBy };
  }
  return {
    kind: 'page',
    items,
    continuation: cursor === null ? null : writeCursor(cursor),
    cutBy: null,
  };
}

/** null: the continuation is none, or of a list of another type. */
function startOf({ type, continuation }: CandidateListQuery): CandidateCursor | null {
  if (continuation === null) return { type: type ?? firstType, from: beginning };
  const cursor = readCursor(continuation);
  return cursor === null || (type !== null && cursor.type !== type) ? null : cursor;
}

function nextType(type: ObjectType, query: CandidateListQuery): CandidateCursor | null {
  if (query.type !== null) return null;
  const [, following] = typesFrom(type);
  return following === undefined ? null : { type: following, from: beginning };
}

function budgetSpent(looked: number, late: boolean): Budget | null {
  if (looked >= mostRowsLookedAt) return 'rows';
  return late ? 'time' : null;
}

/** Those of the rows that fit, with their decisions; the order stays. */
async function select(
  { decisions, clock }: ListCandidatesPorts,
  listed: readonly ListedFacts[],
  { search, decision: filter }: CandidateListQuery,
  signal: AbortSignal,
): Promise<readonly ListedCandidate[]> {
  const wanted = search === null ? listed : listed.filter(searchFor(search));
  const stored = new Map<ListedFacts, StoredDecision | null>();
  await eachLimited(wanted, readsAtOnce, async facts => {
    stored.set(facts, await decisions.read(facts.type, facts.id, signal));
  });
  const now = clock.now();
  return wanted
    .map(facts => {
      const decision = stored.get(facts) ?? null;
      return {
        facts,
        decision: decision && summaryOf(decision, facts, now),
        version: versionOf(facts, decision),
      };
    })
    .filter(({ decision }) => filter === null || hasDecision(filter, decision));
}
