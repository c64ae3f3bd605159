import { z } from 'zod';
import { AppError } from '../../core/appError';
import { parseGuid } from '../../core/keys/guid';
import type { ObjectType } from '../../core/objectType';
import type { GraphRequests } from '../graph/graphRequests';
import { readItems } from '../graph/itemReader';

const mostUnits = 1_000;
const mostMembers = 200;
/** Each of them is read by its id. */
const mostOfAType = 50;

const unitsSchema = z.array(z.object({ id: z.guid(), isMemberManagementRestricted: z.boolean().nullish() }));
const membersSchema = z.array(z.object({ '@odata.type': z.string().optional(), id: z.string() }));

/** Types that such a unit can hold. */
const types: Readonly<Record<string, ObjectType>> = {
  '#microsoft.graph.user': 'user',
  '#microsoft.graph.group': 'group',
  '#microsoft.graph.device': 'device',
};

export type ObjectIds = Readonly<Record<ObjectType, ReadonlySet<string>>>;

/**
 * Members of restricted management administrative units, some of each: the objects of which a list should say that they are
 * restricted. It takes AdministrativeUnit.Read.All; what cannot be read is no member, since they only widen a sample. Rejects only
 * where the signal is aborted.
 */
export async function findRestrictedMembers(
  requests: GraphRequests,
  signal: AbortSignal,
): Promise<ObjectIds> {
  const found: Record<ObjectType, Set<string>> = {
    user: new Set(),
    group: new Set(),
    contact: new Set(),
    device: new Set(),
  };
  const path = '/v1.0/directory/administrativeUnits';
  const units = await itemsOf(requests, `${path}?$select=id,isMemberManagementRestricted`, mostUnits, signal);
  for (const unit of unitsSchema.safeParse(units).data ?? []) {
    if (unit.isMemberManagementRestricted !== true) continue;
    const members = await itemsOf(requests, `${path}/${unit.id}/members?$select=id`, mostMembers, signal);
    for (const member of membersSchema.safeParse(members).data ?? []) {
      const type = types[member['@odata.type'] ?? ''];
      const id = parseGuid(member.id);
      if (type && id && found[type].size < mostOfAType) found[type].add(id);
    }
  }
  return found;
}

async function itemsOf(
  requests: GraphRequests,
  path: string,
  most: number,
  signal: AbortSignal,
): Promise<readonly unknown[]> {
  try {
    const reading = await readItems(requests, path, most, signal);
    return reading.kind === 'read' ? reading.items : [];
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof AppError) return [];
    throw error;
  }
}
