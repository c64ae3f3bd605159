import { strictText, type DirectoryEntry } from './directoryEntry';
import type { Filter } from './ldapFilter';

export type EntryPredicate = (entry: DirectoryEntry) => boolean;

/**
 * Decides a filter for entries that were read. Texts are compared without regard to case, numbers as numbers. An attribute that the
 * entry does not have matches nothing, so a `not` around it matches: where LDAP says undefined, this says false.
 */
export function compileFilter(filter: Filter): EntryPredicate {
  switch (filter.kind) {
    case 'and': {
      const parts = filter.filters.map(compileFilter);
      return entry => parts.every(part => part(entry));
    }
    case 'or': {
      const parts = filter.filters.map(compileFilter);
      return entry => parts.some(part => part(entry));
    }
    case 'not': {
      const part = compileFilter(filter.filter);
      return entry => !part(entry);
    }
    case 'present':
      return anyValue(filter.attribute, () => true);
    case 'equal': {
      // A filter of binary bytes is compared by its bytes alone: what is malformed looks the same as text.
      const text = strictText(filter.value)?.toLowerCase();
      return anyValue(filter.attribute, value => value.equals(filter.value) || foldedText(value) === text);
    }
    case 'substrings':
      return anyValue(filter.attribute, substrings(filter));
    case 'greaterOrEqual':
      return anyValue(filter.attribute, value => compare(foldedText(value), filter.value.toLowerCase()) >= 0);
    case 'lessOrEqual':
      return anyValue(filter.attribute, value => compare(foldedText(value), filter.value.toLowerCase()) <= 0);
    case 'allBits':
      return anyNumber(filter.attribute, number => (number & filter.mask) === filter.mask);
    case 'anyBit':
      return anyNumber(filter.attribute, number => (number & filter.mask) !== 0n);
  }
}

function anyValue(attribute: string, test: (value: Buffer) => boolean): EntryPredicate {
  const name = attribute.toLowerCase();
  return entry => entry.attributes.get(name)?.some(test) ?? false;
}

const integer = /^-?\d{1,19}$/;

function anyNumber(attribute: string, test: (number: bigint) => boolean): EntryPredicate {
  return anyValue(attribute, value => {
    const text = value.toString('latin1');
    return integer.test(text) && test(BigInt(text));
  });
}

const foldedText = (value: Buffer): string => value.toString('utf8').toLowerCase();

function substrings(filter: Extract<Filter, { kind: 'substrings' }>): (value: Buffer) => boolean {
  const initial = filter.initial.toLowerCase();
  const any = filter.any.map(part => part.toLowerCase());
  const final = filter.final.toLowerCase();
  return value => {
    const text = foldedText(value);
    if (!text.startsWith(initial)) return false;
    let at = initial.length;
    for (const part of any) {
      const found = text.indexOf(part, at);
      if (found === -1) return false;
      at = found + part.length;
    }
    return text.length - final.length >= at && text.endsWith(final);
  };
}

/** Numbers by their value, anything else (generalized times too) by its characters. */
function compare(one: string, two: string): number {
  if (integer.test(one) && integer.test(two)) {
    const difference = BigInt(one) - BigInt(two);
    return difference > 0n ? 1 : difference < 0n ? -1 : 0;
  }
  return one > two ? 1 : one < two ? -1 : 0;
}
