import { AppError } from '../../core/appError';
import type { CloudId } from '../../core/cloudObject';
import { parseGuid } from '../../core/keys/guid';

/**
 * The id as a segment of a path. Ids are checked where they come in; what goes into the path of a request is checked once more.
 * Throws an `AppError` with code `graphRefused`.
 */
export function pathSegment(id: CloudId, what: string): string {
  const text: string = id;
  if (parseGuid(text) === text) return text;
  throw new AppError(
    'graphRefused',
    `A lower-case GUID was expected as the id of a ${what}; nothing was asked of Graph.`,
  );
}
