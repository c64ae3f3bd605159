import type { CommandLine } from '../../../../agent/src/io/requests/runCommand';
import {
  readSynchronisationHistory,
  startSynchronisation,
} from '../../../../agent/src/io/requests/synchronisation';

const never = new AbortController().signal;
const print = (text: string): CommandLine => [
  process.execPath,
  '-e',
  `process.stdout.write(${JSON.stringify(text)})`,
];
const fail: CommandLine = [process.execPath, '-e', 'process.exit(1)'];
const run = (minute: number, changes: object = {}): object => ({
  startedAt: `2026-01-02T03:${String(minute).padStart(2, '0')}:00Z`,
  finishedAt: `2026-01-02T03:${String(minute).padStart(2, '0')}:30Z`,
  succeeded: true,
  exportedDeletes: 0,
  ...changes,
});
const history = (output: unknown) =>
  readSynchronisationHistory(
    {
      startCommand: null,
      historyCommand: print(typeof output === 'string' ? output : JSON.stringify(output)),
    },
    never,
  );

describe('starting a synchronisation', () => {
  test.each<[string, CommandLine | null, string, RegExp]>([
    ['a command that succeeds', print('ok'), 'started', /^$/],
    ['a command that fails', fail, 'failed', /exit code 1.*by hand/],
    ['no command', null, 'notConfigured', /^$/],
  ])('%s', async (_, startCommand, outcome, warning) => {
    const started = await startSynchronisation({ startCommand, historyCommand: null }, never);
    expect(started.outcome).toBe(outcome);
    expect(started.warning ?? '').toMatch(warning);
  });

  test('a command that hangs has failed', async () => {
    const startCommand: CommandLine = [process.execPath, '-e', 'setInterval(() => {}, 1000)'];
    const started = await startSynchronisation({ startCommand, historyCommand: null, timeoutMs: 200 }, never);
    expect(started).toMatchObject({ outcome: 'failed' });
  });
});

describe('the history', () => {
  test('is not known where no command is configured', async () => {
    const none = await readSynchronisationHistory({ startCommand: null, historyCommand: null }, never);
    expect(none).toEqual({ runs: null, warning: null });
  });

  test('is told with the newest run first', async () => {
    const { runs, warning } = await history([
      run(1),
      run(3, { exportedDeletes: 4 }),
      run(2, { exportedDeletes: null }),
    ]);
    expect(warning).toBeNull();
    expect(runs!.map(({ exportedDeletes }) => exportedDeletes)).toEqual([4, null, 0]);
    expect(runs![0]).toEqual({
      startedAt: Date.UTC(2026, 0, 2, 3, 3),
      finishedAt: Date.UTC(2026, 0, 2, 3, 3, 30),
      succeeded: true,
      exportedDeletes: 4,
    });
  });

  test('keeps the newest hundred', async () => {
    const many = Array.from({ length: 101 }, (_, index) => ({
      ...run(0),
      startedAt: new Date(Date.UTC(2026, 0, 2) + index * 60_000).toISOString(),
      finishedAt: new Date(Date.UTC(2026, 0, 2) + index * 60_000 + 1).toISOString(),
    }));
    const { runs } = await history(many);
    expect(runs).toHaveLength(100);
    expect(runs!.at(-1)!.startedAt).toBe(Date.UTC(2026, 0, 2) + 60_000);
  });

  test('may be empty, may be one run alone as PowerShell prints it, and may begin with a byte order mark', async () => {
    expect((await history([])).runs).toEqual([]);
    expect((await history(run(1))).runs).toHaveLength(1);
    expect((await history(`\uFEFF${JSON.stringify([run(1)])}`)).runs).toHaveLength(1);
  });

  test.each<[string, unknown]>([
    ['text that is no JSON', 'Get-ADSyncRunProfileResult : denied'],
    ['a run without an end', [run(1, { finishedAt: undefined })]],
    ['a run that ends before it starts', [run(1, { finishedAt: '2026-01-02T03:00:59Z' })]],
    ['a date as older PowerShells print it', [run(1, { startedAt: '/Date(1767323040000)/' })]],
    ['fewer than no deletions', [run(1, { exportedDeletes: -1 })]],
    ['a number', 5],
  ])('is not known where the command prints %s', async (_, output) => {
    expect(await history(output)).toEqual({
      runs: null,
      warning: expect.stringMatching(/found that it printed/),
    });
  });

  test('is not known where the command fails', async () => {
    const failed = await readSynchronisationHistory({ startCommand: null, historyCommand: fail }, never);
    expect(failed).toEqual({ runs: null, warning: expect.stringMatching(/exit code 1/) });
  });
});
