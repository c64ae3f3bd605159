import { z } from 'zod';
import type { Notify } from '../shared/app/notify';
import { personOf } from '../shared/app/review/actor';
import { announceDeletions, countsOf } from '../shared/app/review/announceDeletions';
import {
  deleteApproved,
  deletionDisabledReason,
  type DeleteApproved,
} from '../shared/app/review/deleteApproved';
import {
  lastRequestMs,
  type DeletionPorts,
  type DeletionScope,
  type DeletionSettings,
} from '../shared/app/review/deletionUseCasePorts';
import { releaseQuarantineOf, type QuarantineRelease } from '../shared/app/review/releaseQuarantine';
import { restoreDeleted, type Restored } from '../shared/app/review/restoreDeleted';
import { manualReasons } from '../shared/core/cloudWrites/deletionOutcome';
import { longestComment } from '../shared/core/decision';
import { formatInstant, type Instant } from '../shared/core/instant';
import { objectTypes } from '../shared/core/objectType';
import { itemRefusals, type ItemOutcome } from '../shared/core/review/itemOutcome';
import { allowsDeletion, type RolloutStage } from '../shared/core/rollout';
import { decisionStates } from '../shared/core/transitions';
import { cloudIdParameter, guidParameter, objectTypeParameter } from '../shared/io/http/parameters';
import { problem, type Problem } from '../shared/io/http/problem';
import { defineRoute, type Route } from '../shared/io/http/route';

/** What the routes of deletion need of the app. */
export interface DeletionRoutePorts {
  /** How far the roll-out is; asked before anything else is built or read. */
  readonly rolloutStage: () => RolloutStage;
  /** Throws `configurationInvalid`. */
  readonly deletions: () => {
    readonly ports: DeletionPorts;
    readonly settings: DeletionSettings;
    readonly notify: Notify;
  };
}

/** As many ids as a body holds; the setting DELETIONS_PER_CALL allows fewer. */
const mostIds = 500;

const reference = z.strictObject({ type: objectTypeParameter, id: cloudIdParameter });

const bodySchema = z
  .strictObject({
    callId: guidParameter.meta({
      description:
        'A new GUID for each call. The same again, by the same person, with the same scope, is the same call: it answers what came ' +
        'of it and goes on with what remains, and deletes nothing else.',
    }),
    confirmation: z.string().max(20).meta({ description: 'The number of objects, as the person typed it.' }),
    ids: z
      .array(reference)
      .min(1)
      .max(mostIds)
      .refine(
        ids => new Set(ids.map(({ type, id }) => `${type}/${id}`)).size === ids.length,
        'an object is there twice',
      )
      .optional()
      .meta({ description: 'These objects.' }),
    allApprovedUpTo: z
      .int()
      .min(1)
      .max(mostIds)
      .optional()
      .meta({ description: 'Or everything that is approved, up to this number.' }),
    type: objectTypeParameter.optional().meta({ description: 'With allApprovedUpTo: of this type only.' }),
  })
  .refine(
    body => (body.ids === undefined) !== (body.allApprovedUpTo === undefined),
    'either ids or allApprovedUpTo is expected',
  )
  .refine(body => body.ids === undefined || body.type === undefined, 'type goes with allApprovedUpTo only');

const time = z.iso.datetime();
const kinds = ['deleted', 'gone', 'manual', 'failed', 'quarantined', 'refused'] as const;

const outcomeSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('deleted'),
      restorableUntil: time.nullable().meta({ description: 'null: treat it as final.' }),
      confirmed: z.boolean().meta({
        description:
          'false: a DELETE was sent and the object is no more, but nothing says that the one is because of the other.',
      }),
    }),
    z.strictObject({ kind: z.literal('gone') }),
    z.strictObject({
      kind: z.literal('manual'),
      reason: z.enum(manualReasons),
      explanation: z.string(),
      caveats: z.array(z.string()),
      commands: z.array(z.string()).meta({ description: 'Lines of PowerShell, in this order.' }),
    }),
    z.strictObject({ kind: z.literal('failed'), reason: z.string(), retryable: z.boolean() }),
    z.strictObject({
      kind: z.literal('quarantined'),
      until: time.meta({ description: 'From this time on a call deletes.' }),
      sessionsRevoked: z.boolean(),
    }),
    z.strictObject({
      kind: z.literal('refused'),
      refusal: z.enum(itemRefusals),
      detail: z.string(),
      backToReview: z.boolean().meta({ description: 'The approval is void: somebody has to look again.' }),
    }),
  ])
  .meta({ id: 'DeletionOutcome' });

const plainReference = z.strictObject({ type: z.enum(objectTypes), id: z.guid() });

const answerSchema = z
  .strictObject({
    items: z.array(z.strictObject({ type: z.enum(objectTypes), id: z.guid(), outcome: outcomeSchema })),
    counts: z.strictObject(
      Object.fromEntries(kinds.map(kind => [kind, z.int()])) as Record<(typeof kinds)[number], z.ZodInt>,
    ),
    remaining: z.array(plainReference).meta({
      description:
        'Not begun: no time was left, or the app is being stopped. The same call again goes on with them.',
    }),
    reconciled: z
      .strictObject({ ended: z.int(), left: z.int() })
      .meta({ description: 'Deletes of earlier calls that had not come to their end: how many did now.' }),
  })
  .meta({ id: 'DeletionAnswer' });

/** POST /api/deletions: what was approved is proved again, and deleted. */
export const deletionsRoute = defineRoute({
  method: 'POST',
  path: '/deletions',
  operationId: 'deleteApproved',
  summary: 'Deletes what was approved, after proving it again',
  roles: ['Orphans.Deleter'],
  person: true,
  body: bodySchema,
  responses: { 200: { description: 'What became of each object', json: answerSchema } },
  problems: ['requestInvalid', 'deletionDisabled', 'conflict', 'writeConflict'],
}).handledBy(async ({ body, caller, correlationId, signal }, ports: DeletionRoutePorts) => {
  if (!allowsDeletion({ stage: ports.rolloutStage() }))
    return problem('deletionDisabled', deletionDisabledReason);
  const { ports: deletion, settings, notify } = ports.deletions();
  const scope: DeletionScope =
    body.ids === undefined
      ? { kind: 'allApproved', upTo: body.allApprovedUpTo ?? 0, type: body.type ?? null }
      : { kind: 'named', ids: body.ids };
  const { callId, confirmation } = body;
  const at = deletion.clock.now();
  const answer = await deleteApproved(
    deletion,
    settings,
    { callId, confirmation, scope, by: personOf(caller), correlationId },
    signal,
  );
  await announceDeletions({ notify, log: deletion.log }, answer, { callId, at }, signal);
  return answerOf(answer);
});

function answerOf(
  answer: DeleteApproved,
):
  | { readonly status: 200; readonly json: z.input<typeof answerSchema> }
  | Problem<'deletionDisabled' | 'requestInvalid' | 'conflict'> {
  if (answer.kind === 'refused') {
    switch (answer.refusal) {
      case 'deletionDisabled':
        return problem('deletionDisabled', answer.reason);
      case 'callIdUsed':
        return problem('conflict', answer.reason);
      case 'tooMany':
      case 'confirmationWrong': {
        const pointer = answer.refusal === 'tooMany' ? '/body' : '/body/confirmation';
        return problem('requestInvalid', answer.reason, { errors: [{ pointer, detail: answer.reason }] });
      }
    }
  }
  const { items, remaining, reconciled } = answer;
  return {
    status: 200,
    json: {
      items: items.map(({ type, id, outcome }) => ({ type, id, outcome: outcomeOf(outcome) })),
      counts: countsOf(items),
      remaining: remaining.map(({ type, id }) => ({ type, id })),
      reconciled: {
        ended: Object.values(reconciled.ended).reduce((sum, each) => sum + each, 0),
        left: reconciled.left,
      },
    },
  };
}

function outcomeOf(outcome: ItemOutcome): z.input<typeof outcomeSchema> {
  switch (outcome.kind) {
    case 'deleted':
      return { ...outcome, restorableUntil: timeOf(outcome.restorableUntil) };
    case 'manual': {
      const { explanation, caveats, commands } = outcome.steps;
      const { kind, reason } = outcome;
      return { kind, reason, explanation, caveats: [...caveats], commands: [...commands] };
    }
    case 'quarantined':
      return { ...outcome, until: formatInstant(outcome.until) };
    case 'gone':
    case 'failed':
    case 'refused':
      return outcome;
  }
}

const timeOf = (at: Instant | null): string | null => (at === null ? null : formatInstant(at));

/** Only users are restored, and put into quarantine. */
const params = z.strictObject({ type: z.literal('user'), id: cloudIdParameter });
const undoProblems = ['notFound', 'conflict', 'writeConflict', 'notAllowed', 'graphUnavailable'] as const;

const restoredSchema = z
  .strictObject({
    id: z.guid(),
    state: z.enum(decisionStates),
    how: z.enum(['now', 'already']).meta({ description: 'already: it was found restored.' }),
    advice: z.array(z.string()).meta({ description: 'What to know of a user who was restored.' }),
  })
  .meta({ id: 'Restored' });

/** POST /api/candidates/{type}/{id}/restore: within 30 days. It gives back, so it needs no If-Match, and no switch. */
export const restoreRoute = defineRoute({
  method: 'POST',
  path: '/candidates/{type}/{id}/restore',
  operationId: 'restoreDeleted',
  summary: 'Restores a user whom the app deleted',
  roles: ['Orphans.Deleter'],
  person: true,
  params,
  body: z.strictObject({
    comment: z
      .string()
      .trim()
      .max(longestComment)
      .transform(text => text || null)
      .optional(),
  }),
  responses: { 200: { description: 'The user is back', json: restoredSchema } },
  problems: undoProblems,
}).handledBy(async ({ params: { id }, body, caller, correlationId, signal }, ports: DeletionRoutePorts) => {
  const comment = body.comment ?? null;
  const restored = await restoreDeleted(
    ports.deletions().ports,
    { id, by: personOf(caller), correlationId, comment },
    withinBudget(signal),
  );
  if (restored.kind !== 'restored') return notRestored(restored);
  const { how, decision, advice } = restored;
  return { status: 200, json: { id, state: decision.state, how, advice } };
});

/** The host gives up after 230 s. */
const withinBudget = (signal: AbortSignal): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(lastRequestMs)]);

function notRestored(
  restored: Exclude<Restored, { kind: 'restored' }>,
): Problem<'notFound' | 'conflict' | 'writeConflict' | 'notAllowed' | 'graphUnavailable'> {
  switch (restored.kind) {
    case 'noDecision':
      return problem('notFound', 'Nobody decided about a user with this id.');
    case 'notDeleted':
      return problem('conflict', `A user whom the app deleted was expected: ${restored.reason}.`);
    case 'purged':
      return problem('conflict', 'It does not lie in deletedItems any more: it can not be restored.');
    case 'refused':
      return problem('notAllowed', `Microsoft Graph refuses to restore it: ${restored.refusal}.`);
    case 'failed':
      return problem(
        'graphUnavailable',
        `Microsoft Graph did not restore it: ${restored.reason}. Call again.`,
      );
    case 'changedMeanwhile':
      return problem('writeConflict', 'Read it again, and repeat the request if it still fits.');
  }
}

const releasedSchema = z
  .strictObject({
    id: z.guid(),
    state: z.enum(decisionStates),
    accountEnabled: z.boolean().nullable().meta({ description: 'null: the app had not blocked it.' }),
  })
  .meta({ id: 'QuarantineReleased' });

/** POST /api/candidates/{type}/{id}/release-quarantine: gives the sign-in back, in one call. */
export const releaseQuarantineRoute = defineRoute({
  method: 'POST',
  path: '/candidates/{type}/{id}/release-quarantine',
  operationId: 'releaseQuarantine',
  summary: 'Gives the sign-in of a user in quarantine back',
  roles: ['Orphans.Deleter', 'Orphans.Approver'],
  person: true,
  params,
  responses: { 200: { description: 'Sign-in is what it was', json: releasedSchema } },
  problems: undoProblems,
}).handledBy(async ({ params: { id }, caller, correlationId, signal }, ports: DeletionRoutePorts) => {
  const released = await releaseQuarantineOf(
    ports.deletions().ports,
    id,
    { by: personOf(caller), correlationId },
    withinBudget(signal),
  );
  if (released.kind !== 'released') return notReleased(released);
  const { decision, accountEnabled } = released;
  return { status: 200, json: { id, state: decision.state, accountEnabled } };
});

function notReleased(
  released: Exclude<QuarantineRelease, { kind: 'released' }>,
): Problem<'notFound' | 'conflict' | 'writeConflict' | 'notAllowed' | 'graphUnavailable'> {
  switch (released.kind) {
    case 'noDecision':
      return problem('notFound', 'Nobody decided about a user with this id.');
    case 'refused':
      return problem('conflict', `A user in quarantine was expected: ${released.reason}.`);
    case 'notReleased':
      return released.retryable
        ? problem('graphUnavailable', `Microsoft Graph did not do it: ${released.reason}. Call again.`)
        : problem(
            'notAllowed',
            `Microsoft Graph refuses: ${released.reason}. An administrator has to do it.`,
          );
    case 'changedMeanwhile':
      return problem('writeConflict', 'Read it again, and repeat the request if it still fits.');
  }
}

export const deletionRoutes: readonly Route<DeletionRoutePorts>[] = [
  deletionsRoute,
  restoreRoute,
  releaseQuarantineRoute,
];
