import { adUser, draftUser } from '../drafts/user';
import { base64OfGuid } from '../identifiers';
import { partnerDomains } from '../names';
import { altered, type ObjectLine, type Placed, tombstoneOf } from '../onPremises';
import type { Stage } from '../stage';
import { present, type Stories, verdicts } from '../story';

/** The account that a migration made in fabrikam: another GUID and SID, the same UPN and addresses. */
const migrated = (stage: Stage, { line }: Placed<ObjectLine>): Placed<ObjectLine> => {
  const { userPrincipalName, mail, proxyAddresses } = line;
  const account = adUser(stage, stage.forests.fabrikam, stage.names.person(stage.random));
  return altered(account, { userPrincipalName, mail, proxyAddresses });
};

/** Users whose source exists, however hard that is to see. */
export const liveUsers = {
  /** Anchor = objectGUID; in contoso mS-DS-ConsistencyGuid says the same. One in twelve has no mailbox. */
  ordinaryUser: {
    verdict: verdicts.live,
    copies: 0,
    soleTrace: true,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      if (!stage.random.chance(1 / 12)) return present({ cloud, home });
      const { mail: _mail, proxyAddresses: _proxyAddresses, ...line } = home.line;
      return present({ cloud: { ...cloud, mail: null, proxyAddresses: [] }, home: { ...home, line } });
    },
  },
  /** mS-DS-ConsistencyGuid ≠ objectGUID: the anchor is the former, or still the latter where it was filled later (case 2). */
  consistencyGuidDiffers: {
    verdict: verdicts.live,
    copies: 6,
    tell: (stage, copy) => {
      const { cloud, home } = draftUser(stage, stage.forests.contoso);
      const consistencyGuid = base64OfGuid(stage.guid());
      return present({
        cloud: copy % 2 === 0 ? { ...cloud, onPremisesImmutableId: consistencyGuid } : cloud,
        home: altered(home, { 'mS-DS-ConsistencyGuid': consistencyGuid }),
      });
    },
  },
  /** From contoso.example to emea.contoso.example: SID and DN changed, the GUID did not; the cloud has not heard (case 4). */
  movedBetweenDomains: {
    verdict: verdicts.live,
    copies: 4,
    tell: stage => {
      const { contoso, emea } = stage.forests;
      const { cloud, home } = draftUser(stage, contoso);
      const { distinguishedName, objectSid } = home.line;
      return present({
        cloud,
        home: altered(home, {
          namingContext: emea.namingContext,
          distinguishedName: distinguishedName.replace(contoso.distinguishedName, emea.distinguishedName),
          objectSid: emea.nextSid(),
          ...(objectSid !== undefined && { sIDHistory: [objectSid] }),
        }),
      });
    },
  },
  /** From contoso to fabrikam, the anchor carried in mS-DS-ConsistencyGuid; the old account's tombstone is still there (case 5). */
  movedBetweenForestsWithAnchor: {
    verdict: verdicts.live,
    copies: 3,
    tell: stage => {
      const before = draftUser(stage, stage.forests.contoso);
      const after = altered(migrated(stage, before.home), {
        'mS-DS-ConsistencyGuid': base64OfGuid(before.home.line.objectGUID),
      });
      const deletion = { whenChanged: stage.daysAgo(20, 60), isRecycled: false };
      return {
        lives: [{ cloud: before.cloud, home: after }],
        onPremises: [after, tombstoneOf(before.home, deletion)],
      };
    },
  },
  /** From contoso to fabrikam under a new GUID; sIDHistory holds the SID that the cloud knows (case 5). */
  movedBetweenForestsWithSidHistory: {
    verdict: verdicts.live,
    copies: 3,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.forests.contoso);
      const { objectSid } = home.line;
      const after = migrated(stage, home);
      return present({
        cloud,
        home: objectSid === undefined ? after : altered(after, { sIDHistory: [objectSid] }),
      });
    },
  },
  /** Moved between forests with the anchor, but the cloud refuses the new link: it reports an error, and knows the old SID only (case 36). */
  movedButNotLinked: {
    verdict: verdicts.liveWithErrors,
    copies: 2,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.forests.contoso);
      const after = altered(migrated(stage, home), {
        'mS-DS-ConsistencyGuid': base64OfGuid(home.line.objectGUID),
      });
      return present({
        cloud: {
          ...cloud,
          onPremisesProvisioningErrors: [
            {
              category: 'PropertyConflict',
              occurredDateTime: stage.daysAgo(2, 20),
              propertyCausingError: 'UserPrincipalName',
              value: cloud.userPrincipalName ?? null,
            },
          ],
        },
        home: after,
      });
    },
  },
  /** Disabled in Active Directory: it exists (case 20). */
  disabledUser: {
    verdict: verdicts.live,
    copies: 20,
    soleTrace: true,
    tell: stage => {
      const domain = stage.someDomain();
      const { cloud, home } = draftUser(stage, domain);
      const commonName = home.line.distinguishedName.replace(/,OU=.*$/, '');
      const distinguishedName = `${commonName},OU=Disabled Users,${domain.distinguishedName}`;
      return present({
        cloud: { ...cloud, accountEnabled: false, onPremisesDistinguishedName: distinguishedName },
        home: altered(home, { distinguishedName }),
      });
    },
  },
  /** An inetOrgPerson: exported as a user, named by uid (case 20). */
  inetOrgPerson: {
    verdict: verdicts.live,
    copies: 5,
    soleTrace: true,
    tell: stage => {
      const { fabrikam } = stage.forests;
      const { cloud, home } = draftUser(stage, fabrikam);
      const distinguishedName = `UID=${home.line.sAMAccountName},OU=Linux,${fabrikam.distinguishedName}`;
      return present({
        cloud: { ...cloud, onPremisesDistinguishedName: distinguishedName },
        home: altered(home, { distinguishedName }),
      });
    },
  },
  /** A shared mailbox: a disabled account without licence (case 20). */
  sharedMailbox: {
    verdict: verdicts.live,
    copies: 15,
    soleTrace: true,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      return present({
        cloud: {
          ...cloud,
          accountEnabled: false,
          assignedLicenses: [],
          displayName: `Mailbox ${cloud.surname}`,
        },
        home,
      });
    },
  },
  /** A guest who has an AD account, which is synchronised (case 21). */
  syncedGuest: {
    verdict: verdicts.live,
    copies: 10,
    soleTrace: true,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      const mail = `${cloud.mailNickname}@${stage.random.pick(partnerDomains)}`;
      const addresses = { mail, proxyAddresses: [`SMTP:${mail}`] };
      const guest = {
        userType: 'Guest',
        userPrincipalName: `${mail.replace('@', '_')}#EXT#@contoso.onmicrosoft.com`,
      };
      return present({ cloud: { ...cloud, ...addresses, ...guest }, home: altered(home, addresses) });
    },
  },
  /** Signs in with the address; the UPN of AD is another one, under a suffix that no cloud knows (case 22). */
  alternateLoginId: {
    verdict: verdicts.live,
    copies: 8,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.forests.contoso);
      const userPrincipalName = `${home.line.sAMAccountName}@contoso.local`;
      return present({
        cloud: { ...cloud, onPremisesUserPrincipalName: userPrincipalName },
        home: altered(home, { userPrincipalName }),
      });
    },
  },
  /** Linked mailbox: the disabled account in contoso holds the anchor, the account in fabrikam the SID (case 16). */
  linkedMailbox: {
    verdict: verdicts.live,
    copies: 5,
    tell: stage => {
      const { contoso, fabrikam } = stage.forests;
      const { cloud, home } = draftUser(stage, contoso);
      const {
        mail: _mail,
        proxyAddresses: _proxyAddresses,
        ...account
      } = adUser(stage, fabrikam, stage.names.person(stage.random)).line;
      return {
        lives: [
          {
            cloud: {
              ...cloud,
              onPremisesDomainName: fabrikam.names.dnsName,
              onPremisesSamAccountName: account.sAMAccountName ?? null,
              onPremisesSecurityIdentifier: account.objectSid ?? null,
            },
            home,
          },
        ],
        onPremises: [home, { source: fabrikam.names.source, line: account }],
      };
    },
  },
  /** A user of fabrikam in a group of contoso, where a foreign security principal bears the same SID (case 19). */
  foreignMember: {
    verdict: verdicts.live,
    copies: 6,
    tell: stage => {
      const { contoso, fabrikam } = stage.forests;
      const life = draftUser(stage, fabrikam);
      const { objectSid } = life.home.line;
      const principal = contoso.object({
        objectClass: 'other',
        objectGUID: stage.guid(),
        distinguishedName: `CN=${objectSid},CN=ForeignSecurityPrincipals,${contoso.distinguishedName}`,
        inScope: false,
        ...(objectSid !== undefined && { objectSid }),
      });
      return { lives: [life], onPremises: [life.home, principal] };
    },
  },
  /** Deleted ten days ago, and undeleted from the Recycle Bin five days later: it came back. */
  userUndeleted: {
    verdict: verdicts.live,
    copies: 2,
    tell: stage => {
      const life = draftUser(stage, stage.someDomain());
      const tombstone = tombstoneOf(life.home, { isRecycled: false, whenChanged: stage.daysAgo(10, 11) });
      return { ...present(life), earlier: { daysAgo: 4.5, onPremises: [tombstone] } };
    },
  },
  /** For some nights nothing of it was to be seen; then it was restored from a backup, as it was. */
  userFoundAgain: {
    verdict: verdicts.live,
    copies: 2,
    tell: stage => ({
      ...present(draftUser(stage, stage.someDomain())),
      earlier: { daysAgo: 3.5, onPremises: [] },
    }),
  },
  /** No export has it, but something on-premises wrote it to the cloud after the exports began. */
  fedByUnseenClient: {
    verdict: verdicts.live,
    copies: 3,
    tell: stage => {
      const { cloud } = draftUser(stage, stage.forests.contoso);
      return {
        lives: [{ cloud: { ...cloud, onPremisesLastSyncDateTime: stage.hoursAgo(1 / 6) }, home: null }],
        onPremises: [],
      };
    },
  },
} as const satisfies Stories<'user'>;
