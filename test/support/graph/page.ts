export type JsonObject = Readonly<Record<string, unknown>>;

/** One page of a list, before it is written. */
export interface Page {
  readonly context: string;
  /** `@odata.count`; null where it was not asked for. */
  readonly count: number | null;
  readonly objects: readonly JsonObject[];
  readonly nextLink: string | null;
  /** A link that leads to this same page, counted as the next one. */
  readonly linkHere: () => string;
  /** What the page before would answer now; nothing for the first. */
  readonly previousObjects: () => readonly JsonObject[];
}

/** What a route answers with status 200 (201 where it made something), or 204 where there is nothing to say. */
export type Answer =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'page'; readonly page: Page }
  | { readonly kind: 'entity'; readonly entity: JsonObject; readonly status?: 201 }
  | { readonly kind: 'count'; readonly count: number };

/** The body of an answer; null: it has none. */
export function bodyOf(answer: Answer): { readonly contentType: string; readonly text: string } | null {
  switch (answer.kind) {
    case 'nothing':
      return null;
    case 'page': {
      const { context, count, nextLink, objects } = answer.page;
      const body = {
        '@odata.context': context,
        ...(count === null ? {} : { '@odata.count': count }),
        ...(nextLink === null ? {} : { '@odata.nextLink': nextLink }),
        value: objects,
      };
      return { contentType: jsonContentType, text: JSON.stringify(body) };
    }
    case 'entity':
      return { contentType: jsonContentType, text: JSON.stringify(answer.entity) };
    case 'count':
      return { contentType: 'text/plain', text: String(answer.count) };
  }
}

const jsonContentType =
  'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8';
