import { z } from 'zod';
import type { DeletionLimits } from '../../core/decisionCaps';
import { sourceNameSchema } from '../../core/exportFormat';
import { gateLimitChangesSchema, gateLimitsWith } from '../../core/gates/limits';
import { parseGuid, type Guid } from '../../core/keys/guid';
import { objectTypes, type ObjectType } from '../../core/objectType';
import { parseRolloutStage, parseTestObjects, rolloutStages } from '../../core/rollout';
import { defaultWaitingRules, type WaitingRules } from '../../core/waiting';
import { publicKeyFromBase64 } from '../exports/publicKey';

// How the text of a setting is read. What is wrong is said in words that follow the setting's name, and without the value: health
// shows them to anybody.

export const guid = z.string().transform((text, context) => {
  const value = parseGuid(text);
  if (value) return value;
  context.addIssue('is not a GUID');
  return z.NEVER;
});

export const httpsUrl = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' && !url.username && !url.password && url.search === '' && url.hash === '')
    return url.href.replace(/\/$/, '');
  context.addIssue('is not an https address without query');
  return z.NEVER;
});

export const httpsOrigin = httpsUrl.refine(
  text => URL.parse(text)?.origin === text,
  'has a path: only scheme and host are expected',
);

const base64Key = z.string().transform((text, context) => {
  try {
    return publicKeyFromBase64(text);
  } catch (error) {
    context.addIssue((error as Error).message);
    return z.NEVER;
  }
});

const sourcesShape = z
  .array(
    z.strictObject({
      source: sourceNameSchema,
      publicKeys: z.array(z.strictObject({ keyId: z.string().min(1), publicKey: base64Key })).min(1),
    }),
  )
  .min(1)
  .refine(list => new Set(list.map(item => item.source)).size === list.length, 'names a source twice')
  // A key signs for its own source only.
  .refine(list => {
    const keysOf = list.map(
      ({ publicKeys }) => new Set(publicKeys.map(({ publicKey }) => publicKey.export({ format: 'jwk' }).x)),
    );
    return (
      new Set(keysOf.flatMap(keys => [...keys])).size === keysOf.reduce((sum, keys) => sum + keys.size, 0)
    );
  }, 'gives two sources one key, so that the agent of each could sign for the other');

const jsonText = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('is not JSON');
    return z.NEVER;
  }
});

export const sources = jsonText.pipe(sourcesShape);

export const gateLimits = jsonText.pipe(gateLimitChangesSchema).transform(gateLimitsWith);

const days = z.int().min(0).max(365);

/** What is left out is as strict as the default. */
export const waitingRules = jsonText.pipe(
  z
    .strictObject({
      consecutiveRuns: z.int().min(1).max(30).optional(),
      graceDays: days.optional(),
      recycleBinDays: days.optional(),
      synchronisation: z.enum(['proved', 'notAsked']).optional(),
    })
    .transform((given): WaitingRules => ({
      consecutiveRuns: given.consecutiveRuns ?? defaultWaitingRules.consecutiveRuns,
      graceDays: given.graceDays ?? defaultWaitingRules.graceDays,
      recycleBinDays: given.recycleBinDays ?? defaultWaitingRules.recycleBinDays,
      synchronisation: given.synchronisation ?? defaultWaitingRules.synchronisation,
    })),
);

/** Compared with a token's `iss` as it is. An issuer for many tenants (common, organizations) is refused. */
export const tenantIssuer = httpsUrl.refine(
  text => issuerPattern.test(text),
  'is not the issuer of one tenant in version 2.0, https://<host>/<tenant id>/v2.0',
);

export const issuerPattern = /^https:\/\/[^/]+\/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\/v2\.0$/;

/** One name of the claim `scp`, which separates them by spaces. */
export const scopeName = z.string().regex(/^[\w.-]{1,120}$/, 'is not the name of a scope (without api://…/)');

/** NCRONTAB: six fields. The host checks the rest. */
export const schedule = z.string().regex(/^\S+( \S+){5}$/, 'is not an NCRONTAB expression of six fields');

export const wholeNumber = (least: number, most: number) =>
  z
    .string()
    .regex(/^\d{1,6}$/, 'is not a whole number')
    .transform(Number)
    .refine(value => value >= least && value <= most, `is not from ${least} to ${most}`);

export const yesOrNo = z
  .enum(['true', 'false'], 'is neither true nor false')
  .transform(text => text === 'true');

export const typeList = z.string().transform((text, context): ReadonlySet<ObjectType> => {
  if (text === 'none') return new Set();
  const names = text.split(',').map(name => name.trim());
  const types = objectTypes.filter(type => names.includes(type));
  if (types.length === names.length) return new Set(types);
  context.addIssue(`is neither none nor a list of ${objectTypes.join(', ')}, once each`);
  return z.NEVER;
});

const mostServicePrincipals = 20;

export const guidList = z.string().transform((text, context): readonly Guid[] => {
  if (text === 'none') return [];
  const ids = text.split(',').map(one => parseGuid(one.trim()));
  const distinct = new Set(ids.filter(id => id !== null));
  if (distinct.size === ids.length && ids.length <= mostServicePrincipals) return [...distinct];
  context.addIssue(`is neither none nor a list of at most ${mostServicePrincipals} GUIDs, once each`);
  return z.NEVER;
});

export const limitsOfTypes = z.string().transform((text, context): DeletionLimits['perType'] => {
  const limits = { user: 0, group: 0, contact: 0, device: 0 };
  const seen = new Set<string>();
  for (const one of text.split(',')) {
    const [, name, figure] = /^(\w+)=(\d{1,6})$/.exec(one.trim()) ?? [];
    const type = objectTypes.find(each => each === name);
    if (type === undefined || seen.has(type)) {
      context.addIssue('is not a list as user=50,group=20, each type once');
      return z.NEVER;
    }
    seen.add(type);
    limits[type] = Number(figure);
  }
  return limits;
});

/** The query is part of the secret. What is wrong with it is said without a word of it. */
export const webhookUrl = z.string().transform((text, context) => {
  const url = URL.parse(text);
  if (url?.protocol === 'https:' && url.username === '' && url.password === '' && url.hash === '')
    return url.href;
  context.addIssue('is not an https address without user and fragment');
  return z.NEVER;
});

export const rolloutStage = z.string().transform((text, context) => {
  const stage = parseRolloutStage(text);
  if (stage) return stage;
  context.addIssue(`is not exactly one of ${rolloutStages.join(', ')}, so that reportOnly holds`);
  return z.NEVER;
});

export const testObjects = z.string().transform((text, context): ReadonlySet<string> => {
  if (text === 'none') return new Set();
  const keys = parseTestObjects(text);
  if (keys) return keys;
  context.addIssue('is neither none nor a list as user/<id>,group/<id>, so that it names nothing');
  return z.NEVER;
});
