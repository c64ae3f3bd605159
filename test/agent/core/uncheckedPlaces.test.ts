import { uncheckedPlaces } from '../../../agent/src/core/uncheckedPlaces';

describe('the places that are left out of the checks of rights', () => {
  const isUnchecked = uncheckedPlaces(['DC=contoso,DC=example'], ['ou=Lab, DC=contoso,DC=example']);

  test.each([
    ['OU=Lab,DC=contoso,DC=example', true],
    ['CN=x\\,y,OU=lab,DC=contoso,DC=example', true],
    ['CN=NTDS Quotas,DC=contoso,DC=example', true],
    ['OU=NotLab,DC=contoso,DC=example', false],
    ['OU=Staff,DC=contoso,DC=example', false],
    ['CN=NTDS Quotas,DC=fabrikam,DC=example', false],
  ])('%s: %s', (distinguishedName, expected) => {
    expect(isUnchecked(distinguishedName)).toBe(expected);
  });
});
