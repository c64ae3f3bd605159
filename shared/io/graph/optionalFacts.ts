import { z } from 'zod';
import type { Optional, OptionalFacts } from '../../app/deletionPorts';
import { AppError } from '../../core/appError';
import type { CloudId } from '../../core/cloudObject';
import { parseInstant, type Instant } from '../../core/instant';
import type { ObjectType } from '../../core/objectType';
import type { GraphRequests } from './graphRequests';
import { readItems } from './itemReader';
import { pathSegment } from './objectId';
import type { Refusal } from './refusal';

const mostRoles = 1_000;

const time = z.string().nullish();
const activitySchema = z.object({
  id: z.string(),
  signInActivity: z
    .object({
      lastSignInDateTime: time,
      lastNonInteractiveSignInDateTime: time,
      lastSuccessfulSignInDateTime: time,
    })
    .nullish(),
});
const assignmentSchema = z.object({ roleDefinitionId: z.string().max(100), principalId: z.string() });

/**
 * What is nice to know of a candidate, and needs permissions of its own: the last sign-in of a user (AuditLog.Read.All, and Entra
 * ID P1), and the directory roles of a user or a group (RoleManagement.Read.Directory). Rejects only where the signal is aborted
 * or the id is no id.
 */
export async function readOptionalFacts(
  requests: GraphRequests,
  type: ObjectType,
  id: CloudId,
  signal: AbortSignal,
): Promise<OptionalFacts> {
  const segment = pathSegment(id, type);
  const lastSignIn = await orUnknown(
    () =>
      type === 'user' ? lastSignInOf(requests, segment, signal) : notFor<Instant | null>('a sign-in', type),
    signal,
  );
  const roles = await orUnknown(
    () =>
      type === 'user' || type === 'group' ? rolesOf(requests, segment, signal) : known<readonly string[]>([]),
    signal,
  );
  return { lastSignIn, roles };
}

async function lastSignInOf(
  requests: GraphRequests,
  id: string,
  signal: AbortSignal,
): Promise<Optional<Instant | null>> {
  const answer = await requests.json(requests.address(`/v1.0/users/${id}?$select=id,signInActivity`), signal);
  if (answer.kind === 'refused') return refused(answer.refusal, 'AuditLog.Read.All and Entra ID P1');
  const parsed = activitySchema.safeParse(answer.value);
  if (!parsed.success || parsed.data.id.toLowerCase() !== id)
    return unknown('the answer is not what was asked for');
  const times = Object.values(parsed.data.signInActivity ?? {})
    .map(text => parseInstant(text ?? ''))
    .filter(at => at !== null);
  return { kind: 'known', value: times.length === 0 ? null : (Math.max(...times) as Instant) };
}

async function rolesOf(
  requests: GraphRequests,
  id: string,
  signal: AbortSignal,
): Promise<Optional<readonly string[]>> {
  const filter = encodeURIComponent(`principalId eq '${id}'`);
  const path = `/v1.0/roleManagement/directory/roleAssignments?$filter=${filter}`;
  const reading = await readItems(requests, path, mostRoles, signal);
  if (reading.kind === 'refused') return refused(reading.refusal, 'RoleManagement.Read.Directory');
  const parsed = z.array(assignmentSchema).safeParse(reading.items);
  // An assignment of somebody else means that the filter was not heeded.
  if (
    reading.more ||
    !parsed.success ||
    parsed.data.some(({ principalId }) => principalId.toLowerCase() !== id)
  ) {
    return unknown('the answer is not what was asked for');
  }
  return { kind: 'known', value: parsed.data.map(({ roleDefinitionId }) => roleDefinitionId) };
}

async function orUnknown<Value>(
  read: () => Promise<Optional<Value>>,
  signal: AbortSignal,
): Promise<Optional<Value>> {
  try {
    return await read();
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError) return unknown(error.message);
    throw error;
  }
}

const known = <Value>(value: Value): Promise<Optional<Value>> => Promise.resolve({ kind: 'known', value });
const unknown = (why: string): { readonly kind: 'unknown'; readonly why: string } => ({
  kind: 'unknown',
  why,
});
const notFor = <Value>(what: string, type: ObjectType): Promise<Optional<Value>> =>
  Promise.resolve(unknown(`a ${type} has no record of ${what}`));
const refused = ({ status, code }: Refusal, permission: string): { kind: 'unknown'; why: string } =>
  unknown(`refused with status ${status} (${code ?? 'no code'}); reading it takes ${permission}`);
