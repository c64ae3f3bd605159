import { errorCodeOf, refusalError } from '../../../../shared/io/graph/refusal';

const refused = (status: number, code: string | null = null): string =>
  refusalError({ status, code, trace: 'client-request-id 1' }, 'GET /v1.0/users', 'User.Read.All').message;

describe("Graph's error code", () => {
  test('is read from its error body', () => {
    expect(errorCodeOf(Buffer.from('{"error":{"code":"Request_BadRequest","message":"…"}}'))).toBe(
      'Request_BadRequest',
    );
  });

  test.each([
    '',
    '<html>404</html>',
    'null',
    '{"error":"x"}',
    '{"error":{}}',
    '{"error":{"code":404}}',
    '{"error":{"code":"a b\\nc"}}',
  ])('%j holds none', body => expect(errorCodeOf(Buffer.from(body))).toBeNull());

  test('is not read from a body that is not UTF-8', () => {
    expect(errorCodeOf(Buffer.from('{"error":{"code":"é"}}', 'latin1'))).toBeNull();
  });
});

describe('a refusal', () => {
  test('has the code graphRefused and says what was refused, with the ids of the request', () => {
    const error = refusalError(
      { status: 400, code: 'Request_BadRequest', trace: 'ids' },
      'GET /v1.0/users',
      'X',
    );
    expect(error.code).toBe('graphRefused');
    expect(error.message).toMatch(
      /^GET \/v1\.0\/users was refused with status 400 \(Request_BadRequest\)\. .*\(ids\)$/,
    );
  });

  test('by 403 names the missing application permission', () => {
    expect(refused(403, 'Authorization_RequestDenied')).toContain('application permission User.Read.All');
  });

  test('by 401, 404 or a redirect points to the endpoint', () => {
    expect(refused(401)).toContain('belong to the same cloud');
    expect(refused(404)).toContain("endpoint is the one of the tenant's cloud");
    expect(refused(302)).toContain('Redirects are not followed');
    expect(refused(399)).toContain('Redirects are not followed');
  });

  test("says when the body was not Graph's", () => {
    expect(refused(404)).toContain("status 404 (without Graph's error body)");
  });
});
