import { z } from 'zod';
import { gateKinds } from '../../shared/core/gates/gate';
import { parseInstant } from '../../shared/core/instant';
import { objectTypes } from '../../shared/core/objectType';
import { ruleContentSchema } from '../../shared/core/rule';
import { runStates } from '../../shared/core/scanRun';

// Of what the API answers, that which the checks need (docs/openapi.json). What is there besides is left alone: a newer app may say more.

const instant = z.string().transform((text, context) => {
  const value = parseInstant(text);
  if (value !== null) return value;
  context.addIssue('is not a date');
  return z.NEVER;
});

export const healthSchema = z.object({
  status: z.enum(['ok', 'degraded']),
  version: z.string(),
  part: z.string().nullable(),
  problems: z.array(z.string()),
});

export const meSchema = z.object({ roles: z.array(z.string()), rolloutStage: z.string() });

export const scansSchema = z.object({
  items: z.array(
    z.object({
      runId: z.string().regex(/^[0-9A-Za-z-]{1,64}$/),
      state: z.enum(runStates),
      startedAt: instant,
      finishedAt: instant.nullable(),
    }),
  ),
  missedWork: z.object({
    scan: z.object({}).nullable(),
    exports: z.array(z.object({ source: z.string() })),
  }),
});

export const scanSchema = z.object({
  exports: z.array(z.object({ source: z.string(), finishedAt: instant })),
  holds: z.array(
    z.object({
      runId: z.string(),
      gate: z.string(),
      kind: z.enum(gateKinds),
      source: z.string().nullable(),
      type: z.enum(objectTypes).nullable(),
      context: z.string().nullable(),
      since: instant,
      severity: z.number(),
    }),
  ),
});

export const rulesSchema = z.object({
  rules: z.array(
    z.object({
      ruleId: z.string(),
      content: ruleContentSchema,
      reason: z.string(),
      owner: z.object({ id: z.string(), name: z.string() }),
      createdAt: instant,
      expiresAt: instant.nullable(),
    }),
  ),
});

export const openApiSchema = z.object({
  openapi: z.string(),
  info: z.object({ version: z.string() }),
  paths: z.record(z.string(), z.unknown()),
});

export const discoverySchema = z.object({ issuer: z.string(), jwks_uri: z.string() });
export const keySetSchema = z.object({
  keys: z.array(z.object({ kid: z.string().optional(), kty: z.string() })),
});
