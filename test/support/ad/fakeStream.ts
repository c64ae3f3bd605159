import { Duplex } from 'node:stream';

/** The bytes in chunks: the first of `lengths[0]` bytes, and so on; what is left makes the last. A chunk has at least one byte. */
export function chunksOf(bytes: Buffer, lengths: readonly number[]): Buffer[] {
  const chunks: Buffer[] = [];
  let at = 0;
  for (const length of lengths) {
    if (at >= bytes.length) break;
    chunks.push(bytes.subarray(at, at + Math.max(1, length)));
    at += Math.max(1, length);
  }
  if (at < bytes.length) chunks.push(bytes.subarray(at));
  return chunks;
}

/** What follows one request: chunks, each read by itself, and then whether the stream ends. */
export interface Scripted {
  readonly chunks: readonly Buffer[];
  readonly end?: boolean;
}

/** A stream in the place of a connection: the n-th request that is written gets the n-th answer. */
export function scriptedStream(answers: readonly Scripted[]): Duplex {
  const left = [...answers];
  const stream: Duplex = new Duplex({
    read() {},
    write(_chunk, _encoding, written) {
      const answer = left.shift();
      for (const chunk of answer?.chunks ?? []) stream.push(chunk);
      if (answer?.end) stream.push(null);
      written();
    },
  });
  return stream;
}
