import { z } from 'zod';

/** What the SDK makes of the service's continuation headers. It comes back from outside, and may only say where to go on. */
const continuationSchema = z.strictObject({
  nextPartitionKey: z.string().min(1).max(1_024),
  nextRowKey: z.string().max(1_024).optional(),
});

/** Whether a text is a continuation token of a table, as far as its shape goes. */
export function isContinuation(text: string): boolean {
  try {
    return continuationSchema.safeParse(JSON.parse(Buffer.from(text, 'base64').toString('utf8'))).success;
  } catch {
    return false;
  }
}
