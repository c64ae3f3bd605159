import { existsSync, readFileSync } from 'node:fs';
import Module, { createRequire } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';
import type { AppLoader } from './loadApp';

const packageSchema = z.object({ main: z.string() });

/**
 * Loads the built app by the `main` of its package.json, a CommonJS file. As in the worker of Azure Functions, `require` answers for
 * `@azure/functions-core`; nothing is written to node_modules.
 */
export const builtApp =
  (appDirectory: string): AppLoader =>
  core => {
    const packageFile = join(appDirectory, 'package.json');
    const { main } = packageSchema.parse(JSON.parse(readFileSync(packageFile, 'utf8')));
    const entryPoint = join(appDirectory, main);
    if (!existsSync(entryPoint))
      throw new Error(
        `${packageFile} names ${main} as main, and that file does not exist. Build the app first.`,
      );
    const prototype = Module.Module.prototype;
    const original: NodeJS.Module['require'] = Reflect.get(prototype, 'require');
    prototype.require = new Proxy(original, {
      apply: (target, module, args) =>
        args[0] === '@azure/functions-core' ? core : Reflect.apply(target, module, args),
    });
    try {
      createRequire(packageFile)(entryPoint);
    } finally {
      prototype.require = original;
    }
  };
