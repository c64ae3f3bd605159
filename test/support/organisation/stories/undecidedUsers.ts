import type { User } from '@microsoft/microsoft-graph-types';
import { draftUser } from '../drafts/user';
import type { Stage } from '../stage';
import { gone, type Life, type Stories, verdicts } from '../story';

/** A user of the cloud alone. */
const cloudOnly = (stage: Stage): Life<User>['cloud'] => ({
  ...draftUser(stage, stage.forests.contoso).cloud,
  onPremisesDistinguishedName: null,
  onPremisesDomainName: null,
  onPremisesImmutableId: null,
  onPremisesLastSyncDateTime: null,
  onPremisesSamAccountName: null,
  onPremisesSecurityIdentifier: null,
  onPremisesSyncEnabled: null,
  onPremisesUserPrincipalName: null,
});

/** Users of whom nothing may be said, and users that are not synchronised at all. */
export const undecidedUsers = {
  /** From a domain that no export covers, known by its name alone; there is no SID (case 7). Contacts may be from there (case 30). */
  userOfUncoveredDomainName: {
    verdict: verdicts.notCovered,
    copies: 3,
    needsUncoveredForest: true,
    tell: stage => {
      const { cloud } = draftUser(stage, stage.forests.northwind);
      return gone({ cloud: { ...cloud, onPremisesSecurityIdentifier: null }, home: null });
    },
  },
  /** From a forest that nobody exports; the SID shows it (case 7). */
  userOfUncoveredForest: {
    verdict: verdicts.notCovered,
    copies: 8,
    needsUncoveredForest: true,
    tell: stage => gone({ cloud: draftUser(stage, stage.forests.tailspin).cloud, home: null }),
  },
  /** No anchor, and nobody has the SID (case 27). */
  userWithoutImmutableId: {
    verdict: verdicts.unknown,
    copies: 3,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.forests.contoso);
      return gone({ cloud: { ...cloud, onPremisesImmutableId: null }, home });
    },
  },
  /** An anchor that is no base64, and nobody has the SID (case 27). */
  userWithUndecodableImmutableId: {
    verdict: verdicts.unknown,
    copies: 2,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.forests.contoso);
      return gone({ cloud: { ...cloud, onPremisesImmutableId: `${cloud.mailNickname}#4711` }, home });
    },
  },
  /** Neither SID nor domain name: the connector that feeds it is not Active Directory (case 35). */
  userOfOtherConnector: {
    verdict: verdicts.unknown,
    copies: 3,
    tell: stage => {
      const { cloud } = draftUser(stage, stage.forests.northwind);
      return gone({
        cloud: {
          ...cloud,
          onPremisesDistinguishedName: null,
          onPremisesDomainName: null,
          onPremisesSamAccountName: null,
          onPremisesSecurityIdentifier: null,
          onPremisesUserPrincipalName: null,
        },
        home: null,
      });
    },
  },
  /** Made in the cloud after the exports began; they can not have it yet (case 26). */
  userCreatedAfterExports: {
    verdict: verdicts.unknown,
    copies: 2,
    tell: stage => {
      const { cloud } = draftUser(stage, stage.forests.contoso);
      return gone({
        cloud: { ...cloud, createdDateTime: stage.hoursAgo(1 / 6), onPremisesLastSyncDateTime: null },
        home: null,
      });
    },
  },
  /** Made in the cloud, never synchronised. */
  cloudOnlyUser: {
    verdict: verdicts.notSynced,
    copies: 60,
    tell: stage => gone({ cloud: cloudOnly(stage), home: null }),
  },
  /** Federated: onPremisesImmutableId is set, but nothing is synchronised (case 13). */
  federatedCloudUser: {
    verdict: verdicts.notSynced,
    copies: 5,
    tell: stage => {
      const cloud = cloudOnly(stage);
      // The identity provider made the anchor up.
      const onPremisesImmutableId = Buffer.from(`idp-${cloud.mailNickname}`).toString('base64');
      return gone({ cloud: { ...cloud, onPremisesImmutableId }, home: null });
    },
  },
  /** Source of authority transferred to the cloud: anchor and SID stayed; the account in AD is gone (case 13). */
  transferredUser: {
    verdict: verdicts.notSynced,
    copies: 4,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      return gone({ cloud: { ...cloud, onPremisesSyncEnabled: null }, home });
    },
  },
} as const satisfies Stories<'user'>;
