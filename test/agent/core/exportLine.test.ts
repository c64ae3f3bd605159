import { exportLineSchema, maxLineBytes, objectLineSchema } from '../../../shared/core/exportFormat';
import { exportAttributes, exportLineOf, type LineContext } from '../../../agent/src/core/exportLine';
import { entryOf, guidBytes, sidBytes } from './entries';

const guid = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
const sid = 'S-1-5-21-1004336348-1177238915-682003330-1104';
const context: LineContext = { namingContext: 0, anchorAttribute: null, inScope: true };
const userChain = ['top', 'person', 'organizationalPerson', 'user'];

type Attributes = Parameters<typeof entryOf>[1];
const user: Attributes = {
  objectClass: userChain,
  objectGUID: guidBytes(guid),
  objectSid: sidBytes(sid),
  sAMAccountName: 'meganb',
  uSNChanged: '4711',
};
const contact: Attributes = { objectClass: ['top', 'person', 'contact'], objectGUID: guidBytes(guid) };
const dn = 'CN=Megan Bowen,OU=Staff,DC=contoso,DC=example';
const resultOf = (attributes: Attributes, changes: Partial<LineContext> = {}) =>
  exportLineOf(entryOf(dn, attributes), { ...context, ...changes });
const lineOf = (attributes: Attributes, changes: Partial<LineContext> = {}): unknown => {
  const result = resultOf(attributes, changes);
  return result.kind === 'line' ? exportLineSchema.parse(result.line) : result;
};

describe('the line of a live object', () => {
  test('has every attribute that AD returned, in the format of the export', () => {
    const result = lineOf(
      {
        ...user,
        sIDHistory: [sidBytes('S-1-5-21-1-2-3-1104'), sidBytes('S-1-5-21-1-2-4-1104')],
        'mS-DS-ConsistencyGuid': guidBytes(guid),
        'msDS-ExternalDirectoryObjectId': 'User_1',
        userPrincipalName: 'meganb@contoso.example',
        mail: 'meganb@contoso.example',
        proxyAddresses: ['SMTP:meganb@contoso.example', 'smtp:mégan@contoso.example'],
        userCertificate: Buffer.alloc(1000),
        employeeID: '1234',
      },
      { namingContext: 2, inScope: false },
    );
    expect(result).toEqual({
      kind: 'object',
      objectClass: 'user',
      namingContext: 2,
      objectGUID: guid,
      distinguishedName: dn,
      inScope: false,
      objectSid: sid,
      sIDHistory: ['S-1-5-21-1-2-3-1104', 'S-1-5-21-1-2-4-1104'],
      'mS-DS-ConsistencyGuid': '4AQlP4lP00GaDAMF6CwzAQ==',
      'msDS-ExternalDirectoryObjectId': 'User_1',
      sAMAccountName: 'meganb',
      userPrincipalName: 'meganb@contoso.example',
      mail: 'meganb@contoso.example',
      proxyAddresses: ['SMTP:meganb@contoso.example', 'smtp:mégan@contoso.example'],
      userCertificate: true,
    });
  });

  test('leaves out what AD did not return, and what is empty', () => {
    const line = lineOf({
      ...user,
      mail: '',
      userPrincipalName: '',
      'mS-DS-ConsistencyGuid': '',
      proxyAddresses: ['', 'smtp:a@b'],
      sIDHistory: [''],
      userCertificate: [''],
    });
    expect(Object.keys(line as object)).toEqual([
      'kind',
      'objectClass',
      'namingContext',
      'objectGUID',
      'distinguishedName',
      'inScope',
      'objectSid',
      'sAMAccountName',
      'proxyAddresses',
    ]);
    expect(line).toMatchObject({ proxyAddresses: ['smtp:a@b'] });
  });

  test.each([
    [userChain, 'user'],
    [[...userChain, 'inetOrgPerson'], 'user'],
    [[...userChain, 'computer'], 'computer'],
    [[...userChain, 'computer', 'msDS-GroupManagedServiceAccount'], 'computer'],
    [['TOP', 'GROUP'], 'group'],
    [['top', 'person', 'organizationalPerson', 'contact'], 'contact'],
    [['top', 'publicFolder'], 'other'],
    [['top', 'foreignSecurityPrincipal'], 'other'],
  ])('%p is of class %s', (chain, objectClass) => {
    expect(lineOf({ ...user, objectClass: chain })).toMatchObject({ objectClass });
  });

  test.each([
    ['objectSid', sidBytes('S-1-5-32')],
    ['mail', 'folder@contoso.example'],
    ['proxyAddresses', 'smtp:folder@contoso.example'],
    ['msDS-ExternalDirectoryObjectId', 'Folder_1'],
    ['mS-DS-ConsistencyGuid', 'x'],
  ])('an object of another class is exported if it has %s', (attribute, value) => {
    const folder = { objectClass: ['top', 'publicFolder'], objectGUID: guidBytes(guid) };
    expect(lineOf({ ...folder, [attribute]: value })).toMatchObject({ kind: 'object', objectClass: 'other' });
    expect(lineOf({ ...folder, [attribute]: '' })).toEqual({ kind: 'notExported' });
    expect(lineOf(folder)).toEqual({ kind: 'notExported' });
  });

  test('a contact without any address has its line: it is counted', () => {
    expect(lineOf(contact)).toMatchObject({ kind: 'object', objectClass: 'contact' });
  });

  test.each([
    ['employeeID', 'EmployeeID', '1234', 'MTIzNA=='],
    ['extensionAttribute1', 'extensionattribute1', Buffer.of(0xff, 0x00), '/wA='],
    ['employeeID', 'employeeID', '', undefined],
    ['employeeID', 'cn', '1234', undefined],
  ])('the anchor %s is exported as raw bytes', (anchorAttribute, returned, value, expected) => {
    const line = lineOf({ ...user, [returned]: value }, { anchorAttribute });
    expect((line as { sourceAnchor?: string }).sourceAnchor).toBe(expected);
  });

  test.each(['objectGUID', 'ms-ds-consistencyguid'])(
    'the anchor %s is not exported twice',
    anchorAttribute => {
      const line = lineOf({ ...user, 'mS-DS-ConsistencyGuid': 'x' }, { anchorAttribute });
      expect(line).toMatchObject({ kind: 'object' });
      expect(line).not.toHaveProperty('sourceAnchor');
    },
  );

  test.each([
    [1, 'eA=='],
    [15, 'eHh4eHh4eHh4eHh4eHh4'],
    [17, 'eHh4eHh4eHh4eHh4eHh4eHg='],
  ])('mS-DS-ConsistencyGuid may have %i bytes', (length, expected) => {
    expect(lineOf({ ...user, 'mS-DS-ConsistencyGuid': 'x'.repeat(length) })).toMatchObject({
      'mS-DS-ConsistencyGuid': expected,
    });
  });
});

describe('an entry from which the account may not read what it has', () => {
  test.each([
    ['user', user, 'objectClass'],
    ['user', user, 'objectGUID'],
    ['user', user, 'objectSid'],
    ['user', user, 'sAMAccountName'],
    // In no property set, as the anchors are not: where it is hidden they are, too, and look as if they were not set.
    ['user', user, 'uSNChanged'],
    ['group', { ...user, objectClass: ['top', 'group'] }, 'objectSid'],
    ['group', { ...user, objectClass: ['top', 'group'] }, 'sAMAccountName'],
    ['computer', { ...user, objectClass: [...userChain, 'computer'] }, 'objectSid'],
    ['contact', contact, 'objectClass'],
    ['contact', contact, 'objectGUID'],
  ])('a %s %p without %s is stripped', (_, attributes, missing) => {
    expect(resultOf({ ...attributes, [missing]: undefined })).toEqual({
      kind: 'stripped',
      missing: [missing],
    });
    expect(resultOf({ ...attributes, [missing]: [] })).toEqual({ kind: 'stripped', missing: [missing] });
  });

  test('all that is missing is named', () => {
    expect(resultOf({})).toEqual({ kind: 'stripped', missing: ['objectClass', 'objectGUID'] });
    expect(resultOf({ objectClass: userChain })).toEqual({
      kind: 'stripped',
      missing: ['objectGUID', 'objectSid', 'sAMAccountName', 'uSNChanged'],
    });
  });

  test('an object of another class without objectGUID is stripped too, with or without keys', () => {
    expect(resultOf({ objectClass: ['top', 'container'] })).toEqual({
      kind: 'stripped',
      missing: ['objectGUID'],
    });
  });
});

describe('a value that cannot be read', () => {
  test.each([
    ['objectGUID', Buffer.alloc(15)],
    ['objectGUID', Buffer.alloc(17)],
    ['objectSid', Buffer.alloc(28)],
    ['sIDHistory', [sidBytes(sid), sidBytes(sid).subarray(0, 20)]],
    ['mail', Buffer.of(0x61, 0x40, 0xfc)],
    ['proxyAddresses', ['smtp:a@b', Buffer.of(0x61, 0x40, 0xed, 0xa0, 0x80)]],
  ])('is named: %s', (attribute, value) => {
    expect(resultOf({ ...user, [attribute]: value })).toEqual({
      kind: 'invalid',
      attribute,
      problem: expect.stringMatching(/expected, found/),
    });
  });

  test('an address that cannot be read is refused for a contact, which has no other key', () => {
    expect(resultOf({ ...contact, mail: Buffer.of(0xfc) })).toMatchObject({
      kind: 'invalid',
      attribute: 'mail',
    });
  });

  test('a name that is not UTF-8 keeps its line', () => {
    expect(lineOf({ ...user, sAMAccountName: Buffer.of(0x6d, 0xfc) })).toMatchObject({
      sAMAccountName: 'm\uFFFD',
    });
  });

  test('the replacement character itself is an ordinary character', () => {
    expect(lineOf({ ...user, mail: '\uFFFD@b' })).toMatchObject({ mail: '\uFFFD@b' });
  });
});

describe('the length of a line', () => {
  const lengthWith = (attributes: Attributes): number =>
    Buffer.byteLength(JSON.stringify(lineOf(attributes)));

  test('is limited: one byte more is too long', () => {
    const free = maxLineBytes - lengthWith({ ...user, mail: 'x' }) + 1;
    expect(lineOf({ ...user, mail: 'x'.repeat(free) })).toMatchObject({ kind: 'object' });
    expect(lineOf({ ...user, mail: 'x'.repeat(free + 1) })).toEqual({
      kind: 'tooLong',
      bytes: maxLineBytes + 1,
    });
  });

  test('counts what the line has, not what was read: certificates do not count, escapes do', () => {
    expect(lineOf({ ...user, userCertificate: Buffer.alloc(maxLineBytes) })).toMatchObject({
      kind: 'object',
    });
    const controls = String.fromCharCode(1).repeat(Math.ceil(maxLineBytes / 6));
    expect(lineOf({ ...user, mail: controls })).toMatchObject({ kind: 'tooLong' });
  });
});

describe('the attributes to ask for', () => {
  test('are those of the line, the anchor and the filters, each once', () => {
    const attributes = exportAttributes('employeeID', ['EMPLOYEEID', 'adminDescription', 'Mail']);
    expect(attributes).toEqual([
      'objectClass',
      'objectGUID',
      'objectSid',
      'sIDHistory',
      'sAMAccountName',
      'userPrincipalName',
      'mail',
      'proxyAddresses',
      'mS-DS-ConsistencyGuid',
      'msDS-ExternalDirectoryObjectId',
      'userCertificate',
      'uSNChanged',
      'employeeID',
      'adminDescription',
    ]);
    expect(exportAttributes(null, [])).toEqual(attributes.slice(0, 12));
  });

  test('are all that a line of the format has, but what is not an attribute of its own, and a proof that anchors can be read', () => {
    const ofOurs = new Set(['kind', 'namingContext', 'distinguishedName', 'inScope', 'sourceAnchor']);
    const ofFormat = Object.keys(objectLineSchema.shape).filter(name => !ofOurs.has(name));
    expect(new Set(exportAttributes(null, []))).toEqual(new Set([...ofFormat, 'uSNChanged']));
  });
});
