import { draftContact } from '../drafts/contact';
import { adUser, draftUser } from '../drafts/user';
import { base64OfGuid } from '../identifiers';
import { altered } from '../onPremises';
import { present, type Stories, verdicts } from '../story';

/** Users whose keys miss their source although a source is there: a naive comparison deletes them. */
export const doubtfulUsers = {
  /** Moved to an OU that is not synchronised (case 10). */
  userMovedOutOfScope: {
    verdict: verdicts.outOfScope,
    copies: 4,
    tell: stage => {
      const domain = stage.someDomain();
      const { cloud, home } = draftUser(stage, domain);
      const commonName = home.line.distinguishedName.replace(/,OU=.*$/, '');
      const distinguishedName = `${commonName},OU=No Sync,${domain.distinguishedName}`;
      return present({ cloud, home: altered(home, { inScope: false, distinguishedName }) });
    },
  },
  /** Filtered by adminDescription (`User_…`), where it always was (case 32). */
  userFiltered: {
    verdict: verdicts.outOfScope,
    copies: 3,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.someDomain());
      return present({ cloud, home: altered(home, { inScope: false }) });
    },
  },
  /** The anchor stood in mS-DS-ConsistencyGuid, which was overwritten; the SID is found (case 3). */
  userReAnchored: {
    verdict: verdicts.reAnchored,
    copies: 3,
    tell: stage => {
      const { cloud, home } = draftUser(stage, stage.forests.contoso);
      return present({
        cloud: { ...cloud, onPremisesImmutableId: base64OfGuid(stage.guid()) },
        home: altered(home, { 'mS-DS-ConsistencyGuid': base64OfGuid(stage.guid()) }),
      });
    },
  },
  /** A new account under the same UPN and address; the old one is gone (case 6). */
  userReCreated: {
    verdict: verdicts.reCreated,
    copies: 4,
    tell: stage => {
      const domain = stage.someDomain();
      const { cloud, home } = draftUser(stage, domain);
      const { userPrincipalName, mail } = home.line;
      const successor = altered(adUser(stage, domain, stage.names.person(stage.random)), {
        ...(userPrincipalName !== undefined && { userPrincipalName }),
        ...(mail !== undefined && { mail, proxyAddresses: [`SMTP:${mail}`] }),
      });
      return { lives: [{ cloud, home }], onPremises: [successor] };
    },
  },
  /** The account is gone; a contact has its address (case 34). */
  userReCreatedAsContact: {
    verdict: verdicts.reCreated,
    copies: 2,
    tell: stage => {
      const domain = stage.someDomain();
      const life = draftUser(stage, domain);
      const { mail } = life.home.line;
      const contact = draftContact(stage, domain).home;
      const successor =
        mail === undefined ? contact : altered(contact, { mail, proxyAddresses: [`SMTP:${mail}`] });
      return { lives: [life], onPremises: [successor] };
    },
  },
  /** Two cloud users with one anchor (case 33). */
  usersWithOneAnchor: {
    verdict: verdicts.duplicate,
    copies: 1,
    tell: stage => {
      const { contoso } = stage.forests;
      const first = draftUser(stage, contoso);
      const { cloud } = draftUser(stage, contoso);
      const { onPremisesImmutableId } = first.cloud;
      const second = {
        ...cloud,
        onPremisesImmutableId: onPremisesImmutableId ?? null,
        onPremisesSecurityIdentifier: null,
      };
      return { lives: [first, { cloud: second, home: first.home }], onPremises: [first.home] };
    },
  },
  /** Two cloud users with one AD SID; the anchor of the second is nobody's (case 33). */
  usersWithOneSid: {
    verdict: verdicts.duplicate,
    copies: 1,
    tell: stage => {
      const { contoso } = stage.forests;
      const first = draftUser(stage, contoso);
      const { cloud } = draftUser(stage, contoso);
      const { onPremisesSecurityIdentifier } = first.cloud;
      const second = { ...cloud, onPremisesSecurityIdentifier: onPremisesSecurityIdentifier ?? null };
      return { lives: [first, { cloud: second, home: first.home }], onPremises: [first.home] };
    },
  },
} as const satisfies Stories<'user'>;
