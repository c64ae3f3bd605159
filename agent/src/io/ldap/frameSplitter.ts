import { berHeader, tags, type BerHeader } from './ber';
import { brokenMessage, LdapFault } from './ldapFault';

/** The longest message that is read: one entry with its values. A longer one is a fault, or not LDAP at all. */
export const longestMessageBytes = 64 * 1024 * 1024;

/**
 * Cuts a stream of bytes into the messages of LDAP, by the outer tag and length of each; what is inside is not looked at. The same
 * messages come out however the stream is split. A message that arrived in one chunk is a slice of it, any other is joined
 * once, when its last byte is there: no byte is copied more than twice.
 */
export class FrameSplitter {
  readonly #take: (frame: Buffer) => void;
  readonly #longest: number;
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** It is of no use to look again before so many bytes are held. */
  #due = 0;

  /** `take` gets each message with its header. */
  constructor(take: (frame: Buffer) => void, longest: number = longestMessageBytes) {
    this.#take = take;
    this.#longest = longest;
  }

  /** Bytes of a message that has not come to its end. */
  get heldBytes(): number {
    return this.#heldBytes;
  }

  push(chunk: Buffer): void {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#due) return;
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held, this.#heldBytes);
    const rest = this.#split(bytes);
    this.#held = rest.length > 0 ? [rest] : [];
    this.#heldBytes = rest.length;
  }

  /** Hands over every whole message, and returns the beginning of the next. */
  #split(bytes: Buffer): Buffer {
    let offset = 0;
    for (;;) {
      const end = this.#endOfMessage(bytes, offset);
      if (end === null || end > bytes.length) {
        this.#due = end === null ? 0 : end - offset;
        return bytes.subarray(offset);
      }
      this.#take(bytes.subarray(offset, end));
      offset = end;
    }
  }

  #endOfMessage(bytes: Buffer, offset: number): number | null {
    if (offset === bytes.length) return null;
    if (bytes[offset] !== tags.sequence) throw brokenMessage('something else');
    const header: BerHeader | null = berHeader(bytes, offset);
    if (!header) return null;
    const end = header.start + header.length;
    if (end - offset > this.#longest) {
      throw new LdapFault(
        'passing',
        `expected messages of at most ${this.#longest} bytes, found one of ${end - offset}`,
      );
    }
    return end;
  }
}
