import { z } from 'zod';
import { guid, instant } from './exportPrimitives';

/**
 * What the app asks of a source's agent, through the container `requests` (docs/export-format.md, "Requests"). There is one blob
 * for each kind, `<source>/<kind>.json`, which the app replaces; the agent can read those two names and nothing else.
 */
export const requestKinds = ['export', 'synchronisation'] as const;
export type RequestKind = (typeof requestKinds)[number];
export const requestBlobName = (source: string, kind: RequestKind): string => `${source}/${kind}.json`;
/** A request longer than this (bytes) is refused before it is parsed. */
export const maxRequestBytes = 16 * 1024;

export const requestSchema = z.object({
  schemaVersion: z.literal(1),
  /** A new one for every request; an id that was answered before is not answered again. */
  id: guid,
  kind: z.enum(requestKinds),
  requestedAt: instant,
});
export type ExportRequest = z.output<typeof requestSchema>;

/**
 * How a request was answered. `exported`: this export was made for it. `started`: the configured command started a
 * synchronisation, before this export was read. `failed`: the command failed. `notConfigured`: the agent has no such command.
 */
export const answeredRequestSchema = z.object({
  id: guid,
  kind: z.enum(requestKinds),
  outcome: z.enum(['exported', 'started', 'failed', 'notConfigured']),
  answeredAt: instant,
});
export type AnsweredRequest = z.output<typeof answeredRequestSchema>;

/**
 * The app waits this many days for the answer to a request for a synchronisation. It reads the newest export only, so the agent tells the
 * answer in each of its exports for as long; what was not told by then is lost.
 */
export const lostAnswerDays = 7;
