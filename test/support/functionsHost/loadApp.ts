import { hookNames, Disposable } from './functionsCore';
import type { FunctionsCore, HookCallback, HookName, ProgrammingModel, Registration } from './functionsCore';
import { messageOf } from './hostLog';
import type { HostLog } from './hostLog';

/** Runs the app's entry point while `require('@azure/functions-core')` answers `core`. Throws what the entry point throws. */
export type AppLoader = (core: FunctionsCore) => void;

/** An app whose entry point ran to its end. Nothing can be registered any more. */
export interface LoadedApp {
  readonly registrations: readonly Registration[];
  readonly programmingModel: ProgrammingModel;
  /** One after the other, in the order of their registration; throws what a hook throws. */
  runHooks(name: HookName, context: object): Promise<void>;
}

/**
 * Loads the app as the Node.js worker of Azure Functions does. Azure shows an app that throws before its first registration, or
 * that registers nothing, as an app without functions; here both are errors, with the stack of what happened.
 */
export async function loadApp(load: AppLoader, log: HostLog): Promise<LoadedApp> {
  const registrations: Registration[] = [];
  const hooks: Record<HookName, HookCallback[]> = {
    appStart: [],
    appTerminate: [],
    preInvocation: [],
    postInvocation: [],
  };
  let loading = true;
  const models: ProgrammingModel[] = [];
  const core: FunctionsCore = {
    registerFunction(metadata, callback) {
      if (!loading) throw new Error('A function can only be registered during app startup.');
      if (registrations.some(({ metadata: { name } }) => name === metadata.name))
        throw new Error(`A function with id "${metadata.name}" has already been registered.`);
      const registration = { metadata, callback };
      registrations.push(registration);
      return new Disposable(() => {
        if (!loading) throw new Error('A function can only be disposed during app startup.');
        registrations.splice(registrations.indexOf(registration), 1);
      });
    },
    registerHook(name, callback) {
      const known = hookNames.find(hookName => hookName === name);
      if (!known)
        throw new Error(
          `The hook "${name}" is not supported by the local host, which knows ${hookNames.join(', ')}.`,
        );
      hooks[known].push(callback);
      return new Disposable(() => {
        hooks[known] = hooks[known].filter(other => other !== callback);
      });
    },
    setProgrammingModel: model => models.push(model),
    log: (level, _category, message) => log({ level, functionName: null, invocationId: null, message }),
  };
  try {
    load(core);
  } catch (error) {
    throw new Error(
      `The app's entry point threw after ${registrations.length} registered functions (${messageOf(error)}). Azure would show an app without functions.`,
      { cause: error },
    );
  }
  loading = false;
  const programmingModel = models.at(-1);
  if (!programmingModel || registrations.length === 0)
    throw new Error(
      "The app's entry point registered no function. Azure would show an app without functions.",
    );
  const { HttpUri } = await programmingModel.getCapabilities({});
  if (HttpUri !== undefined)
    throw new Error(
      'The app sets enableHttpStream, which the local host does not support: requests and answers are handed over whole.',
    );
  return {
    registrations,
    programmingModel,
    async runHooks(name, context) {
      for (const hook of hooks[name]) await hook(context);
    },
  };
}
