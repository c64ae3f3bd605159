import { randomUUID } from 'node:crypto';
import type { SampleUserName } from '../support/openIdProvider/sampleIdentities';
import { apiCalls, type ApiAnswer, type ApiCalls } from '../support/stack/apiCalls';
import type { Stack } from '../support/stack/stack';

export interface ListedItem {
  readonly facts: {
    readonly type: string;
    readonly id: string;
    readonly state: string;
    readonly outcome: string;
    readonly evidenceHash: string;
    readonly displayName: string | null;
  };
  readonly decision: {
    readonly state: string;
    readonly recorded: string;
    readonly lapseReason: string | null;
  } | null;
  readonly reversibility: { readonly kind: string; readonly days: number | null };
  readonly etag: string;
}

export interface ItemOutcome {
  readonly type: string;
  readonly id: string;
  readonly outcome: {
    readonly kind: string;
    readonly refusal?: string;
    readonly backToReview?: boolean;
    readonly restorableUntil?: string | null;
    readonly detail?: string;
  };
}

export interface DeletionAnswer {
  readonly items: readonly ItemOutcome[];
  readonly remaining: readonly { readonly id: string }[];
  readonly counts: Readonly<Record<string, number>>;
  readonly type?: string;
}

export interface AuditedRow {
  readonly sequence: number;
  readonly action: string;
  readonly object: { readonly type: string; readonly id: string } | null;
  readonly actor: { readonly kind: string; readonly name: string | null };
}

/** The steps of the review, each by calls of the API and nothing else. */
export interface ReviewSteps {
  readonly call: ApiCalls;
  /** Asks for a scan and waits for its record to be closed. Throws where it did not finish. */
  scan(): Promise<void>;
  list(query: string): Promise<readonly ListedItem[]>;
  read(item: ListedItem): Promise<ListedItem>;
  approve(item: ListedItem, user?: SampleUserName): Promise<ApiAnswer<Record<string, unknown>>>;
  /** Approves many in one call. Throws where one was not. */
  approveAll(items: readonly ListedItem[]): Promise<void>;
  remove(
    items: readonly ListedItem[],
    options?: { readonly user?: SampleUserName; readonly callId?: string },
  ): Promise<ApiAnswer<DeletionAnswer>>;
  /** All rows of the part review, in their order. */
  audit(): Promise<readonly AuditedRow[]>;
}

const pollMs = 100;

export function reviewSteps(stack: Pick<Stack, 'reviewing'>): ReviewSteps {
  const call = apiCalls(stack.reviewing);
  return {
    call,
    async scan() {
      const asked = await call<{ runId: string }>('approver', 'POST', '/scans', { body: {} });
      if (asked.status !== 202) throw new Error(`POST /scans: ${asked.status} ${asked.text}`);
      for (;;) {
        const run = await call<{ state: string; reasons: string[] }>(
          'approver',
          'GET',
          `/scans/${asked.json.runId}`,
        );
        if (run.status === 200 && run.json.state === 'finished') return;
        if (run.status === 404 || run.json.state === 'running') {
          await new Promise(resolve => setTimeout(resolve, pollMs));
          continue;
        }
        throw new Error(`GET /scans/…: ${run.status} ${run.text}`);
      }
    },
    async list(query) {
      const items: ListedItem[] = [];
      for (let next: string | null = ''; next !== null;) {
        const page: ApiAnswer<{ items: ListedItem[]; continuation: string | null }> = await call(
          'reader',
          'GET',
          `/candidates?limit=1000&${query}${next}`,
        );
        if (page.status !== 200) throw new Error(`GET /candidates: ${page.status} ${page.text}`);
        items.push(...page.json.items);
        next = page.json.continuation === null ? null : `&continuation=${page.json.continuation}`;
      }
      return items;
    },
    async read({ facts: { type, id } }) {
      return (await call<ListedItem>('reader', 'GET', `/candidates/${type}/${id}`)).json;
    },
    approve: ({ facts: { type, id, evidenceHash }, etag }, user = 'approver') =>
      call(user, 'POST', `/candidates/${type}/${id}/approve`, {
        headers: { 'if-match': etag },
        body: { evidenceHash, comment: 'left the company' },
      }),
    async approveAll(items) {
      const answer = await call<{ items: { status: string }[] }>('approver', 'POST', '/approvals', {
        body: {
          confirmation: String(items.length),
          items: items.map(({ facts: { type, id, evidenceHash } }) => ({ type, id, evidenceHash })),
        },
      });
      if (answer.status !== 200 || answer.json.items.some(({ status }) => status !== 'approved'))
        throw new Error(`POST /approvals: ${answer.status} ${answer.text}`);
    },
    remove: (items, { user = 'deleter', callId = randomUUID() } = {}) =>
      call(user, 'POST', '/deletions', {
        body: {
          callId,
          confirmation: String(items.length),
          ids: items.map(({ facts: { type, id } }) => ({ type, id })),
        },
      }),
    async audit() {
      const rows: AuditedRow[] = [];
      for (let after: number | null = 0; after !== null;) {
        const page: ApiAnswer<{ rows: { row: AuditedRow }[]; next: number | null }> = await call(
          'reader',
          'GET',
          `/audit?part=review&limit=1000&after=${after}`,
        );
        if (page.status !== 200) throw new Error(`GET /audit: ${page.status} ${page.text}`);
        rows.push(...page.json.rows.map(({ row }) => row));
        after = page.json.next;
      }
      return rows;
    },
  };
}
