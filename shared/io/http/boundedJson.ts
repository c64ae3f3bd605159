/** Limits of a request for a small JSON document. */
export interface JsonLimits {
  readonly bytes: number;
  readonly milliseconds: number;
}

/**
 * Reads a JSON document by GET, with limits on size and time and without following a redirect: nobody else than the given host is
 * asked. Throws an `Error` whose message says what was expected, found and where.
 */
export async function readJson(url: string, limits: JsonLimits): Promise<unknown> {
  if (URL.parse(url)?.protocol !== 'https:') throw new Error(`${url} was expected to be an https address.`);
  const answer = await fetch(url, {
    headers: { accept: 'application/json' },
    redirect: 'error',
    signal: AbortSignal.timeout(limits.milliseconds),
  });
  if (answer.status !== 200) {
    await answer.body?.cancel();
    throw new Error(`${url} was expected to answer 200, and answered ${answer.status}.`);
  }
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop cancels the rest.
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > limits.bytes) throw new Error(`${url} answered more than ${limits.bytes} bytes.`);
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (error) {
    throw new Error(`${url} was expected to answer JSON.`, { cause: error });
  }
}
