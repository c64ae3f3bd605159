import { z } from 'zod';
import { roles, type Caller } from '../shared/app/caller';
import { rolloutStages, type RolloutStage } from '../shared/core/rollout';
import { defineRoute } from '../shared/io/http/route';

/** What the answer needs beside the caller. */
export interface MePorts {
  readonly rolloutStage: () => RolloutStage;
}

const meSchema = z
  .strictObject({
    kind: z.enum(['person', 'application'] satisfies Caller['kind'][]),
    objectId: z.guid(),
    clientId: z.guid().meta({ description: 'Application id of the client that asked for the token.' }),
    name: z.string().nullable().meta({ description: 'Of a person; for showing only.' }),
    roles: z.array(z.enum(roles)),
    rolloutStage: z.enum(rolloutStages).meta({
      description: 'How far the roll-out is: reportOnly deletes nothing, testObjects only what was named.',
    }),
  })
  .meta({ id: 'Me' });

/** GET /api/me: who calls, as the app sees it. */
export const meRoute = defineRoute({
  method: 'GET',
  path: '/me',
  operationId: 'getMe',
  summary: 'Who calls, as the app sees it',
  roles: ['Orphans.Reader'],
  responses: { 200: { description: 'The caller', json: meSchema } },
}).handledBy(async ({ caller }, { rolloutStage }: MePorts) => {
  const { kind, objectId, clientId } = caller;
  const name = caller.kind === 'person' ? caller.name : null;
  return {
    status: 200,
    json: { kind, objectId, clientId, name, roles: caller.roles, rolloutStage: rolloutStage() },
  };
});
