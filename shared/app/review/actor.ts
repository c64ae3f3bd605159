import type { Actor } from '../../core/audit';
import { longestName, type Person } from '../../core/decision';
import type { Caller, Person as PersonCalling } from '../caller';

/** The caller as the audit names it. */
export const actorOf = (caller: Caller): Actor =>
  caller.kind === 'person'
    ? { kind: 'person', id: caller.objectId, name: caller.name }
    : { kind: 'app', id: caller.objectId, name: null };

/** The caller as decisions and rules name it; without a name, by the object id. */
export const personOf = ({ objectId, name }: PersonCalling): Person => ({
  id: objectId,
  // Not through a pair of surrogates.
  name: (name?.trim() || objectId).slice(0, longestName).replace(/[\ud800-\udbff]$/, ''),
});
