import { draftContact } from '../drafts/contact';
import { adUser } from '../drafts/user';
import { altered, tombstoneOf } from '../onPremises';
import { lostSince, present, type Stories, verdicts } from '../story';

/** The lives of contacts. A contact has no anchor and no SID: its addresses link it, to any class of AD object. */
export const contactStories = {
  /** Found by its address. */
  ordinaryContact: {
    verdict: verdicts.live,
    copies: 0,
    soleTrace: true,
    tell: stage => present(draftContact(stage, stage.someDomain())),
  },
  /** The AD contact is gone; a user of the other forest holds the address, and synchronisation joined them (case 17). */
  contactHeldByUserOfOtherForest: {
    verdict: verdicts.live,
    copies: 3,
    tell: stage => {
      const { contoso, fabrikam } = stage.forests;
      const { cloud } = draftContact(stage, contoso);
      const user = adUser(stage, fabrikam, stage.names.person(stage.random));
      const home = altered(user, {
        proxyAddresses: [...(user.line.proxyAddresses ?? []), `smtp:${cloud.mail}`],
      });
      return present({ cloud, home });
    },
  },
  /** A mail-enabled public folder holds the address (case 31). */
  contactHeldByPublicFolder: {
    verdict: verdicts.live,
    copies: 2,
    tell: stage => {
      const { contoso } = stage.forests;
      const { cloud } = draftContact(stage, contoso);
      const home = contoso.object({
        objectClass: 'other',
        objectGUID: stage.guid(),
        distinguishedName: `CN=${cloud.mailNickname},CN=Microsoft Exchange System Objects,${contoso.distinguishedName}`,
        inScope: true,
        ...(typeof cloud.mail === 'string' && { mail: cloud.mail, proxyAddresses: [`SMTP:${cloud.mail}`] }),
      });
      return present({ cloud, home });
    },
  },
  /** Only a secondary address is the same on both sides, and it is written in another case. */
  contactFoundByProxyInOtherCase: {
    verdict: verdicts.live,
    copies: 3,
    tell: stage => {
      const domain = stage.someDomain();
      const { cloud, home } = draftContact(stage, domain);
      const mail = draftContact(stage, domain).home.line.mail ?? '';
      const alias = `info.${cloud.mail}`;
      return present({
        cloud: { ...cloud, proxyAddresses: [`SMTP:${cloud.mail}`, `smtp:${alias}`] },
        home: altered(home, { mail, proxyAddresses: [`SMTP:${mail}`, `smtp:${alias.toUpperCase()}`] }),
      });
    },
  },
  /** Gone; one in two left a tombstone, which has lost its addresses, so that nothing links it to the cloud. */
  contactWithoutTrace: {
    verdict: verdicts.absent,
    verdictWithUncoveredForest: verdicts.unknown,
    copies: 8,
    tell: (stage, copy) => {
      const life = draftContact(stage, stage.someDomain());
      const deletion = { whenChanged: stage.daysAgo(35, 60), isRecycled: false };
      return { lives: [life], onPremises: copy % 2 === 0 ? [tombstoneOf(life.home, deletion)] : [] };
    },
  },
  /** Gone without a trace for four nights. */
  contactLostThisWeek: {
    verdict: verdicts.absent,
    verdictWithUncoveredForest: verdicts.unknown,
    waitsFor: ['grace'],
    copies: 1,
    tell: stage => lostSince(draftContact(stage, stage.someDomain()), 3.5),
  },
  /** No address at all: nothing to look for (case 18). */
  contactWithoutAddress: {
    verdict: verdicts.unknown,
    copies: 2,
    tell: stage => {
      const { cloud, home } = draftContact(stage, stage.someDomain());
      return present({ cloud: { ...cloud, mail: null, proxyAddresses: [] }, home });
    },
  },
} as const satisfies Stories<'contact'>;
