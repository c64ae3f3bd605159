import type { ContainerClient } from '@azure/storage-blob';
import {
  maxRequestBytes,
  requestBlobName,
  requestKinds,
  requestSchema,
  type ExportRequest,
  type RequestKind,
} from '../../../../shared/core/exportRequest';
import type { RequestReading } from '../../app/exportPorts';
import {
  answerOf,
  defaultPatience,
  firstLine,
  isPassingStatus,
  withAttempts,
  type Failure,
  type Patience,
} from '../upload/attempts';

/** Requests can wait until the next run: few attempts are made for them. */
const requestPatience: Patience = {
  ...defaultPatience,
  attempts: 3,
  longestWaitMs: 30_000,
  attemptMs: 20_000,
};

/**
 * Reads what the app asks of this source, in the container `requests`. Requests are never worth a run: what can not be read or
 * understood is a warning, and no request; so are those that were answered before. Rejects only with the signal's reason.
 */
export async function readRequests(
  container: ContainerClient,
  source: string,
  answeredIds: readonly string[],
  signal: AbortSignal,
  patience: Patience = requestPatience,
): Promise<RequestReading> {
  const requests: ExportRequest[] = [];
  const warnings: string[] = [];
  for (const kind of requestKinds) {
    const name = requestBlobName(source, kind);
    try {
      const content = await readBounded(container, name, patience, signal);
      const request = content && parseRequest(content, kind);
      if (request !== null && !answeredIds.includes(request.id)) requests.push(request);
    } catch (error) {
      signal.throwIfAborted();
      warnings.push(
        `Expected a request of the app, or none, in ${container.url}/${name}, found ${firstLine((error as Error).message)}. It is ignored.`,
      );
    }
  }
  return { requests, warnings };
}

/** null: there is no such blob. */
async function readBounded(
  container: ContainerClient,
  name: string,
  patience: Patience,
  signal: AbortSignal,
): Promise<Buffer | null> {
  return withAttempts(
    async attemptSignal => {
      try {
        const answer = await container
          .getBlobClient(name)
          .download(undefined, undefined, { abortSignal: attemptSignal });
        return await collect(answer.readableStreamBody as NodeJS.ReadableStream & { destroy(): void });
      } catch (error) {
        if (answerOf(error)?.code === 'BlobNotFound') return null;
        throw error;
      }
    },
    (error): Failure => {
      const answer = answerOf(error);
      if (error instanceof UnreadableRequest) return { kind: 'final', error };
      if (answer === null)
        return { kind: 'passing', reason: `no answer (${firstLine((error as Error).message)})` };
      const reason = `HTTP ${answer.status} ${answer.code}`;
      return isPassingStatus(answer.status)
        ? { kind: 'passing', reason }
        : { kind: 'final', error: new Error(reason, { cause: error }) };
    },
    maxRequestBytes,
    patience,
    signal,
  );
}

/** The blob is there, and is no request. */
class UnreadableRequest extends Error {}

async function collect(stream: NodeJS.ReadableStream & { destroy(): void }): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Leaving the loop ends the transfer.
    if (bytes > maxRequestBytes) throw new UnreadableRequest(`more than ${maxRequestBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parseRequest(content: Buffer, kind: RequestKind): ExportRequest {
  let json: unknown;
  try {
    json = JSON.parse(content.toString());
  } catch {
    throw new UnreadableRequest('text that is not JSON');
  }
  const version = (json as { readonly schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === 'number' && version !== 1)
    throw new UnreadableRequest(`version ${version}, which needs a newer agent`);
  const parsed = requestSchema.safeParse(json);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(issue => `${issue.path.join('.') || 'value'}: ${issue.message}`);
    throw new UnreadableRequest(problems.join('; '));
  }
  if (parsed.data.kind !== kind) throw new UnreadableRequest(`a request of the kind ${parsed.data.kind}`);
  return parsed.data;
}
