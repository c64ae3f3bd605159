import type { CloudObject } from '../cloudObject';
import type { Compared } from '../correlate';
import type { SourceName } from '../exportFormat';
import { bytesFromBase64 } from '../keys/base64';
import { guidToBytes, type Guid } from '../keys/guid';
import { guidFromImmutableId, guidToImmutableId } from '../keys/immutableId';
import { isOfHistory } from '../cloudHistory';
import type { OnPremisesObject } from '../onPremisesObject';
import type { Verdict } from '../verdict';

/** Why no value can be named that would mend the link. */
export type RepairObstacle =
  /** Only users have an anchor that is an attribute. */
  | 'notAUser'
  | 'severalObjects'
  /** What was found is no user. */
  | 'anotherClass'
  | 'anchorMissing'
  /** onPremisesImmutableId holds no GUID. */
  | 'anchorNotGuid'
  /** The source's anchor is another attribute than mS-DS-ConsistencyGuid. */
  | 'anotherAnchor'
  /** There is no link to mend: what to do about what the scan remembers of the object. */
  | 'restored'
  | 'madeAgain'
  | 'retiredDomain';

/** How the link between a cloud object and its on-premises object can be mended. */
export type Repair =
  | {
      readonly kind: 'writeAnchor';
      /** The on-premises account that is to be linked. */
      readonly object: Pick<OnPremisesObject, 'source' | 'domainName' | 'objectGUID' | 'distinguishedName'>;
      /** What its mS-DS-ConsistencyGuid has to hold, three times the same value. */
      readonly immutableId: string;
      readonly guid: Guid;
      /** The 16 bytes as hexadecimal digits, in the order in which AD stores them. */
      readonly bytes: string;
      /** The immutableId that synchronisation makes of the account as it is: whose cloud object is its own by now. */
      readonly present: string;
      readonly caveats: readonly string[];
      /** Lines of PowerShell (module ActiveDirectory), in this order. */
      readonly commands: readonly string[];
    }
  | { readonly kind: 'byHand'; readonly obstacle: RepairObstacle; readonly explanation: string };

const explanations: Readonly<Record<RepairObstacle, string>> = {
  notAUser:
    'Only users are linked by an attribute that can be written. Find out which of the two objects is in use, and let synchronisation ' +
    'take the other one away.',
  severalObjects:
    'Several on-premises objects fit. Find out which of them it is; only then can its anchor be written.',
  anotherClass: 'What was found on-premises is no user, so it can not become the source of this one.',
  anchorMissing: 'The cloud user has no onPremisesImmutableId: there is no value to write.',
  anchorNotGuid:
    'The onPremisesImmutableId of the cloud user holds no GUID, and mS-DS-ConsistencyGuid nothing else.',
  anotherAnchor:
    'Synchronisation of this source does not use mS-DS-ConsistencyGuid as its anchor: write the value of onPremisesImmutableId to the ' +
    'attribute that it does use, in the form that the attribute has.',
  restored:
    'Ask who restored it, and why. Where it is to stay, give it a source: make the on-premises account anew with its anchor, or transfer its ' +
    'source of authority to the cloud. Where it is not, delete it again by hand; else it is judged like any other 30 days after.',
  madeAgain:
    'Synchronisation, or a person, made again what was deleted here: so the approval was a mistake, or there is a source that no export ' +
    'shows. Find what feeds it. Where it is to go, take it away on-premises, or out of the scope of synchronisation; then delete what ' +
    'stays in the cloud by hand: the app does not take it for a candidate again.',
  retiredDomain:
    'Its domain is named retired by a rule, so that no export will tell of it. Look whether anybody uses it; then delete it by hand. If the ' +
    'domain does exist, remove the rule, and export the domain.',
};

const consistencyGuid = 'mS-DS-ConsistencyGuid';

/**
 * The repair of an object whose source seems to be another on-premises object (`reAnchored`, `reCreated`), or what a person has to do
 * about one that was restored, made again, or left behind by a retired domain; null where there is nothing to repair. `anchors`: the
 * anchor attribute that each source declares.
 */
export function repairOf(
  cloud: CloudObject,
  { correlation }: Pick<Compared, 'correlation'>,
  anchors: ReadonlyMap<SourceName, string | null>,
  verdict: Verdict,
): Repair | null {
  if (verdict.kind === 'attention' && isOfHistory(verdict.reason)) return byHand(verdict.reason);
  switch (correlation.kind) {
    case 'reAnchored':
      return repair(cloud, correlation.to, anchors, sameAccount);
    case 'reCreated':
      return repair(cloud, correlation.as, anchors, otherAccount);
    case 'live':
    case 'outOfScope':
    case 'duplicate':
    case 'deleted':
    case 'absent':
    case 'notCovered':
    case 'unknown':
      return null;
  }
}

// Sources: domain.md ("Deleting", case 36) and Microsoft's announcements MC1262584 and MC1263280 of March 2026. Not tried here.
const sameAccount: readonly string[] = [
  'It is the account that this cloud user was made from, as far as its SID or its account name tells: compare the two before.',
];
const otherAccount: readonly string[] = [
  'It is another on-premises account with the same name or address: make sure that it belongs to the same person. Whoever is linked ' +
    'gets the mailbox, the files and the rights of the cloud user.',
  'Since July 2026 Entra ID does not link a cloud user to another on-premises account than before (hard-match hardening: "Hard match ' +
    'operation blocked due to security hardening"). The recorded OnPremisesObjectIdentifier has to be cleared first, by the recovery that ' +
    'Microsoft documents for it.',
];
const always: readonly string[] = [
  'Where the account has a cloud user of its own by now (onPremisesImmutableId: present), take that one away first; both can not be linked.',
  'Synchronisation does not change the anchor of an account that it has joined: take the account out of scope for one cycle, write, then ' +
    'bring it back.',
  'Since June 2026 a hard match of a cloud-managed user with a privileged role is blocked; and it may be switched off for the whole tenant ' +
    '(blockCloudObjectTakeoverThroughHardMatchEnabled).',
  'Not tried here: repair one account, and look at the errors of synchronisation, before the next.',
];

const byHand = (obstacle: RepairObstacle): Repair => ({
  kind: 'byHand',
  obstacle,
  explanation: explanations[obstacle],
});

function repair(
  cloud: CloudObject,
  found: readonly OnPremisesObject[],
  anchors: ReadonlyMap<SourceName, string | null>,
  caveats: readonly string[],
): Repair {
  if (cloud.type !== 'user') return byHand('notAUser');
  const [object, ...others] = found;
  if (!object || others.length > 0) return byHand('severalObjects');
  if (object.objectClass !== 'user') return byHand('anotherClass');
  const immutableId = cloud.onPremisesImmutableId;
  if (immutableId === null) return byHand('anchorMissing');
  const guid = guidFromImmutableId(immutableId);
  if (guid === null) return byHand('anchorNotGuid');
  if (anchors.get(object.source)?.toLowerCase() !== consistencyGuid.toLowerCase())
    return byHand('anotherAnchor');
  const { source, domainName, objectGUID, distinguishedName } = object;
  return {
    kind: 'writeAnchor',
    object: { source, domainName, objectGUID, distinguishedName },
    immutableId,
    guid,
    bytes: hexOf(guid).join(''),
    present: presentAnchor(object),
    caveats: [...caveats, ...always],
    commands: commandsFor(object, guid),
  };
}

/** An attribute that is empty, or holds something else than a GUID, does not count for synchronisation. */
function presentAnchor({ objectGUID, [consistencyGuid]: written }: OnPremisesObject): string {
  const bytes = written === undefined ? null : bytesFromBase64(written);
  return written !== undefined && bytes?.length === 16 ? written : guidToImmutableId(objectGUID as Guid);
}

const hexOf = (guid: Guid): readonly string[] =>
  [...guidToBytes(guid)].map(byte => byte.toString(16).padStart(2, '0'));

/** Comes from an export: only what can be a name of DNS goes into a line that a person pastes. */
const dnsName = /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,253}[A-Za-z0-9])?$/;

function commandsFor({ objectGUID, domainName }: OnPremisesObject, guid: Guid): readonly string[] {
  const server = domainName !== null && dnsName.test(domainName) ? ` -Server '${domainName}'` : '';
  const account = `-Identity '${objectGUID}'${server}`;
  const value = hexOf(guid)
    .map(byte => `0x${byte}`)
    .join(',');
  return [
    `Get-ADUser ${account} -Properties ${consistencyGuid},objectSid,mail | Format-List`,
    `Set-ADUser ${account} -Replace @{'${consistencyGuid}'=[byte[]](${value})}`,
    'Start-ADSyncSyncCycle -PolicyType Delta',
  ];
}
