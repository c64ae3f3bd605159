/**
 * The version of what a person reads before deciding, for ETag and If-Match: the facts and the decision together. Both count: with
 * the decision's ETag alone, whoever read the evidence of yesterday could approve the evidence of tonight, which nobody has seen.
 * `facts` null: the object has no row, only a decision.
 */
export const versionOf = (
  facts: { readonly etag: string } | null,
  decision: { readonly etag: string } | null,
): string => JSON.stringify([facts?.etag ?? null, decision?.etag ?? null]);
