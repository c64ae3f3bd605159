import type { Device } from '@microsoft/microsoft-graph-types';
import { adComputer, computerName, deviceOf, draftDevice } from '../drafts/device';
import type { Stage } from '../stage';
import { altered } from '../onPremises';
import {
  deletedSince,
  gone,
  lostSince,
  present,
  type Stories,
  type Telling,
  tombstoned,
  verdicts,
} from '../story';

/** The machine was set up afresh: a new computer account has the old name; it is not registered in the cloud. */
function reImaged(stage: Stage, approximateLastSignInDateTime: string): Telling<Device> {
  const domain = stage.someDomain();
  const name = computerName(stage);
  const home = adComputer(stage, domain, name);
  const successor = altered(adComputer(stage, domain, name), { userCertificate: false });
  return {
    lives: [{ cloud: { ...deviceOf(stage, home, name), approximateLastSignInDateTime }, home }],
    onPremises: [successor],
  };
}

/** The lives of devices. */
export const deviceStories = {
  /** Found by its deviceId, which is the computer's objectGUID. */
  ordinaryDevice: {
    verdict: verdicts.live,
    copies: 0,
    soleTrace: true,
    tell: stage => present(draftDevice(stage, stage.someDomain())),
  },
  /** The computer lost its userCertificate, so it is not synchronised any more; it exists. */
  deviceWithoutCertificate: {
    verdict: verdicts.live,
    copies: 10,
    tell: stage => {
      const { cloud, home } = draftDevice(stage, stage.someDomain());
      return present({ cloud, home: altered(home, { userCertificate: false }) });
    },
  },
  /** The computer was deleted; its tombstone is there. */
  deviceWithTombstone: {
    verdict: verdicts.deleted,
    copies: 6,
    tell: (stage, copy) => tombstoned(stage, draftDevice(stage, stage.someDomain()), copy % 2 === 1),
  },
  /** Deleted before the nights that are looked at, and in the Recycle Bin for less than thirty days. */
  deviceDeletedLately: {
    verdict: verdicts.deleted,
    waitsFor: ['recycleBin'],
    copies: 2,
    tell: stage => deletedSince(stage, draftDevice(stage, stage.someDomain()), [9, 25]),
  },
  /** Gone without a trace for four nights. */
  deviceLostThisWeek: {
    verdict: verdicts.absent,
    waitsFor: ['grace'],
    copies: 1,
    tell: stage => lostSince(draftDevice(stage, stage.someDomain()), 3.5),
  },
  /** Gone without a trace. */
  deviceWithoutTrace: {
    verdict: verdicts.absent,
    copies: 5,
    tell: stage => gone(draftDevice(stage, stage.someDomain())),
  },
  /** Gone without a trace; the cloud has no SID of it, so that no domain can be named. */
  deviceWithoutTraceOrSid: {
    verdict: verdicts.absent,
    verdictWithUncoveredForest: verdicts.unknown,
    copies: 3,
    tell: stage => {
      const { cloud, home } = draftDevice(stage, stage.someDomain());
      return gone({ cloud: { ...cloud, onPremisesSecurityIdentifier: null }, home });
    },
  },
  /** Set up afresh long ago: nobody has signed in with the old device for more than 90 days (case 23). */
  deviceReImagedLongAgo: {
    verdict: verdicts.absent,
    copies: 3,
    tell: stage => reImaged(stage, stage.daysAgo(120, 300)),
  },
  /** Set up afresh, but the old device was in use last week (case 23). */
  deviceReImagedRecently: {
    verdict: verdicts.reCreated,
    copies: 3,
    tell: stage => reImaged(stage, stage.daysAgo(2, 9)),
  },
  /** Deleted in Active Directory, but registered with Autopilot. */
  autopilotDevice: {
    verdict: verdicts.protectedDeleted,
    copies: 2,
    tell: stage => {
      const { cloud, home } = draftDevice(stage, stage.someDomain());
      const physicalIds = [...(cloud.physicalIds ?? []), `[ZTDID]:${stage.guid()}`];
      return tombstoned(stage, { cloud: { ...cloud, physicalIds }, home }, false);
    },
  },
  /** The computer was moved to an OU that is not synchronised (case 10). */
  deviceMovedOutOfScope: {
    verdict: verdicts.outOfScope,
    copies: 2,
    tell: stage => {
      const { cloud, home } = draftDevice(stage, stage.someDomain());
      const distinguishedName = home.line.distinguishedName.replace(',OU=Computers,', ',OU=No Sync,');
      return present({ cloud, home: altered(home, { inScope: false, distinguishedName }) });
    },
  },
  /** Synchronised, but not hybrid joined: its deviceId need not be an objectGUID. */
  deviceOfOtherTrustType: {
    verdict: verdicts.unknown,
    copies: 2,
    tell: stage => {
      const { cloud } = draftDevice(stage, stage.someDomain());
      return gone({
        cloud: { ...cloud, onPremisesSecurityIdentifier: null, trustType: 'Workplace' },
        home: null,
      });
    },
  },
  /** Joined to Entra alone, never synchronised. */
  cloudOnlyDevice: {
    verdict: verdicts.notSynced,
    copies: 40,
    tell: stage => {
      const { cloud } = draftDevice(stage, stage.forests.contoso);
      return gone({
        cloud: {
          ...cloud,
          onPremisesLastSyncDateTime: null,
          onPremisesSecurityIdentifier: null,
          onPremisesSyncEnabled: null,
          trustType: 'AzureAd',
        },
        home: null,
      });
    },
  },
} as const satisfies Stories<'device'>;
