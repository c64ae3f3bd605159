import { randomBytes, timingSafeEqual } from 'node:crypto';
import { authLevels } from './functionDefinition';
import type { AuthLevel } from './functionDefinition';

/** The keys of one run of the host. */
export interface HostKeys {
  readonly master: string;
  forFunction(name: string): string;
  isMaster(presented: string | null): boolean;
  /** Whether a presented key opens a function: the master key opens all, a function's key its own up to the level `function`. */
  opens(presented: string | null, functionName: string, required: AuthLevel): boolean;
}

const makeKey = (): string => randomBytes(40).toString('base64url');

function same(presented: string | null, key: string): boolean {
  const [a, b] = [Buffer.from(presented ?? ''), Buffer.from(key)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export function createKeys(functionNames: readonly string[]): HostKeys {
  const master = makeKey();
  const keys = new Map(functionNames.map(name => [name, makeKey()]));
  const forFunction = (name: string): string => {
    const key = keys.get(name);
    if (key === undefined) throw new Error(`There is no function ${name}, hence no key.`);
    return key;
  };
  const isMaster = (presented: string | null): boolean => same(presented, master);
  const levelOf = (presented: string | null, functionName: string): AuthLevel => {
    if (isMaster(presented)) return 'admin';
    return same(presented, forFunction(functionName)) ? 'function' : 'anonymous';
  };
  return {
    master,
    forFunction,
    isMaster,
    opens: (presented, functionName, required) =>
      authLevels.indexOf(levelOf(presented, functionName)) >= authLevels.indexOf(required),
  };
}
