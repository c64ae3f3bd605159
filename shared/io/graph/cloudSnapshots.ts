import type { CloudSnapshots, MissingPart, OptionalFacts, SnapshotReading } from '../../app/deletionPorts';
import { AppError } from '../../core/appError';
import { canonicalJson, type Json } from '../../core/canonicalJson';
import type { CloudId } from '../../core/cloudObject';
import { formatInstant, type Instant } from '../../core/instant';
import type { ObjectType } from '../../core/objectType';
import type { Clock } from '../../app/ports';
import { cutJson } from './cutJson';
import { entityOf } from './entities';
import type { GraphRequests } from './graphRequests';
import { readItems } from './itemReader';
import { pathSegment } from './objectId';
import { readOptionalFacts } from './optionalFacts';
import { refusalError, type Refusal } from './refusal';
import { snapshotPartsOf, type SnapshotPart } from './snapshotParts';
import { snapshotPropertiesOf } from './snapshotProperties';

export interface SnapshotLimits {
  /** Items of one list that are kept; the rest is counted. */
  readonly mostItems: number;
  /** The whole snapshot, as JSON, in bytes. */
  readonly largestSnapshotBytes: number;
}

const defaultLimits: SnapshotLimits = { mostItems: 5_000, largestSnapshotBytes: 8 * 1024 * 1024 };

export interface CloudSnapshotsOptions {
  /** The requests of the reader identity, which can GET only. */
  readonly requests: GraphRequests;
  readonly clock: Clock;
  readonly limits?: Partial<SnapshotLimits>;
}

/** Snapshots and optional facts by way of Microsoft Graph. Whatever comes from there is untrusted: bounded, and kept as data. */
export function createCloudSnapshots(options: CloudSnapshotsOptions): CloudSnapshots {
  const { requests, clock } = options;
  const limits = { ...defaultLimits, ...options.limits };
  return {
    take: (type, id, signal) => take(requests, clock.now(), limits, type, id, signal),
    readOptionalFacts: (type, id, signal): Promise<OptionalFacts> =>
      readOptionalFacts(requests, type, id, signal),
  };
}

async function take(
  requests: GraphRequests,
  takenAt: Instant,
  limits: SnapshotLimits,
  type: ObjectType,
  id: CloudId,
  signal: AbortSignal,
): Promise<SnapshotReading> {
  const address = `${entityOf(type).path}/${pathSegment(id, type)}`;
  const missing: MissingPart[] = [];
  const object = await readObject(requests, type, id, address, missing, signal);
  if (object === null) return { kind: 'notThere' };
  const parts: Record<string, Json> = {};
  for (const part of snapshotPartsOf(type)) {
    parts[part.name] = await readPart(requests, `${address}/${part.segment}`, part, limits, missing, signal);
  }
  const json: Json = { version: 1, type, id, takenAt: formatInstant(takenAt), object, ...parts };
  const bytes = Buffer.byteLength(canonicalJson(json));
  if (bytes > limits.largestSnapshotBytes) {
    throw new AppError(
      'graphAnswerInvalid',
      `The snapshot of the ${type} ${id} was expected to have at most ${limits.largestSnapshotBytes} bytes; found ${bytes}. ` +
        'Look at the object in Entra ID, and delete it by hand.',
    );
  }
  return { kind: 'taken', snapshot: { json, missing } };
}

/** The whole object; where one of its properties is refused, what the scan reads of it. null: it is not there. */
async function readObject(
  requests: GraphRequests,
  type: ObjectType,
  id: CloudId,
  address: string,
  missing: MissingPart[],
  signal: AbortSignal,
): Promise<Json | null> {
  const { select, leftOut } = snapshotPropertiesOf(type);
  const entity = entityOf(type);
  const ask = (names: readonly string[]) =>
    requests.json(requests.address(`${address}?$select=${names.join(',')}`), signal);
  let asked = select;
  let answer = await ask(asked);
  if (answer.kind === 'refused' && !isNotFound(answer.refusal)) {
    // A national cloud lacks a property, or one needs a permission of its own: then less, but not nothing.
    const { status, code } = answer.refusal;
    asked = entity.select;
    answer = await ask(asked);
    missing.push({
      part: 'object',
      why: `all but ${asked.join(', ')}: the whole was refused with status ${status} (${code ?? 'no code'})`,
    });
  }
  if (answer.kind === 'refused') {
    if (isNotFound(answer.refusal)) return null;
    throw refusalError(answer.refusal, `GET ${entity.path}/${id}`, entity.permission);
  }
  for (const [name, why] of Object.entries(leftOut)) missing.push({ part: `object.${name}`, why });
  return selected(answer.value, asked, id, type, answer.trace, missing);
}

/** Only what was asked for is kept, and only of the object that was asked for. */
function selected(
  value: unknown,
  names: readonly string[],
  id: CloudId,
  type: ObjectType,
  trace: string,
  missing: MissingPart[],
): Json {
  const found = isRecord(value) ? value : {};
  if (typeof found['id'] !== 'string' || found['id'].toLowerCase() !== id) {
    throw new AppError(
      'graphAnswerInvalid',
      `The ${type} with id ${id} was asked for, something else was answered. Nothing of it is used. (${trace})`,
    );
  }
  const kept: Record<string, Json> = {};
  for (const name of names) {
    if (name in found) kept[name] = cutJson(found[name]);
    else missing.push({ part: `object.${name}`, why: 'Graph left it out' });
  }
  return kept;
}

async function readPart(
  requests: GraphRequests,
  path: string,
  part: SnapshotPart,
  limits: SnapshotLimits,
  missing: MissingPart[],
  signal: AbortSignal,
): Promise<Json> {
  const notReadable = ({ status, code }: Refusal): Json => {
    missing.push({
      part: part.name,
      why: `refused with status ${status} (${code ?? 'no code'}); reading it takes ${part.permission}`,
    });
    return { notReadable: { status, code, permission: part.permission } };
  };
  const select = part.select === null ? '' : `$select=${part.select.join(',')}`;
  if (part.single) {
    const answer = await requests.json(requests.address(`${path}?${select}`), signal);
    if (answer.kind === 'answered') return item(answer.value, part);
    return isNotFound(answer.refusal) ? null : notReadable(answer.refusal);
  }
  const query = part.countable ? `?${select}&$top=999` : '';
  const reading = await readItems(requests, `${path}${query}`, limits.mostItems, signal);
  if (reading.kind === 'refused') return notReadable(reading.refusal);
  const items = reading.items.map(one => item(one, part));
  if (!reading.more) return { items, count: items.length, complete: true };
  const count = part.countable ? await countOf(requests, path, signal) : null;
  missing.push({
    part: part.name,
    why: `the first ${items.length} of ${count ?? 'an unknown number'} are kept`,
  });
  return { items, count, complete: false };
}

async function countOf(requests: GraphRequests, path: string, signal: AbortSignal): Promise<number | null> {
  const answer = await requests.count(requests.address(`${path}/$count`), signal);
  return answer.kind === 'answered' ? answer.value : null;
}

/** One related object: the properties asked for and its type; where none were asked for, all but OData's own. */
function item(value: unknown, { select }: SnapshotPart): Json {
  if (!isRecord(value)) return null;
  const type = value['@odata.type'];
  const names = select ?? Object.keys(value).filter(name => !name.includes('@'));
  return {
    ...(typeof type === 'string' ? { type: cutJson(type.replace('#microsoft.graph.', '')) } : {}),
    ...Object.fromEntries(names.map(name => [name, cutJson(value[name])])),
  };
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Only Graph itself can say that something is not there. */
const isNotFound = ({ status, code }: Refusal): boolean =>
  status === 404 && code === 'Request_ResourceNotFound';
