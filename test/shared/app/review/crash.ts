import type { DeletionPorts } from '../../../../shared/app/review/deletionUseCasePorts';

/** The process ended. Nothing in the app may catch it. */
export class CrashError extends Error {}

/** Ports of a process that ends at its k-th step (1 is the first), before or after the step has its effect. */
export interface CrashingProcess {
  readonly wrap: (ports: DeletionPorts) => DeletionPorts;
  /** Steps that were begun. */
  readonly steps: () => number;
  readonly crashed: () => boolean;
}

export function crashingAt(step: number, when: 'before' | 'after'): CrashingProcess {
  let steps = 0;
  let dead = false;
  const crash = (): never => {
    dead = true;
    throw new CrashError(`the process ended ${when} its step ${step}`);
  };
  const wrapPort = <Port extends object>(port: Port): Port =>
    new Proxy(port, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        // A generator reads only; what is read is used by the step that follows.
        if (name === 'readAll') return member.bind(target) as unknown;
        return async (...args: unknown[]) => {
          if (dead) throw new CrashError('a dead process does nothing');
          steps += 1;
          const mine = steps;
          if (mine === step && when === 'before') crash();
          const result: unknown = await Reflect.apply(member as (...all: unknown[]) => unknown, target, args);
          if (mine === step && when === 'after') crash();
          if (dead) throw new CrashError('a dead process does nothing');
          return result;
        };
      },
    });
  return {
    wrap: ({ clock, log, ...ports }) =>
      ({
        ...Object.fromEntries(Object.entries(ports).map(([name, port]) => [name, wrapPort(port as object)])),
        clock,
        log,
      }) as unknown as DeletionPorts,
    steps: () => steps,
    crashed: () => dead,
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
