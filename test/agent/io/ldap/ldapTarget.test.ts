import { AgentError } from '../../../../agent/src/core/agentError';
import { readLdapTarget } from '../../../../agent/src/io/ldap/ldapTarget';

const refusal = (url: string, startTls: boolean): unknown => {
  try {
    return readLdapTarget(url, startTls);
  } catch (error) {
    return error instanceof AgentError ? `${error.code}: ${error.message}` : error;
  }
};

describe('readLdapTarget', () => {
  test.each([
    ['ldaps://dc1.contoso.example', false, 'dc1.contoso.example', 636, 'ldaps', false],
    ['ldaps://dc1.contoso.example/', false, 'dc1.contoso.example', 636, 'ldaps', false],
    ['ldaps://10.0.0.1:1636', false, '10.0.0.1', 1636, 'ldaps', false],
    ['ldap://dc1', true, 'dc1', 389, 'startTls', false],
    ['ldaps://[fd00::1]:636', false, 'fd00::1', 636, 'ldaps', false],
    ['ldaps://dc1:3269', false, 'dc1', 3269, 'ldaps', true],
    ['ldap://dc1:3268', true, 'dc1', 3268, 'startTls', true],
  ])('%s', (url, startTls, host, port, encryption, globalCatalog) => {
    expect(readLdapTarget(url, startTls)).toEqual({ host, port, encryption, globalCatalog });
  });

  test('a connection that stays in clear is refused', () => {
    expect(refusal('ldap://dc1', false)).toMatch(
      /^configurationInvalid: .*the password would be sent in clear/,
    );
  });

  test('StartTLS within TLS is refused', () => {
    expect(refusal('ldaps://dc1', true)).toMatch(/^configurationInvalid: Expected startTls with ldap/);
  });

  test.each([
    'dc1.contoso.example',
    'https://dc1',
    'ldaps://',
    'ldaps://user:secret@dc1',
    'ldaps://:secret@dc1',
    'ldaps://dc1/DC=contoso,DC=example',
    'ldaps://dc1?x',
    'ldaps://dc1#x',
  ])('%s is not the address of a domain controller, and is not quoted', url => {
    expect(refusal(url, false)).toMatch(/^configurationInvalid: Expected a domain controller as/);
    expect(refusal(url, false)).not.toMatch('secret');
  });
});
