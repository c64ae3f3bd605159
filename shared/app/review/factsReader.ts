import type { CloudId } from '../../core/cloudObject';
import type { StoredFacts } from '../../core/facts';
import type { ObjectType } from '../../core/objectType';

/** One row of the table OrphanCandidates; null: there is none. Throws `storageUnavailable`, `rowInvalid`. */
export interface FactsReader {
  read(type: ObjectType, id: CloudId, signal: AbortSignal): Promise<StoredFacts | null>;
}
