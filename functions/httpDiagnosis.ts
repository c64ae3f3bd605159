import { diagnosisSchema, type Diagnosis } from '../shared/core/doctor/diagnosis';
import { defineRoute } from '../shared/io/http/route';

/** What the route needs. */
export interface DiagnosisPorts {
  readonly diagnose: (signal: AbortSignal) => Promise<Diagnosis>;
}

/** GET /api/diagnosis: what `npm run doctor` cannot see from outside. */
export const diagnosisRoute = defineRoute({
  method: 'GET',
  path: '/diagnosis',
  operationId: 'getDiagnosis',
  summary: 'What the identities of the app can do, and what not',
  roles: ['Orphans.Reader'],
  responses: { 200: { description: 'What each part found about itself', json: diagnosisSchema } },
}).handledBy(async ({ signal }, { diagnose }: DiagnosisPorts) => ({
  status: 200,
  json: await diagnose(signal),
}));
