import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import type { SynchronisationReader } from '../../app/ports';
import { AppError } from '../../core/appError';
import type { CloudId } from '../../core/cloudObject';
import { parseInstant, type Instant } from '../../core/instant';
import type { Guid } from '../../core/keys/guid';
import type { CloudSyncJob, CloudSyncState, TenantSynchronisation } from '../../core/synchronisation';
import { createGraphClient } from './graphClient';
import { createGraphRequests, type GraphRequests, type GraphRequestsOptions } from './graphRequests';
import { readItems } from './itemReader';
import { pathSegment } from './objectId';
import { refusalError } from './refusal';

export interface SynchronisationReaderOptions extends Omit<GraphRequestsOptions, 'client'> {
  /** The https origin of Microsoft Graph: https://graph.microsoft.com, or a national cloud's. */
  readonly endpoint: string;
  /** Gives tokens of the reader identity for `<endpoint>/.default`. */
  readonly credential: TokenCredential;
  /** Service principals of Cloud Sync; none: its jobs are not looked at. */
  readonly cloudSyncServicePrincipalIds: readonly Guid[];
}

/**
 * When the tenant was synchronised, by way of Microsoft Graph. Without Organization.Read.All the organization says null, which is
 * unknown; without Synchronization.Read.All the jobs of Cloud Sync are `notPermitted`. Throws an `AppError` with code
 * `configurationInvalid` where the endpoint is not an https origin; reading throws as `CloudDirectory` does.
 */
export function createSynchronisationReader(options: SynchronisationReaderOptions): SynchronisationReader {
  const client = createGraphClient(options.endpoint, options.credential);
  const requests = createGraphRequests({ ...options, client });
  return {
    async read(signal) {
      const organization = await readOrganization(requests, signal);
      const cloudSync = await readCloudSync(requests, options.cloudSyncServicePrincipalIds, signal);
      return { ...organization, cloudSync };
    },
  };
}

const organizationAddress = '/v1.0/organization?$select=id,onPremisesSyncEnabled,onPremisesLastSyncDateTime';

const dateTime = z.iso
  .datetime({ offset: true })
  .transform((value, context) => parseInstant(value) ?? (context.addIssue('not a date'), z.NEVER));

const organizationSchema = z.object({
  value: z
    .array(
      z.object({
        id: z.guid().transform(id => id.toLowerCase() as Guid),
        onPremisesSyncEnabled: z.boolean().nullable(),
        onPremisesLastSyncDateTime: dateTime.nullable(),
      }),
    )
    .length(1),
});

async function readOrganization(
  requests: GraphRequests,
  signal: AbortSignal,
): Promise<Omit<TenantSynchronisation, 'cloudSync'>> {
  const answer = await requests.json(requests.address(organizationAddress), signal);
  if (answer.kind === 'refused')
    throw refusalError(answer.refusal, 'GET /v1.0/organization', 'Organization.Read.All');
  const [organization] = organizationSchema.safeParse(answer.value).data?.value ?? [];
  if (!organization)
    throw new AppError(
      'graphAnswerInvalid',
      'GET /v1.0/organization was expected to answer one organization with its id, onPremisesSyncEnabled and ' +
        `onPremisesLastSyncDateTime, be they null; found something else. Nothing of it is used. (${answer.trace})`,
    );
  return {
    tenantId: organization.id,
    enabled: organization.onPremisesSyncEnabled,
    lastSyncDateTime: organization.onPremisesLastSyncDateTime,
  };
}

/** Cloud Sync has a few jobs; beyond this many of one service principal the answer is refused, not cut. */
const mostJobs = 200;

async function readCloudSync(
  requests: GraphRequests,
  servicePrincipalIds: readonly Guid[],
  signal: AbortSignal,
): Promise<CloudSyncState> {
  if (servicePrincipalIds.length === 0) return { status: 'notConfigured' };
  const jobs: CloudSyncJob[] = [];
  for (const id of servicePrincipalIds) {
    const found = await readJobs(requests, id, signal);
    if (found === null) return { status: 'notPermitted' };
    jobs.push(...found);
  }
  return { status: 'read', jobs };
}

/** null: the identity may not. */
async function readJobs(
  requests: GraphRequests,
  id: Guid,
  signal: AbortSignal,
): Promise<readonly CloudSyncJob[] | null> {
  const path = `/v1.0/servicePrincipals/${pathSegment(id as string as CloudId, 'service principal')}/synchronization/jobs`;
  const reading = await readItems(requests, path, mostJobs, signal);
  if (reading.kind === 'refused') {
    const { status, code } = reading.refusal;
    // Only Graph itself can say that a permission is missing: the 403 of a proxy is a failed look-up.
    if (status === 403 && code !== null) return null;
    throw refusalError(reading.refusal, `GET ${path}`, 'Synchronization.Read.All');
  }
  const parsed = z.array(jobSchema).safeParse(reading.items);
  if (!parsed.success || reading.more)
    throw new AppError(
      'graphAnswerInvalid',
      `GET ${path} was expected to answer at most ${mostJobs} jobs, each with an id and a status that has a code; found something else. ` +
        `Nothing of it is used. (${reading.trace})`,
    );
  return parsed.data
    .filter(({ templateId }) => !otherTemplates.has(templateId ?? ''))
    .map(({ id: job, status }) => ({
      servicePrincipalId: id,
      id: job,
      code: status?.code ?? 'Unknown',
      lastSuccess: startOf(status?.lastSuccessfulExecution),
    }));
}

/** Jobs of the same service principal that bring no object of AD to the cloud. A template that nobody knows counts. */
const otherTemplates: ReadonlySet<string> = new Set([
  'AD2AADPasswordHash',
  'AD2AADExchangeHybridWriteback',
  'AAD2ADGroupProvisioning',
]);

const executionSchema = z.object({ timeBegan: dateTime.nullish() });
const jobSchema = z.object({
  id: z.string().min(1).max(500),
  templateId: z.string().nullish(),
  status: z
    .object({
      code: z.string().regex(/^\w{1,50}$/),
      lastSuccessfulExecution: executionSchema.nullish(),
    })
    .nullable(),
});

/** The provisioning service writes the year 1 for "never". */
const firstPlausible = parseInstant('2000-01-01T00:00:00Z') as Instant;

/** When it began: what was deleted while it ran may not be in it. */
function startOf(execution: z.output<typeof executionSchema> | null | undefined): Instant | null {
  const began = execution?.timeBegan ?? null;
  return began !== null && began >= firstPlausible ? began : null;
}
