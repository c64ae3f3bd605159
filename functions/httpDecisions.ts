import { z } from 'zod';
import { personOf } from '../shared/app/review/actor';
import { approveCandidate, type ApprovePorts, type ApproveSettings } from '../shared/app/review/approve';
import { approveMany, mostApprovals } from '../shared/app/review/approveMany';
import { decideRefusals, type Decided, type Refused } from '../shared/app/review/decide';
import { rejectCandidate } from '../shared/app/review/reject';
import { reopenCandidate } from '../shared/app/review/reopen';
import { errorCodes } from '../shared/core/appError';
import { commentSchema, longestComment, type Decision } from '../shared/core/decision';
import { formatInstant } from '../shared/core/instant';
import { instant } from '../shared/core/exportPrimitives';
import { objectTypes } from '../shared/core/objectType';
import { decisionStates } from '../shared/core/transitions';
import { cloudIdParameter, objectTypeParameter } from '../shared/io/http/parameters';
import { problem, type Problem } from '../shared/io/http/problem';
import { defineRoute, type Route } from '../shared/io/http/route';

/** What the routes of deciding need of the app. */
export interface DecisionRoutePorts extends ApprovePorts {
  readonly approval: ApproveSettings;
}

const evidenceHashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a lower-case SHA-256 is expected')
  .meta({ description: 'evidenceHash of the candidate, as it was looked at.' });
const optionalComment = z
  .string()
  .trim()
  .max(longestComment)
  .transform(text => text || null)
  .optional();

const decisionSchema = z
  .strictObject({
    type: z.enum(objectTypes),
    id: z.guid(),
    state: z.enum(decisionStates),
    changedAt: z.iso.datetime(),
    operationId: z
      .string()
      .meta({ description: 'The audit log has a row under the same id. A repeated request has the same.' }),
    expiresAt: z.iso.datetime().nullable().meta({ description: 'Of an approval or a rejection.' }),
  })
  .meta({ id: 'DecisionMade' });

const params = z.strictObject({ type: objectTypeParameter, id: cloudIdParameter });
const responses = { 200: { description: 'The decision', json: decisionSchema, etag: true } } as const;
const problems = ['requestInvalid', 'notFound', 'notAllowed', 'conflict', 'writeConflict'] as const;
const common = {
  roles: ['Orphans.Approver'],
  person: true,
  ifMatch: true,
  params,
  responses,
  problems,
} as const;

export const approveRoute = defineRoute({
  ...common,
  method: 'POST',
  path: '/candidates/{type}/{id}/approve',
  operationId: 'approveCandidate',
  summary: 'Says yes to deleting a candidate',
  body: z.strictObject({
    evidenceHash: evidenceHashSchema,
    comment: optionalComment,
    confirmation: z.string().max(longestComment).optional().meta({
      description: 'Groups, contacts and devices: the display name, or the id where there is none.',
    }),
  }),
}).handledBy(
  async ({ params: target, body, caller, ifMatch, correlationId, signal }, ports: DecisionRoutePorts) => {
    const { evidenceHash, comment = null, confirmation = null } = body;
    const request = { ...target, by: personOf(caller), version: ifMatch, correlationId };
    return answer(
      await approveCandidate(
        ports,
        ports.approval,
        { ...request, evidenceHash, comment, confirmation },
        signal,
      ),
    );
  },
);

export const rejectRoute = defineRoute({
  ...common,
  method: 'POST',
  path: '/candidates/{type}/{id}/reject',
  operationId: 'rejectCandidate',
  summary: 'Says no to deleting an object, for ever or until a time',
  body: z.strictObject({
    evidenceHash: evidenceHashSchema,
    reason: commentSchema,
    expiresAt: instant.optional().meta({ description: 'Without it: for ever.' }),
  }),
}).handledBy(
  async ({ params: target, body, caller, ifMatch, correlationId, signal }, ports: DecisionRoutePorts) => {
    const { evidenceHash, reason, expiresAt = null } = body;
    const request = { ...target, by: personOf(caller), version: ifMatch, correlationId };
    return answer(await rejectCandidate(ports, { ...request, evidenceHash, reason, expiresAt }, signal));
  },
);

export const reopenRoute = defineRoute({
  ...common,
  method: 'POST',
  path: '/candidates/{type}/{id}/reopen',
  operationId: 'reopenCandidate',
  summary: 'Takes a decision back that led to no delete',
  body: z.strictObject({ reason: optionalComment }),
}).handledBy(
  async ({ params: target, body, caller, ifMatch, correlationId, signal }, ports: DecisionRoutePorts) => {
    const request = { ...target, by: personOf(caller), version: ifMatch, correlationId };
    return answer(await reopenCandidate(ports, { ...request, reason: body.reason ?? null }, signal));
  },
);

const itemSchema = z.strictObject({
  type: objectTypeParameter,
  id: cloudIdParameter,
  evidenceHash: evidenceHashSchema,
});

const outcomeSchema = z
  .strictObject({
    type: z.enum(objectTypes),
    id: z.guid(),
    status: z.enum(['approved', 'refused', 'failed', 'notTried']),
    because: z
      .enum([...decideRefusals, ...errorCodes])
      .nullable()
      .meta({ description: 'Why it was refused, or what failed.' }),
    detail: z.string().nullable(),
  })
  .meta({ id: 'ApprovalOutcome' });

export const approveManyRoute = defineRoute({
  method: 'POST',
  path: '/approvals',
  operationId: 'approveMany',
  summary: 'Says yes to many candidates that nobody has decided about',
  roles: ['Orphans.Approver'],
  person: true,
  largestBody: 256 * 1024,
  body: z.strictObject({
    items: z
      .array(itemSchema)
      .min(1)
      .max(mostApprovals)
      .refine(
        items => new Set(items.map(({ type, id }) => `${type}/${id}`)).size === items.length,
        'every object once is expected',
      ),
    confirmation: z.string().max(20).meta({ description: 'How many items there are, as a person typed it.' }),
    comment: optionalComment,
  }),
  responses: {
    200: {
      description: 'What became of each, in order',
      json: z.strictObject({ items: z.array(outcomeSchema) }),
    },
  },
  problems: ['requestInvalid'],
}).handledBy(async ({ body, caller, correlationId, signal }, ports: DecisionRoutePorts) => {
  const { items, confirmation, comment = null } = body;
  if (confirmation.trim() !== String(items.length))
    return fieldProblem('/body/confirmation', 'the number of items is expected');
  const request = { items, by: personOf(caller), comment, correlationId };
  const outcomes = await approveMany(ports, ports.approval, request, signal);
  return {
    status: 200,
    json: {
      items: outcomes.map((outcome, at) => ({
        type: items[at]?.type ?? 'user',
        id: items[at]?.id ?? '',
        status: outcome.status,
        because: 'because' in outcome ? outcome.because : null,
        detail: 'detail' in outcome ? outcome.detail : null,
      })),
    },
  };
});

export const decisionRoutes: readonly Route<DecisionRoutePorts>[] = [
  approveRoute,
  rejectRoute,
  reopenRoute,
  approveManyRoute,
];

function answer(decided: Decided) {
  if (decided.kind === 'refused') return problemOf(decided);
  const { decision, version } = decided;
  const { type, id, state, changedAt, operationId } = decision;
  const expiresAt = expiryOf(decision);
  return {
    status: 200,
    json: { type, id, state, changedAt: formatInstant(changedAt), operationId, expiresAt },
    etag: version,
  } as const;
}

function expiryOf(decision: Decision): string | null {
  if (decision.state === 'approved') return formatInstant(decision.approval.expiresAt);
  if (decision.state !== 'rejected' || decision.rejection.expiresAt === null) return null;
  return formatInstant(decision.rejection.expiresAt);
}

function problemOf({ refusal, reason }: Refused): Problem<(typeof problems)[number] | 'preconditionFailed'> {
  switch (refusal) {
    case 'noSuchCandidate':
      return problem('notFound', reason);
    case 'versionChanged':
      return problem('preconditionFailed', reason);
    case 'confirmationMissing':
      return fieldProblem(
        '/body/confirmation',
        'the display name is expected, or the id where there is none',
      );
    case 'expiryPassed':
      return fieldProblem('/body/expiresAt', 'a time in the future is expected');
    case 'protected':
    case 'excluded':
    case 'locked':
    case 'fourEyes':
      return problem('notAllowed', reason);
    case 'illegalStep':
    case 'notCandidate':
    case 'evidenceChanged':
    case 'approvalExpired':
    case 'quarantineNotOver':
    case 'notQuarantined':
    case 'manual':
      return problem('conflict', reason);
  }
}

const fieldProblem = (pointer: string, detail: string): Problem<'requestInvalid'> =>
  problem('requestInvalid', 'Correct the fields that errors names.', { errors: [{ pointer, detail }] });
