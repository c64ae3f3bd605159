import type { ListCandidatesPorts } from '../shared/app/review/listCandidates';
import type { ReadCandidatePorts } from '../shared/app/review/readCandidate';
import type { Route } from '../shared/io/http/route';
import { auditRoute, verifyAuditRoute, type AuditRoutePorts } from './httpAudit';
import { candidateRoute, candidatesRoute } from './httpCandidates';
import { explainRoute, type ExplainRoutePorts } from './httpExplain';
import { scanRoute, scansRoute, type ScansPorts } from './httpScans';

/** What the routes that only read need. */
export type ReadingRoutePorts = ListCandidatesPorts &
  ReadCandidatePorts &
  ExplainRoutePorts &
  ScansPorts &
  AuditRoutePorts;

/** The routes that only read. */
export const readingRoutes: readonly Route<ReadingRoutePorts>[] = [
  candidatesRoute,
  candidateRoute,
  explainRoute,
  scansRoute,
  scanRoute,
  auditRoute,
  verifyAuditRoute,
];
