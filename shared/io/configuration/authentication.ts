import type { Guid } from '../../core/keys/guid';
import { settingReader, type Environment, type SettingProblem } from './readSetting';
import { settings } from './settings';
import { issuerPattern } from './settingSchemas';

/** Which access tokens the part review accepts. */
export interface Authentication {
  readonly issuer: string;
  readonly audience: Guid;
  /** The scope that a person's token must hold. */
  readonly scope: string;
  readonly tenantId: Guid;
}

export type AuthenticationReading =
  | { readonly status: 'valid'; readonly authentication: Authentication }
  | { readonly status: 'invalid'; readonly problems: readonly SettingProblem[] };

/** The settings that decide who may call; the part review refuses every call while one of them is missing or wrong. */
export function readAuthentication(environment: Environment): AuthenticationReading {
  const problems: SettingProblem[] = [];
  const read = settingReader(environment, problems);
  const authentication: Authentication = {
    tenantId: read('TENANT_ID', settings.TENANT_ID),
    issuer: read('AUTH_ISSUER', settings.AUTH_ISSUER),
    audience: read('AUTH_AUDIENCE', settings.AUTH_AUDIENCE),
    scope: read('AUTH_SCOPE', settings.AUTH_SCOPE),
  };
  if (problems.length === 0 && issuerPattern.exec(authentication.issuer)?.[1] !== authentication.tenantId)
    problems.push({ setting: 'AUTH_ISSUER', problem: 'is the issuer of another tenant than TENANT_ID' });
  return problems.length === 0 ? { status: 'valid', authentication } : { status: 'invalid', problems };
}
