/**
 * Writes the messages of an LDAP server. By hand and not by the writer of ldapts, which has no lengths above 16 MiB, and only one form
 * of length: Active Directory writes every length in five bytes.
 */

/** How lengths are written: as short as may be, or in five bytes. */
export type LengthForm = 'short' | 'long';

export const operations = {
  bindResponse: 0x61,
  searchEntry: 0x64,
  searchDone: 0x65,
  searchReference: 0x73,
  extendedResponse: 0x78,
} as const;

export interface FakeControl {
  readonly type: string;
  readonly value: Buffer;
}

/** A result other than plain success. */
export interface FakeResult {
  readonly code: number;
  readonly message?: string;
  readonly referral?: readonly string[];
  readonly controls?: readonly FakeControl[];
}

export class FakeMessages {
  constructor(readonly form: LengthForm = 'long') {}

  element(tag: number, ...parts: readonly Buffer[]): Buffer {
    const content = Buffer.concat(parts);
    return Buffer.concat([Buffer.from([tag]), this.#length(content.length), content]);
  }

  text(value: string | Buffer, tag = 0x04): Buffer {
    return this.element(tag, Buffer.from(value as string));
  }

  integer(value: number, tag = 0x02): Buffer {
    const bytes = Buffer.alloc(5);
    bytes.writeIntBE(value, 0, 5);
    let start = 0;
    while (start < 4 && bytes[start] === 0 && (bytes[start + 1] as number) < 0x80) start += 1;
    return this.element(tag, bytes.subarray(start));
  }

  message(messageId: number, operation: Buffer, controls: readonly FakeControl[] = []): Buffer {
    const parts = [this.integer(messageId), operation];
    if (controls.length > 0) {
      parts.push(
        this.element(
          0xa0,
          ...controls.map(({ type, value }) => this.element(0x30, this.text(type), this.text(value))),
        ),
      );
    }
    return this.element(0x30, ...parts);
  }

  result(messageId: number, operation: number, result: FakeResult, extra: readonly Buffer[] = []): Buffer {
    const { code, message = '', referral, controls } = result;
    return this.message(
      messageId,
      this.element(
        operation,
        this.integer(code, 0x0a),
        this.text(''),
        this.text(message),
        ...(referral ? [this.element(0xa3, ...referral.map(url => this.text(url)))] : []),
        ...extra,
      ),
      controls,
    );
  }

  entry(
    messageId: number,
    distinguishedName: string,
    attributes: readonly (readonly [string, readonly (string | Buffer)[]])[],
  ): Buffer {
    const list = attributes.map(([name, values]) =>
      this.element(0x30, this.text(name), this.element(0x31, ...values.map(value => this.text(value)))),
    );
    return this.message(
      messageId,
      this.element(operations.searchEntry, this.text(distinguishedName), this.element(0x30, ...list)),
    );
  }

  reference(messageId: number, urls: readonly string[]): Buffer {
    return this.message(
      messageId,
      this.element(operations.searchReference, ...urls.map(url => this.text(url))),
    );
  }

  /** The answer's paged results control (RFC 2696). */
  paged(cookie: Buffer): FakeControl {
    return {
      type: '1.2.840.113556.1.4.319',
      value: this.element(0x30, this.integer(0), this.text(cookie)),
    };
  }

  noticeOfDisconnection(code: number): Buffer {
    return this.result(0, operations.extendedResponse, { code, message: 'going down' }, [
      this.text('1.3.6.1.4.1.1466.20036', 0x8a),
    ]);
  }

  #length(length: number): Buffer {
    const long = Buffer.alloc(5);
    long[0] = 0x84;
    long.writeUInt32BE(length, 1);
    if (this.form === 'long' || length > 0xff_ffff) return long;
    if (length < 0x80) return Buffer.from([length]);
    if (length < 0x100) return Buffer.from([0x81, length]);
    if (length < 0x1_0000) return Buffer.from([0x82, length >> 8, length & 0xff]);
    return Buffer.from([0x83, length >> 16, (length >> 8) & 0xff, length & 0xff]);
  }
}
