import {
  inScope,
  parseScope,
  scopeAttributes,
  type GivenScope,
  type SyncScope,
} from '../../../agent/src/core/syncScope';
import { entryOf } from './entries';

const nothing: GivenScope = { includeBases: [], excludeBases: [], excludeFilters: [] };
const scopeOf = (given: Partial<GivenScope>): SyncScope => {
  const parsed = parseScope({ ...nothing, ...given });
  if (parsed.kind === 'invalid') throw new Error(parsed.problems.join(' '));
  return parsed.scope;
};

describe('the scope of synchronisation', () => {
  test('is everything where nothing is said', () => {
    const scope = scopeOf({});
    expect(inScope(scope, entryOf('CN=a,DC=x', {}))).toBe(true);
    expect(scopeAttributes(scope)).toEqual([]);
  });

  test.each([
    ['CN=a,OU=Staff,DC=x', true],
    ['OU=Staff,DC=x', true],
    ['cn=a,ou=staff,dc=X', true],
    ['CN=a,DC=x', false],
    ['CN=a,OU=More Staff,DC=x', false],
    ['CN=a,OU=Leavers,OU=Staff,DC=x', false],
    ['CN=a,OU=Old,OU=Leavers,OU=Staff,DC=x', false],
    ['CN=a,OU=Kept,OU=Leavers,OU=Staff,DC=x', true],
    ['CN=a,OU=Printers\\, old,DC=x', true],
  ])('%s: %p, the nearest base decides', (dn, expected) => {
    const scope = scopeOf({
      includeBases: ['OU=Staff, DC=x', 'OU=Kept,OU=Leavers,OU=Staff,DC=x', 'OU=Printers\\2c old,DC=x'],
      excludeBases: ['OU=Leavers,OU=Staff,DC=x'],
    });
    expect(inScope(scope, entryOf(dn, {}))).toBe(expected);
  });

  test('exclusions alone leave everything else in', () => {
    const scope = scopeOf({ excludeBases: ['OU=Leavers,DC=x'] });
    expect(inScope(scope, entryOf('CN=a,OU=Leavers,DC=x', {}))).toBe(false);
    expect(inScope(scope, entryOf('CN=a,DC=x', {}))).toBe(true);
  });

  test('what matches any of the filters is out', () => {
    const scope = scopeOf({
      includeBases: ['DC=x'],
      excludeFilters: ['(adminDescription=User_*)', '(&(extensionAttribute1=no)(!(ADMINDESCRIPTION=keep)))'],
    });
    expect(scopeAttributes(scope)).toEqual(['admindescription', 'extensionattribute1']);
    expect(inScope(scope, entryOf('CN=a,DC=x', {}))).toBe(true);
    expect(inScope(scope, entryOf('CN=a,DC=x', { adminDescription: 'User_NoSync' }))).toBe(false);
    expect(inScope(scope, entryOf('CN=a,DC=x', { extensionAttribute1: 'NO' }))).toBe(false);
    expect(
      inScope(scope, entryOf('CN=a,DC=x', { extensionAttribute1: 'no', adminDescription: 'keep' })),
    ).toBe(true);
    expect(inScope(scope, entryOf('CN=a,DC=y', {}))).toBe(false);
  });

  test('is refused with every reason', () => {
    expect(
      parseScope({
        includeBases: ['Staff', 'OU=a,DC=x', 'OU=a,DC=x'],
        excludeBases: ['ou=A, DC=x', ''],
        excludeFilters: ['(cn=a)', '(cn=', 'x'],
      }),
    ).toEqual({
      kind: 'invalid',
      problems: [
        'includeBases: a distinguished name was expected, found "Staff".',
        '"ou=A, DC=x" is in includeBases and in excludeBases.',
        'excludeBases: a distinguished name was expected, found "".',
        'excludeFilters: "(cn=", character 5: ")" was expected.',
        'excludeFilters: "x", character 1: "(" was expected.',
      ],
    });
  });
});
