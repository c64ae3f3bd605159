import type { AppLoader } from './loadApp';

/**
 * Loads an app inside a Jest test, so that its functions run in process and count for coverage. `requireApp` must `require` the
 * app's entry point (or @azure/functions itself); each host gets fresh instances of all modules.
 *
 * ```ts
 * const host = await createHost({ appDirectory, loadApp: jestApp(() => require('../../functions')), … });
 * ```
 */
export const jestApp =
  (requireApp: () => void): AppLoader =>
  core => {
    jest.isolateModules(() => {
      jest.doMock('@azure/functions-core', () => core, { virtual: true });
      requireApp();
    });
  };
