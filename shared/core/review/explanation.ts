import type { CloudObject } from '../cloudObject';
import type { Compared, Correlation, UnknownReason } from '../correlate';
import type { AttentionReason } from '../facts';
import { formatInstant } from '../instant';
import type { Protection } from '../protection';
import type { Verdict } from '../verdict';

/** The outcome in words, for a person who has to act on it: what was found, what it means, what to do. One paragraph. */
export function explanationOf(
  { type }: Pick<CloudObject, 'type'>,
  { correlation }: Pick<Compared, 'correlation'>,
  verdict: Verdict,
  protection: Protection | null,
): string {
  return [
    outcomeInWords(type, correlation),
    ...(protection === null ? [] : [protectionInWords[protection]]),
    verdictInWords(verdict),
  ].join(' ');
}

function outcomeInWords(type: string, correlation: Correlation): string {
  switch (correlation.kind) {
    case 'live':
      return liveInWords(type, correlation.by);
    case 'outOfScope':
      return (
        `The on-premises object of this ${type} exists, outside of what synchronisation takes: it was moved or is filtered. Bring it back ` +
        'into scope; or delete it on-premises, where it is to go.'
      );
    case 'reAnchored':
      return (
        `The source anchor of this ${type} was not found, but a live on-premises object has its SID or its account name: the anchor was ` +
        'cleared, overwritten or replaced. Mend the link; to delete the object would take it from whoever uses it.'
      );
    case 'reCreated':
      return (
        `No key of this ${type} was found, but a live on-premises object has its name or its address: the source was made again, or ` +
        'somebody else has the name by now. To delete the object may take a mailbox, files or rights that are in use.'
      );
    case 'duplicate':
      return (
        `Another cloud object has the same key (${correlation.of.join(', ')}): one of them is fed by Active Directory, and nothing here ` +
        'tells which. Look at both.'
      );
    case 'deleted':
      return (
        `No key of this ${type} finds a live object, and Active Directory itself records the deletion: ` +
        `${correlation.tombstone.objectGUID}, on ${formatInstant(correlation.tombstone.whenChanged)}.` +
        (correlation.tombstone.isRecycled ? '' : ' It lies in the Recycle Bin, and may be undeleted.')
      );
    case 'absent':
      return (
        `No key of this ${type} finds anything in the exports of all expected sources. That its source is gone is a conclusion, not a ` +
        'record: no tombstone was found.'
      );
    case 'notCovered':
      return (
        `This ${type} comes from the domain ${correlation.domain}, which no export covers, so that nothing can be said. Export that ` +
        'domain; or, where it is no more, name it as retired by a rule.'
      );
    case 'unknown':
      return `Nothing can be said about this ${type}: ${unknownInWords[correlation.reason]}`;
  }
}

function liveInWords(type: string, by: Extract<Correlation, { kind: 'live' }>['by']): string {
  switch (by) {
    case 'address':
      return `This ${type} lives: an on-premises object has one of its addresses, and a contact has no other key.`;
    case 'onPremisesLastSyncDateTime':
      return (
        `No key of this ${type} was found, but synchronisation has written it since the exports were begun, or since it was first missed: ` +
        'something on-premises that the exports do not show still feeds it.'
      );
    case 'objectGUID':
    case 'mS-DS-ConsistencyGuid':
    case 'sourceAnchor':
    case 'objectSid':
    case 'sIDHistory':
    case 'msDS-ExternalDirectoryObjectId':
      return `This ${type} lives: an on-premises object in the scope of synchronisation has its key, in ${by}.`;
  }
}

const unknownInWords: Readonly<Record<UnknownReason, string>> = {
  keyMissing: 'it lacks the key by which it would be found.',
  keyUndecodable: 'its key can not be read as anything that a source could hold.',
  anchorUndeclared:
    'a source does not say which attribute is its anchor, so that a key which was not found proves nothing. Set anchorAttribute in the ' +
    'configuration of its agent.',
  notFromActiveDirectory:
    'it has neither a SID nor a domain name, so that it seems to come from another connector than Active Directory.',
  trustTypeUnexpected: 'it is synced, but not hybrid-joined.',
  addressMissing: 'it has no SMTP address, and a contact has no other key.',
  addressAmbiguous: 'its addresses lead to several on-premises contacts.',
  uncoveredDomainSeen:
    'it names no domain, and some synced object comes from a domain that no export covers. Export that domain.',
  uncoveredDomainInForest:
    'it was not found, and it is not proved to be deleted; its forest has a domain that no export covers, where it may have been moved. ' +
    "Name a domain controller of that domain in the agent's configuration.",
  createdAfterExport: 'it was made after the exports were begun. The next exports will tell.',
};

const protectionInWords: Readonly<Record<Protection, string>> = {
  synchronisationAccount: 'It is an account of synchronisation itself, and protected.',
  managementRestricted: 'It is in a restricted management administrative unit, and protected.',
  autopilotDevice: 'It is an Autopilot device, and protected.',
  systemManagedDevice: 'It is managed by the system, and protected.',
};

function verdictInWords(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'missing':
      return 'The scan takes it for missing; it is a candidate when the rules of time are met.';
    case 'attention':
      return attentionInWords[verdict.reason];
    case 'none':
      return 'It is no candidate.';
  }
}

const lookOnly = 'A person has to look; it can not be approved.';
const attentionInWords: Readonly<Record<AttentionReason, string>> = {
  outOfScope: lookOnly,
  reAnchored: lookOnly,
  reCreated: lookOnly,
  duplicate: lookOnly,
  protected: 'It can not be approved, whatever became of its source.',
  synchronisationError:
    'But its link is blocked: it reports errors of provisioning, and its SID is one that Active Directory no longer has. Look at the ' +
    'errors of synchronisation; it can not be approved.',
  restored:
    'But somebody restored it from the deleted items in the last 30 days, so that it seems to be wanted. Ask who; it can not be approved.',
  madeAgain:
    'But it was deleted here before, and it is there again: something feeds it, or somebody wants it. Find out what; it can not be approved.',
  retiredDomain:
    'A rule names its domain retired, so no export will ever tell more. Look whether anybody uses it; it can not be approved.',
};
