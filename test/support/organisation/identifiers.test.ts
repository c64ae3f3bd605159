import { base64OfGuid, cloudSidOf, newGuid } from './identifiers';
import { Random } from './random';

describe('identifiers of the sample organisation', () => {
  test('an immutableId is the base64 of the GUID in the byte order of Windows', () => {
    expect(base64OfGuid('88666888-0101-1111-bbbb-1234567890ab')).toBe('iGhmiAEBERG7uxI0VniQqw==');
  });

  test('a cloud SID is made of the four little-endian words of the id', () => {
    expect(cloudSidOf('73d664e4-0886-4a73-b745-c694da45ddb4')).toBe(
      'S-1-12-1-1943430372-1249052806-2496021943-3034400218',
    );
  });

  test('a GUID is random, of version 4, and lower case', () => {
    const random = new Random(1);
    const guids = Array.from({ length: 1000 }, () => newGuid(random));
    const form = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(guids.filter(guid => !form.test(guid))).toEqual([]);
    expect(new Set(guids).size).toBe(1000);
  });
});
