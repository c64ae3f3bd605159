import { isNativeError } from 'node:util/types';
import { z } from 'zod';
import { differs, notChecked } from '../../../core/tenantChecks/checkOutcome';
import { judgeApiToken, judgeIssuer } from '../../../core/tenantChecks/tokenJudgements';
import { readJson } from '../../http/boundedJson';
import { decodeToken } from '../decodeToken';
import type { TenantCheck } from '../tenantCheck';

const limits = { bytes: 256 * 1024, milliseconds: 10_000 };
const textOrNull = z.string().nullable().catch(null);
const discoverySchema = z.object({ issuer: textOrNull, jwks_uri: textOrNull });

export const tokenChecks: readonly TenantCheck[] = [
  {
    id: 'I2',
    expected: 'an access token for our API has the claims of version 2.0 that tell who calls',
    async look(tenant, signal) {
      if (tenant.readApiToken === null)
        return notChecked(
          'give the application id of the API with --api, and somebody who may have a token for it',
        );
      const token = decodeToken(await tenant.readApiToken(signal));
      return token === null ? differs('no JSON web token', 'the API refuses it') : judgeApiToken(token);
    },
  },
  {
    id: 'I3',
    expected: "jwks_uri of the tenant's discovery document is on the origin of the issuer",
    async look(tenant) {
      const address = `${tenant.issuer}/.well-known/openid-configuration`;
      let document: unknown;
      try {
        document = await readJson(address, limits);
      } catch (error) {
        return notChecked(reasonOf(error));
      }
      const { issuer, jwks_uri: keys } = discoverySchema
        .catch({ issuer: null, jwks_uri: null })
        .parse(document);
      return judgeIssuer(tenant.issuer, { issuer, jwksOrigin: URL.parse(keys ?? '')?.origin ?? null });
    },
  },
];

/** Also why the connection failed, which fetch hides in the cause. */
function reasonOf(error: unknown): string {
  if (!isNativeError(error)) return String(error);
  return isNativeError(error.cause) ? `${error.message} (${error.cause.message})` : error.message;
}
