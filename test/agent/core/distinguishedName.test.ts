import fc from 'fast-check';
import {
  dnKey,
  isBelowOrEqual,
  normalisedDn,
  parseDn,
  type Rdn,
} from '../../../agent/src/core/distinguishedName';

/** Escapes as AD does. */
const written = ({ type, value }: Rdn): string =>
  `${type}=${value
    .replaceAll(/[,\\#+<>;"=]/g, '\\$&')
    .replaceAll('\n', '\\0A')
    .replaceAll(/^ | $/g, '\\ ')}`;
const everyByteEscaped = ({ type, value }: Rdn): string =>
  `${type}=${[...Buffer.from(value)].map(byte => `\\${byte.toString(16).padStart(2, '0')}`).join('')}`;
const spacedOut = (rdn: Rdn): string => written(rdn).replace('=', ' = ').concat(' ');
const join = (rdns: readonly Rdn[], write: (rdn: Rdn) => string): string => rdns.map(write).join(',');

const character = fc.constantFrom(...Array.from('abXY ,\\#+<>;"=\nä€😀09Ff\0'));
const rdn: fc.Arbitrary<Rdn> = fc.record({
  type: fc.constantFrom('CN', 'OU', 'DC', '1.2.840'),
  value: fc.array(character, { minLength: 1, maxLength: 6 }).map(characters => characters.join('')),
});
const rdns = fc.array(rdn, { minLength: 1, maxLength: 4 });

describe('a distinguished name', () => {
  test.each([
    ['CN=Ada Lovelace,OU=Staff,DC=x', ['Ada Lovelace', 'Staff', 'x']],
    [String.raw`CN=Lovelace\, Ada,DC=x`, ['Lovelace, Ada', 'x']],
    [String.raw`CN=Lovelace\2C Ada,DC=x`, ['Lovelace, Ada', 'x']],
    [String.raw`CN=back\\,DC=x`, ['back\\', 'x']],
    [String.raw`CN=\#1,DC=x`, ['#1', 'x']],
    [String.raw`CN=\ lead and trail\ ,DC=x`, [' lead and trail ', 'x']],
    [String.raw`CN=trail\\ ,DC=x`, ['trail\\', 'x']],
    [String.raw`CN=caf\C3\A9,DC=x`, ['café', 'x']],
    [String.raw`CN=ada\0ADEL:3f25,CN=Deleted Objects,DC=x`, ['ada\nDEL:3f25', 'Deleted Objects', 'x']],
    [String.raw`CN=ada\0ACNF:3f25,DC=x`, ['ada\nCNF:3f25', 'x']],
    ['OU = Staff , DC = x', ['Staff', 'x']],
    ['CN=a=b+c;d"e,DC=x', ['a=b+c;d"e', 'x']],
    ['2.5.4.3=oid,DC=x', ['oid', 'x']],
  ])('%s is read', (dn, values) => {
    expect(parseDn(dn)?.map(({ value }) => value)).toEqual(values);
  });

  test.each([
    '',
    'CN',
    '=x',
    'CN=',
    'CN=,DC=x',
    'CN=a,',
    'C_N=a',
    'CN=#04024869',
    String.raw`CN=a\xyz`,
    'CN=a\\',
    String.raw`CN=a\FF`,
  ])('%p is none, and equals itself in any case', dn => {
    expect(parseDn(dn)).toBeNull();
    expect(normalisedDn(dn.toUpperCase())).toBe(normalisedDn(dn));
    expect(normalisedDn(` ${dn}`)).toBe(` ${dn}`.toLowerCase());
  });

  test.each([
    ['OU=a,DC=x', 'OU=a,DC=x', true],
    ['cn=u,ou=A,dc=X', 'OU=a,DC=x', true],
    [String.raw`CN=u,OU=a\2Cb,DC=x`, String.raw`OU=a\,b,DC=x`, true],
    ['CN=u,OU=a,DC=x', 'OU=a, DC=x', true],
    ['OU=a,DC=x', 'U=a,DC=x', false],
    ['OU=ba,DC=x', 'a,DC=x', false],
    [String.raw`CN=u\,OU=a,DC=x`, 'OU=a,DC=x', false],
    [String.raw`CN=u\\,OU=a,DC=x`, 'OU=a,DC=x', true],
    ['DC=x', 'OU=a,DC=x', false],
    ['OU=b,DC=x', 'OU=a,DC=x', false],
    ['OU=a,DC=x', '', false],
    [',', '', false],
  ])('%s below %s: %p', (dn, base, expected) => {
    expect(isBelowOrEqual(dn, base)).toBe(expected);
  });

  test('is read as it was written, whatever is in it', () => {
    fc.assert(
      fc.property(rdns, parts => {
        expect(parseDn(join(parts, written))).toEqual(parts);
        expect(parseDn(join(parts, everyByteEscaped))).toEqual(parts);
      }),
    );
  });

  test('has one normal form and one key, however it is escaped, spaced or capitalised; the normal form is a DN', () => {
    fc.assert(
      fc.property(rdns, parts => {
        const normalised = normalisedDn(join(parts, written));
        const upper = parts.map(({ type, value }) => ({
          type: type.toLowerCase(),
          value: value.toUpperCase(),
        }));
        for (const other of [
          join(parts, everyByteEscaped),
          join(parts, spacedOut),
          join(upper, written),
          normalised,
        ]) {
          expect(normalisedDn(other)).toBe(normalised);
          expect(dnKey(other)).toEqual(dnKey(normalised));
        }
        expect(parseDn(normalised)?.map(({ value }) => value)).toEqual(
          parts.map(({ value }) => value.toLowerCase()),
        );
      }),
    );
  });

  test('differs from every other in its key', () => {
    fc.assert(
      fc.property(rdns, rdns, (one, two) => {
        const same = JSON.stringify(one).toLowerCase() === JSON.stringify(two).toLowerCase();
        expect(Buffer.compare(dnKey(join(one, written)), dnKey(join(two, written))) === 0).toBe(same);
      }),
    );
  });

  test('lies below each of its ancestors and itself, and below nothing else', () => {
    fc.assert(
      fc.property(rdns, rdns, (parts, others) => {
        const dn = join(parts, written);
        const ancestors = parts.map((_, from) => normalisedDn(join(parts.slice(from), written)));
        for (const ancestor of ancestors) expect(isBelowOrEqual(dn, ancestor)).toBe(true);
        const other = join(others, written);
        expect(isBelowOrEqual(dn, other)).toBe(ancestors.includes(normalisedDn(other)));
      }),
    );
  });

  test('has a key of 16 bytes', () => {
    expect(dnKey('CN=a,DC=x')).toHaveLength(16);
    expect(dnKey('CN=a,DC=x')).not.toEqual(dnKey('CN=b,DC=x'));
  });
});
