import { isClosedByDefault } from '../../../agent/src/core/closedByDefault';

const domain = 'DC=contoso,DC=example';
const guid = '3F2504E0-4F89-41D3-9A0C-0305E82C3301';

describe('an object of which nothing can be read', () => {
  test.each([
    'CN=NTDS Quotas',
    'CN=Password Settings Container,CN=System',
    'CN=Admins,CN=Password Settings Container,CN=System',
    'CN=MicrosoftDNS,CN=System',
    `CN={${guid}},CN=Policies,CN=System`,
    `CN=User,CN={${guid}},CN=Policies,CN=System`,
    'CN=abc,CN=VolumeTable,CN=FileLinks,CN=System',
    'CN=BCKUPKEY_P Secret,CN=System',
    `CN=2026-01-02T03:04:05-00:00{${guid}},CN=PC1,OU=Computers`,
  ])('%s is one that AD closes by default', relative => {
    expect(isClosedByDefault(`${relative},${domain}`, 'dc=contoso, dc=example')).toBe(true);
  });

  test.each([
    `CN=Ada,OU=Staff,${domain}`,
    `CN=Ada,CN=System,${domain}`,
    `OU=NTDS Quotas,${domain}`,
    `CN=NTDS Quotas,OU=Staff,${domain}`,
    `CN=MicrosoftDNS,${domain}`,
    `CN=BCKUPKEY_P Secret,OU=Staff,${domain}`,
    String.raw`CN=BCKUPKEY_\,CN=System,${domain}`,
    `CN=Ada,CN=BCKUPKEY_P Secret,CN=System,${domain}`,
    `CN=2026-01-02T03:04:05-00:00,CN=PC1,${domain}`,
    `CN=Ada,CN=2026-01-02T03:04:05-00:00{${guid}},CN=PC1,${domain}`,
    'CN=NTDS Quotas,DC=fabrikam,DC=example',
    domain,
  ])('%s may be anything', dn => {
    expect(isClosedByDefault(dn, domain)).toBe(false);
  });
});
