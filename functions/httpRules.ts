import { z } from 'zod';
import { personOf } from '../shared/app/review/actor';
import { addRule, removeRule, type RulesPorts } from '../shared/app/review/rules';
import { commentSchema } from '../shared/core/decision';
import { formatInstant } from '../shared/core/instant';
import { instant } from '../shared/core/exportPrimitives';
import { ruleContentSchema, ruleKinds, type StoredRule } from '../shared/core/rule';
import { entityTagOf } from '../shared/io/http/entityTag';
import { guidParameter } from '../shared/io/http/parameters';
import { problem } from '../shared/io/http/problem';
import { defineRoute, type Route } from '../shared/io/http/route';

export type RuleRoutePorts = RulesPorts;

export const ruleSchema = z
  .strictObject({
    kind: z.enum(ruleKinds),
    ruleId: z.string(),
    content: ruleContentSchema,
    reason: z.string(),
    owner: z.strictObject({ id: z.string(), name: z.string() }),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime().nullable(),
    active: z.boolean().meta({ description: 'Whether it has not expired.' }),
    etag: z.string().meta({ description: 'For If-Match, to remove it.' }),
  })
  .meta({ id: 'Rule' });

/** The kinds that are added here; a hold is released at its scan. What looks like a pattern would be a rule that keeps nothing. */
const newContentSchema = ruleContentSchema
  .refine(content => content.kind !== 'holdRelease', 'a hold is released by POST /scans/{runId}/release')
  .refine(
    content =>
      content.kind !== 'exclusion' ||
      content.excludes.by !== 'attribute' ||
      !content.excludes.value.includes('*'),
    { path: ['excludes', 'value'], error: 'the whole value is expected: there are no wildcards' },
  );

export const listRulesRoute = defineRoute({
  method: 'GET',
  path: '/rules',
  operationId: 'listRules',
  summary: 'Every rule that is not removed',
  roles: ['Orphans.Reader'],
  responses: { 200: { description: 'The rules', json: z.strictObject({ rules: z.array(ruleSchema) }) } },
}).handledBy(async ({ signal }, { rules, clock }: RuleRoutePorts) => {
  const now = clock.now();
  const all = await Array.fromAsync(rules.readAll(signal));
  return { status: 200, json: { rules: all.map(rule => ruleDocument(rule, now)) } };
});

export const addRuleRoute = defineRoute({
  method: 'POST',
  path: '/rules',
  operationId: 'addRule',
  summary: 'Adds an exclusion, a retired domain or an emergency account',
  roles: ['Orphans.Approver'],
  person: true,
  body: z.strictObject({
    content: newContentSchema,
    reason: commentSchema,
    expiresAt: instant.nullable().meta({ description: 'null: until it is removed.' }),
  }),
  responses: {
    200: { description: 'This person added the very same before', json: ruleSchema, etag: true },
    201: { description: 'The rule', json: ruleSchema, etag: true },
  },
  problems: ['requestInvalid', 'writeConflict'],
}).handledBy(async ({ body, caller, correlationId, signal }, ports: RuleRoutePorts) => {
  const added = await addRule(ports, { ...body, by: personOf(caller), correlationId }, signal);
  if (added.kind === 'expiryPassed')
    return problem('requestInvalid', 'Correct the fields that errors names.', {
      errors: [{ pointer: '/body/expiresAt', detail: 'a time in the future is expected' }],
    });
  const { rule } = added;
  const json = ruleDocument(rule, ports.clock.now());
  return { status: added.kind === 'added' ? 201 : 200, json, etag: rule.etag };
});

export const removeRuleRoute = defineRoute({
  method: 'DELETE',
  path: '/rules/{kind}/{id}',
  operationId: 'removeRule',
  summary: 'Removes a rule',
  roles: ['Orphans.Approver'],
  person: true,
  ifMatch: true,
  params: z.strictObject({ kind: z.enum(ruleKinds), id: guidParameter }),
  body: z.strictObject({}),
  responses: { 204: { description: 'It is removed' } },
  problems: ['notFound', 'writeConflict'],
}).handledBy(
  async ({ params: { kind, id }, ifMatch, caller, correlationId, signal }, ports: RuleRoutePorts) => {
    const request = { kind, ruleId: id, version: ifMatch, by: personOf(caller), correlationId };
    const removed = await removeRule(ports, request, signal);
    switch (removed.kind) {
      case 'removed':
        return { status: 204 };
      case 'noSuchRule':
        return problem('notFound', 'There is no such rule: it may be removed already.');
      case 'versionChanged':
        return problem('preconditionFailed', 'The rule is not what was read. Read the rules again.');
    }
  },
);

export const ruleRoutes: readonly Route<RuleRoutePorts>[] = [listRulesRoute, addRuleRoute, removeRuleRoute];

/** A rule as the API shows it. */
export function ruleDocument(rule: StoredRule, now: number): z.infer<typeof ruleSchema> {
  const { ruleId, content, reason, owner, createdAt, expiresAt, etag } = rule;
  return {
    kind: content.kind,
    ruleId,
    content,
    reason,
    owner: { ...owner },
    createdAt: formatInstant(createdAt),
    expiresAt: expiresAt === null ? null : formatInstant(expiresAt),
    active: expiresAt === null || now < expiresAt,
    etag: entityTagOf(etag),
  };
}
