import type { ObjectType } from '../../shared/core/objectType';
import { entriesOf, type CatalogueEntry, type IdentityName } from './permissions';
import type { WantedRegistration } from './registration';

/** What was asked for. `null`: not said, so what is there stays as it is. */
export interface Choices {
  /** Types that may be deleted. */
  readonly types: ReadonlySet<ObjectType> | null;
  readonly quarantine: boolean;
  /** The optional permissions, by name. */
  readonly optional: ReadonlySet<string> | null;
}

export interface WantedIdentity {
  readonly identity: IdentityName;
  readonly wanted: readonly CatalogueEntry[];
  /** Of ours, what this identity is not to hold any more. */
  readonly unwanted: readonly CatalogueEntry[];
}

export interface Wanted {
  readonly registration: WantedRegistration;
  readonly identities: readonly WantedIdentity[];
}

/** Decides which permissions an identity is to hold, and which not; what the choices say nothing about is in neither list. */
export function decidePermissions(identity: IdentityName, choices: Choices): WantedIdentity {
  const entries = entriesOf(identity);
  const answered = (answer: 'yes' | 'no') => entries.filter(entry => isNeeded(entry, choices) === answer);
  return { identity, wanted: answered('yes'), unwanted: answered('no') };
}

const answer = (needed: boolean): 'yes' | 'no' => (needed ? 'yes' : 'no');

function isNeeded({ need, permission }: CatalogueEntry, choices: Choices): 'yes' | 'no' | 'notSaid' {
  switch (need.kind) {
    case 'always':
      return 'yes';
    case 'type':
      return choices.types === null ? 'notSaid' : answer(choices.types.has(need.type));
    case 'quarantine':
      return choices.types === null ? 'notSaid' : answer(choices.quarantine);
    case 'optional':
      return choices.optional === null ? 'notSaid' : answer(choices.optional.has(permission));
  }
}
