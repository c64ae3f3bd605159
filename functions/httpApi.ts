import { app, type HttpMethod } from '@azure/functions';
import type { Clock } from '../shared/app/ports';
import type { Instant } from '../shared/core/instant';
import { readAuthentication } from '../shared/io/configuration/authentication';
import { readRollout } from '../shared/io/configuration/rollout';
import { createApi, type Api } from '../shared/io/http/api';
import { buildDecisions } from '../shared/io/decisionWiring';
import { buildDeletions } from '../shared/io/deletionWiring';
import { diagnose } from '../shared/io/diagnosis/diagnosisWiring';
import { createSigningKeys } from '../shared/io/http/signingKeys';
import { buildReading } from '../shared/io/readingWiring';
import { reviewRoutes } from './httpRoutes';
import { invocationLog } from './invocationLog';
import { whileRunning } from './stopping';

/** All that the platform can hand over: what is not allowed on a path is our answer, with the right problem. */
const methods: HttpMethod[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];
const clock: Clock = { now: () => Date.now() as Instant };

/**
 * The whole API of the part review as one function, with a router of its own (docs/adr/0013). `health` is a function of its own and
 * comes first in the alphabet.
 */
export function registerHttpApi(): void {
  let api: Api | null = null;
  app.http('httpApi', {
    route: '{*path}',
    methods,
    authLevel: 'anonymous',
    handler: (request, context) => {
      // Once a process: the keys of the token issuer are kept here.
      api ??= createApi({
        routes: reviewRoutes,
        authentication: readAuthentication(process.env),
        keys: issuer => createSigningKeys({ issuer, clock }),
        clock,
        ports: ofRequest => ({
          ...buildDecisions(process.env, ofRequest),
          rolloutStage: () => readRollout(process.env).rollout.stage,
          diagnose: signal => diagnose(process.env, ofRequest.log, signal),
          deletions: () => buildDeletions(process.env, ofRequest),
          ...buildReading(process.env, ofRequest),
        }),
      });
      const answer = api;
      return whileRunning(signal => answer(request, invocationLog(context), signal));
    },
  });
}
