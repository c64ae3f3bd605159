import type { Json } from '../../core/canonicalJson';

const longestText = 32 * 1024;
const mostMembers = 10_000;
const deepest = 8;

/** Says in the value's place that something was cut. */
const cut = (what: string): Json => ({ cut: what });

/**
 * A value from outside as plain JSON of bounded size: longer texts, larger collections and deeper nesting are cut, and say so in
 * their place. What JSON cannot hold is null.
 */
export function cutJson(value: unknown, depth = 0): Json {
  if (typeof value === 'string') {
    return value.length <= longestText ? value : cut(`a text of ${value.length} characters`);
  }
  if (typeof value === 'boolean' || (typeof value === 'number' && Number.isFinite(value))) return value;
  if (typeof value !== 'object' || value === null) return null;
  if (depth >= deepest) return cut('nested too deeply');
  if (Array.isArray(value)) {
    const items = value.slice(0, mostMembers).map(one => cutJson(one, depth + 1));
    return value.length <= mostMembers ? items : [...items, cut(`${value.length - mostMembers} more items`)];
  }
  const entries = Object.entries(value);
  const members = entries.slice(0, mostMembers).map(([name, one]) => [name, cutJson(one, depth + 1)]);
  return Object.fromEntries(members) as { readonly [key: string]: Json };
}
