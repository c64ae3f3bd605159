import type { Progress } from '../app/ports';

export interface ProgressOutput {
  write(text: string): unknown;
  /** A terminal gets a bar that is drawn again and again; anything else gets plain lines. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

const redrawMilliseconds = 100;
const plainMilliseconds = 10_000;
const barWidth = 24;

/** Progress on standard error: what a command prints on standard output is its result alone. `now` is in milliseconds. */
export function createProgress(output: ProgressOutput, now: () => number): Progress {
  return output.isTTY === true ? terminalProgress(output, now) : plainProgress(output, now);
}

/** Names come from a directory: control characters in them are shown, not obeyed. Line feeds are ours. */
export const printable = (text: string): string => text.replaceAll(/[^\P{Cc}\n]|\p{Cf}/gu, '\u{FFFD}');

interface Step {
  readonly name: string;
  readonly expected: number | undefined;
  readonly startedAt: number;
  objects: number;
  shownAt: number;
}

const newStep = (name: string, expected: number | undefined, at: number): Step => ({
  name,
  expected,
  startedAt: at,
  objects: 0,
  shownAt: at,
});

const secondsOf = (step: Step, now: number): string => `${((now - step.startedAt) / 1000).toFixed(1)} s`;

function terminalProgress(output: ProgressOutput, now: () => number): Progress {
  let step: Step | null = null;
  const draw = (): void => {
    if (step === null) return;
    const text = `${bar(step)}${step.name}${step.objects > 0 ? `: ${step.objects}` : ''}, ${secondsOf(step, now())}`;
    output.write(`\r\u{1b}[2K${printable(text).slice(0, (output.columns ?? 80) - 1)}`);
  };
  const line = (text: string): void => {
    output.write(`\r\u{1b}[2K${printable(text)}\n`);
    draw();
  };
  const close = (): void => {
    if (step === null) return;
    const closed = step;
    step = null;
    line(`${closed.name}${closed.objects > 0 ? `: ${closed.objects}` : ''} (${secondsOf(closed, now())})`);
  };
  return {
    step(name, expected) {
      close();
      step = newStep(name, expected, now());
      draw();
    },
    advance(objects) {
      if (step === null) return;
      step.objects += objects;
      const at = now();
      if (at - step.shownAt < redrawMilliseconds) return;
      step.shownAt = at;
      draw();
    },
    note: line,
    warn: text => line(`Warning: ${text}`),
    done: close,
  };
}

/** Shown where it is known how many objects there were the last time. */
function bar({ objects, expected }: Step): string {
  if (expected === undefined || expected === 0) return '';
  const filled = Math.min(barWidth, Math.floor((objects / expected) * barWidth));
  return `[${'#'.repeat(filled)}${'.'.repeat(barWidth - filled)}] `;
}

function plainProgress(output: ProgressOutput, now: () => number): Progress {
  let step: Step | null = null;
  const line = (text: string): void => void output.write(`${printable(text)}\n`);
  const close = (): void => {
    if (step !== null && step.objects > 0) line(`  ${step.objects} in ${secondsOf(step, now())}`);
    step = null;
  };
  return {
    step(name, expected) {
      close();
      step = newStep(name, expected, now());
      line(`${name} …`);
    },
    advance(objects) {
      if (step === null) return;
      step.objects += objects;
      const at = now();
      if (at - step.shownAt < plainMilliseconds) return;
      step.shownAt = at;
      line(`  ${step.objects}${step.expected === undefined ? '' : ` of about ${step.expected}`}`);
    },
    note: line,
    warn: text => line(`Warning: ${text}`),
    done: close,
  };
}
