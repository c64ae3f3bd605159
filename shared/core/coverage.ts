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

/** The DNS name of the domain that the cloud object names, lower case; null: it names none. */
const domainNameOf = (cloud: CloudObject): string | null =>
  cloud.type === 'user' || cloud.type === 'group'
    ? (cloud.onPremisesDomainName?.toLowerCase() ?? null)
    : null;

/**
 * A domain that the cloud object names, by SID or by DNS name, and that no export covers; null: every domain that it names is
 * covered (an object that names none is not judged here).
 */
export function uncoveredDomainOf(cloud: CloudObject, coverage: Coverage): string | null {
  const sid = domainSidOfCloudObject(cloud);
  if (sid !== null && !coverage.domainSids.has(sid)) return sid;
  const name = domainNameOf(cloud);
  return name !== null && !coverage.domainNames.has(name) ? name : null;
}

/** S-1-5-32: built-in groups have it in every forest, so it tells of none. */
const builtInDomainSid = 'S-1-5-32';

/**
 * The domains that synced cloud objects name, by SID or by DNS name: one that no export covers tells of a forest that is not seen, from
 * which an object that names no domain may come (case 30).
 */
export class DomainsSeen {
  readonly #sids = new Set<string>();
  readonly #names = new Set<string>();

  add(cloud: CloudObject): void {
    const sid = domainSidOfCloudObject(cloud);
    if (sid === builtInDomainSid) return;
    if (sid !== null) this.#sids.add(sid);
    const name = domainNameOf(cloud);
    if (name !== null) this.#names.add(name);
  }

  anyUncovered({ domainSids, domainNames }: Coverage): boolean {
    return (
      [...this.#sids].some(sid => !domainSids.has(sid)) ||
      [...this.#names].some(name => !domainNames.has(name))
    );
  }
}

/**
 * Whether the object may have been moved to a domain of its forest that no export covers, before synchronisation told the cloud. One
 * that names no domain by SID may come from any forest.
 */
export function mayHaveMovedOut(cloud: CloudObject, { openDomainSids }: Coverage): boolean {
  const sid = domainSidOfCloudObject(cloud);
  return sid === null ? openDomainSids.size > 0 : openDomainSids.has(sid);
}
