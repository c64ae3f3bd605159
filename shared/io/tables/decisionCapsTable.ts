import type { TableClient, TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { createBackoff, type BackoffOptions } from '../../app/backoff';
import type { DeletionCaps, DeletionClaim } from '../../app/decisionPorts';
import {
  claimDeletions,
  emptyCounter,
  giveBackDeletions,
  utcDayOf,
  type DeletionCounter,
  type DeletionLimits,
  type UtcDay,
} from '../../core/decisionCaps';
import { objectTypes } from '../../core/objectType';
import { int32, parseRow, read, schemaVersion, type Row } from './columns';
import { capsPartition } from './decisionReader';
import { changedMeanwhile, unlessConflict } from './conditionalWrites';
import { getRow } from './readRows';
import { tableResource } from './tableErrors';

export interface DeletionCapsOptions extends BackoffOptions {
  /** The table Decisions. */
  readonly table: TableClient;
  readonly limits: DeletionLimits;
}

/** Attempts in all while other instances claim too. */
const attempts = 24;

/**
 * The daily caps, in the partition `_caps` of Decisions: a row for the day, which counts, and a row for each claim, written with it in
 * one transaction. The claim's row makes a repeated claim, and a repeated return, count once.
 */
export function createDeletionCaps(options: DeletionCapsOptions): DeletionCaps {
  const { table, limits } = options;
  const resource = tableResource(table);
  const backoff = createBackoff(options);

  const get = (key: string, signal: AbortSignal): Promise<unknown> =>
    getRow(table, resource, capsPartition, key, signal);

  async function readCounter(day: UtcDay, signal: AbortSignal): Promise<StoredCounter | null> {
    const row = await get(day, signal);
    return row === null ? null : parseRow(table.tableName, counterSchema, row);
  }

  async function readClaim(day: UtcDay, id: string, signal: AbortSignal): Promise<StoredClaim | null> {
    const row = await get(claimKey(day, id), signal);
    if (row === null) return null;
    return { operationId: id, day, ...parseRow(table.tableName, claimSchema, row) };
  }

  const submit = (actions: TransactionAction[], signal: AbortSignal): Promise<unknown> =>
    unlessConflict(() => table.submitTransaction(actions, { abortSignal: signal }), resource, signal);

  /** Tries until it is done, or until somebody else was first too often. */
  async function untilDone<Value>(
    day: UtcDay,
    signal: AbortSignal,
    attempt: () => Promise<Value | null>,
  ): Promise<Value> {
    for (let tried = 0; tried < attempts; tried += 1) {
      if (tried > 0) await backoff(tried, signal);
      const done = await attempt();
      if (done !== null) return done;
    }
    throw changedMeanwhile(table, `${capsPartition}/${day}`);
  }

  return {
    claim({ operationId, type, count, at }, signal) {
      const day = utcDayOf(at);
      return untilDone(day, signal, async () => {
        const earlier = await readClaim(day, operationId, signal);
        if (earlier) return claimOf(earlier);
        const stored = await readCounter(day, signal);
        const { granted, counter } = claimDeletions(
          stored ? { day, claimed: stored } : emptyCounter(day),
          limits,
          type,
          count,
        );
        const claim: DeletionClaim = { operationId, day, type, granted, returned: 0 };
        const row = rowOfCounter(counter);
        const done = await submit(
          [
            stored ? ['update', row, 'Replace', { etag: stored.etag }] : ['create', row],
            ['create', rowOfClaim(claim)],
          ],
          signal,
        );
        return done === null ? null : claim;
      });
    },

    async giveBack({ operationId, day }, unused, signal) {
      await untilDone(day, signal, async () => {
        const claim = await readClaim(day, operationId, signal);
        const stored = await readCounter(day, signal);
        // Nothing was claimed: there is nothing to give back.
        if (!claim || !stored) return 'done';
        const returned = Math.min(unused, claim.granted);
        if (returned <= claim.returned) return 'done';
        const counter = giveBackDeletions({ day, claimed: stored }, claim.type, returned - claim.returned);
        const done = await submit(
          [
            ['update', rowOfCounter(counter), 'Replace', { etag: stored.etag }],
            ['update', rowOfClaim({ ...claim, returned }), 'Replace', { etag: claim.etag }],
          ],
          signal,
        );
        return done === null ? null : 'done';
      });
    },
  };
}

const claimKey = (day: UtcDay, operationId: string): string => `${day}-${operationId}`;

const claimOf = ({ etag: _, ...claim }: StoredClaim): DeletionClaim => claim;

const rowOfCounter = ({ day, claimed }: DeletionCounter): Row => ({
  partitionKey: capsPartition,
  rowKey: day,
  schemaVersion,
  user: int32(claimed.user),
  group: int32(claimed.group),
  contact: int32(claimed.contact),
  device: int32(claimed.device),
});

const rowOfClaim = ({ operationId, day, type, granted, returned }: DeletionClaim): Row => ({
  partitionKey: capsPartition,
  rowKey: claimKey(day, operationId),
  schemaVersion,
  type,
  granted: int32(granted),
  returned: int32(returned),
});

const count = read.int32.nonnegative();

const counterSchema = z.object({
  schemaVersion: read.schemaVersion,
  etag: read.etag,
  user: count,
  group: count,
  contact: count,
  device: count,
});
type StoredCounter = z.output<typeof counterSchema>;

const claimSchema = z
  .object({
    schemaVersion: read.schemaVersion,
    etag: read.etag,
    type: z.enum(objectTypes),
    granted: count,
    returned: count,
  })
  .transform(({ schemaVersion: _, ...claim }) => claim);
type StoredClaim = DeletionClaim & { readonly etag: string };
