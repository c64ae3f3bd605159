/** Awaits `action` for every item, at most `limit` at a time. The first error is thrown after the running ones have ended. */
export async function eachLimited<Item>(
  items: readonly Item[],
  limit: number,
  action: (item: Item) => Promise<void>,
): Promise<void> {
  const rest = items.values();
  const worker = async (): Promise<void> => {
    for (const item of rest) await action(item);
  };
  const workers = Array.from({ length: Math.min(limit, items.length) }, worker);
  const ended = await Promise.allSettled(workers);
  const failed = ended.find(result => result.status === 'rejected');
  if (failed) throw failed.reason;
}
