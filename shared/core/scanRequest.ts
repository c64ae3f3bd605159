import { z } from 'zod';
import { guid } from './exportPrimitives';
import type { Guid } from './keys/guid';

/** The queue by which a scan is asked for. */
export const scanQueueName = 'scan-requests';

const scanRequestSchema = z.strictObject({ runId: guid });

/** A message of the queue: the id of the run to come, and nothing else. */
export const scanRequestText = (runId: Guid): string => JSON.stringify({ runId });

/** The run id of a message, as the Functions host hands it over: parsed, or as text; null where it is anything else. */
export function parseScanRequest(message: unknown): Guid | null {
  const parsed = scanRequestSchema.safeParse(typeof message === 'string' ? parsedJson(message) : message);
  return parsed.success ? (parsed.data.runId as Guid) : null;
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
