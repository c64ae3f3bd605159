import { isDeepStrictEqual } from 'node:util';
import { consentResources, type ConsentResource, type Found, type FoundIdentity } from './found';
import { entriesOf, mayChange, refusalToGrant, type CatalogueEntry, type IdentityName } from './permissions';
import {
  enterpriseApplicationTag,
  identifierUriOf,
  noParts,
  preAuthorized,
  redirectsOf,
  scopeName,
  signInScopes,
  wantedParts,
  type PartName,
  type Raw,
  type RegistrationParts,
  type WantedRegistration,
} from './registration';
import type { Wanted, WantedIdentity } from './wanted';

/** One write. In order: an action may need what the ones before it made. */
export type Action =
  | {
      readonly kind: 'revoke';
      readonly identity: IdentityName;
      readonly assignmentId: string;
      readonly permission: string;
      readonly reason: string;
    }
  | { readonly kind: 'restoreRegistration'; readonly id: string }
  | { readonly kind: 'createRegistration'; readonly uniqueName: string; readonly parts: RegistrationParts }
  | { readonly kind: 'updateRegistration'; readonly set: Partial<RegistrationParts> }
  /** `kept`: the identifier URIs that are there and not ours. */
  | { readonly kind: 'setIdentifierUri'; readonly kept: readonly string[] }
  | { readonly kind: 'preAuthorize'; readonly api: Raw }
  | { readonly kind: 'putServicePrincipal'; readonly exists: boolean; readonly tags: readonly string[] }
  | {
      readonly kind: 'consent';
      readonly resource: ConsentResource;
      readonly consentId: string | null;
      readonly scope: string;
    }
  | {
      readonly kind: 'grant';
      readonly identity: IdentityName;
      readonly permission: string;
      readonly reason: string;
    }
  | { readonly kind: 'deleteRegistration'; readonly id: string; readonly assignments: number };

/** What a person should know, and this command leaves alone. */
export type Note =
  | {
      readonly kind: 'notOurs';
      readonly identity: IdentityName;
      readonly permission: string;
      readonly changes: boolean;
    }
  | { readonly kind: 'otherRedirect'; readonly address: string }
  | { readonly kind: 'optionalNotAvailable'; readonly identity: IdentityName; readonly permission: string };

/** Why nothing may be written. */
export type Problem =
  | { readonly kind: 'notAvailable'; readonly identity: IdentityName; readonly permission: string }
  | { readonly kind: 'refused'; readonly why: string };

export interface Plan {
  readonly actions: readonly Action[];
  readonly notes: readonly Note[];
  /** Where there is one, the plan is not to be carried out. */
  readonly problems: readonly Problem[];
}

/** Decides what to write so that the tenant is as wanted. Revokes come first: less is safe at any time. */
export function plan(wanted: Wanted, found: Found): Plan {
  const identities = wanted.identities.map(one => planIdentity(one, found));
  const actions = identities.flatMap(one => one.actions);
  return {
    actions: [
      ...actions.filter(({ kind }) => kind === 'revoke'),
      ...registrationActions(wanted.registration, found),
      ...actions.filter(({ kind }) => kind === 'grant'),
    ],
    notes: [
      ...redirectNotes(wanted.registration, found),
      ...found.identities.flatMap(notOurs),
      ...identities.flatMap(one => one.notes),
    ],
    problems: identities.flatMap(one => one.problems),
  };
}

/** Decides what to remove: all that this command can have made, and nothing else. */
export function planUndo(found: Found): Plan {
  const revokes = found.identities.flatMap(identity =>
    revokesOf(identity, entriesOf(identity.identity), 'undo: it was granted for entra-orphans'),
  );
  const { registration, servicePrincipal } = found;
  return {
    actions: [
      ...revokes,
      ...(registration.kind === 'there'
        ? [
            {
              kind: 'deleteRegistration' as const,
              id: registration.id,
              assignments: servicePrincipal?.assignments ?? 0,
            },
          ]
        : []),
    ],
    notes: found.identities.flatMap(notOurs),
    problems: [],
  };
}

function registrationActions(wanted: WantedRegistration, found: Found): readonly Action[] {
  const { registration } = found;
  const parts = registration.kind === 'missing' ? noParts : registration.parts;
  const target = wantedParts(parts, wanted);
  const preAuthorizedApi = preAuthorized(target.api);
  const actions: Action[] = [];
  if (registration.kind === 'missing') {
    actions.push({ kind: 'createRegistration', uniqueName: wanted.uniqueName, parts: target });
    actions.push({ kind: 'setIdentifierUri', kept: [] });
  } else {
    if (registration.kind === 'deleted') actions.push({ kind: 'restoreRegistration', id: registration.id });
    const set = differences(parts, target);
    if (Object.keys(set).length > 0) actions.push({ kind: 'updateRegistration', set });
    if (!parts.identifierUris.includes(identifierUriOf(registration.appId)))
      actions.push({ kind: 'setIdentifierUri', kept: parts.identifierUris });
  }
  if (!isDeepStrictEqual(preAuthorizedApi, target.api))
    actions.push({ kind: 'preAuthorize', api: preAuthorizedApi });
  return [...actions, ...servicePrincipalActions(found), ...consentActions(found)];
}

function differences(found: RegistrationParts, target: RegistrationParts): Partial<RegistrationParts> {
  const names = (Object.keys(target) as PartName[]).filter(
    name => !isDeepStrictEqual(found[name], target[name]),
  );
  return Object.fromEntries(names.map(name => [name, target[name]]));
}

function servicePrincipalActions({ servicePrincipal }: Found): readonly Action[] {
  const tags = servicePrincipal?.tags ?? [];
  const tagged = tags.includes(enterpriseApplicationTag);
  if (servicePrincipal?.assignmentRequired && tagged) return [];
  return [
    {
      kind: 'putServicePrincipal',
      exists: servicePrincipal !== null,
      tags: tagged ? tags : [...tags, enterpriseApplicationTag],
    },
  ];
}

/** Where assignment is required nobody can consent for himself: an administrator does it for all, here. */
function consentActions({ consents }: Found): readonly Action[] {
  const scopes: Readonly<Record<ConsentResource, string>> = { api: scopeName, graph: signInScopes };
  return consentResources.flatMap((resource): readonly Action[] => {
    const there = consents.find(one => one.resource === resource);
    const granted = there?.scope.split(' ').filter(name => name !== '') ?? [];
    const missing = scopes[resource].split(' ').filter(name => !granted.includes(name));
    if (missing.length === 0) return [];
    const scope = [...granted, ...missing].join(' ');
    return [{ kind: 'consent', resource, consentId: there?.id ?? null, scope }];
  });
}

interface IdentityPlan {
  readonly actions: readonly Action[];
  readonly notes: readonly Note[];
  readonly problems: readonly Problem[];
}

function planIdentity({ identity, wanted, unwanted }: WantedIdentity, found: Found): IdentityPlan {
  const there = found.identities.find(one => one.identity === identity);
  const held = new Set(there?.grants.map(({ permission }) => permission));
  // A permission may be there for two reasons, of which one is left.
  const gone = unwanted.filter(entry => !wanted.some(({ permission }) => permission === entry.permission));
  const actions: Action[] = there ? [...revokesOf(there, gone, 'no longer asked for')] : [];
  const notes: Note[] = [];
  const problems: Problem[] = [];
  for (const { permission, reason, need } of wanted) {
    const refusal = refusalToGrant(identity, permission);
    if (refusal !== null) problems.push({ kind: 'refused', why: refusal });
    else if (held.has(permission)) continue;
    else if (found.available.has(permission)) actions.push({ kind: 'grant', identity, permission, reason });
    else if (need.kind === 'optional') notes.push({ kind: 'optionalNotAvailable', identity, permission });
    else problems.push({ kind: 'notAvailable', identity, permission });
  }
  return { actions, notes, problems };
}

const revokesOf = (
  { identity, grants }: FoundIdentity,
  entries: readonly CatalogueEntry[],
  reason: string,
): readonly Action[] =>
  grants
    .filter(grant => entries.some(({ permission }) => permission === grant.permission))
    .map(({ assignmentId, permission }) => ({ kind: 'revoke', identity, assignmentId, permission, reason }));

function notOurs({ identity, grants }: FoundIdentity): readonly Note[] {
  const ours = new Set(entriesOf(identity).map(({ permission }) => permission));
  return grants
    .filter(({ permission }) => !ours.has(permission))
    .map(({ permission }) => ({ kind: 'notOurs', identity, permission, changes: mayChange(permission) }));
}

function redirectNotes(wanted: WantedRegistration, { registration }: Found): readonly Note[] {
  if (registration.kind === 'missing' || wanted.redirects.length === 0) return [];
  return redirectsOf(registration.parts)
    .filter(address => !wanted.redirects.includes(address))
    .map(address => ({ kind: 'otherRedirect', address }));
}
