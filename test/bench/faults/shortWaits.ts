/*
 * Loaded into the app's process by NODE_OPTIONS, so that a night with an outage does not take minutes: the waits between the attempts of one
 * request (of the Azure SDKs and of Graph requests) are a fiftieth. Nothing else is: leases, limits of time and timeouts are as
 * they are in Azure. FAULT_CLOCK_SKEW_MS makes the app's clock wrong.
 */
import timers from 'node:timers/promises';

const shorter = 50;
const leastMs = 200;
/** The functions that wait between attempts: `delay` of the Azure SDKs' packages. */
const waitsBetweenAttempts =
  /(?:core-util|ts-http-runtime|storage-common|storage-blob|storage-queue)\/dist\/.*(?:helpers|delay|utils\.common)\.js/;

const plain = globalThis.setTimeout;
const patched = ((callback: () => void, ms?: number, ...rest: []) => {
  const wait = ms !== undefined && ms >= leastMs && waitsBetweenAttempts.test(new Error().stack ?? '');
  return plain(callback, wait ? ms / shorter : ms, ...rest);
}) as typeof setTimeout;
globalThis.setTimeout = Object.assign(patched, plain);

const plainWait = timers.setTimeout;
const patchedWait: typeof plainWait = (ms, value, options) => {
  const wait = ms !== undefined && ms >= leastMs && (new Error().stack ?? '').includes('/io/graph/');
  return plainWait(wait ? ms / shorter : ms, value, options);
};
timers.setTimeout = patchedWait;

const skewMs = Number(process.env['FAULT_CLOCK_SKEW_MS'] ?? 0);
if (skewMs !== 0) {
  const now = Date.now;
  Date.now = () => now() + skewMs;
}
