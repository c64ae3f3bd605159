import { judgeClosed, judgePlainHttp, judgeTls } from '../../../shared/core/doctor/outsideJudgements';
import { differs, holds, notChecked } from '../../../shared/core/tenantChecks/checkOutcome';
import { healthSchema, openApiSchema } from '../apiDocuments';
import { judged, type DoctorCheck } from '../doctorCheck';
import { shakeHands } from '../outside';

/** How both apps are reached. */
export const transportChecks: readonly DoctorCheck[] = [
  {
    id: 'review.health',
    expected: 'health of the part review answers, and its settings are right',
    look: async ({ get, options }) => {
      const answer = await get(`${options.reviewUrl}/api/health`);
      if (answer.kind === 'failed')
        return notChecked(`no answer (${answer.code}): check --review-url, and the network`);
      const health = healthSchema.safeParse(answer.json).data;
      if (!health)
        return differs(`status ${answer.status}`, 'health was expected: is the app deployed there?');
      const found = `status ${answer.status}, version ${health.version}, part ${health.part ?? 'none'}`;
      if (health.part !== 'review')
        return differs(found, 'the part review was expected: APP_PART, or --review-url');
      // What is missed has a check of its own.
      const ofSettings = health.problems.filter(problem => problem.startsWith('setting '));
      if (answer.status === 200 && ofSettings.length === 0) return holds(found);
      const problems = ofSettings.length > 0 ? ofSettings : health.problems;
      return differs(found, `${problems.join('; ')}: correct the settings; the log has an example of each`);
    },
  },
  {
    id: 'scan.closed',
    expected: 'the main site of the app that scans is closed',
    look: async ({ get, options: { scanUrl } }) =>
      scanUrl === null
        ? notChecked('--scan-url (or SCAN_APP_NAME) is not given')
        : judgeClosed(await get(`${scanUrl}/api/health`)),
  },
  {
    id: 'review.tls',
    expected: 'TLS 1.2 or newer, and nothing older',
    look: async ({ options, signal }) => judgeTls(await shakeHands(options.reviewUrl, signal)),
  },
  {
    id: 'review.http',
    expected: 'without TLS, a redirection to https, or nothing',
    look: async ({ get, plainUrl }) => judgePlainHttp(await get(`${plainUrl}/api/health`)),
  },
  {
    id: 'review.openapi',
    expected: 'the OpenAPI document is served',
    look: async ({ read }) =>
      judged(await read('/openapi.json', openApiSchema), ({ openapi, info, paths }) =>
        openapi.startsWith('3.1')
          ? holds(`OpenAPI ${openapi}, version ${info.version}, ${Object.keys(paths).length} paths`)
          : differs(`OpenAPI ${openapi}`, '3.1 was expected: deploy again'),
      ),
  },
];
