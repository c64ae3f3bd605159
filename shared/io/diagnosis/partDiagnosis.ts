import { isNativeError } from 'node:util/types';
import type { TokenCredential } from '@azure/identity';
import { z } from 'zod';
import type { Clock } from '../../app/ports';
import { readClock } from '../../core/doctor/clocks';
import { expectedAccess } from '../../core/doctor/dataAccess';
import type {
  ClockReading,
  IdentityDiagnosis,
  IdentityName,
  PartDiagnosis,
  TokenFacts,
} from '../../core/doctor/diagnosis';
import { formatInstant } from '../../core/instant';
import { parseGuid } from '../../core/keys/guid';
import { version } from '../../core/version';
import { createGraphClient } from '../graph/graphClient';
import { decodeToken } from '../tenantChecks/decodeToken';
import { probeAccess } from './accessProbe';

/** The same in every cloud. */
const storageScope = 'https://storage.azure.com/.default';
const tokenTimeoutMs = 15_000;

/** What a part looks at: itself, as its settings say. */
export interface DiagnosedPart {
  readonly part: PartDiagnosis['part'];
  readonly tenantId: string;
  readonly graphEndpoint: string;
  readonly blobEndpoint: string;
  readonly tableEndpoint: string;
  /** The reader first. */
  readonly identities: readonly { readonly identity: IdentityName; readonly clientId: string }[];
  readonly deletion: PartDiagnosis['deletion'];
  readonly credentialOf: (clientId: string) => TokenCredential;
  readonly clock: Clock;
}

/**
 * What only a part itself can find out: which identities it is given tokens of, what these tokens allow, what they reach in the data
 * account, and which tenant Graph answers for. It changes nothing, and shows no token.
 */
export async function diagnosePart(part: DiagnosedPart, signal: AbortSignal): Promise<PartDiagnosis> {
  const clocks: ClockReading[] = [];
  const at = formatInstant(part.clock.now());
  const identities: IdentityDiagnosis[] = [];
  for (const { identity, clientId } of part.identities) {
    const credential = part.credentialOf(clientId);
    const graph = await askToken(credential, `${part.graphEndpoint}/.default`, signal);
    const storage = await askToken(credential, storageScope, signal);
    const probing =
      storage.token === null
        ? { access: [], clock: null }
        : await probeAccess({ ...part, token: storage.token }, expectedAccess(identity), signal);
    if (clocks.length === 0 && probing.clock) clocks.push(probing.clock);
    identities.push({
      identity,
      clientId,
      graph: graph.facts,
      storage: storage.facts,
      access: [...probing.access],
    });
  }
  return {
    part: part.part,
    version,
    at,
    tenantId: part.tenantId,
    organization: await askOrganization(part, clocks, signal),
    identities,
    deletion: part.deletion,
    clocks,
  };
}

interface AskedToken {
  readonly token: string | null;
  readonly facts: TokenFacts;
}

async function askToken(
  credential: TokenCredential,
  scope: string,
  signal: AbortSignal,
): Promise<AskedToken> {
  try {
    const given = await credential.getToken(scope, {
      abortSignal: AbortSignal.any([signal, AbortSignal.timeout(tokenTimeoutMs)]),
    });
    if (given) return { token: given.token, facts: factsOf(given.token) };
    return { token: null, facts: { kind: 'none', why: 'the identity endpoint gave none' } };
  } catch (error) {
    signal.throwIfAborted();
    return { token: null, facts: { kind: 'none', why: firstLineOf(error) } };
  }
}

const guid = (value: unknown) => (typeof value === 'string' ? parseGuid(value) : null);

/** Of our own token: where it came from is known, so its signature tells nothing more. */
function factsOf(token: string): TokenFacts {
  const claims = decodeToken(token)?.claims;
  if (!claims) return { kind: 'issued', appId: null, tenantId: null, permissions: null };
  const { roles = [] } = claims;
  return {
    kind: 'issued',
    appId: guid(claims['appid'] ?? claims['azp']),
    tenantId: guid(claims['tid']),
    permissions: Array.isArray(roles) ? roles.filter(role => typeof role === 'string') : null,
  };
}

const organizationSchema = z.object({ value: z.array(z.object({ id: z.guid() })).length(1) });

async function askOrganization(
  { identities, graphEndpoint, credentialOf, clock }: DiagnosedPart,
  clocks: ClockReading[],
  signal: AbortSignal,
): Promise<PartDiagnosis['organization']> {
  const [reader] = identities;
  if (!reader) return { kind: 'notRead', why: 'no identity is configured' };
  try {
    const client = createGraphClient(graphEndpoint, credentialOf(reader.clientId));
    const sentAt = clock.now();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(tokenTimeoutMs)]);
    const response = await client.get(`${client.origin}/v1.0/organization?$select=id`, {}, limited);
    const reading = readClock('Microsoft Graph', {
      date: response.headers.get('date'),
      sentAt,
      receivedAt: clock.now(),
    });
    if (reading) clocks.push(reading);
    if (!response.ok) return { kind: 'notRead', why: `Microsoft Graph answered ${response.status}` };
    const parsed = organizationSchema.safeParse(await response.json());
    if (!parsed.success) return { kind: 'notRead', why: 'one organization was expected' };
    return { kind: 'read', tenantId: parsed.data.value[0]?.id.toLowerCase() ?? '' };
  } catch (error) {
    signal.throwIfAborted();
    return { kind: 'notRead', why: firstLineOf(error) };
  }
}

const firstLineOf = (error: unknown): string =>
  (isNativeError(error) ? error.message : String(error)).split('\n', 1)[0]?.slice(0, 500) ?? '';
