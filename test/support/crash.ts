import { AppError } from '../../shared/core/appError';

/** The process ended. Nothing in the app may catch it. */
export class CrashError extends Error {}

/** Ports of a process that ends at its k-th step (1 is the first), before or after the step has its effect. */
export interface CrashingProcess {
  readonly wrap: <Ports extends object>(ports: Ports) => Ports;
  /** Steps that were begun. */
  readonly steps: () => number;
  readonly crashed: () => boolean;
}

/** What answers with a generator only reads; what is read is used by the step that follows. */
const generators: ReadonlySet<string | symbol> = new Set(['readAll', 'rows', 'operations', 'lines']);
/** What is no step of its own: a process reads the clock and writes its log as it goes. */
const passive: ReadonlySet<string> = new Set(['clock', 'log', 'newRunId']);

export function crashingAt(step: number, when: 'before' | 'after'): CrashingProcess {
  let dead = false;
  const refuseTheDead = (): void => {
    if (dead) throw new CrashError('a dead process does nothing');
  };
  const crash = (): never => {
    dead = true;
    throw new CrashError(`the process ended ${when} its step ${step}`);
  };
  const { wrap, steps } = steppingThrough({
    begin: refuseTheDead,
    before: async number => void (number === step && when === 'before' && crash()),
    after: number => {
      if (number === step && when === 'after') crash();
      refuseTheDead();
    },
  });
  return { wrap, steps, crashed: () => dead };
}

/** What answers for itself whatever happens: the writes to Graph, and who gives the lease back. */
const neverFailing: ReadonlySet<string | symbol> = new Set(['delete', 'restore', 'block', 'release']);

/** Ports of a process one of whose steps has no answer: with its effect, or without. It goes on as it can. */
export function unansweredAt(step: number, effect: 'done' | 'notDone'): CrashingProcess {
  let failed = false;
  const fail = (): never => {
    failed = true;
    throw new AppError('storageUnavailable', `no answer at step ${step}, which was ${effect}`);
  };
  const { wrap, steps } = steppingThrough({
    begin: () => undefined,
    before: async (number, name) => {
      if (number === step && effect === 'notDone' && !neverFailing.has(name)) fail();
    },
    after: (number, name) => {
      if (number === step && effect === 'done' && !neverFailing.has(name)) fail();
    },
  });
  return { wrap, steps, crashed: () => failed };
}

/** Ports of a process that hangs before its k-th step, until something else has happened. */
export const hangingAt = (
  step: number,
  meanwhile: () => Promise<void>,
): Pick<CrashingProcess, 'wrap' | 'steps'> =>
  steppingThrough({
    begin: () => undefined,
    before: async number => {
      if (number === step) await meanwhile();
    },
    after: () => undefined,
  });

interface Steps {
  /** Before a step gets its number. */
  readonly begin: () => void;
  readonly before: (step: number, method: string | symbol) => Promise<void>;
  readonly after: (step: number, method: string | symbol) => void;
}

function steppingThrough({ begin, before, after }: Steps): Pick<CrashingProcess, 'wrap' | 'steps'> {
  let steps = 0;
  const wrapPort = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        if (generators.has(name)) return member.bind(target) as unknown;
        return async (...args: unknown[]) => {
          begin();
          steps += 1;
          const mine = steps;
          await before(mine, name);
          const result: unknown = await Reflect.apply(member as (...all: unknown[]) => unknown, target, args);
          after(mine, name);
          // What holds the lease asks for it again and gives it back: these are steps, too.
          return name === 'acquire' && result !== null ? wrapPort(result as object) : result;
        };
      },
    });
  return {
    wrap: ports =>
      Object.fromEntries(
        Object.entries(ports).map(([name, port]) => [
          name,
          passive.has(name) ? (port as unknown) : wrapPort(port as object),
        ]),
      ) as typeof ports,
    steps: () => steps,
  };
}

/** A port whose process ends in this method, before or after its effect. */
export const crashingIn = <Port extends object>(port: Port, method: string, when: 'before' | 'after'): Port =>
  new Proxy(port, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target);
      if (typeof member !== 'function') return member;
      if (name !== method) return member.bind(target) as unknown;
      return async (...args: unknown[]) => {
        if (when === 'after') await Reflect.apply(member as (...all: unknown[]) => unknown, target, args);
        throw new CrashError(`the process ended ${when} ${method}`);
      };
    },
  });
