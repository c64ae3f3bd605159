import fc from 'fast-check';
import {
  cutMark,
  fromStorableText,
  longestText,
  toStorableText,
} from '../../../../shared/io/tables/storableText';
import { anyText } from './arbitraries';

test('a text reads back as it was, whatever it holds', () => {
  fc.assert(
    fc.property(anyText, text => {
      expect(fromStorableText(toStorableText(text))).toBe(text);
    }),
  );
});

test('what is stored is well-formed and holds no control character', () => {
  fc.assert(
    fc.property(anyText, text => {
      const stored = toStorableText(text);
      expect(stored).not.toMatch(/[\p{Cc}\p{Cs}\ufffe\uffff]/u);
    }),
  );
});

test('ordinary names stay as they are', () => {
  for (const name of ['Zoë Müller 😀', 'CONTOSO\\user', 'a\\b\\users', "O'Brien", ''])
    expect(toStorableText(name)).toBe(name);
});

test('a text that is too long is cut with a visible mark, not through a character', () => {
  expect(toStorableText('a'.repeat(longestText))).toBe('a'.repeat(longestText));
  const kept = longestText - cutMark.length;
  expect(toStorableText('a'.repeat(longestText + 1))).toBe('a'.repeat(kept) + cutMark);
  expect(toStorableText('a'.repeat(kept - 1) + '😀'.repeat(9))).toBe('a'.repeat(kept - 1) + cutMark);
  for (const before of [1, 2, 3, 4, 5])
    expect(toStorableText('a'.repeat(kept - before) + '\u0001'.repeat(9))).toBe(
      'a'.repeat(kept - before) + cutMark,
    );
});
