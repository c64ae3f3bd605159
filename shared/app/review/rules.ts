import { canonicalHash, type Json } from '../../core/canonicalJson';
import type { Person } from '../../core/decision';
import { formatInstant, type Instant } from '../../core/instant';
import { auditOfRule, ruleOperation } from '../../core/review/decisionAudit';
import type { Rule, RuleContent, RuleKind, StoredRule } from '../../core/rule';
import type { AuditLog } from '../auditPorts';
import type { RuleTable } from '../decisionPorts';
import type { Clock } from '../ports';

export interface RulesPorts {
  readonly rules: RuleTable;
  readonly audit: Pick<AuditLog, 'record'>;
  readonly clock: Clock;
}

export interface AddRuleRequest {
  readonly content: RuleContent;
  readonly reason: string;
  readonly expiresAt: Instant | null;
  readonly by: Person;
  readonly correlationId: string | null;
}

/** What became of a rule that was to be added; exists: this person added the very same before. */
export type AddedRule =
  | { readonly kind: 'added' | 'exists'; readonly rule: StoredRule }
  | { readonly kind: 'expiryPassed'; readonly reason: string };

/** Rules younger than this are looked at for audit rows that a crash left out (milliseconds). */
const settledMs = 35 * 24 * 60 * 60 * 1000;

/**
 * Adds a rule. Its id is made from what it says and who says so, so a repeated request finds its own. The row comes first and holds
 * all that its audit row says; where a crash left that out, the next change of any rule records it. Throws `writeConflict`,
 * `storageUnavailable`, `rowInvalid`.
 */
export async function addRule(
  ports: RulesPorts,
  request: AddRuleRequest,
  signal: AbortSignal,
): Promise<AddedRule> {
  const { rules, audit, clock } = ports;
  const { content, reason, expiresAt, by, correlationId } = request;
  const now = clock.now();
  if (expiresAt !== null && expiresAt <= now)
    return { kind: 'expiryPassed', reason: `an expiry after ${formatInstant(now)} was expected` };
  const rule: Rule = {
    ruleId: ruleIdOf({ content, reason, by: by.id, expiresAt: expiresAt ?? null }),
    content,
    reason,
    owner: by,
    createdAt: now,
    expiresAt,
  };
  const earlier = await settleRules(ports, now, signal);
  const existing = findRule(earlier, content.kind, rule.ruleId);
  if (existing) {
    // Here also where it is older than what is settled by the way.
    await audit.record({ ...auditOfRule(existing), correlationId }, signal);
    return { kind: 'exists', rule: existing };
  }
  await rules.add(rule, signal);
  await audit.record({ ...auditOfRule(rule), correlationId }, signal);
  const stored = findRule(await Array.fromAsync(rules.readAll(signal)), content.kind, rule.ruleId);
  // Removed by somebody else in the meantime: then there is nothing that could be removed with this tag.
  return { kind: 'added', rule: stored ?? { ...rule, etag: 'removed' } };
}

export interface RemoveRuleRequest {
  readonly kind: RuleKind;
  readonly ruleId: string;
  readonly version: string;
  readonly by: Person;
  readonly correlationId: string | null;
}

export type RemovedRule = { readonly kind: 'removed' | 'noSuchRule' | 'versionChanged' };

/**
 * Removes a rule. Here the audit row comes first, since nothing would be left to make it from: a crash between leaves the rule in
 * force, and the next request goes on under the same operation. Throws as `addRule`.
 */
export async function removeRule(
  ports: RulesPorts,
  { kind, ruleId, version, by, correlationId }: RemoveRuleRequest,
  signal: AbortSignal,
): Promise<RemovedRule> {
  const now = ports.clock.now();
  const rule = findRule(await settleRules(ports, now, signal), kind, ruleId);
  if (rule === null) return { kind: 'noSuchRule' };
  if (rule.etag !== version) return { kind: 'versionChanged' };
  const added = auditOfRule(rule);
  await ports.audit.record(added, signal);
  await ports.audit.record(
    {
      operationId: ruleOperation('ruleRemoved', rule),
      at: now,
      actor: { kind: 'person', id: by.id, name: by.name },
      action: 'ruleRemoved',
      object: added.object,
      evidenceHash: null,
      runId: added.runId,
      correlationId,
      details: added.details,
    },
    signal,
  );
  await ports.rules.remove(kind, ruleId, rule.etag, signal);
  return { kind: 'removed' };
}

/** Reads every rule, and records the audit rows of the young ones where they are missing. */
async function settleRules(
  { rules, audit }: Pick<RulesPorts, 'rules' | 'audit'>,
  now: Instant,
  signal: AbortSignal,
): Promise<readonly StoredRule[]> {
  const all = await Array.fromAsync(rules.readAll(signal));
  for (const rule of all) if (now - rule.createdAt < settledMs) await audit.record(auditOfRule(rule), signal);
  return all;
}

const findRule = (rules: readonly StoredRule[], kind: RuleKind, ruleId: string): StoredRule | null =>
  rules.find(rule => rule.content.kind === kind && rule.ruleId === ruleId) ?? null;

/** A hash in the form of a GUID of version 8 (RFC 9562, section 5.8). */
export function ruleIdOf(said: Json): string {
  const hex = canonicalHash(said);
  const parts = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(12, 15)}`,
    `8${hex.slice(15, 18)}`,
    hex.slice(18, 30),
  ];
  return parts.join('-');
}
