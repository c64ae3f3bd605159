import type { Organisation } from '../organisation/organisation';
import type { CertificateAuthority } from '../tls';
import { type DirectoryAccount, type DomainController, startDomainController } from './domainController';
import { type DomainSeed, outOfScopeMark, seedsOf } from './seedOrganisation';

/** One domain of the sample organisation, alive. */
export interface SampleDomain {
  readonly controller: DomainController;
  readonly seed: DomainSeed;
  /** The agent's account: an ordinary user to whom the tombstones were granted. */
  readonly agentAccount: DirectoryAccount;
}

/** What one agent exports: a source, its domain controllers in the order of the naming contexts, and its settings. */
export interface SampleForest {
  readonly source: string;
  readonly anchorAttribute: string;
  readonly domains: readonly SampleDomain[];
  /** Objects that this filter finds are outside of the scope of synchronisation. */
  readonly outOfScopeFilter: string;
}

export interface SampleForests {
  readonly forests: readonly SampleForest[];
  /** The certificate authority of every domain controller, PEM. */
  readonly authorityCert: string;
  stop(): Promise<void>;
}

export interface SampleForestsOptions {
  readonly authority: CertificateAuthority;
  /** Of each domain controller; by default 600 seconds. */
  readonly maximumRuntimeSeconds?: number;
}

/**
 * Starts a domain controller for every domain of the sample organisation, filled with its objects. Each is a forest of its own,
 * also emea.contoso.example: a real child domain would need a join over RPC. All have the generator's domain SIDs, so that the
 * keys that the cloud holds are found.
 */
export async function startSampleForests(
  { sources }: Organisation,
  { authority, maximumRuntimeSeconds = 600 }: SampleForestsOptions,
): Promise<SampleForests> {
  const started: DomainController[] = [];
  const stop = async (): Promise<void> => {
    await Promise.all(started.map(controller => controller.stop()));
  };
  const startDomain = async (seed: DomainSeed): Promise<SampleDomain> => {
    const { dnsName, netBiosName, domainSid, ldif } = seed;
    const domain = { dnsName, netBiosName, domainSid, seed: ldif, recycleBin: true };
    const controller = await startDomainController({ ...domain, authority, maximumRuntimeSeconds });
    started.push(controller);
    const agentAccount = await controller.addServiceAccount('svc-orphans');
    await controller.grantTombstones(agentAccount);
    return { controller, seed, agentAccount };
  };
  // All of them, also when one fails: what starts late would not be stopped.
  const outcomes = await Promise.allSettled(
    sources.flatMap(source =>
      seedsOf(source).map(async seed => ({ source, domain: await startDomain(seed) })),
    ),
  );
  const failed = outcomes.find(outcome => outcome.status === 'rejected');
  if (failed) {
    await stop();
    throw failed.reason;
  }
  const placed = outcomes.flatMap(outcome => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  return {
    forests: sources.map(of => ({
      source: of.source,
      anchorAttribute: of.anchorAttribute,
      domains: placed.filter(({ source }) => source === of).map(({ domain }) => domain),
      outOfScopeFilter: `(adminDescription=${outOfScopeMark})`,
    })),
    authorityCert: authority.cert,
    stop,
  };
}
