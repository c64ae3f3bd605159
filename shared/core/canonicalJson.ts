import { createHash } from 'node:crypto';

/** A value that JSON can hold exactly. Keys of records are sorted when it is written; `undefined` members are left out. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json | undefined };

/** One text for one value: keys in code-unit order, no white space (after RFC 8785). */
export function canonicalJson(value: Json): string {
  if (isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.keys(value)
    .sort()
    .flatMap(key => {
      const member = value[key];
      return member === undefined ? [] : [`${JSON.stringify(key)}:${canonicalJson(member)}`];
    });
  return `{${members.join(',')}}`;
}

const isArray = (value: Json): value is readonly Json[] => Array.isArray(value);

/** SHA-256 of the canonical text, lower-case hex. */
export const canonicalHash = (value: Json): string =>
  createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
