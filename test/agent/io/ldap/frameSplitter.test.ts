import fc from 'fast-check';
import { FrameSplitter } from '../../../../agent/src/io/ldap/frameSplitter';
import { FakeMessages } from '../../../support/ad/fakeMessages';
import { chunksOf } from '../../../support/ad/fakeStream';

const framesOf = (chunks: readonly Buffer[], longest?: number): Buffer[] => {
  const frames: Buffer[] = [];
  const splitter = new FrameSplitter(frame => frames.push(Buffer.from(frame)), longest);
  for (const chunk of chunks) splitter.push(chunk);
  return frames;
};

describe('FrameSplitter', () => {
  test('however the bytes are split, the same messages come out', () => {
    const message = fc
      .tuple(fc.constantFrom<'short' | 'long'>('short', 'long'), fc.uint8Array({ maxLength: 300 }))
      .map(([form, content]) => new FakeMessages(form).element(0x30, Buffer.from(content)));
    fc.assert(
      fc.property(fc.array(message, { maxLength: 8 }), fc.array(fc.nat(400)), (messages, cuts) => {
        expect(framesOf(chunksOf(Buffer.concat(messages), cuts))).toEqual(messages);
      }),
    );
  });

  test('a message that is not at its end is not handed over', () => {
    const message = new FakeMessages().element(0x30, Buffer.alloc(20));
    const splitter = new FrameSplitter(() => expect(true).toBe(false));
    splitter.push(message.subarray(0, -1));
    expect(splitter.heldBytes).toBe(message.length - 1);
  });

  test('a long message in many chunks is joined once', () => {
    const concat = jest.spyOn(Buffer, 'concat');
    try {
      const message = new FakeMessages().element(0x30, Buffer.alloc(1_000_000));
      concat.mockClear();
      const chunks = chunksOf(
        message,
        Array.from({ length: 999 }, () => 1_000),
      );
      expect(framesOf(chunks)).toHaveLength(1);
      expect(concat).toHaveBeenCalledTimes(1);
    } finally {
      concat.mockRestore();
    }
  });

  const hundredBytes = new FakeMessages('long').element(0x30, Buffer.alloc(94));

  test('a message as long as the limit is taken', () => {
    expect(framesOf([hundredBytes], 100)).toEqual([hundredBytes]);
  });

  test('a message one byte longer than the limit is refused by its header', () => {
    expect(() => framesOf([hundredBytes.subarray(0, 6)], 99)).toThrow(
      'expected messages of at most 99 bytes, found one of 100',
    );
  });

  test.each([
    ['another protocol', 'HTTP/1.1 400 Bad Request\r\n', 'found something else'],
    ['a length without an end', Buffer.from([0x30, 0x80, 0, 0]), 'a length of indefinite form'],
    ['a length of eight bytes', Buffer.from([0x30, 0x88, 0, 0, 0, 0, 0, 0, 0, 1]), 'a length of 8 bytes'],
  ])('%s is no LDAP', (_, bytes, message) => {
    expect(() => framesOf([Buffer.from(bytes as string)])).toThrow(message);
  });
});
