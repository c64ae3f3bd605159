import { objectTypes } from '../../../../shared/core/objectType';
import { hasDecision, searchFor } from '../../../../shared/core/review/candidateFilter';
import { summaryOf } from '../../../../shared/core/review/decisionSummary';
import { reversibilityOf } from '../../../../shared/core/review/reversibility';
import { decisionStates } from '../../../../shared/core/transitions';
import { ada, at, dayMs, decisions, facts, grace, later, otherHash, quarantine, userId } from '../decisions';
import type { Instant } from '../../../../shared/core/instant';

describe('reversibility', () => {
  test('only users can be restored, for 30 days', () => {
    expect(objectTypes.map(type => [type, reversibilityOf(type).kind, reversibilityOf(type).days])).toEqual([
      ['user', 'restorable', 30],
      ['group', 'final', null],
      ['contact', 'manual', null],
      ['device', 'final', null],
    ]);
  });

  test.each([
    ['user', /30 days/, /hard-match hardening/],
    ['group', /final/, /granted/],
    ['contact', /does not delete contacts/, /not be restored/],
    ['device', /BitLocker/, /LAPS/],
  ] as const)('what is lost with a %s is said', (type, one, other) => {
    const said = reversibilityOf(type).caveats.join(' ');
    expect(said).toMatch(one);
    expect(said).toMatch(other);
  });
});

describe('the summary of a decision', () => {
  const now = later(1);

  test.each([
    ['approved', { by: ada, at, until: later(14) }],
    ['quarantined', { by: quarantine.by, at, until: later(14) }],
    ['deleting', { by: grace, at, until: null }],
    ['deleted', { by: grace, at, until: null }],
    ['restored', { by: ada, at, until: null }],
    ['rejected', { by: ada, at, until: later(30) }],
    ['lapsed', { by: null, at, until: null, lapseReason: 'expired' }],
    ['failed', { by: ada, at, until: later(14) }],
    ['manual', { by: ada, at, until: later(14) }],
  ] as const)('in state %s says who, when and until when', (state, expected) => {
    expect(summaryOf(decisions[state], facts, now)).toEqual({
      state,
      recorded: state,
      lapseReason: null,
      ...expected,
    });
  });

  test.each([
    ['stands before it expires', facts, (later(14) - 1) as Instant, 'approved', null],
    ['has lapsed when it expires', facts, later(14), 'lapsed', 'expired'],
    [
      'has lapsed when the evidence changed',
      { ...facts, evidenceHash: otherHash },
      now,
      'lapsed',
      'evidenceChanged',
    ],
    [
      'has lapsed when there is no candidate',
      { ...facts, state: 'attention' as const },
      now,
      'lapsed',
      'notCandidate',
    ],
    ['has lapsed when there is no row', null, now, 'lapsed', 'notCandidate'],
  ])('an approval %s', (_, given, when, state, lapseReason) => {
    expect(summaryOf(decisions.approved, given, when)).toEqual({
      state,
      recorded: 'approved',
      lapseReason,
      by: ada,
      at,
      until: state === 'lapsed' ? null : later(14),
    });
  });

  test('every state can be asked for, as it stands and not as it is recorded', () => {
    for (const state of decisionStates) {
      const summary = summaryOf(decisions[state], facts, now);
      expect(hasDecision(state, summary)).toBe(true);
      expect(hasDecision('none', summary)).toBe(false);
    }
    const expired = summaryOf(decisions.approved, facts, (later(14) + dayMs) as Instant);
    expect([hasDecision('approved', expired), hasDecision('lapsed', expired)]).toEqual([false, true]);
    expect([hasDecision('none', null), hasDecision('approved', null)]).toEqual([true, false]);
  });
});

describe('a search', () => {
  const person = {
    id: userId,
    displayName: 'Zoë Ångström',
    userPrincipalName: 'zoe@contoso.example',
    mail: null,
  };

  test.each(['zoë', 'ÅNGST', 'zoe\u0308 a\u030a', '@CONTOSO', userId.slice(3, 20).toUpperCase()])(
    'finds %j',
    text => {
      expect(searchFor(text)(person)).toBe(true);
    },
  );

  test.each(['zoe ang', 'fabrikam', 'null', '.*'])('does not find %j', text => {
    expect(searchFor(text)(person)).toBe(false);
  });
});
