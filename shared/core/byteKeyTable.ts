const keyBytes = 16;
const keyWords = keyBytes / 4;
const smallestCapacity = 1024;

/**
 * A hash table from 16-byte keys (GUIDs, packed SIDs, digests) to small non-negative integers, in two typed arrays: about 40
 * bytes a key at a million keys, less than a Set of strings takes, and nothing for the garbage collector to walk through. Open addressing, load factor at most 1/2.
 */
export class ByteKeyTable {
  #words: Uint32Array;
  /** value + 1; 0 marks a free slot. */
  #values: Uint32Array;
  #mask: number;
  #size = 0;
  readonly #probe = new Uint32Array(keyWords);
  readonly #probeBytes = new Uint8Array(this.#probe.buffer);

  constructor(expected = 0) {
    let capacity = smallestCapacity;
    while (capacity < expected * 2) capacity *= 2;
    this.#words = new Uint32Array(capacity * keyWords);
    this.#values = new Uint32Array(capacity);
    this.#mask = capacity - 1;
  }

  get size(): number {
    return this.#size;
  }

  /** Adds the key with `value`, unless it is there already. false: it was there, and keeps its value. */
  add(key: Uint8Array, value = 0): boolean {
    const slot = this.#slotOf(key);
    if (this.#values[slot] !== 0) return false;
    if ((this.#size + 1) * 2 > this.#values.length) {
      this.#grow();
      return this.add(key, value);
    }
    this.#words.set(this.#probe, slot * keyWords);
    this.#values[slot] = value + 1;
    this.#size += 1;
    return true;
  }

  /** Gives the key this value, whether it was there or not. */
  set(key: Uint8Array, value: number): void {
    if (!this.add(key, value)) this.#values[this.#slotOf(key)] = value + 1;
  }

  /** The key's value, or undefined. */
  get(key: Uint8Array): number | undefined {
    const stored = this.#values[this.#slotOf(key)] as number;
    return stored === 0 ? undefined : stored - 1;
  }

  has(key: Uint8Array): boolean {
    return this.#values[this.#slotOf(key)] !== 0;
  }

  /** A copy of each key whose value is accepted, in no order that means anything. The table must not change meanwhile. */
  *keysWith(accepts: (value: number) => boolean): Generator<Uint8Array> {
    for (let slot = 0; slot < this.#values.length; slot += 1) {
      const stored = this.#values[slot] as number;
      if (stored === 0 || !accepts(stored - 1)) continue;
      yield new Uint8Array(this.#words.slice(slot * keyWords, (slot + 1) * keyWords).buffer);
    }
  }

  /** Where the key is, or the free slot where it would go. Leaves the key in #probe. */
  #slotOf(key: Uint8Array): number {
    if (key.length !== keyBytes)
      throw new RangeError(`a key of ${keyBytes} bytes was expected, found ${key.length}`);
    this.#probeBytes.set(key);
    return this.#slotOfProbe();
  }

  #slotOfProbe(): number {
    const [a, b, c, d] = this.#probe as unknown as [number, number, number, number];
    let slot = hashOf(a, b, c, d) & this.#mask;
    for (;;) {
      if (this.#values[slot] === 0) return slot;
      const at = slot * keyWords;
      const words = this.#words;
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot;
      slot = (slot + 1) & this.#mask;
    }
  }

  #grow(): void {
    const words = this.#words;
    const values = this.#values;
    this.#words = new Uint32Array(words.length * 2);
    this.#values = new Uint32Array(values.length * 2);
    this.#mask = this.#values.length - 1;
    for (let slot = 0; slot < values.length; slot += 1) {
      const value = values[slot] as number;
      if (value === 0) continue;
      this.#probe.set(words.subarray(slot * keyWords, (slot + 1) * keyWords));
      const target = this.#slotOfProbe();
      this.#words.set(this.#probe, target * keyWords);
      this.#values[target] = value;
    }
  }
}

/** Taken from the global once: in a sandbox, as tests run in, each look-up of a global costs more than the multiplication. */
const { imul } = Math;

/** Mixes all four words: keys of one domain differ in a single word. (Multipliers and shifts of MurmurHash3.) */
function hashOf(a: number, b: number, c: number, d: number): number {
  let hash = 0;
  for (const word of [a, b, c, d]) {
    let mixed = imul(word, 0xcc9e2d51);
    mixed = imul((mixed << 15) | (mixed >>> 17), 0x1b873593);
    hash ^= mixed;
    hash = (imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
