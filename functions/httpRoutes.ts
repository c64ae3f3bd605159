import type { ListCandidatesPorts } from '../shared/app/review/listCandidates';
import type { ReadCandidatePorts } from '../shared/app/review/readCandidate';
import type { Route } from '../shared/io/http/route';
import { auditRoute, verifyAuditRoute, type AuditRoutePorts } from './httpAudit';
import { candidateRoute, candidatesRoute } from './httpCandidates';
import { explainRoute, type ExplainRoutePorts } from './httpExplain';
import { meRoute } from './httpMe';
import { openApiRoute } from './httpOpenApi';
import { scanRoute, scansRoute, type ScansPorts } from './httpScans';

/** What the routes that only read need. */
export type ReadingPorts = ListCandidatesPorts &
  ReadCandidatePorts &
  ExplainRoutePorts &
  ScansPorts &
  AuditRoutePorts;

/** What the handlers need of the app. A route says in its type which part of it. */
export type ReviewPorts = ReadingPorts;

const readingRoutes: readonly Route<ReadingPorts>[] = [
  candidatesRoute,
  candidateRoute,
  explainRoute,
  scansRoute,
  scanRoute,
  auditRoute,
  verifyAuditRoute,
];

const routes: readonly Route<ReviewPorts>[] = [meRoute, ...readingRoutes];

/** Every route of the part review, without health. */
export const reviewRoutes: readonly Route<ReviewPorts>[] = [...routes, openApiRoute(routes)];
