import type { Page } from './page';

/** What a fault rule sees of a request. */
export interface FaultTarget {
  readonly method: string;
  readonly pathname: string;
  /** The number of the page that is asked for, from 1; 1 for whatever is no list. */
  readonly page: number;
  /** The client id in a valid token, else null. */
  readonly appId: string | null;
}

/** Which requests a rule is for: all that is given must hold. */
export interface FaultCondition {
  readonly method?: string;
  readonly path?: RegExp;
  readonly page?: number;
  readonly appId?: string;
  /** Only the n-th request, from 1, of those that fit the rest since the rule was added. */
  readonly nth?: number;
}

export type Fault =
  /** Calls back before the request is looked at: to change the directory meanwhile, or to hold the answer up. */
  | { readonly kind: 'run'; readonly callback: () => void | Promise<void> }
  /** Answers so at once. Without a body it is Graph's error body; a given one is sent as it is (text/html unless a header says so). */
  | {
      readonly kind: 'answer';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Closes the connection without an answer. */
  | { readonly kind: 'reset' }
  /** Never answers; the connection stays open. */
  | { readonly kind: 'stall' }
  | AfterFault
  /** The page token of the request is expired. */
  | { readonly kind: 'expirePageToken' }
  /** The body's first `length` characters only, as if that were all of it, or with the connection lost. */
  | { readonly kind: 'cutBody'; readonly length: number; readonly ending: 'proper' | 'connectionLost' }
  | PageFault;

/** A fault that comes after the request took its effect, if it had one: what was refused is refused, but the answer is another. */
export type AfterFault =
  | {
      readonly kind: 'answerAfter';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** Closes the connection without an answer. */
  | { readonly kind: 'resetAfter' }
  /** Never answers; the connection stays open. */
  | { readonly kind: 'stallAfter' };

/** A fault of one page; a request that answers no page is left alone. */
export type PageFault =
  /** No object, and a nextLink that leads to those that were due. */
  | { readonly kind: 'emptyPage' }
  /** The objects of the page before come once more, ahead of the page's own. */
  | { readonly kind: 'repeatPreviousPage' }
  /** Another nextLink; null: none. `request` is the address that was asked. */
  | {
      readonly kind: 'nextLink';
      readonly rewrite: (nextLink: string | null, request: string) => string | null;
    }
  /** The properties are not in the page's objects. */
  | { readonly kind: 'dropProperties'; readonly names: readonly string[] }
  /** `count` objects, from the position `at` in the page, are left out. */
  | { readonly kind: 'dropObjects'; readonly at: number; readonly count: number }
  /** `@odata.count`, or the answer of /$count, is that much too high, or too low. */
  | { readonly kind: 'miscount'; readonly by: number };

export interface FaultRule {
  readonly when: FaultCondition;
  /** How many matching requests it is for; default 1. */
  readonly times?: number;
  readonly do: Fault;
}

/** What tests say and see of the faults. */
export interface Faults {
  /** Rules apply in the order they were added; several may apply to one request. */
  add(rule: FaultRule): void;
  clear(): void;
  /** Rules that are not used up: a test may make sure that its fault took place. */
  readonly pending: readonly FaultRule[];
}

export class FaultBook implements Faults {
  #rules: { readonly rule: FaultRule; left: number; seen: number }[] = [];

  add(rule: FaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1, seen: 0 });
  }

  clear(): void {
    this.#rules = [];
  }

  get pending(): readonly FaultRule[] {
    return this.#rules.map(({ rule }) => rule);
  }

  /** The faults of this request; each of their rules is used once by it. */
  take(target: FaultTarget): readonly Fault[] {
    const faults: Fault[] = [];
    for (const entry of this.#rules) {
      if (!matches(entry.rule.when, target)) continue;
      entry.seen += 1;
      if (entry.seen !== (entry.rule.when.nth ?? entry.seen)) continue;
      entry.left -= 1;
      faults.push(entry.rule.do);
    }
    this.#rules = this.#rules.filter(({ left }) => left > 0);
    return faults;
  }
}

function matches({ method, path, page, appId }: FaultCondition, target: FaultTarget): boolean {
  return (
    (method === undefined || method === target.method) &&
    (path === undefined || target.pathname.search(path) >= 0) &&
    (page === undefined || page === target.page) &&
    (appId === undefined || appId === target.appId)
  );
}

/** The page as the fault leaves it. */
export function withPageFault(page: Page, fault: PageFault, request: string): Page {
  switch (fault.kind) {
    case 'emptyPage':
      return { ...page, objects: [], nextLink: page.linkHere() };
    case 'repeatPreviousPage':
      return { ...page, objects: [...page.previousObjects(), ...page.objects] };
    case 'nextLink':
      return { ...page, nextLink: fault.rewrite(page.nextLink, request) };
    case 'dropProperties':
      return {
        ...page,
        objects: page.objects.map(object =>
          Object.fromEntries(Object.entries(object).filter(([name]) => !fault.names.includes(name))),
        ),
      };
    case 'dropObjects':
      return { ...page, objects: page.objects.toSpliced(fault.at, fault.count) };
    case 'miscount':
      return { ...page, count: page.count === null ? null : page.count + fault.by };
  }
}
