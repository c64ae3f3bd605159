import type { Correlation, UnknownReason } from '../../../../shared/core/correlate';
import { attentionReasons, type FactState } from '../../../../shared/core/facts';
import type { Guid } from '../../../../shared/core/keys/guid';
import type { Protection } from '../../../../shared/core/protection';
import { explanationOf } from '../../../../shared/core/review/explanation';
import { uncoveredDomainSeenBy } from '../../../../shared/core/review/lastScan';
import type { Verdict } from '../../../../shared/core/verdict';
import { anObject, aTombstone } from '../../../support/builders';

const objectGUID = '11111111-2222-4333-8444-555555555555' as Guid;
const object = anObject({ objectGUID, objectClass: 'user' });
const tombstone = aTombstone({ objectGUID, objectClass: 'user' });
const none: Verdict = { kind: 'none', because: 'alive' };
const attention = (reason: (typeof attentionReasons)[number]): Verdict => ({ kind: 'attention', reason });
const missing: Verdict = { kind: 'missing', proof: 'absence' };

const words = (
  correlation: Correlation,
  verdict: Verdict = none,
  protection: Protection | null = null,
): string => explanationOf({ type: 'user' }, { correlation }, verdict, protection);

describe('an outcome in words says what was found and what to do', () => {
  test.each<[Correlation, Verdict, RegExp]>([
    [{ kind: 'live', by: 'sIDHistory' }, none, /lives: .* in sIDHistory\. It is no candidate\.$/],
    [{ kind: 'live', by: 'address' }, none, /has one of its addresses/],
    [{ kind: 'live', by: 'onPremisesLastSyncDateTime' }, none, /still feeds it/],
    [
      { kind: 'outOfScope', objects: [object] },
      attention('outOfScope'),
      /Bring it back into scope.*not be approved/,
    ],
    [{ kind: 'reAnchored', to: [object] }, attention('reAnchored'), /Mend the link.*not be approved/],
    [{ kind: 'reCreated', as: [object] }, attention('reCreated'), /mailbox, files or rights/],
    [
      { kind: 'duplicate', of: ['user/a', 'user/b'] },
      attention('duplicate'),
      /\(user\/a, user\/b\).*Look at both/,
    ],
    [{ kind: 'deleted', tombstone }, missing, /2026-10-01T00:00:00\.000Z.*Recycle Bin.*takes it for missing/],
    [{ kind: 'absent' }, missing, /no tombstone was found\. The scan takes it for missing/],
    [{ kind: 'notCovered', domain: 'fabrikam.example' }, none, /fabrikam\.example, which no export covers/],
  ])('%j', (correlation, verdict, expected) => {
    expect(words(correlation, verdict)).toMatch(expected);
  });

  test('a tombstone that is recycled does not lie in the Recycle Bin', () => {
    expect(words({ kind: 'deleted', tombstone: { ...tombstone, isRecycled: true } })).not.toContain(
      'Recycle Bin',
    );
  });

  test.each<[UnknownReason, RegExp]>([
    ['keyMissing', /lacks the key/],
    ['keyUndecodable', /can not be read/],
    ['anchorUndeclared', /Set anchorAttribute/],
    ['notFromActiveDirectory', /another connector/],
    ['trustTypeUnexpected', /not hybrid-joined/],
    ['addressMissing', /no SMTP address/],
    ['addressAmbiguous', /several on-premises contacts/],
    ['uncoveredDomainSeen', /Export that domain/],
    ['createdAfterExport', /next exports will tell/],
  ])('unknown for %s', (reason, expected) => {
    expect(words({ kind: 'unknown', reason })).toMatch(expected);
  });

  test.each<[Protection, RegExp]>([
    ['synchronisationAccount', /account of synchronisation/],
    ['managementRestricted', /restricted management/],
    ['autopilotDevice', /Autopilot/],
    ['systemManagedDevice', /by the system/],
  ])('%s is protected whatever else is said', (protection, expected) => {
    const said = words({ kind: 'absent' }, attention('protected'), protection);
    expect(said).toMatch(expected);
    expect(said).toMatch(/can not be approved, whatever/);
  });

  test('a blocked link is told although the object lives', () => {
    expect(words({ kind: 'live', by: 'objectGUID' }, attention('synchronisationError'))).toMatch(
      /lives.*But its link is blocked/,
    );
  });

  test('nothing that needs a person reads like a candidate', () => {
    for (const reason of attentionReasons)
      expect(words({ kind: 'absent' }, attention(reason))).toMatch(/can not be approved/);
  });
});

describe('an uncovered domain is assumed', () => {
  const counts = (
    outcomes: Record<string, number>,
    unknownReasons: Record<string, number> = {},
    contacts: Record<string, number> = {},
  ) => ({
    counts: {
      user: { read: 1, notSynced: 0, outcomes, unknownReasons },
      contact: { read: 1, notSynced: 0, outcomes: contacts, unknownReasons: {} },
    },
  });
  const row = (state: FactState, outcome: string) => ({ state, outcome });

  test.each([
    ['without a scan that finished', null, null, true],
    ['without one, whatever is on record', null, row('candidate', 'absent'), true],
    ['where the last one found an object not covered', counts({ notCovered: 1 }), null, true],
    ['where it said so of another object', counts({ unknown: 1 }, { uncoveredDomainSeen: 1 }), null, true],
    [
      'where it said so of another object, whatever is on record',
      counts({}, { uncoveredDomainSeen: 1 }, { absent: 1 }),
      row('candidate', 'absent'),
      true,
    ],
    [
      'and not where it found none',
      counts({ live: 1, notCovered: 0 }, { uncoveredDomainSeen: 0 }),
      null,
      false,
    ],
    ['and not where it counted nothing', { counts: {} }, null, false],
    ['and not where it took a contact for absent', counts({ notCovered: 1 }, {}, { absent: 1 }), null, false],
    [
      'and not where it took this object for missing',
      counts({ notCovered: 1 }),
      row('observed', 'deleted'),
      false,
    ],
    ['but where that is withdrawn', counts({ notCovered: 1 }), row('withdrawn', 'absent'), true],
    [
      'and where something else is on record',
      counts({ notCovered: 1 }),
      row('attention', 'outOfScope'),
      true,
    ],
  ])('%s', (_, finished, facts, expected) => {
    expect(uncoveredDomainSeenBy(finished, facts)).toBe(expected);
  });
});
