import { createHash } from 'node:crypto';
import type { Role } from '../../../shared/app/caller';

/** A user of the local stack, who signs in without a password. */
export interface SampleUser {
  readonly objectId: string;
  readonly login: string;
  readonly name: string;
  readonly roles: readonly Role[];
}

/** A client that signs in as itself. */
export interface SampleApplication {
  readonly clientId: string;
  readonly objectId: string;
  readonly roles: readonly Role[];
}

/** A GUID that is the same each time, so that a signed-in page outlives a restart. */
export function sampleGuid(name: string): string {
  const digits = createHash('sha256').update(`entra-orphans ${name}`).digest('hex');
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20, 32),
  ].join('-');
}

const user = (login: string, name: string, ...roles: Role[]): SampleUser => ({
  objectId: sampleGuid(`user ${login}`),
  login: `${login}@contoso.example`,
  name,
  roles,
});

export const sampleUsers = {
  reader: user('rita', 'Rita Reader', 'Orphans.Reader'),
  approver: user('anna', 'Anna Approver', 'Orphans.Approver'),
  deleter: user('dino', 'Dino Deleter', 'Orphans.Deleter'),
  both: user('bea', 'Bea Both', 'Orphans.Approver', 'Orphans.Deleter'),
  nobody: user('noah', 'Noah Nobody'),
} as const satisfies Record<string, SampleUser>;

export type SampleUserName = keyof typeof sampleUsers;

/** The client of the page: public, with PKCE. */
export const pageClientId = sampleGuid('page');

export const sampleApplication: SampleApplication = {
  clientId: sampleGuid('application'),
  objectId: sampleGuid('service principal'),
  roles: ['Orphans.Reader', 'Orphans.Approver', 'Orphans.Deleter'],
};
