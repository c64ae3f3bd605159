import { MemoryCaps, MemoryDecisions, MemoryRules } from '../../../support/memory/memoryDecisions';
import { describeReviewTables, limits } from './decisionContract';

describeReviewTables(async () => {
  const caps = new MemoryCaps(limits);
  return { decisions: new MemoryDecisions(), caps: () => caps, rules: new MemoryRules() };
});
