import fc from 'fast-check';
import { smtpAddress, smtpAddresses } from '../../../../shared/core/keys/address';
import { bytesFromBase64, bytesToBase64 } from '../../../../shared/core/keys/base64';
import { guidFromBytes, guidToBytes, parseGuid, type Guid } from '../../../../shared/core/keys/guid';
import {
  anchorForms,
  guidFromImmutableId,
  guidToImmutableId,
} from '../../../../shared/core/keys/immutableId';
import {
  domainSidOf,
  parseSid,
  relativeIdOf,
  sidFromBytes,
  sidToBytes,
  type Sid,
} from '../../../../shared/core/keys/sid';

const vector = {
  guid: '88666888-0101-1111-bbbb-1234567890ab' as Guid,
  immutableId: 'iGhmiAEBERG7uxI0VniQqw==',
};
const sixteenBytes = fc.uint8Array({ minLength: 16, maxLength: 16 });

describe('GUID and onPremisesImmutableId', () => {
  test('the known vector decodes in the order of .NET, not of the text', () => {
    expect(guidFromImmutableId(vector.immutableId)).toBe(vector.guid);
    expect(guidToImmutableId(vector.guid)).toBe(vector.immutableId);
  });

  test('bytes, text and immutableId are one value in three forms', () => {
    fc.assert(
      fc.property(sixteenBytes, bytes => {
        const guid = guidFromBytes(bytes) as Guid;
        expect(guidToBytes(guid)).toEqual(bytes);
        expect(guidFromImmutableId(guidToImmutableId(guid))).toBe(guid);
        expect(parseGuid(`{${guid.toUpperCase()}}`)).toBe(guid);
      }),
    );
  });

  test.each([
    '',
    'ada',
    '88666888-0101-1111-bbbb-1234567890a',
    '88666888-0101-1111-bbbb-1234567890abc',
    '88666888010111111bbb1234567890ab1234',
  ])('what is no GUID is null: %j', text => expect(parseGuid(text)).toBeNull());

  test.each([15, 17, 0])('%i bytes are no GUID', length => {
    const bytes = new Uint8Array(length);
    expect(guidFromBytes(bytes)).toBeNull();
    expect(guidFromImmutableId(bytesToBase64(bytes))).toBeNull();
  });

  test.each([
    '',
    'E-17',
    'iGhmiAEBERG7uxI0VniQqw',
    'iGhmiAEBERG7uxI0VniQqx==',
    ' iGhmiAEBERG7uxI0VniQqw==',
    'iGhmiAEBERG7uxI0Vni_qw==',
  ])('what is not exactly base64 is undecodable: %j', text => expect(bytesFromBase64(text)).toBeNull());
});

describe('anchor forms', () => {
  const texts = (immutableId: string): string[] =>
    anchorForms(immutableId).map(form => Buffer.from(form).toString('utf8'));

  test('a text that is not base64 stands for itself', () => expect(texts('E-17')).toEqual(['E-17']));

  test('base64 is tried as the text, as bytes, and as UTF-16', () => {
    expect(texts(Buffer.from('E-00017', 'utf8').toString('base64'))).toContain('E-00017');
    expect(texts(Buffer.from('E-00017', 'utf16le').toString('base64'))).toContain('E-00017');
    expect(texts('RTAwMDE3')).toContain('RTAwMDE3');
  });
});

describe('SID', () => {
  const bytes = Buffer.from('010500000000000515000000a065cf7e784b9b5fe77c8770091c0100', 'hex');
  const text = 'S-1-5-21-2127521184-1604012920-1887927527-72713' as Sid;

  test('a known SID decodes and encodes', () => {
    expect(sidFromBytes(bytes)).toBe(text);
    expect(Buffer.from(sidToBytes(text))).toEqual(bytes);
    expect(domainSidOf(text)).toBe('S-1-5-21-2127521184-1604012920-1887927527');
    expect(relativeIdOf(text)).toBe(72713);
  });

  test('bytes and text are one value in two forms, for every authority', () => {
    const parts = fc.array(fc.integer({ min: 0, max: 0xffff_ffff }), { minLength: 1, maxLength: 15 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 48 - 1 }), parts, (authority, subAuthorities) => {
        const sid = ['S', 1, authority, ...subAuthorities].join('-') as Sid;
        expect(sidFromBytes(sidToBytes(sid))).toBe(sid);
        expect(parseSid(sid.toLowerCase())).toBe(sid);
      }),
    );
  });

  test.each([
    '',
    'S-1-5',
    'S-2-5-21-1',
    'S-1-5-21-4294967296',
    'S-1-281474976710656-1',
    'S-1-5-21-',
    'S-1-5-x',
    `S-1-5${'-1'.repeat(16)}`,
  ])('what is no SID is null: %j', malformed => expect(parseSid(malformed)).toBeNull());

  test.each(['S-1-5-21-4294967295', 'S-1-281474976710655-1', `S-1-5${'-1'.repeat(15)}`])(
    'the largest values are SIDs: %j',
    sid => expect(parseSid(sid)).toBe(sid),
  );

  test.each([
    ['too short', '0101000000000005'],
    ['another revision', '020100000000000515000000'],
    ['fewer parts than it counts', '010200000000000515000000'],
    ['more parts than it counts', '01010000000000051500000015000000'],
    ['more than 15 parts', `0110000000000005${'15000000'.repeat(16)}`],
  ])('bytes that are no SID are null: %s', (_, hex) =>
    expect(sidFromBytes(Buffer.from(hex, 'hex'))).toBeNull(),
  );
});

describe('addresses', () => {
  test.each([
    ['Ada@Contoso.Example', 'smtp:ada@contoso.example'],
    ['SMTP:ada@contoso.example', 'smtp:ada@contoso.example'],
    [' smtp: ada@contoso.example ', 'smtp:ada@contoso.example'],
    ['x500:/o=Contoso/cn=ada@home', null],
    ['sip:ada@contoso.example', null],
    ['ada', null],
    ['smtp:', null],
    ['@contoso.example', null],
    ['"a:d a"@contoso.example', 'smtp:"a:d a"@contoso.example'],
  ])('%j compares as %j', (value, expected) => expect(smtpAddress(value)).toBe(expected));

  test('mail and proxyAddresses are one sorted set', () => {
    expect(smtpAddresses('b@x', ['SMTP:B@x', 'smtp:a@x', 'x500:c'])).toEqual(['smtp:a@x', 'smtp:b@x']);
    expect(smtpAddresses(null, undefined)).toEqual([]);
  });
});
