import { draftGroup } from '../drafts/group';
import { altered } from '../onPremises';
import { deletedSince, gone, lostSince, present, type Stories, tombstoned, verdicts } from '../story';

/** The lives of groups. A group has no anchor: its SID links it. */
export const groupStories = {
  /** Found by its SID. */
  ordinaryGroup: {
    verdict: verdicts.live,
    copies: 0,
    soleTrace: true,
    tell: stage => present(draftGroup(stage, stage.someDomain())),
  },
  /** Moved between forests; sIDHistory holds the SID that the cloud knows (case 5). */
  groupFoundBySidHistory: {
    verdict: verdicts.live,
    copies: 3,
    tell: stage => {
      const { contoso, fabrikam } = stage.forests;
      const { cloud, home } = draftGroup(stage, contoso);
      const after = draftGroup(stage, fabrikam).home;
      const { objectSid } = home.line;
      return present({
        cloud,
        home: objectSid === undefined ? after : altered(after, { sIDHistory: [objectSid] }),
      });
    },
  },
  /** Active Directory names the cloud object itself, in msDS-ExternalDirectoryObjectId; the SID is another one by now. */
  groupNamedByActiveDirectory: {
    verdict: verdicts.live,
    copies: 3,
    tell: stage => {
      const { contoso } = stage.forests;
      const { cloud, home } = draftGroup(stage, contoso);
      const link = { 'msDS-ExternalDirectoryObjectId': `Group_${cloud.id}`, objectSid: contoso.nextSid() };
      return present({ cloud, home: altered(home, link) });
    },
  },
  /** Deleted; the tombstone has the same SID and sAMAccountName and is younger than the cloud object. */
  groupWithTombstone: {
    verdict: verdicts.deleted,
    copies: 4,
    tell: (stage, copy) => tombstoned(stage, draftGroup(stage, stage.someDomain()), copy % 2 === 1),
  },
  /** Deleted before the nights that are looked at, and in the Recycle Bin for less than thirty days. */
  groupDeletedLately: {
    verdict: verdicts.deleted,
    waitsFor: ['recycleBin'],
    copies: 2,
    tell: stage => deletedSince(stage, draftGroup(stage, stage.someDomain()), [9, 25]),
  },
  /** Gone without a trace for four nights. */
  groupLostThisWeek: {
    verdict: verdicts.absent,
    waitsFor: ['grace'],
    copies: 1,
    tell: stage => lostSince(draftGroup(stage, stage.someDomain()), 3.5),
  },
  /** Gone without a trace. The first one's display name turns the text around it right to left. */
  groupWithoutTrace: {
    verdict: verdicts.absent,
    copies: 6,
    tell: (stage, copy) => {
      const { cloud, home } = draftGroup(stage, stage.someDomain());
      const displayName = copy === 0 ? 'Readers \u202Efdp.tnemyap' : (cloud.displayName ?? null);
      return gone({ cloud: { ...cloud, displayName }, home });
    },
  },
  /** Made anew in the same domain under the same sAMAccountName, with a new SID (case 6). */
  groupReCreated: {
    verdict: verdicts.reCreated,
    copies: 2,
    tell: stage => {
      const domain = stage.someDomain();
      const { cloud, home } = draftGroup(stage, domain);
      const successor = altered(home, { objectGUID: stage.guid(), objectSid: domain.nextSid() });
      return { lives: [{ cloud, home }], onPremises: [successor] };
    },
  },
  /** Moved to an OU that is not synchronised (case 10). */
  groupMovedOutOfScope: {
    verdict: verdicts.outOfScope,
    copies: 2,
    tell: stage => {
      const { cloud, home } = draftGroup(stage, stage.someDomain());
      const distinguishedName = home.line.distinguishedName.replace(',OU=Groups,', ',OU=No Sync,');
      return present({ cloud, home: altered(home, { inScope: false, distinguishedName }) });
    },
  },
  /** Two cloud groups with one AD SID (case 33). */
  groupsWithOneSid: {
    verdict: verdicts.duplicate,
    copies: 1,
    tell: stage => {
      const { contoso } = stage.forests;
      const first = draftGroup(stage, contoso);
      const { cloud } = draftGroup(stage, contoso);
      const { onPremisesSecurityIdentifier } = first.cloud;
      const second = { ...cloud, onPremisesSecurityIdentifier: onPremisesSecurityIdentifier ?? null };
      return { lives: [first, { cloud: second, home: first.home }], onPremises: [first.home] };
    },
  },
  /** From a forest that nobody exports (case 7). */
  groupOfUncoveredForest: {
    verdict: verdicts.notCovered,
    copies: 3,
    needsUncoveredForest: true,
    tell: stage => gone({ cloud: draftGroup(stage, stage.forests.tailspin).cloud, home: null }),
  },
  /** A Microsoft 365 group, never synchronised. */
  cloudOnlyGroup: {
    verdict: verdicts.notSynced,
    copies: 30,
    tell: stage => {
      const { cloud } = draftGroup(stage, stage.forests.contoso);
      return gone({
        cloud: {
          ...cloud,
          groupTypes: ['Unified'],
          onPremisesDomainName: null,
          onPremisesLastSyncDateTime: null,
          onPremisesNetBiosName: null,
          onPremisesSamAccountName: null,
          onPremisesSecurityIdentifier: null,
          onPremisesSyncEnabled: null,
        },
        home: null,
      });
    },
  },
} as const satisfies Stories<'group'>;
