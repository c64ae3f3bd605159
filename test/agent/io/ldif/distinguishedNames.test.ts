import fc from 'fast-check';
import { comparableName, liesIn } from '../../../../agent/src/io/ldif/distinguishedNames';

/** A value as RFC 4514 writes it; `hex`: every special character as its bytes. */
function escaped(value: string, hex: boolean): string {
  const special = /[,\\+"<>;=#]|^ | $/g;
  return value.replaceAll(special, found =>
    hex ? `\\${found.charCodeAt(0).toString(16).padStart(2, '0')}` : `\\${found}`,
  );
}

describe('equal names compare equal', () => {
  const value = fc.string({
    unit: fc.constantFrom('a', 'é', ',', '\\', '+', '"', ' ', '=', '#', 'D', 'C', '😀'),
    minLength: 1,
    maxLength: 8,
  });

  it('in either spelling of an escape, in any case, with spaces around separators', () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 4 }), values => {
        const plain = values.map(part => `CN=${escaped(part, false)}`).join(',');
        const other = values.map(part => ` cn = ${escaped(part, true).toLowerCase()} `).join(',');
        expect(comparableName(other)).toBe(comparableName(plain));
      }),
    );
  });

  it('and others do not', () => {
    fc.assert(
      fc.property(
        fc.array(value, { minLength: 1, maxLength: 3 }),
        fc.array(value, { minLength: 1, maxLength: 3 }),
        (one, other) => {
          const name = (values: readonly string[]): string =>
            comparableName(values.map(part => `CN=${escaped(part, false)}`).join(','));
          const lower = (values: readonly string[]): string =>
            JSON.stringify(values.map(part => part.toLowerCase()));
          expect(name(one) === name(other)).toBe(lower(one) === lower(other));
        },
      ),
    );
  });

  it.each([
    [String.raw`CN=a\0ADEL:1,DC=x`, 'cn=a\ndel:1,dc=x'],
    [String.raw`CN=Zo\C3\AB,DC=x`, 'cn=zoë,dc=x'],
    ['no name at all ', 'no name at all'],
    ['', ''],
  ])('%s', (name, comparable) => {
    expect(comparableName(name)).toBe(comparable);
  });
});

it('a name lies in a naming context by whole parts, and a comma that is escaped parts nothing', () => {
  const context = comparableName('DC=contoso,DC=example');
  for (const [name, answer] of [
    ['DC=contoso,DC=example', true],
    ['CN=a,DC=Contoso,DC=Example', true],
    ['CN=xDC=contoso,DC=example', false],
    [String.raw`CN=a\,DC=contoso,DC=example`, false],
    ['DC=example', false],
    ['', false],
  ] as const)
    expect([name, liesIn(comparableName(name), context)]).toEqual([name, answer]);
});
