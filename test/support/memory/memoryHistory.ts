import type { DetectOrphansPorts } from '../../../shared/app/detectOrphans';
import { MemoryDecisions } from './memoryDecisions';
import { MemoryDeletedItems, MemoryDeletedUsers } from './memoryDeletedUsers';
import { MemoryExportRequests } from './memoryDeletions';
import { MemoryRequestBlobs } from './memoryRequests';
import { MemoryCandidates } from './memoryTables';

type History = DetectOrphansPorts['history'];
type Asking = DetectOrphansPorts['asking'];

/** A tenant in which nobody was deleted or restored, unless the test says otherwise; kept from run to run. */
export const memoryHistory = (given: Partial<History> = {}): History => ({
  deletedItems: new MemoryDeletedItems(),
  deletedUsers: new MemoryDeletedUsers(),
  decisions: new MemoryDecisions(),
  evidence: new MemoryCandidates(),
  ...given,
});

/** Agents that are asked and never answer. */
export const memoryAsking = (given: Partial<Asking> = {}): Asking => ({
  requestBlobs: new MemoryRequestBlobs(),
  requests: new MemoryExportRequests(),
  ...given,
});
