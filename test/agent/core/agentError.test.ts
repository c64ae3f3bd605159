import { AgentError, exitCodes } from '../../../agent/src/core/agentError';

describe('an error of the agent', () => {
  test('keeps its code, its cause and a name of its own', () => {
    const cause = new Error('reset');
    const error = new AgentError('directoryUnavailable', 'No domain controller answered.', { cause });
    expect(error).toMatchObject({ code: 'directoryUnavailable', name: 'AgentError', cause });
    expect(error).toBeInstanceOf(Error);
  });

  test('never ends a command with success', () => {
    expect(Object.values(exitCodes)).not.toContain(0);
  });
});
