import type { InvocationContext } from '@azure/functions';
import type { Log } from '../shared/app/ports';

/** The log of one invocation. */
export const invocationLog = (context: InvocationContext): Log => ({
  debug: message => context.debug(message),
  info: message => context.info(message),
  warn: message => context.warn(message),
  error: message => context.error(message),
});
