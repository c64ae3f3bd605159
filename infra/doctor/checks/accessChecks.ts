import { judgeRefused } from '../../../shared/core/doctor/outsideJudgements';
import {
  allOf,
  differs,
  holds,
  notChecked,
  type CheckOutcome,
} from '../../../shared/core/tenantChecks/checkOutcome';
import { meSchema } from '../apiDocuments';
import type { Deployment } from '../deployment';
import type { DoctorCheck } from '../doctorCheck';
import { claimsOfEverybody, forgedPrincipal } from '../forgedTokens';

const claimsFor = (
  { options: { issuer, tenantId, appId }, clock }: Deployment,
  changed: Partial<Record<'issuer' | 'tenantId' | 'audience', string>> = {},
) => claimsOfEverybody({ issuer, tenantId, audience: appId, ...changed }, clock.now());

const otherId = '00000000-0000-4000-8000-000000000001';

/**
 * A token that somebody else signed is refused for its signature, whatever else is wrong with it. So it shows a fault, and never that
 * there is none; that takes a genuine token.
 */
function forgedOnly(refused: CheckOutcome, takes: string): CheckOutcome {
  return refused.status === 'holds'
    ? notChecked(
        `it was refused for its signature, too: only a genuine token tells; ${takes}`,
        ...refused.found,
      )
    : refused;
}

/** Who is let in, and who is not. */
export const accessChecks: readonly DoctorCheck[] = [
  {
    id: 'access.noToken',
    expected: 'without a token: 401',
    look: async ({ ask }) => judgeRefused('no token', await ask('/me', null)),
  },
  {
    id: 'access.forgedHeader',
    expected: 'with a made-up x-ms-client-principal: 401',
    look: async ({ ask }) => judgeRefused('x-ms-client-principal', await ask('/me', null, forgedPrincipal())),
  },
  {
    id: 'access.forgedToken',
    expected: 'with a token that somebody else signed, or nobody: 401',
    look: async deployment => {
      const { ask } = deployment;
      const forger = await deployment.forger();
      const claims = claimsFor(deployment);
      const kid = await deployment.publishedKeyId();
      const known =
        kid === null
          ? []
          : [judgeRefused("the name of the issuer's key", await ask('/me', await forger.sign(claims, kid)))];
      const outcomes = [
        ...known,
        judgeRefused('an unknown key', await ask('/me', await forger.sign(claims, null))),
        judgeRefused('no signature', await ask('/me', forger.unsigned(claims))),
      ];
      if (kid === null)
        outcomes.push(notChecked('the keys of the issuer could not be read: check AUTH_ISSUER'));
      return allOf(outcomes);
    },
  },
  {
    id: 'access.otherAudience',
    optional: true,
    expected: 'with a token for another audience: 401',
    look: async deployment => {
      const { ask, options } = deployment;
      if (!options.sendGraphToken) {
        const token = await (
          await deployment.forger()
        ).sign(claimsFor(deployment, { audience: otherId }), null);
        return forgedOnly(judgeRefused('a made-up token', await ask('/me', token)), '--send-graph-token');
      }
      const graph = await deployment.graphToken(options.tenantId);
      if (graph.kind === 'notRead') return notChecked(graph.why);
      return judgeRefused('a genuine token for Microsoft Graph', await ask('/me', graph.value));
    },
  },
  {
    id: 'access.otherTenant',
    optional: true,
    expected: 'with a token of another tenant: 401',
    look: async deployment => {
      const { ask, options } = deployment;
      if (options.otherTenant === null) {
        const issuer = options.issuer.replace(options.tenantId, otherId);
        const claims = claimsFor(deployment, { issuer, tenantId: otherId });
        const token = await (await deployment.forger()).sign(claims, null);
        return forgedOnly(
          judgeRefused('a made-up token', await ask('/me', token)),
          '--send-graph-token --other-tenant <id>',
        );
      }
      const other = await deployment.graphToken(options.otherTenant);
      if (other.kind === 'notRead') return notChecked(other.why);
      return judgeRefused('a genuine token of another tenant', await ask('/me', other.value));
    },
  },
  {
    id: 'access.ownToken',
    expected: 'with the own token of whoever is signed in: let in, with a role',
    look: async ({ ownToken, me }) => {
      const own = await ownToken();
      if (own.kind === 'notRead') return notChecked(own.why);
      const answer = await me();
      if (answer === null || answer.kind === 'failed') return notChecked('the app could not be reached');
      const found = meSchema.safeParse(answer.json).data;
      if (answer.status === 200 && found)
        return holds(`roles ${found.roles.join(', ')}; roll-out ${found.rolloutStage}`);
      const why =
        answer.status === 403
          ? 'assign the signed-in account the role Orphans.Reader (docs/permissions.md, "People")'
          : 'AUTH_ISSUER, AUTH_AUDIENCE and TENANT_ID of the app must fit the registration; the log of the app says what does not';
      return differs(`status ${answer.status}`, why);
    },
  },
];
