import { allOf, differs, holds, notChecked, type CheckOutcome } from '../tenantChecks/checkOutcome';
import { identityTitles, type IdentityDiagnosis, type IdentityName, type TokenFacts } from './diagnosis';

/** Whose tokens the parts were given: each identity's own, and no two the same. `expected`: client ids as the deployment names them. */
export function judgeIdentities(
  identities: readonly IdentityDiagnosis[],
  expected: Readonly<Partial<Record<IdentityName, string>>>,
): CheckOutcome {
  const outcomes = identities.map(one => judgeOwnTokens(one, expected[one.identity] ?? null));
  for (const [index, { identity, clientId }] of identities.entries())
    for (const other of identities.slice(index + 1))
      if (other.clientId === clientId)
        outcomes.push(
          differs(
            `${identityTitles[identity]} and ${identityTitles[other.identity]} are one identity ${clientId}`,
            'one identity for both has the rights of both: give each part its own (READER_CLIENT_ID, DELETER_CLIENT_ID)',
          ),
        );
  return allOf(outcomes);
}

function judgeOwnTokens(
  { identity, clientId, graph, storage }: IdentityDiagnosis,
  expected: string | null,
): CheckOutcome {
  const title = identityTitles[identity];
  if (expected !== null && expected !== clientId)
    return differs(
      `${title}: the app uses ${clientId}, the deployment made ${expected}`,
      'deploy again, so that the settings name the identities that were made',
    );
  // The deleter has nothing to do in the storage.
  const tokens = identity === 'deleter' ? [graph] : [graph, storage];
  return allOf(tokens.map(token => judgeOwner(title, clientId, token)));
}

function judgeOwner(title: string, clientId: string, token: TokenFacts): CheckOutcome {
  if (token.kind === 'none')
    return differs(`${title}: no token`, `${token.why}. Check that the identity is assigned to the app`);
  if (token.appId === null) return notChecked(`${title}: its token does not tell whose it is`);
  return token.appId === clientId
    ? holds(`${title}: tokens of ${clientId}`)
    : differs(
        `${title}: asked for ${clientId}, and got a token of ${token.appId}`,
        'another identity answers: check which identities are assigned to the app',
      );
}
