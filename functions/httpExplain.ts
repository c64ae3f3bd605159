import { z } from 'zod';
import {
  defaultExplainBudgetMs,
  explainObject,
  type ExplainObjectPorts,
  type Judgement,
  type ObjectExplanation,
} from '../shared/app/review/explainObject';
import type { CloudObject } from '../shared/core/cloudObject';
import type { Correlation } from '../shared/core/correlate';
import type { SourceName } from '../shared/core/exportFormat';
import { attentionReasons, withdrawalReasons } from '../shared/core/facts';
import { formatInstant, type Instant } from '../shared/core/instant';
import type { Protection } from '../shared/core/protection';
import type { RepairObstacle } from '../shared/core/review/repair';
import { cloudIdParameter, objectTypeParameter } from '../shared/io/http/parameters';
import { problem } from '../shared/io/http/problem';
import { defineRoute } from '../shared/io/http/route';
import {
  decisionSummarySchema,
  evidenceSchema,
  factsDocument,
  factsSchema,
  summaryDocument,
  time,
} from './candidateDocument';
import { exportUsedDocument, exportUsedSchema, gateSchema } from './scanDocument';

/** What explaining needs besides its ports. */
export interface ExplainRoutePorts extends ExplainObjectPorts {
  readonly sources: readonly SourceName[];
}

const outcomes = [
  'live',
  'outOfScope',
  'reAnchored',
  'reCreated',
  'duplicate',
  'deleted',
  'absent',
  'notCovered',
  'unknown',
] as const satisfies readonly Correlation['kind'][];
const protections = [
  'synchronisationAccount',
  'managementRestricted',
  'autopilotDevice',
  'systemManagedDevice',
] as const satisfies readonly Protection[];
const obstacles = [
  'notAUser',
  'severalObjects',
  'anotherClass',
  'anchorMissing',
  'anchorNotGuid',
  'anotherAnchor',
  'restored',
  'madeAgain',
  'retiredDomain',
] as const satisfies readonly RepairObstacle[];

const verdictSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('missing'), proof: z.enum(['tombstone', 'absence']) }),
  z.strictObject({ kind: z.literal('attention'), reason: z.enum(attentionReasons) }),
  z.strictObject({ kind: z.literal('none'), because: z.enum(withdrawalReasons) }),
]);

const repairSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('writeAnchor'),
      object: z.strictObject({
        source: z.string(),
        domainName: z.string().nullable(),
        objectGUID: z.guid(),
        distinguishedName: z.string(),
      }),
      immutableId: z.string(),
      guid: z.guid(),
      bytes: z.string(),
      present: z.string(),
      caveats: z.array(z.string()),
      commands: z.array(z.string()),
    }),
    z.strictObject({
      kind: z.literal('byHand'),
      obstacle: z.enum(obstacles),
      explanation: z.string(),
    }),
  ])
  .meta({
    id: 'Repair',
    description:
      'What to write to mS-DS-ConsistencyGuid of which account, to mend the link. Read the caveats.',
  });

const judgementSchema = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('judged'),
    outcome: z.enum(outcomes),
    verdict: verdictSchema,
    explanation: z.string(),
    evidence: evidenceSchema,
    evidenceHash: z.string(),
    repair: repairSchema.nullable(),
  }),
  z.strictObject({ kind: z.literal('notSynced') }),
  z
    .strictObject({ kind: z.literal('refused'), reasons: z.array(z.string()) })
    .meta({ description: 'The exports do not allow a verdict.' }),
]);

const explanationSchema = z
  .strictObject({
    object: z.looseObject({}).meta({ description: 'As Graph has it now, by its own names.' }),
    protection: z.enum(protections).nullable(),
    judgement: judgementSchema,
    gates: z.array(gateSchema).meta({ description: 'Of the exports.' }),
    exports: z.array(exportUsedSchema),
    facts: factsSchema.nullable().meta({ description: 'What the scan has on record.' }),
    decision: decisionSummarySchema.nullable(),
    lastScan: z
      .strictObject({ runId: z.string(), runNumber: z.int(), startedAt: time })
      .nullable()
      .meta({ description: 'The newest scan that finished.' }),
    limits: z.array(z.string()).meta({ description: 'What a scan looks at and this can not.' }),
  })
  .meta({ id: 'Explanation' });

/** GET /api/explain/{type}/{id}: why an object is, or is not, a candidate, from what both sides say now. */
export const explainRoute = defineRoute({
  method: 'GET',
  path: '/explain/{type}/{id}',
  operationId: 'explainObject',
  summary: 'Any object: every key that was tried, what it found, and what that means',
  roles: ['Orphans.Reader'],
  params: z.strictObject({ type: objectTypeParameter, id: cloudIdParameter }),
  responses: { 200: { description: 'The explanation', json: explanationSchema } },
  problems: ['notFound'],
}).handledBy(async ({ params, signal }, { sources, ...ports }: ExplainRoutePorts) => {
  const explained = await explainObject(ports, { sources, budgetMs: defaultExplainBudgetMs }, params, signal);
  if (explained.kind === 'notFound')
    return problem('notFound', 'Microsoft Graph has no object of this type and id.');
  return { status: 200, json: documentOf(explained) };
});

function documentOf(explained: ObjectExplanation) {
  const { protection, gates, exports, facts, decision, lastScan, limits } = explained;
  return {
    object: cloudDocument(explained.cloud),
    protection,
    judgement: judgementDocument(explained.judgement),
    gates,
    exports: exports.map(exportUsedDocument),
    facts: facts && factsDocument(facts),
    decision: decision && summaryDocument(decision),
    lastScan: lastScan && {
      runId: lastScan.runId,
      runNumber: lastScan.runNumber,
      startedAt: formatInstant(lastScan.startedAt),
    },
    limits,
  };
}

/** Graph's names of times end in DateTime. */
const cloudDocument = (cloud: CloudObject): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(cloud).map(([name, value]: [string, unknown]) => [
      name,
      name.endsWith('DateTime') && value !== null ? formatInstant(value as Instant) : value,
    ]),
  );

function judgementDocument(judgement: Judgement) {
  switch (judgement.kind) {
    case 'judged': {
      const { kind, outcome, verdict, explanation, evidence, repair } = judgement;
      return {
        kind,
        outcome,
        verdict,
        explanation,
        evidence: JSON.parse(evidence.json) as Record<string, unknown>,
        evidenceHash: evidence.hash,
        repair,
      };
    }
    case 'notSynced':
    case 'refused':
      return judgement;
  }
}
