import { z } from 'zod';
import { actorOf, personOf } from '../shared/app/review/actor';
import { releaseHold, type ReleaseHoldPorts } from '../shared/app/review/releaseHold';
import { requestScan, type RequestScanPorts } from '../shared/app/review/requestScan';
import { commentSchema } from '../shared/core/decision';
import type { Guid } from '../shared/core/keys/guid';
import { guidParameter } from '../shared/io/http/parameters';
import { problem } from '../shared/io/http/problem';
import { defineRoute, type Route } from '../shared/io/http/route';
import { ruleDocument, ruleSchema } from './httpRules';

export interface ScanRequestRoutePorts extends RequestScanPorts, ReleaseHoldPorts {
  readonly newRunId: () => Guid;
}

export const requestScanRoute = defineRoute({
  method: 'POST',
  path: '/scans',
  operationId: 'requestScan',
  summary: 'Asks for a scan now',
  roles: ['Orphans.Approver'],
  body: z.strictObject({
    runId: guidParameter
      .optional()
      .meta({ description: 'Chosen by the client, so that a repeated request is the same run.' }),
  }),
  responses: {
    202: {
      description: 'It is asked for; the record of the run comes up at Location when it begins',
      json: z.strictObject({ runId: z.guid() }),
      location: true,
    },
  },
  problems: ['writeConflict'],
}).handledBy(async ({ body, caller, correlationId, signal }, ports: ScanRequestRoutePorts) => {
  const runId = body.runId ?? ports.newRunId();
  await requestScan(ports, { runId, actor: actorOf(caller), correlationId }, signal);
  return { status: 202, json: { runId }, location: `/api/scans/${runId}` };
});

const gateName = z.string().regex(/^[A-Za-z0-9]{1,64}$/, "a gate's name is expected");

export const releaseHoldRoute = defineRoute({
  method: 'POST',
  path: '/scans/{runId}/release',
  operationId: 'releaseHold',
  summary: 'Lets go what one gate held of one run',
  roles: ['Orphans.Approver'],
  person: true,
  params: z.strictObject({ runId: guidParameter }),
  body: z.strictObject({
    gate: gateName,
    statement: z
      .strictObject({ runId: z.string().max(64), gate: z.string().max(64) })
      .meta({ description: "The run's id and the gate's name once more, as a person typed them." }),
    reason: commentSchema,
  }),
  responses: {
    200: { description: 'This person released it before, for this reason', json: ruleSchema, etag: true },
    201: { description: 'The release', json: ruleSchema, etag: true },
  },
  problems: ['requestInvalid', 'notFound', 'conflict', 'writeConflict'],
}).handledBy(
  async ({ params: { runId }, body, caller, correlationId, signal }, ports: ScanRequestRoutePorts) => {
    const released = await releaseHold(
      ports,
      { runId, ...body, by: personOf(caller), correlationId },
      signal,
    );
    if (released.kind === 'refused') {
      switch (released.because) {
        case 'statementDiffers':
          return problem('requestInvalid', released.reason, {
            errors: [{ pointer: '/body/statement', detail: 'is not this run and this gate' }],
          });
        case 'noSuchRun':
          return problem('notFound', released.reason);
        case 'gateNotBreached':
        case 'notHeld':
          return problem('conflict', released.reason);
      }
    }
    const { rule } = released;
    const json = ruleDocument(rule, ports.clock.now());
    return { status: released.kind === 'added' ? 201 : 200, json, etag: rule.etag };
  },
);

export const scanRequestRoutes: readonly Route<ScanRequestRoutePorts>[] = [
  requestScanRoute,
  releaseHoldRoute,
];
