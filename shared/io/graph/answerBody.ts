/** What a body stands for; null where it does not say what it should. */
export type Decode<Value> = (text: string) => { readonly value: Value } | null;

/** Reads the whole body, decompressed; null where it is longer than `largestBytes`. Rejects where it was cut short on the way. */
export async function readBody(response: Response, largestBytes: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.length;
    if (length > largestBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, length);
}

/** Text in UTF-8, where a byte that is none is not replaced: an address that changed on the way would find no partner. */
export function textOf(body: Uint8Array): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return null;
  }
}

export const decodeJson: Decode<unknown> = text => {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return null;
  }
};

/** The plain number that a `/$count` answers. */
export const decodeCount: Decode<number> = text => {
  const digits = text.trim();
  return /^\d{1,15}$/.test(digits) ? { value: Number(digits) } : null;
};
