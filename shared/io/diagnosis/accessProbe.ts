import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Clock } from '../../app/ports';
import { accessAnswerOf } from '../../core/doctor/accessAnswer';
import { readClock } from '../../core/doctor/clocks';
import type { ExpectedAccess } from '../../core/doctor/dataAccess';
import {
  operations,
  type AccessAnswer,
  type ClockReading,
  type Operation,
  type StoreAccess,
} from '../../core/doctor/diagnosis';

export interface ProbedAccount {
  readonly tableEndpoint: string;
  readonly blobEndpoint: string;
  /** An access token for the storage. */
  readonly token: string;
  readonly clock: Clock;
}

export interface Probing {
  readonly access: readonly StoreAccess[];
  /** The storage's clock; null: no answer told. */
  readonly clock: ClockReading | null;
}

/** No row and no blob has ever had these. */
const impossibleTags = {
  table: `W/"datetime'1601-01-01T00%3A00%3A00.0000000Z'"`,
  container: '"0x0"',
} as const;
const timeoutMs = 10_000;
const common = { 'x-ms-version': '2021-12-02' };
const ofTable = { accept: 'application/json;odata=nometadata', dataserviceversion: '3.0' };

/**
 * Finds out what an identity may do, without doing it. Each request is about a row or a blob with a new random name, which is not
 * there, and each that would change it carries an ETag that nothing can have: it can be refused, or find nothing; it can not succeed.
 * Never rejects for an answer; what has none is `unknown`.
 */
export async function probeAccess(
  account: ProbedAccount,
  stores: readonly Pick<ExpectedAccess, 'kind' | 'name'>[],
  signal: AbortSignal,
): Promise<Probing> {
  let clock: ClockReading | null = null;
  const access = await Promise.all(
    stores.map(async ({ kind, name }): Promise<StoreAccess> => {
      const answers: Partial<Record<Operation, AccessAnswer>> = {};
      for (const operation of operations) {
        const sentAt = account.clock.now();
        const { answer, date } = await probe(account, kind, name, operation, signal);
        clock ??= readClock('storage', { date, sentAt, receivedAt: account.clock.now() });
        answers[operation] = answer;
      }
      return { kind, name, ...(answers as Record<Operation, AccessAnswer>) };
    }),
  );
  return { access, clock };
}

async function probe(
  { tableEndpoint, blobEndpoint, token }: ProbedAccount,
  kind: StoreAccess['kind'],
  name: string,
  operation: Operation,
  signal: AbortSignal,
): Promise<{ readonly answer: AccessAnswer; readonly date: string | null }> {
  const nothing = randomUUID();
  const url =
    kind === 'table'
      ? `${tableEndpoint}/${name}(PartitionKey='doctor',RowKey='${nothing}')`
      : `${blobEndpoint}/${name}/doctor/${nothing}`;
  const headers = {
    ...common,
    ...(kind === 'table' ? ofTable : {}),
    ...(operation === 'read' ? {} : { 'if-match': impossibleTags[kind] }),
    ...(operation === 'write' ? writeHeaders[kind] : {}),
    authorization: `Bearer ${token}`,
    'x-ms-date': new Date().toUTCString(),
  };
  try {
    const response = await fetch(url, {
      method: methods[kind][operation],
      headers,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
      ...(operation === 'write' ? { body: kind === 'table' ? '{}' : '' } : {}),
    });
    const body = (await response.text()).slice(0, 4_096);
    const code = response.headers.get('x-ms-error-code') ?? codeIn(body);
    return { answer: accessAnswerOf(response.status, code), date: response.headers.get('date') };
  } catch (error) {
    signal.throwIfAborted();
    const { cause, name: kindOfError } = error as { cause?: { code?: string }; name: string };
    return { answer: { status: 'unknown', code: cause?.code ?? kindOfError }, date: null };
  }
}

const methods = {
  // Merging changes a row that is there; it makes none.
  table: { read: 'GET', write: 'PATCH', remove: 'DELETE' },
  container: { read: 'GET', write: 'PUT', remove: 'DELETE' },
} as const;
const writeHeaders = {
  table: { 'content-type': 'application/json' },
  container: { 'x-ms-blob-type': 'BlockBlob' },
} as const;

const odataError = z.object({ 'odata.error': z.object({ code: z.string() }) });

function codeIn(body: string): string | null {
  try {
    return odataError.parse(JSON.parse(body))['odata.error'].code;
  } catch {
    return /<Code>(\w+)<\/Code>/.exec(body)?.[1] ?? null;
  }
}
