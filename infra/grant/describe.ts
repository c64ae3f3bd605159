import { identityTitles } from './permissions';
import type { GrantOptions } from './options';
import type { Action, Note, Plan, Problem } from './plan';
import { redirectsOf, scopeName, type RegistrationParts } from './registration';
import { roles } from '../../shared/app/caller';

const pad = (text: string, width: number): string => text.padEnd(width);
const line = (who: string, verb: string, what: string): string => `  ${pad(who, 14)} ${pad(verb, 8)} ${what}`;

/** An action in one line: who or what, what happens, and why. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'revoke':
      return line(identityTitles[action.identity], 'revoke', `${action.permission}: ${action.reason}`);
    case 'grant':
      return line(identityTitles[action.identity], 'grant', `${action.permission}: ${action.reason}`);
    case 'restoreRegistration':
      return line('registration', 'restore', 'it was deleted less than 30 days ago');
    case 'createRegistration':
      return line(
        'registration',
        'create',
        `${action.parts.displayName}: roles ${roles.join(', ')}; scope ${scopeName}${redirects(action.parts)}`,
      );
    case 'updateRegistration':
      return line('registration', 'update', Object.keys(action.set).join(', ') + redirects(action.set));
    case 'setIdentifierUri':
      return line('registration', 'update', 'identifier URI api://<its application id>');
    case 'preAuthorize':
      return line('registration', 'update', 'the Azure CLI is pre-authorised, for az rest');
    case 'putServicePrincipal':
      return line(
        'application',
        action.exists ? 'update' : 'create',
        'its service principal; only who is assigned to a role gets a token',
      );
    case 'consent':
      return line(
        'application',
        'consent',
        `for everybody who is assigned: ${action.scope} of ${action.resource === 'api' ? 'its own API' : 'Microsoft Graph'}`,
      );
    case 'deleteRegistration':
      return line(
        'registration',
        'delete',
        `with its service principal and ${action.assignments} role assignments; can be restored for 30 days`,
      );
  }
}

function redirects(parts: Partial<RegistrationParts>): string {
  const { spa } = parts;
  const addresses = spa ? redirectsOf({ spa } as RegistrationParts) : [];
  return addresses.length > 0 ? `; page ${addresses.join(', ')}` : '';
}

function describeNote(note: Note): string {
  switch (note.kind) {
    case 'notOurs':
      return line(
        identityTitles[note.identity],
        note.changes ? 'WARNING' : 'note',
        `holds ${note.permission}, which entra-orphans does not use; it is left as it is` +
          (note.changes ? '. It may change things: remove it unless you know why it is there' : ''),
      );
    case 'otherRedirect':
      return line(
        'registration',
        'note',
        `also has the redirect address ${note.address}; remove it if it is an old one`,
      );
    case 'optionalNotAvailable':
      return line(identityTitles[note.identity], 'note', `${note.permission} does not exist in this cloud`);
  }
}

export function describeProblem(problem: Problem): string {
  switch (problem.kind) {
    case 'refused':
      return problem.why;
    case 'notAvailable':
      return `The ${identityTitles[problem.identity]} needs ${problem.permission}, which Microsoft Graph does not have in this cloud.`;
  }
}

/** What the choices leave open, for whoever expects more of them. */
export function describeChoices({
  identities,
  choices,
}: Pick<GrantOptions, 'identities' | 'choices'>): readonly string[] {
  const lines: string[] = [];
  if (identities.has('deleter') && choices.types === null)
    lines.push(line('deleter', 'note', '--types is not given: its permissions stay as they are'));
  if (choices.types?.has('contact'))
    lines.push(line('deleter', 'note', 'no application permission deletes contacts: a person does that'));
  if (identities.size > 0 && choices.optional === null)
    lines.push(line('readers', 'note', '--optional is not given: optional permissions stay as they are'));
  return lines;
}

/** The plan as lines; an empty one says that there is nothing to do. */
export function describePlan({ actions, notes }: Plan): readonly string[] {
  const lines =
    actions.length > 0 ? actions.map(describeAction) : ['  Everything is as wanted: nothing to write.'];
  return [...lines, ...notes.map(describeNote)];
}
