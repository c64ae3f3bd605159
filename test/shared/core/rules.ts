import type { CloudId } from '../../../shared/core/cloudObject';
import type { Rule, RuleContent } from '../../../shared/core/rule';
import { ada, at, later, userId } from './decisions';

export const aRule = (content: RuleContent, given: Partial<Rule> = {}): Rule => ({
  ruleId: '0d0d0d0d-0000-0000-0000-000000000001',
  content,
  reason: 'board decision',
  owner: ada,
  createdAt: at,
  expiresAt: later(30),
  ...given,
});

/** One content of each kind. */
export const contents: readonly RuleContent[] = [
  { kind: 'exclusion', excludes: { by: 'id', type: 'user', id: userId } },
  {
    kind: 'exclusion',
    excludes: { by: 'attribute', type: 'user', attribute: 'onPremisesDomainName', value: 'Lab.example' },
  },
  { kind: 'retiredDomain', domainSid: 'S-1-5-21-1-2-3' },
  { kind: 'holdRelease', runId: 'run-1', gate: 'volume' },
  { kind: 'breakGlass', userId: '0c0c0c0c-0000-0000-0000-000000000001' as CloudId },
];
