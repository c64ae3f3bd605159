import { canonicalHash, canonicalJson, type Json } from './canonicalJson';
import type { CloudObject } from './cloudObject';
import type { CloserLook } from './closerLook';
import type { Compared, Correlation } from './correlate';
import { formatInstant } from './instant';
import type { ExportRecord } from './onPremisesObject';
import { protectionOf } from './protection';

/**
 * The evidence for one object: every key that was tried, in a fixed order, and what each found. `json` is what a person reads;
 * `hash` covers the stable facts only (identity, keys and what they found, outcome, tombstone), so that an unchanged night
 * changes no row and voids no approval: no export, no distinguished name, no date that a domain controller keeps for itself
 * (whenChanged is not replicated), no description that is not a key.
 */
export interface Evidence {
  readonly json: string;
  /** SHA-256, lower-case hex. */
  readonly hash: string;
}

export function evidenceOf(cloud: CloudObject, compared: Compared, look: CloserLook): Evidence {
  const strong = compared.strong.map(key => ({
    key: key.property as string,
    value: key.value,
    against: [...key.against].map(String),
    found: key.hits.map(hit => foundRecord(look.record(hit.ordinal), hit.matched)).sort(byIdentity),
  }));
  const weak = compared.weak.map(key => ({
    key: key.name as string,
    value: key.value,
    against: weakAgainst[key.name],
    found: key.holders.map(holder => foundRecord(holder, key.name)).sort(byIdentity),
  }));
  const keys = [...strong, ...weak];
  const stable: Json = {
    version: 1,
    type: cloud.type,
    id: cloud.id,
    outcome: stableOutcome(compared.correlation),
    protection: protectionOf(cloud),
    keys: keys.map(({ key, value, found }) => ({ key, value, found: found.map(record => record.stable) })),
  };
  const readable: Json = {
    version: 1,
    outcome: readableOutcome(compared.correlation),
    protection: protectionOf(cloud),
    keys: keys.map(({ key, value, against, found }) => ({
      key,
      value,
      against,
      found: found.map(record => ({ ...record.stable, ...record.detail })),
    })),
  };
  return { json: canonicalJson(readable), hash: canonicalHash(stable) };
}

const weakAgainst = {
  userPrincipalName: ['userPrincipalName'],
  address: ['mail', 'proxyAddresses'],
  sAMAccountName: ['sAMAccountName and domain'],
  computerName: ['sAMAccountName of computers'],
};

interface FoundRecord {
  readonly stable: { readonly [key: string]: Json };
  readonly detail: { readonly [key: string]: Json | undefined };
}

function foundRecord(record: ExportRecord, matched: string): FoundRecord {
  const stable = {
    source: record.source,
    objectGUID: record.objectGUID,
    objectClass: record.objectClass,
    matched,
  };
  if (record.kind === 'object')
    return {
      stable: { ...stable, as: record.inScope ? 'live' : 'outOfScope' },
      detail: { distinguishedName: record.distinguishedName },
    };
  return {
    stable: { ...stable, as: 'tombstone' },
    detail: {
      whenChanged: formatInstant(record.whenChanged),
      isRecycled: record.isRecycled,
      lastKnownParent: record.lastKnownParent,
    },
  };
}

const identity = ({ stable }: FoundRecord): string => canonicalJson(stable);
const byIdentity = (a: FoundRecord, b: FoundRecord): number => (identity(a) < identity(b) ? -1 : 1);

function stableOutcome(correlation: Correlation): Json {
  switch (correlation.kind) {
    case 'duplicate':
      return { kind: correlation.kind, of: correlation.of };
    case 'deleted':
      return { kind: correlation.kind, tombstone: correlation.tombstone.objectGUID };
    case 'live':
      return { kind: correlation.kind, by: correlation.by };
    case 'notCovered':
      return { kind: correlation.kind, domain: correlation.domain };
    case 'unknown':
      return { kind: correlation.kind, reason: correlation.reason };
    case 'outOfScope':
    case 'reAnchored':
    case 'reCreated':
    case 'absent':
      return { kind: correlation.kind };
  }
}

/** The outcome as a person reads it: with the objects that it is about. */
function readableOutcome(correlation: Correlation): Json {
  if (correlation.kind === 'outOfScope')
    return { kind: correlation.kind, objects: correlation.objects.map(nameOf) };
  if (correlation.kind === 'reAnchored') return { kind: correlation.kind, to: correlation.to.map(nameOf) };
  if (correlation.kind === 'reCreated') return { kind: correlation.kind, as: correlation.as.map(nameOf) };
  return stableOutcome(correlation);
}

const nameOf = (object: { objectGUID: string; distinguishedName: string }): Json => ({
  objectGUID: object.objectGUID,
  distinguishedName: object.distinguishedName,
});
