import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { TokenShape } from '../../core/tenantChecks/tokenJudgements';

/** Header and claims, not verified; null: it is no JSON web token that can be read. */
export function decodeToken(token: string): TokenShape | null {
  try {
    return { header: { ...decodeProtectedHeader(token) }, claims: decodeJwt(token) };
  } catch {
    return null;
  }
}
