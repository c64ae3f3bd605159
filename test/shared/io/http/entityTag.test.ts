import fc from 'fast-check';
import { entityTagOf, readIfMatch } from '../../../../shared/io/http/entityTag';

test('a version comes back from its tag, whatever it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 50 }), version => {
      expect(entityTagOf(version)).toMatch(/^"[\w-]+"$/);
      expect(readIfMatch(entityTagOf(version))).toEqual({ kind: 'version', version });
    }),
  );
});

test.each(['""', '"a"', 'W/"YQ"', 'W/""', '"YR"', '"YQ=="', '"a!b"'])('%s is no tag of ours', tag => {
  expect(readIfMatch(tag)).toEqual({ kind: 'noMatch' });
});

test.each(['', '*', 'YQ', '"YQ', 'YQ"', '"YQ" ', '"YQ", "Yg"', '"Y Q"', '"é"', `"${'a'.repeat(1023)}"`])(
  '%j is no tag',
  tag => expect(readIfMatch(tag)).toEqual({ kind: 'malformed' }),
);

test('a tag may have 1024 characters', () => {
  expect(readIfMatch(`"${'a'.repeat(1022)}"`).kind).not.toBe('malformed');
});
