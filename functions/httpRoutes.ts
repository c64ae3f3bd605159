import type { Route } from '../shared/io/http/route';
import { meRoute } from './httpMe';
import { openApiRoute } from './httpOpenApi';

/** What the handlers need of the app. A route says in its type which part of it. */
export type ReviewPorts = object;

const routes: readonly Route<ReviewPorts>[] = [meRoute];

/** Every route of the part review, without health. */
export const reviewRoutes: readonly Route<ReviewPorts>[] = [...routes, openApiRoute(routes)];
