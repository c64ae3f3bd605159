import {
  judgeOptionalFacts,
  judgeParts,
  judgeWholeObject,
  type SnapshotShape,
} from '../../../../shared/core/tenantChecks/snapshotJudgements';
import { judgeApiToken, judgeIssuer, signedInBy } from '../../../../shared/core/tenantChecks/tokenJudgements';
import { idOf } from '../../../support/graph/testGraph';

describe('a snapshot', () => {
  const shape: SnapshotShape = { type: 'user', id: idOf(1), whole: true, leftOut: [], parts: [] };
  const part = (status: number, permission: string): SnapshotShape => ({
    ...shape,
    parts: [
      { name: 'manager', refusal: null },
      { name: 'memberOf', refusal: { status, code: null, permission } },
    ],
  });
  const statuses = (parts: ReturnType<typeof judgeParts>): string[] => parts.map(({ status }) => status);

  test('is read by one request; what is left out is named', () => {
    expect(judgeWholeObject(shape).found).toEqual(['user: read by one request, left out: nothing']);
    expect(judgeWholeObject({ ...shape, leftOut: ['ageGroup'] })).toMatchObject({
      status: 'holds',
      found: ['user: read by one request, left out: ageGroup'],
    });
    expect(judgeWholeObject({ ...shape, whole: false }).status).toBe('differs');
  });

  test.each([
    ['User.Read.All', ['User.Read.All'], 403, 'differs'],
    ['User.Read.All and Group.Read.All', ['User.Read.All'], 403, 'notChecked'],
    ['User.Read.All', null, 403, 'notChecked'],
    ['User.Read.All', null, 400, 'differs'],
  ] as const)('a part that takes %s, with %j, refused by %i: %s', (permission, granted, status, expected) => {
    const parts = judgeParts(part(status, permission), granted && new Set(granted));
    expect(statuses(parts)).toEqual(['holds', expected]);
  });

  test('with no part that was read says so', () => {
    const [read] = judgeParts(shape, null);
    expect(read?.found).toEqual(['user: nothing read']);
  });
});

test.each([
  [{ kind: 'known', value: null }, { kind: 'known', value: ['r'] }, ['holds', 'holds']],
  [
    { kind: 'known', value: 5 },
    { kind: 'unknown', why: 'the answer is not what was asked for' },
    ['holds', 'differs'],
  ],
  [
    { kind: 'unknown', why: 'refused with status 403 (x); reading it takes AuditLog.Read.All' },
    { kind: 'known', value: [] },
    ['notChecked', 'holds'],
  ],
] as const)('optional facts %j, %j: %j', (lastSignIn, roles, expected) => {
  expect(judgeOptionalFacts(lastSignIn, roles, 'user/1').map(({ status }) => status)).toEqual(expected);
});

describe('a token for our API', () => {
  const person = {
    aud: idOf(1),
    ver: '2.0',
    azp: idOf(2),
    oid: idOf(3),
    tid: idOf(4),
    sub: 'subject',
    nbf: 1,
    iat: 1,
    exp: 2,
    scp: 'access',
  };
  const application = { ...person, scp: undefined, sub: idOf(3) };
  const header = { typ: 'JWT' };
  const statusOf = (claims: object, head: object = header): string =>
    judgeApiToken({ header: { ...head }, claims: { ...claims } }).status;

  test('is a person’s, or an application’s', () => {
    expect(statusOf(person)).toBe('holds');
    expect(statusOf(application)).toBe('holds');
    expect(statusOf({ ...application, sub: 'other', idtyp: 'app' })).toBe('holds');
    expect(statusOf({ ...application, sub: 'other' })).toBe('differs');
    expect(statusOf({ ...person, scp: ['access'] })).toBe('differs');
  });

  test.each(['aud', 'ver', 'azp', 'oid', 'tid', 'nbf', 'iat', 'exp'])('has %s', claim => {
    expect(statusOf({ ...person, [claim]: undefined })).toBe('differs');
    expect(statusOf({ ...person, [claim]: ['x'] })).toBe('differs');
  });

  test('says JWT as its type', () => {
    expect(statusOf(person, { typ: 'jwt' })).toBe('holds');
    expect(statusOf(person, { typ: 'at+jwt' })).toBe('differs');
    expect(statusOf(person, {})).toBe('differs');
  });

  test('is told by the names of its claims', () => {
    const { found } = judgeApiToken({ header, claims: { ...person, name: 'megan.bowen' } });
    expect(found.join()).toContain('aud, azp, exp, iat, name');
    expect(found.join()).not.toContain('megan');
  });
});

test.each([
  ['https://login.example/t/v2.0', 'https://login.example', 'holds'],
  ['https://other.example/t/v2.0', 'https://login.example', 'differs'],
  ['https://login.example/t/v2.0', 'https://keys.example', 'differs'],
  [null, null, 'differs'],
])('a discovery document of %s with keys at %s: %s', (issuer, jwksOrigin, status) => {
  expect(judgeIssuer('https://login.example/t/v2.0', { issuer, jwksOrigin }).status).toBe(status);
});

test('who signed in is read from the claims, where they tell', () => {
  const by = (claims: Record<string, unknown>) => signedInBy({ header: {}, claims });
  expect(signedInBy(null)).toBeNull();
  expect(by({ roles: 'x' })).toBeNull();
  expect(by({ tid: idOf(1), scp: 'a b' })).toEqual({
    kind: 'person',
    tenantId: idOf(1),
    permissions: new Set(['a', 'b']),
  });
  expect(by({ roles: ['a', 1] })).toEqual({
    kind: 'application',
    tenantId: null,
    permissions: new Set(['a']),
  });
  expect(by({})).toEqual({ kind: 'application', tenantId: null, permissions: new Set() });
});
