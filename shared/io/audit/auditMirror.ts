import type { AppendBlobClient, ContainerClient } from '@azure/storage-blob';
import type { AuditMirror, MirrorTail } from '../../app/auditPorts';
import { auditMonthPattern, type AuditChain, type AuditMonth, type AuditPart } from '../../core/audit';
import { azureBlobSource } from '../exports/azureBlobSource';
import { answeredWith, serviceCode, storageError, type StorageResource } from '../storageErrors';

export interface AuditMirrorOptions {
  /** The container `audit`, with a policy of immutability that allows protected append writes. */
  readonly container: ContainerClient;
  /** Lines in a blob before the next one is begun. Azure takes 50,000 blocks in an append blob, and a line is a block. */
  readonly linesPerBlob?: number;
}

const defaultLinesPerBlob = 49_000;
/** More than the longest line has: bounded ids, name and details (core/audit.ts), in UTF-8. */
const longestLineBytes = 64 * 1024;

/** The mirror of the chains: `<part>/<yyyyMM>.ndjson`, then `<yyyyMM>-2.ndjson` …, append blobs with a row a line. */
export function createAuditMirror({
  container,
  linesPerBlob = defaultLinesPerBlob,
}: AuditMirrorOptions): AuditMirror {
  const resource: StorageResource = {
    name: `container ${container.containerName}`,
    role: 'Storage Blob Data Contributor',
  };
  const source = azureBlobSource(container);
  const blobOf = (chain: AuditChain, blob: number): AppendBlobClient =>
    container.getAppendBlobClient(nameOf(chain, blob));

  async function blobsOf(part: AuditPart, prefix: string, signal: AbortSignal): Promise<MirrorBlob[]> {
    const blobs: MirrorBlob[] = [];
    for await (const { name } of container.listBlobsFlat({
      prefix: `${part}/${prefix}`,
      abortSignal: signal,
    }))
      blobs.push(...parseName(name));
    return blobs.toSorted((a, b) => a.blob - b.blob);
  }

  /** The end of a blob that only grows. */
  async function lastLine(
    chain: AuditChain,
    blob: number,
    length: number,
    signal: AbortSignal,
  ): Promise<string> {
    const count = Math.min(length, longestLineBytes);
    const bytes = await blobOf(chain, blob).downloadToBuffer(length - count, count, { abortSignal: signal });
    const text = bytes.toString('utf8');
    // Where the last line is not ended, it is not ours: it is returned with what makes it so.
    return text.endsWith('\n') ? text.slice(text.lastIndexOf('\n', text.length - 2) + 1, -1) : `${text}…`;
  }

  async function readTail(chain: AuditChain, signal: AbortSignal): Promise<MirrorTail> {
    let newest: MirrorTail | null = null;
    for (const { blob } of (await blobsOf(chain.part, chain.month, signal)).toReversed()) {
      const properties = await blobOf(chain, blob).getProperties({ abortSignal: signal });
      const length = properties.contentLength ?? 0;
      newest ??= { blob, length, lines: properties.blobCommittedBlockCount ?? 0, lastLine: null };
      // One that was created and not written yet says nothing of what came before.
      if (length > 0) return { ...newest, lastLine: await lastLine(chain, blob, length, signal) };
    }
    return newest ?? { blob: 1, length: 0, lines: 0, lastLine: null };
  }

  return {
    async months(part, signal) {
      try {
        return [...new Set((await blobsOf(part, '', signal)).map(({ month }) => month))].toSorted();
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },

    async tail(chain, signal) {
      try {
        return await readTail(chain, signal);
      } catch (error) {
        throw storageError(error, resource, signal);
      }
    },

    async append(chain, tail, line, signal) {
      const full = tail.lines >= linesPerBlob;
      const at = full ? { blob: tail.blob + 1, length: 0, lines: 0 } : tail;
      const blob = blobOf(chain, at.blob);
      const bytes = Buffer.from(`${line}\n`);
      try {
        if (at.length === 0) await createIfMissing(blob, signal);
        await blob.appendBlock(bytes, bytes.length, {
          conditions: { appendPosition: at.length },
          abortSignal: signal,
        });
      } catch (error) {
        if (answeredWith(error, 412)) return { status: 'moved' };
        throw storageError(error, resource, signal);
      }
      return {
        status: 'appended',
        tail: { blob: at.blob, length: at.length + bytes.length, lines: at.lines + 1, lastLine: line },
      };
    },

    async *lines(chain, signal) {
      let blobs: MirrorBlob[];
      try {
        blobs = await blobsOf(chain.part, chain.month, signal);
      } catch (error) {
        throw storageError(error, resource, signal);
      }
      for (const { blob } of blobs) {
        const bytes = await source.read(nameOf(chain, blob), signal);
        if (bytes) yield* linesOf(bytes);
      }
    },
  };
}

interface MirrorBlob {
  readonly month: AuditMonth;
  readonly blob: number;
}

const nameOf = ({ part, month }: AuditChain, blob: number): string =>
  `${part}/${month}${blob === 1 ? '' : `-${blob}`}.ndjson`;

const namePattern = /\/(\d{6})(?:-([1-9]\d*))?\.ndjson$/;

function parseName(name: string): MirrorBlob[] {
  const [, month = '', blob = '1'] = namePattern.exec(name) ?? [];
  return auditMonthPattern.test(month) ? [{ month: month as AuditMonth, blob: Number(blob) }] : [];
}

async function createIfMissing(blob: AppendBlobClient, abortSignal: AbortSignal): Promise<void> {
  try {
    await blob.create({
      conditions: { ifNoneMatch: '*' },
      blobHTTPHeaders: { blobContentType: 'application/x-ndjson' },
      abortSignal,
    });
  } catch (error) {
    if (!(answeredWith(error, 409) && serviceCode(error) === 'BlobAlreadyExists')) throw error;
  }
}

/** What is left at the end without a line feed is a line too: somebody else's. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of bytes) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
    rest = lines.pop() as string;
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== '') yield rest;
}
