/** The largest body of a request, bytes, where the route says nothing else. */
export const largestBody = 64 * 1024;
/** How deep lists and objects of a body may be nested. */
export const deepestBody = 16;

export type BodyReading =
  { readonly kind: 'read'; readonly bytes: Uint8Array } | { readonly kind: 'tooLarge' };

/** Reads a body up to the limit, whatever Content-Length says, and stops there. */
export async function readBody(
  body: AsyncIterable<Uint8Array> | null,
  contentLength: string | null,
  largest: number = largestBody,
): Promise<BodyReading> {
  if (Number(contentLength ?? 0) > largest) return { kind: 'tooLarge' };
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > largest) return { kind: 'tooLarge' };
    chunks.push(chunk);
  }
  return { kind: 'read', bytes: Buffer.concat(chunks) };
}

export type JsonReading =
  { readonly kind: 'json'; readonly value: unknown } | { readonly kind: 'refused'; readonly why: string };

/**
 * Parses JSON (RFC 8259) in UTF-8, more strictly than `JSON.parse`: a name that an object has twice, on which two readers could
 * disagree, the name `__proto__`, and deep nesting are refused.
 */
export function parseStrictJson(bytes: Uint8Array): JsonReading {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { kind: 'refused', why: 'is not UTF-8' };
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'refused', why: 'is not JSON' };
  }
  const why = objectionTo(text);
  return why === null ? { kind: 'json', value } : { kind: 'refused', why };
}

/** Walks over the tokens of a text that is known to be JSON, so that strings and punctuation are all that need be told apart. */
function objectionTo(json: string): string | null {
  /** The names of each object that is open; null for a list. */
  const open: (Set<string> | null)[] = [];
  let lastString = '';
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\]:]/g)) {
    switch (token) {
      case '{':
      case '[':
        open.push(token === '{' ? new Set() : null);
        if (open.length > deepestBody) return `is nested deeper than ${deepestBody} levels`;
        break;
      case '}':
      case ']':
        open.pop();
        break;
      case ':': {
        const name = JSON.parse(lastString) as string;
        const names = open.at(-1);
        if (name === '__proto__') return 'has an object with the name "__proto__"';
        if (names?.has(name)) return 'has an object with the same name twice';
        names?.add(name);
        break;
      }
      default:
        lastString = token;
    }
  }
  return null;
}
