import { z } from 'zod';
import { AppError } from '../../core/appError';
import { refusalText, tokenNotAccepted, type RefusalShape } from '../../core/tenantChecks/answerJudgements';
import type { SignedIn } from '../../core/tenantChecks/tokenJudgements';
import type { Tenant } from './tenant';

/** What the scan needs, and what it can do without (docs/security.md). */
const needed = [
  'User.Read.All',
  'Group.Read.All',
  'OrgContact.Read.All',
  'Device.Read.All',
  'Organization.Read.All',
];
const optional = ['Directory.Read.All', 'AuditLog.Read.All', 'RoleManagement.Read.Directory'];

const organizationSchema = z.object({
  value: z.tuple([
    z.object({
      id: z.string(),
      onPremisesSyncEnabled: z.boolean().nullable(),
      onPremisesLastSyncDateTime: z.string().nullable(),
    }),
  ]),
});

/**
 * The sign-in and the tenant in a few lines: which permissions are there, and what the organization tells with them. Throws an
 * `AppError` where Graph can not be reached, or where it is another tenant's.
 */
export async function readTenantFacts(tenant: Tenant, signal: AbortSignal): Promise<readonly string[]> {
  const address = '/v1.0/organization?$select=id,onPremisesSyncEnabled,onPremisesLastSyncDateTime';
  const answer = await tenant.requests.json(tenant.requests.address(address), signal);
  return [
    `Microsoft Graph at ${tenant.observed.origin}`,
    ...signInLines(tenant.signedIn),
    answer.kind === 'refused'
      ? `Organization: ${refusalText(answer.refusal)}; ${remedyFor(answer.refusal)}`
      : organizationLine(answer.value, tenant.tenantId),
  ];
}

const remedyFor = ({ status }: RefusalShape): string =>
  status === 401 ? tokenNotAccepted : 'reading it takes Organization.Read.All';

function signInLines(signedIn: SignedIn | null): string[] {
  if (signedIn === null) return ['Signed in; the token does not tell as whom'];
  const { kind, permissions } = signedIn;
  if (kind === 'person')
    return [
      'Signed in as a person: what can be read depends on the directory roles, not on the permissions of the app',
    ];
  const without = (names: readonly string[]): string =>
    names.filter(name => !permissions.has(name)).join(', ') || 'none';
  const writing = [...permissions].filter(name =>
    /Write|DeleteRestore|EnableDisable|RevokeSessions|\.Manage/.test(name),
  );
  return [
    `Signed in as an application; missing of what the scan needs: ${without(needed)}; of what is optional: ${without(optional)}`,
    ...(writing.length === 0
      ? []
      : [`It could write (${writing.join(', ')}), which the reader must not; this command can not`]),
  ];
}

function organizationLine(value: unknown, tenantId: string): string {
  const parsed = organizationSchema.safeParse(value);
  if (!parsed.success) return 'Organization: not in the documented form';
  const [{ id, onPremisesSyncEnabled, onPremisesLastSyncDateTime }] = parsed.data.value;
  if (id.toLowerCase() !== tenantId) {
    throw new AppError(
      'configurationInvalid',
      `The organization of the tenant ${tenantId} was expected, Graph answered with that of ${id}. Sign in to the tenant that --tenant names.`,
    );
  }
  const time = onPremisesLastSyncDateTime === null ? 'null, which means unknown' : 'filled';
  return `Organization: onPremisesSyncEnabled ${String(onPremisesSyncEnabled)}, onPremisesLastSyncDateTime ${time}`;
}
