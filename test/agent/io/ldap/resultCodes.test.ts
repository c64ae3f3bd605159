import { failureOf } from '../../../../agent/src/io/ldap/resultCodes';

const failure = (resultCode: number, diagnosticMessage = ''): ReturnType<typeof failureOf> =>
  failureOf({ resultCode, diagnosticMessage, responseName: null, controls: new Map() }, 'the search');

describe('failureOf', () => {
  test.each([1, 3, 4, 11, 51, 52, 80])('result %i may be otherwise the next time', code => {
    expect(failure(code)).toMatchObject({ kind: 'passing', resultCode: code });
  });

  test.each([2, 8, 10, 12, 13, 32, 34, 49, 50, 53, 9999])('result %i would come again', code => {
    expect(failure(code)).toMatchObject({ kind: 'final', resultCode: code });
  });

  test('the message has the name, the number and the text of the server in one line', () => {
    expect(failure(49, '80090308: LdapErr: DSID-0C090\r\n data 52e\0').message).toBe(
      'expected success of the search, found InvalidCredentials (49): 80090308: LdapErr: DSID-0C090 data 52e',
    );
    expect(failure(10).message).toContain('referral, to another domain controller (10)');
    expect(failure(0).message).toContain('success (0)');
  });
});
