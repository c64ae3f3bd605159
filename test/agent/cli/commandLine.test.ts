import { parseCommandLine } from '../../../agent/src/cli/commandLine';

const defaultConfig = 'entra-orphans-agent.json';
const noRepair = { follow: null, discardWaiting: false };

describe('the command line of the agent', () => {
  test.each([
    [[], { kind: 'help', of: null }],
    [['help'], { kind: 'help', of: null }],
    [['help', 'run'], { kind: 'help', of: 'run' }],
    [['run', '--help'], { kind: 'help', of: 'run' }],
    [['--version'], { kind: 'version' }],
    [['check'], { kind: 'check', config: defaultConfig, ldif: [] }],
    [
      ['check', '--config', 'a.json', '--ldif', 'x', '--ldif=y'],
      { kind: 'check', config: 'a.json', ldif: ['x', 'y'] },
    ],
    [
      ['export'],
      { kind: 'export', config: defaultConfig, ldif: [], out: null, acceptUnexplained: null, ...noRepair },
    ],
    [
      ['export', '--out', 'd', '--accept-unexplained', '12'],
      { kind: 'export', config: defaultConfig, ldif: [], out: 'd', acceptUnexplained: 12, ...noRepair },
    ],
    [
      ['run', '--if-due'],
      { kind: 'run', config: defaultConfig, ldif: [], ifDue: true, acceptUnexplained: null, ...noRepair },
    ],
    [
      ['run', '--follow', 'm.json', '--discard-waiting'],
      {
        kind: 'run',
        config: defaultConfig,
        ldif: [],
        ifDue: false,
        acceptUnexplained: null,
        follow: 'm.json',
        discardWaiting: true,
      },
    ],
    [['keygen'], { kind: 'keygen', config: defaultConfig, keyId: null, step: 'first' }],
    [
      ['keygen', '--rotate', '--key-id', '2026-12'],
      { kind: 'keygen', config: defaultConfig, keyId: '2026-12', step: 'rotate' },
    ],
    [['keygen', '--activate'], { kind: 'keygen', config: defaultConfig, keyId: null, step: 'activate' }],
  ])('%j is read', (given, command) => {
    expect(parseCommandLine(given)).toEqual({ kind: 'command', command });
  });

  test.each([
    [['upload'], /expected one of the commands check, export, run, keygen, found "upload"/],
    [['run', 'now'], /nothing behind run but options, found "now"/],
    [['check', '--out', 'd'], /--out is no option of check/],
    [['run', '--password', 'x'], /--password/],
    [['export', '--accept-unexplained', '0'], /the number that the refusal named, found "0"/],
    [['export', '--accept-unexplained', 'all'], /found "all"/],
    [['export', '--accept-unexplained', '1e3'], /found "1e3"/],
    [['keygen', '--rotate', '--activate'], /expected one of them/],
  ])('%j is refused, with what was expected', (given, problem) => {
    expect(parseCommandLine(given)).toEqual({ kind: 'wrong', problem: expect.stringMatching(problem) });
  });
});
