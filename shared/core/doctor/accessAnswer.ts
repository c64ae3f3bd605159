import type { AccessAnswer } from './diagnosis';

/** Codes of the storage where the identity is known and has no role for the operation. */
const withoutRole: ReadonlySet<string> = new Set([
  'AuthorizationPermissionMismatch',
  'InsufficientAccountPermissions',
]);
const withoutStore: ReadonlySet<string> = new Set([
  'TableNotFound',
  'ContainerNotFound',
  'ContainerDisabled',
]);

/**
 * Reads the answer to a request about a row or blob that is not there, under an ETag that none can have. Azure looks at roles before
 * anything else, so 404, 409 and 412 mean that the operation itself would be carried out. 403 with another code comes from a
 * firewall or from the account, and says nothing of roles.
 */
export function accessAnswerOf(status: number, serviceCode: string | null): AccessAnswer {
  const code = serviceCode === null ? `HTTP ${status}` : `HTTP ${status} ${serviceCode}`.slice(0, 100);
  if (status === 403 && serviceCode !== null && withoutRole.has(serviceCode))
    return { status: 'refused', code };
  if (status === 404 && serviceCode !== null && withoutStore.has(serviceCode))
    return { status: 'missing', code };
  const carriedOut = (status >= 200 && status < 300) || [404, 409, 412].includes(status);
  return { status: carriedOut ? 'allowed' : 'unknown', code };
}
