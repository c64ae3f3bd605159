import { app, type HttpMethod } from '@azure/functions';
import type { Clock } from '../shared/app/ports';
import type { Instant } from '../shared/core/instant';
import { configurationError, readAuthentication, readConfiguration } from '../shared/io/configuration';
import { createApi, type Api } from '../shared/io/http/api';
import { createSigningKeys } from '../shared/io/http/signingKeys';
import { createReading, type ReadingAdapters, type ReadingRequest } from '../shared/io/readingWiring';
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
        ports: readingPorts(),
      });
      const answer = api;
      return whileRunning(signal => answer(request, invocationLog(context), signal));
    },
  });
}

/** Made at the first request that may act; while the settings are wrong, each says so. */
function readingPorts(): (request: ReadingRequest) => ReadingAdapters {
  let reading: ((request: ReadingRequest) => ReadingAdapters) | null = null;
  return request => {
    if (reading === null) {
      const settings = readConfiguration(process.env);
      if (settings.status === 'invalid') throw configurationError(settings.problems);
      reading = createReading(settings.configuration);
    }
    return reading(request);
  };
}
