import type { CloudSnapshots, DeletedItems } from '../../app/deletionPorts';
import type { Clock, Log } from '../../app/ports';
import type { CloudObject } from '../../core/cloudObject';
import type { Guid } from '../../core/keys/guid';
import type { ObjectType } from '../../core/objectType';
import type { RefusalShape } from '../../core/tenantChecks/answerJudgements';
import type { ReadTwice } from '../../core/tenantChecks/listsAgainstReads';
import type { SnapshotShape } from '../../core/tenantChecks/snapshotJudgements';
import type { SignedIn } from '../../core/tenantChecks/tokenJudgements';
import { createCloudSnapshots } from '../graph/cloudSnapshots';
import { createDeletedItems } from '../graph/deletedItems';
import { entityOf, parseCloudObject } from '../graph/entities';
import type { GraphClient } from '../graph/graphClient';
import { createGraphRequests, type GraphRequests, type RequestLimits } from '../graph/graphRequests';
import type { ExportsReading } from './exportsReading';
import { surveyList, type ListSurvey } from './listSurvey';
import { observeClient, type ObservedClient } from './observedClient';
import { findRestrictedMembers, type ObjectIds } from './restrictedMembers';
import { snapshotShapeOf } from './snapshotShape';

export type Sleep = (milliseconds: number, signal: AbortSignal) => Promise<unknown>;

export interface TenantOptions {
  readonly client: GraphClient;
  readonly tenantId: Guid;
  /** The issuer of the tenant's tokens. */
  readonly issuer: string;
  /** null: the token does not tell. */
  readonly signedIn: SignedIn | null;
  /** Ids to look at closer. */
  readonly wanted: ObjectIds;
  /** How long to go on counting. */
  readonly minutes: number;
  readonly readExports: (signal: AbortSignal) => Promise<ExportsReading>;
  /** An access token for our own API; null: not asked for. */
  readonly readApiToken: ((signal: AbortSignal) => Promise<string>) | null;
  readonly correlationId: Guid;
  readonly clock: Clock;
  readonly sleep: Sleep;
  readonly progress: (line: string) => void;
  readonly limits?: Partial<RequestLimits>;
}

/** Objects of a list that were read by their ids as well. */
export interface Compared {
  readonly pairs: readonly ReadTwice[];
  /** The first refusal; null: none. */
  readonly refusal: RefusalShape | null;
}

/** What the checks ask of a tenant. Each reading is made once, when it is first asked for. Nothing here can write. */
export interface Tenant extends Omit<TenantOptions, 'client' | 'limits' | 'readExports'> {
  readonly observed: ObservedClient;
  readonly requests: GraphRequests;
  readonly deletedItems: DeletedItems;
  exports(signal: AbortSignal): Promise<ExportsReading>;
  survey(type: ObjectType, signal: AbortSignal): Promise<ListSurvey>;
  compared(type: ObjectType, signal: AbortSignal): Promise<Compared>;
  /** null: the list shows no object of the type, or the object went away. */
  snapshot(type: ObjectType, signal: AbortSignal): Promise<SnapshotShape | null>;
  /** An object of the type from its list: one that was asked for before any other. */
  example(type: ObjectType, signal: AbortSignal): Promise<CloudObject | null>;
}

export function createTenant(options: TenantOptions): Tenant {
  const { client, clock, sleep, correlationId, limits, wanted, progress, readExports, ...rest } = options;
  const observed = observeClient(client, clock);
  const log: Log = { debug: () => {}, info: () => {}, warn: progress, error: progress };
  const requests = createGraphRequests({
    client: observed,
    correlationId,
    log,
    clock,
    sleep,
    ...(limits ? { limits } : {}),
  });
  const snapshots: CloudSnapshots = createCloudSnapshots({ requests, clock });
  let exports: Promise<ExportsReading> | null = null;
  let restricted: Promise<ObjectIds> | null = null;
  const tenant: Tenant = {
    ...rest,
    clock,
    sleep,
    correlationId,
    wanted,
    progress,
    observed,
    requests,
    deletedItems: createDeletedItems(requests),
    exports: signal => (exports ??= readExports(signal)),
    survey: onceForEachType(async (type, signal) => {
      const reading = await tenant.exports(signal);
      const indexed = reading.kind === 'read' ? reading.exports : null;
      restricted ??= findRestrictedMembers(requests, signal);
      const closer = new Set([...wanted[type], ...(await restricted)[type]]);
      const survey = { requests, observed, exports: indexed, wanted: closer, progress };
      return await surveyList(type, survey, signal);
    }),
    compared: onceForEachType(async (type, signal) => {
      const { tally } = await tenant.survey(type, signal);
      const pairs: ReadTwice[] = [];
      for (const inList of tally.picked) {
        const byId = await readObject(requests, inList, signal);
        if (byId.kind === 'refused') return { pairs, refusal: byId.refusal };
        if (byId.kind === 'read') pairs.push({ inList, byId: byId.object });
      }
      return { pairs, refusal: null };
    }),
    example: async (type, signal) => {
      const { picked } = (await tenant.survey(type, signal)).tally;
      return picked.find(({ id }) => wanted[type].has(id)) ?? picked[0] ?? null;
    },
    snapshot: onceForEachType(async (type, signal) => {
      const example = await tenant.example(type, signal);
      if (example === null) return null;
      const reading = await snapshots.take(type, example.id, signal);
      return reading.kind === 'notThere' ? null : snapshotShapeOf(type, example.id, reading.snapshot);
    }),
  };
  return tenant;
}

function onceForEachType<Value>(
  read: (type: ObjectType, signal: AbortSignal) => Promise<Value>,
): (type: ObjectType, signal: AbortSignal) => Promise<Value> {
  const readings = new Map<ObjectType, Promise<Value>>();
  return (type, signal) => {
    const reading = readings.get(type) ?? read(type, signal);
    readings.set(type, reading);
    return reading;
  };
}

export type ObjectReading =
  | { readonly kind: 'read'; readonly object: CloudObject }
  | { readonly kind: 'notThere' }
  | { readonly kind: 'refused'; readonly refusal: RefusalShape };

/** One object as the scan reads it by its id. Throws `graphAnswerInvalid` where the answer is not as documented. */
export async function readObject(
  requests: GraphRequests,
  { type, id }: Pick<CloudObject, 'type' | 'id'>,
  signal: AbortSignal,
): Promise<ObjectReading> {
  const { path, select } = entityOf(type);
  const answer = await requests.json(requests.address(`${path}/${id}?$select=${select.join(',')}`), signal);
  if (answer.kind === 'answered')
    return { kind: 'read', object: parseCloudObject(type, answer.value, answer.trace) };
  const { status, code } = answer.refusal;
  const notThere = status === 404 && code === 'Request_ResourceNotFound';
  return notThere ? { kind: 'notThere' } : { kind: 'refused', refusal: answer.refusal };
}
