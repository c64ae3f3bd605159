import { z } from 'zod';
import type { DeletedItems, RecoverableType } from '../../app/deletionPorts';
import { AppError } from '../../core/appError';
import type { CloudId } from '../../core/cloudObject';
import type { DeletedItem } from '../../core/cloudWrites/deletedItem';
import { parseInstant } from '../../core/instant';
import type { GraphRequests } from './graphRequests';
import { pathSegment } from './objectId';
import { readItems } from './itemReader';
import { refusalError } from './refusal';

const path = '/v1.0/directory/deletedItems';
const select = '$select=id,deletedDateTime';
const permissions = { user: 'User.Read.All', group: 'Group.Read.All' } as const;

/** More than a tenant can have deleted in 30 days; beyond it the list is refused, not cut. */
const mostItems = 1_000_000;

const itemSchema = z.object({
  id: z.guid().transform(value => value.toLowerCase() as CloudId),
  // Without the permission for its type, Graph answers an item's id alone, and null for the rest.
  deletedDateTime: z.iso
    .datetime({ offset: true })
    .transform((value, context) => parseInstant(value) ?? (context.addIssue('not a date'), z.NEVER))
    .nullable(),
});

/** `/directory/deletedItems` with the requests of the reader identity, which can GET only. */
export function createDeletedItems(requests: GraphRequests): DeletedItems {
  return {
    async read(id, signal) {
      const segment = pathSegment(id, 'deleted item');
      const answer = await requests.json(requests.address(`${path}/${segment}?${select}`), signal);
      if (answer.kind === 'refused') {
        const { status, code } = answer.refusal;
        // Only Graph itself can say that it is not there.
        if (status === 404 && code === 'Request_ResourceNotFound') return null;
        throw refusalError(answer.refusal, `GET ${path}/${id}`, permissions.user);
      }
      const item = parseItem(answer.value, answer.trace);
      if (item.id === id) return item;
      throw new AppError(
        'graphAnswerInvalid',
        `The deleted item with id ${id} was asked for, another one (${item.id}) was answered. Nothing of it is used. (${answer.trace})`,
      );
    },
    list: (type, signal) => listItems(requests, type, signal),
  };
}

async function listItems(
  requests: GraphRequests,
  type: RecoverableType,
  signal: AbortSignal,
): Promise<readonly DeletedItem[]> {
  const list = `${path}/microsoft.graph.${type}`;
  const reading = await readItems(requests, `${list}?${select}&$top=999`, mostItems, signal);
  if (reading.kind === 'refused') throw refusalError(reading.refusal, `GET ${list}`, permissions[type]);
  if (reading.more) {
    throw new AppError(
      'graphAnswerInvalid',
      `The list ${list} was expected to have at most ${mostItems} items; found more. Nothing of it is used. (${reading.trace})`,
    );
  }
  const items = new Map<CloudId, DeletedItem>();
  for (const one of reading.items) {
    const item = parseItem(one, reading.trace);
    if (!items.has(item.id)) items.set(item.id, item);
  }
  return [...items.values()];
}

function parseItem(value: unknown, trace: string): DeletedItem {
  const parsed = itemSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new AppError(
    'graphAnswerInvalid',
    `A deleted item was expected to have a GUID as id, and a deletedDateTime, be it null; found something else. ` +
      `Nothing of this answer is used. (${trace})`,
  );
}
