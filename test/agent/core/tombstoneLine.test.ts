import { exportLineSchema } from '../../../shared/core/exportFormat';
import { tombstoneAttributes, tombstoneLineOf } from '../../../agent/src/core/tombstoneLine';
import { entryOf, guidBytes, sidBytes } from './entries';

const guid = '9f2504e0-4f89-41d3-9a0c-0305e82c3302';
const sid = 'S-1-5-21-1004336348-1177238915-682003330-1105';
const printers: Parameters<typeof entryOf>[1] = {
  objectClass: ['top', 'group'],
  objectGUID: guidBytes(guid),
  whenChanged: '20261127074100.0Z',
  objectSid: sidBytes(sid),
  sAMAccountName: 'printers',
  lastKnownParent: 'OU=Groups,DC=contoso,DC=example',
};
const resultOf = (attributes: typeof printers, recycleBinEnabled = true) =>
  tombstoneLineOf(entryOf(String.raw`CN=Printers\0ADEL:${guid},CN=Deleted Objects,DC=contoso`, attributes), {
    namingContext: 1,
    recycleBinEnabled,
  });

describe('the line of a deleted object', () => {
  test('has the time of the deletion, and what AD keeps', () => {
    const result = resultOf(printers);
    expect(result).toEqual({
      kind: 'line',
      line: {
        kind: 'tombstone',
        objectClass: 'group',
        namingContext: 1,
        objectGUID: guid,
        whenChanged: '2026-11-27T07:41:00.000Z',
        isRecycled: false,
        objectSid: sid,
        sAMAccountName: 'printers',
        lastKnownParent: 'OU=Groups,DC=contoso,DC=example',
      },
    });
    expect(exportLineSchema.safeParse(result.kind === 'line' && result.line).success).toBe(true);
  });

  test('leaves out what AD did not return, and what is empty', () => {
    const bare = { ...printers, objectSid: undefined, sAMAccountName: '', lastKnownParent: undefined };
    expect(resultOf(bare)).toEqual({
      kind: 'line',
      line: {
        kind: 'tombstone',
        objectClass: 'group',
        namingContext: 1,
        objectGUID: guid,
        whenChanged: '2026-11-27T07:41:00.000Z',
        isRecycled: false,
      },
    });
  });

  test.each([
    [true, undefined, false],
    [true, 'FALSE', false],
    [true, 'TRUE', true],
    [false, undefined, true],
    [false, 'TRUE', true],
  ])('Recycle Bin %p, isRecycled %p: recycled %p', (recycleBinEnabled, isRecycled, expected) => {
    expect(resultOf({ ...printers, isRecycled }, recycleBinEnabled)).toMatchObject({
      line: { isRecycled: expected },
    });
  });

  test.each([
    ['objectClass', undefined, 'objectClass was expected, found nothing'],
    ['objectGUID', undefined, 'objectGUID: 16 bytes were expected, found nothing'],
    ['objectGUID', Buffer.alloc(15), 'objectGUID: 16 bytes were expected, found 15'],
    ['whenChanged', undefined, 'found nothing'],
    ['whenChanged', '20260230000000.0Z', 'found 20260230000000.0Z'],
    ['isRecycled', '1', 'isRecycled: TRUE or FALSE was expected, found 1'],
    ['objectSid', Buffer.alloc(3), 'objectSid: the bytes of a SID were expected'],
  ])('with %s %p is invalid', (attribute, value, problem) => {
    expect(resultOf({ ...printers, [attribute]: value })).toEqual({
      kind: 'invalid',
      problem: expect.stringContaining(problem),
    });
  });

  test('is made of the attributes that are asked for', () => {
    expect(tombstoneAttributes.toSorted()).toEqual([...Object.keys(printers), 'isRecycled'].toSorted());
  });
});
