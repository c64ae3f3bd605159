import { createProgress } from '../../../agent/src/cli/progress';

function recorded(isTTY: boolean): {
  readonly written: string[];
  readonly at: { now: number };
  readonly progress: ReturnType<typeof createProgress>;
} {
  const written: string[] = [];
  const at = { now: 0 };
  const progress = createProgress({ isTTY, columns: 60, write: text => written.push(text) }, () => at.now);
  return { written, at, progress };
}

describe('progress', () => {
  test('is plain lines where nobody looks: a line a step, and one every ten seconds', () => {
    const { written, at, progress } = recorded(false);
    progress.step('Reading DC=contoso', 2000);
    progress.advance(500);
    at.now = 9999;
    progress.advance(500);
    at.now = 10_000;
    progress.advance(500);
    progress.warn('one thing');
    progress.note('another');
    at.now = 12_500;
    progress.done();
    expect(written).toEqual([
      'Reading DC=contoso …\n',
      '  1500 of about 2000\n',
      'Warning: one thing\n',
      'another\n',
      '  1500 in 12.5 s\n',
    ]);
  });

  test('is a bar on a terminal, as wide as what is known of the whole', () => {
    const { written, at, progress } = recorded(true);
    progress.step('Reading', 100);
    at.now = 100;
    progress.advance(50);
    expect(written.at(-1)).toBe('\r\u{1b}[2K[############............] Reading: 50, 0.1 s');
    at.now = 200;
    progress.advance(100);
    expect(written.at(-1)).toContain('[########################]');
    progress.done();
    expect(written.at(-1)).toBe('\r\u{1b}[2KReading: 150 (0.2 s)\n');
  });

  test('draws no bar where nothing is known of the whole, and not more often than ten times a second', () => {
    const { written, at, progress } = recorded(true);
    progress.advance(1);
    progress.step('Reading');
    at.now = 99;
    progress.advance(1);
    expect(written).toEqual(['\r\u{1b}[2KReading, 0.0 s']);
    progress.note('said');
    expect(written.slice(1)).toEqual(['\r\u{1b}[2Ksaid\n', '\r\u{1b}[2KReading: 1, 0.1 s']);
  });

  test.each([true, false])(
    'shows control characters of a name and does not obey them (terminal: %s)',
    isTTY => {
      const { written, progress } = recorded(isTTY);
      progress.warn('CN=\u{1b}[2J\r\u{202e}evil');
      expect(written.join('')).toContain('CN=\u{FFFD}[2J\u{FFFD}\u{FFFD}evil\n');
    },
  );

  test('says nothing of a step that had no objects, where nobody looks', () => {
    const { written, progress } = recorded(false);
    progress.step('Asking');
    progress.advance(0);
    progress.done();
    progress.done();
    progress.advance(3);
    expect(written).toEqual(['Asking …\n']);
  });
});
