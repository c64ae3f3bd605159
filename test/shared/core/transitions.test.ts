import {
  decisionStates,
  decisionTransitions,
  factTransitions,
  transition,
} from '../../../shared/core/transitions';
import { factStates } from '../../../shared/core/facts';

describe('transitions', () => {
  test('an illegal step is a value that says what may follow', () => {
    expect(transition(factTransitions, 'none', 'withdrawn')).toEqual({
      legal: false,
      reason: 'after "none" may follow observed, candidate, attention; found "withdrawn"',
    });
    expect(transition(decisionTransitions, 'restored', 'deleting')).toEqual({
      legal: false,
      reason: 'after "restored" may follow restored, approved, rejected; found "deleting"',
    });
    expect(transition(factTransitions, 'withdrawn', 'candidate')).toEqual({ legal: true, to: 'candidate' });
  });

  test('every fact can be withdrawn, once', () => {
    for (const state of factStates)
      expect(transition(factTransitions, state, 'withdrawn').legal).toBe(state !== 'withdrawn');
  });

  test('deleted is reached only through deleting, and deleting only from a state with an approval', () => {
    const leadingTo = (to: (typeof decisionStates)[number]): string[] =>
      (['none', ...decisionStates] as const).filter(from => transition(decisionTransitions, from, to).legal);
    expect(leadingTo('deleted')).toEqual(['deleting']);
    // All four carry an approval; decisionSteps.test.ts shows that it has to be valid.
    expect(leadingTo('deleting')).toEqual(['approved', 'quarantined', 'deleting', 'failed']);
    expect(leadingTo('quarantined')).toEqual(['approved']);
  });
});
