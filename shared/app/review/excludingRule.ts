import type { CandidateFacts } from '../../core/facts';
import { activeRules, exclusionOf, type Rule } from '../../core/rule';
import type { DeletionPorts } from './deletionUseCasePorts';

/** The rule that keeps an object from being deleted now; null: none does. Reads all rules: they are few, and one may be new. */
export async function excludingRule(
  { rules, clock }: Pick<DeletionPorts, 'rules' | 'clock'>,
  facts: CandidateFacts,
  signal: AbortSignal,
): Promise<Rule | null> {
  const all: Rule[] = [];
  for await (const rule of rules.readAll(signal)) all.push(rule);
  return exclusionOf(activeRules(all, clock.now()), facts);
}
