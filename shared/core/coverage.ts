import type { CloudObject } from './cloudObject';
import type { ExportManifest } from './exportFormat';
import { domainSidOf, parseSid } from './keys/sid';

/** The domains that the expected exports, taken together, cover. Outside of them an absence says nothing (case 7). */
export interface Coverage {
  /** SIDs of domains. */
  readonly domainSids: ReadonlySet<string>;
  /** DNS names of domains, lower case. */
  readonly domainNames: ReadonlySet<string>;
  /** SIDs of covered domains whose forest has a domain that is not covered: an object that is missing may live there now. */
  readonly openDomainSids: ReadonlySet<string>;
}

export function coverageOf(manifests: readonly ExportManifest[]): Coverage {
  const domains = manifests.flatMap(manifest =>
    manifest.namingContexts.flatMap(context => context.domain ?? []),
  );
  const domainSids = new Set(domains.map(domain => domain.sid));
  const domainNames = new Set(domains.map(domain => domain.dnsName.toLowerCase()));
  // A domain that one export lacks may be in another one's.
  const open = manifests.filter(manifest =>
    manifest.uncoveredDomains.some(({ dnsName }) => !domainNames.has(dnsName.toLowerCase())),
  );
  return {
    domainSids,
    domainNames,
    openDomainSids: new Set(
      open.flatMap(manifest => manifest.namingContexts.flatMap(context => context.domain?.sid ?? [])),
    ),
  };
}

/** The SID of the domain that made the cloud object's on-premises SID; null where it has none, or an unreadable one. */
export function domainSidOfCloudObject(cloud: CloudObject): string | null {
  if (cloud.type === 'contact' || cloud.onPremisesSecurityIdentifier === null) return null;
  const sid = parseSid(cloud.onPremisesSecurityIdentifier);
  return sid && domainSidOf(sid);
}

/**
 * A domain that the cloud object names, by SID or by DNS name, and that no export covers; null: every domain that it names is
 * covered (an object that names none is not judged here).
 */
export function uncoveredDomainOf(cloud: CloudObject, coverage: Coverage): string | null {
  const sid = domainSidOfCloudObject(cloud);
  if (sid !== null && !coverage.domainSids.has(sid)) return sid;
  if (cloud.type !== 'user' && cloud.type !== 'group') return null;
  const name = cloud.onPremisesDomainName?.toLowerCase() ?? null;
  return name !== null && !coverage.domainNames.has(name) ? name : null;
}

/**
 * Whether the object may have been moved to a domain of its forest that no export covers, before synchronisation told the cloud. One
 * that names no domain by SID may come from any forest.
 */
export function mayHaveMovedOut(cloud: CloudObject, { openDomainSids }: Coverage): boolean {
  const sid = domainSidOfCloudObject(cloud);
  return sid === null ? openDomainSids.size > 0 : openDomainSids.has(sid);
}
