import { decodeCount, decodeJson, readBody, textOf } from '../../../../shared/io/graph/answerBody';

describe('a body', () => {
  test('is read whole, up to the limit and not beyond', async () => {
    expect(await readBody(new Response('12345'), 5)).toEqual(Buffer.from('12345'));
    expect(await readBody(new Response('123456'), 5)).toBeNull();
    expect(await readBody(new Response(null), 5)).toEqual(Buffer.alloc(0));
  });

  test('that is too long is not read to its end', async () => {
    let cancelled = false;
    const endless = new ReadableStream({
      pull: controller => controller.enqueue(new Uint8Array(1_000)),
      cancel: () => void (cancelled = true),
    });
    expect(await readBody(new Response(endless), 5_000)).toBeNull();
    expect(cancelled).toBe(true);
  });

  test('in another encoding than UTF-8 is not repaired', () => {
    expect(textOf(Buffer.from('Zoë'))).toBe('Zoë');
    expect(textOf(Buffer.from('Zoë', 'latin1'))).toBeNull();
  });
});

describe('decoding', () => {
  test('JSON, and what is none', () => {
    expect(decodeJson('{"value":[]}')).toEqual({ value: { value: [] } });
    expect(decodeJson('null')).toEqual({ value: null });
    expect(decodeJson('{"value":[')).toBeNull();
    expect(decodeJson('<html></html>')).toBeNull();
  });

  test('a count, with the byte order mark that Graph may send, and what is none', () => {
    expect(decodeCount(textOf(Buffer.from('\uFEFF42\n')) ?? '')).toEqual({ value: 42 });
    for (const text of ['', '-1', '4.5', '1e3', 'NaN', '<html>', '9999999999999999']) {
      expect(decodeCount(text)).toBeNull();
    }
  });
});
