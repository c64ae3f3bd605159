import { createHash } from 'node:crypto';
import { pipeline } from 'node:stream/promises';
import { createInflateRaw } from 'node:zlib';
import { AppError } from '../../core/appError';
import type { ExportManifest } from '../../core/exportFormat';
import type { BlobSource } from './blobSource';
import { GzipMember, smallestMemberBytes } from './gzipMember';
import { LineSplitter } from './lineSplitter';
import { advice, exportRefused, type Place } from './refusal';

export type ExportPart = ExportManifest['parts'][number];

/** Decompressed bytes at a time. */
const plainChunkBytes = 64 * 1024;

/**
 * Streams one part: counts and hashes its bytes, decompresses them, and hands over each line with its number. Resolves only when
 * bytes, hash and number of lines are the manifest's; throws an `AppError` with code `exportRefused`, or what `take` threw.
 */
export async function readPart(
  blobs: BlobSource,
  part: ExportPart,
  place: Place,
  take: (text: string, line: number) => void,
  signal: AbortSignal,
): Promise<void> {
  if (part.bytes < smallestMemberBytes) {
    throw exportRefused(
      place,
      `expected a gzip file, found a manifest that says ${part.bytes} bytes`,
      advice.updateAgent,
    );
  }
  try {
    await readLines(await openPart(blobs, part, place, signal), part, place, take, signal);
  } catch (error) {
    signal.throwIfAborted();
    // The content was wrong before the hash was reached. Whether the agent wrote it so, or somebody changed it, decides what to do.
    if (error instanceof AppError && error.code === 'exportRefused')
      await hashPart(blobs, part, place, signal);
    throw error;
  }
}

async function openPart(
  blobs: BlobSource,
  part: ExportPart,
  place: Place,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const chunks = await blobs.read(`${place.source}/${place.folder}/${part.name}`, signal);
  if (chunks === null) throw exportRefused(place, 'the part is missing', advice.exportAgain);
  return chunks;
}

async function hashPart(
  blobs: BlobSource,
  part: ExportPart,
  place: Place,
  signal: AbortSignal,
): Promise<void> {
  const chunks = await openPart(blobs, part, place, signal);
  // For the checks of `metered` alone.
  for await (const _ of metered(chunks, part, place));
}

/** Passes the bytes on, and throws unless they are as many and have the hash that the manifest says. */
async function* metered(
  chunks: AsyncIterable<Uint8Array>,
  part: ExportPart,
  place: Place,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.length;
    if (bytes > part.bytes)
      throw exportRefused(place, `expected ${part.bytes} bytes, found more`, advice.findWriter);
    hash.update(chunk);
    yield chunk;
  }
  if (bytes < part.bytes)
    throw exportRefused(place, `expected ${part.bytes} bytes, found ${bytes}`, advice.findWriter);
  const found = hash.digest('hex');
  if (found !== part.sha256)
    throw exportRefused(place, `expected the SHA-256 ${part.sha256}, found ${found}`, advice.findWriter);
}

async function readLines(
  chunks: AsyncIterable<Uint8Array>,
  part: ExportPart,
  place: Place,
  take: (text: string, line: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const refuse = (problem: string, line?: number): AppError =>
    exportRefused(line === undefined ? place : { ...place, line }, problem, advice.updateAgent);
  const member = new GzipMember(part.bytes);
  const inflate = createInflateRaw({ chunkSize: plainChunkBytes });
  const splitter = new LineSplitter(
    (text, line) => {
      // Before the line is used: what expands to more than was announced is stopped there.
      if (line > part.lines) throw refuse(`expected ${part.lines} lines, found more`);
      take(text, line);
    },
    ({ line, problem }) => refuse(problem, line),
  );
  try {
    await pipeline(
      metered(chunks, part, place),
      compressed => member.deflated(compressed),
      inflate,
      async () => {
        // Not destroyed at its end: an end before the last byte has a reason to be told, not just a premature close.
        for await (const chunk of inflate.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
          member.inflated(chunk);
          splitter.push(chunk);
        }
        if (inflate.bytesWritten !== member.deflatedBytes)
          throw refuse('expected one gzip member, found more bytes after its end');
      },
      { signal },
    );
  } catch (error) {
    throw isZlibError(error)
      ? refuse('expected a gzip file, found bytes that can not be decompressed')
      : error;
  }
  const problem = member.problem();
  if (problem !== null) throw refuse(problem);
  splitter.end();
  if (splitter.lines !== part.lines) throw refuse(`expected ${part.lines} lines, found ${splitter.lines}`);
}

const isZlibError = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('Z_');
