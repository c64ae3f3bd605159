import { MemoryCandidates } from '../../../support/memory/memoryTables';
import { describeCandidateReader } from './candidateReaderContract';

describe.each([1_000, 2])('with at most %i rows a page', pageSize => {
  describeCandidateReader(async () => {
    const candidates = new MemoryCandidates();
    candidates.pageSize = pageSize;
    return candidates;
  });
});
