import type { Route } from '../shared/io/http/route';
import { decisionRoutes, type DecisionRoutePorts } from './httpDecisions';
import { diagnosisRoute, type DiagnosisPorts } from './httpDiagnosis';
import { deletionRoutes, type DeletionRoutePorts } from './httpDeletions';
import { meRoute } from './httpMe';
import { openApiRoute } from './httpOpenApi';
import { readingRoutes, type ReadingRoutePorts } from './httpReading';
import { ruleRoutes, type RuleRoutePorts } from './httpRules';
import { scanRequestRoutes, type ScanRequestRoutePorts } from './httpScanRequests';

/** What the handlers need of the app. A route says in its type which part of it. */
export type ReviewPorts = ReadingRoutePorts &
  DecisionRoutePorts &
  RuleRoutePorts &
  ScanRequestRoutePorts &
  DeletionRoutePorts &
  DiagnosisPorts;

const routes: readonly Route<ReviewPorts>[] = [
  meRoute,
  ...readingRoutes,
  ...decisionRoutes,
  ...ruleRoutes,
  ...scanRequestRoutes,
  ...deletionRoutes,
  diagnosisRoute,
];

/** Every route of the part review, without health. */
export const reviewRoutes: readonly Route<ReviewPorts>[] = [...routes, openApiRoute(routes)];
