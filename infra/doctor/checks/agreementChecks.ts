import { judgeClocks } from '../../../shared/core/doctor/clocks';
import type { ClockReading, PartDiagnosis } from '../../../shared/core/doctor/diagnosis';
import { judgeTenants, type TenantSeen } from '../../../shared/core/doctor/tenants';
import { judgeVersions } from '../../../shared/core/doctor/scanJudgements';
import { judged, type DoctorCheck } from '../doctorCheck';

/** What must be the same everywhere. */
export const agreementChecks: readonly DoctorCheck[] = [
  {
    id: 'versions',
    expected: 'both parts run the same version',
    look: async ({ diagnosis }) =>
      judged(await diagnosis(), ({ review, scan }) => judgeVersions(review.version, scan?.version ?? null)),
  },
  {
    id: 'clocks',
    expected: 'the clocks of the app, the storage, Microsoft Graph and this machine agree',
    look: async ({ get, ask, diagnosis, options }) => {
      const answers = [
        await ask('/health', null),
        // Whoever asks without a token is refused, at a time.
        ...(options.blobEndpoint === null ? [] : [await get(options.blobEndpoint, {}, 'the storage')]),
        await get(options.graphEndpoint, {}, 'Microsoft Graph'),
      ];
      const fromHere = answers.flatMap(answer =>
        answer.kind === 'answered' && answer.clock ? [answer.clock] : [],
      );
      const inside = await diagnosis();
      const parts = inside.kind === 'read' ? [inside.value.review, inside.value.scan] : [];
      return judgeClocks([...fromHere, ...parts.flatMap(insideClocks)]);
    },
  },
  {
    id: 'tenants',
    expected: 'token, settings of both parts, issuer and Microsoft Graph mean one tenant',
    look: async ({ ownToken, diagnosis, options: { tenantId, issuer } }) => {
      const own = await ownToken();
      const inside = await diagnosis();
      const tid = own.kind === 'read' ? own.value.shape?.claims['tid'] : null;
      return judgeTenants(tenantId, [
        { where: 'your token', tenantId: typeof tid === 'string' ? tid.toLowerCase() : null },
        {
          where: 'the issuer',
          tenantId: /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(issuer)?.[0] ?? null,
        },
        ...(inside.kind === 'read'
          ? [
              ...tenantsOf('the part review', inside.value.review),
              ...tenantsOf('the part scan', inside.value.scan),
            ]
          : [{ where: 'the app', tenantId: null }]),
      ]);
    },
  },
];

const insideClocks = (part: PartDiagnosis | null): readonly ClockReading[] =>
  part?.clocks.map(clock => ({ ...clock, of: `${clock.of} as the part ${part.part} sees it` })) ?? [];

const tenantsOf = (where: string, part: PartDiagnosis | null): readonly TenantSeen[] =>
  part === null
    ? []
    : [
        { where: `TENANT_ID of ${where}`, tenantId: part.tenantId },
        {
          where: `Microsoft Graph of ${where}`,
          tenantId: part.organization.kind === 'read' ? part.organization.tenantId : null,
        },
        ...part.identities.flatMap(({ identity, graph }) =>
          graph.kind === 'issued'
            ? [{ where: `the token of the ${identity}`, tenantId: graph.tenantId }]
            : [],
        ),
      ];
