import { z } from 'zod';
import type { CloudId } from './cloudObject';
import type { Person } from './decision';
import { guid, sid } from './exportPrimitives';
import type { CandidateFacts } from './facts';
import type { Instant } from './instant';
import { objectTypes } from './objectType';

/** What an exclusion may go by: what the facts keep of an object. */
export const exclusionAttributes = [
  'displayName',
  'userPrincipalName',
  'mail',
  'onPremisesSamAccountName',
  'onPremisesDomainName',
] as const;
export type ExclusionAttribute = (typeof exclusionAttributes)[number];

/** No transform: the OpenAPI document shows it in answers, too. */
const cloudId = guid as z.ZodType<string, string> as z.ZodType<CloudId, string>;

/**
 * What a rule says. exclusion: this object, or every object of the type with this value (upper and lower case alike, no wildcards), is
 * never deleted. retiredDomain: a domain that was decommissioned is for ever covered by no export (domain.md, case 29). holdRelease:
 * what this gate held of this run is let go. breakGlass: an emergency account.
 */
export const ruleContentSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('exclusion'),
    excludes: z.discriminatedUnion('by', [
      z.strictObject({ by: z.literal('id'), type: z.enum(objectTypes), id: cloudId }),
      z.strictObject({
        by: z.literal('attribute'),
        type: z.enum(objectTypes),
        attribute: z.enum(exclusionAttributes),
        value: z.string().min(1).max(1_000),
      }),
    ]),
  }),
  z.strictObject({ kind: z.literal('retiredDomain'), domainSid: sid }),
  z.strictObject({
    kind: z.literal('holdRelease'),
    runId: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, 'a run id'),
    gate: z.string().regex(/^[A-Za-z0-9]{1,64}$/, "a gate's name"),
  }),
  z.strictObject({ kind: z.literal('breakGlass'), userId: cloudId }),
]);
export type RuleContent = z.output<typeof ruleContentSchema>;

export const ruleKinds = ['exclusion', 'retiredDomain', 'holdRelease', 'breakGlass'] as const;
export type RuleKind = RuleContent['kind'];

/** One row of the table Rules (docs/table-schema.md). */
export interface Rule {
  readonly ruleId: string;
  readonly content: RuleContent;
  readonly reason: string;
  readonly owner: Person;
  readonly createdAt: Instant;
  /** Active before this time; null: until it is removed. */
  readonly expiresAt: Instant | null;
}

/** A row as it was read; `etag` is the precondition of its removal. */
export type StoredRule = Rule & { readonly etag: string };

/** The rules that are in force, by what they are asked for. */
export interface ActiveRules {
  /** Keyed by `type/id`. */
  readonly excludedIds: ReadonlyMap<string, Rule>;
  /** Keyed by `type/attribute/value`, the value as `valueKey` compares it. */
  readonly excludedValues: ReadonlyMap<string, Rule>;
  /** Keyed by the domain's SID. */
  readonly retiredDomains: ReadonlyMap<string, Rule>;
  /** Keyed by `runId/gate`. */
  readonly holdReleases: ReadonlyMap<string, Rule>;
  /** Keyed by the user's id. */
  readonly breakGlass: ReadonlyMap<string, Rule>;
}

/**
 * Leaves out what has expired. A rule whose creation lies in the future counts: a clock that is wrong must not open up what somebody
 * closed.
 */
export function activeRules(rules: Iterable<Rule>, now: Instant): ActiveRules {
  const active = {
    excludedIds: new Map<string, Rule>(),
    excludedValues: new Map<string, Rule>(),
    retiredDomains: new Map<string, Rule>(),
    holdReleases: new Map<string, Rule>(),
    breakGlass: new Map<string, Rule>(),
  };
  for (const rule of rules) {
    if (rule.expiresAt !== null && now >= rule.expiresAt) continue;
    const { content } = rule;
    switch (content.kind) {
      case 'exclusion': {
        const { excludes } = content;
        if (excludes.by === 'id') active.excludedIds.set(`${excludes.type}/${excludes.id}`, rule);
        else active.excludedValues.set(valueKey(excludes.type, excludes.attribute, excludes.value), rule);
        break;
      }
      case 'retiredDomain':
        active.retiredDomains.set(content.domainSid, rule);
        break;
      case 'holdRelease':
        active.holdReleases.set(holdKey(content.runId, content.gate), rule);
        break;
      case 'breakGlass':
        active.breakGlass.set(content.userId, rule);
        break;
    }
  }
  return active;
}

/** The same letters in another encoding, and space around them, make no difference: a rule must not miss what it was made for. */
const valueKey = (type: string, attribute: string, value: string): string =>
  `${type}/${attribute}/${value.normalize('NFC').trim().toLowerCase()}`;
const holdKey = (runId: string, gate: string): string => `${runId}/${gate}`;

/** The rule that keeps an object from being deleted: an exclusion, or that it is an emergency account; null: none does. */
export function exclusionOf(
  rules: ActiveRules,
  facts: Pick<CandidateFacts, 'type' | 'id' | ExclusionAttribute>,
): Rule | null {
  const { type, id } = facts;
  const byValue = exclusionAttributes.flatMap(attribute => {
    const value = facts[attribute];
    return value === null ? [] : (rules.excludedValues.get(valueKey(type, attribute, value)) ?? []);
  });
  return rules.breakGlass.get(id) ?? rules.excludedIds.get(`${type}/${id}`) ?? byValue[0] ?? null;
}

/** The rule that lets go what a gate held of a run; null: it is held. */
export const releaseOf = (rules: ActiveRules, runId: string, gate: string): Rule | null =>
  rules.holdReleases.get(holdKey(runId, gate)) ?? null;
