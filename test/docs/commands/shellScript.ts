/** A program with its arguments, quotes taken off. Variables are as they were written. */
export type Command = readonly string[];

export interface Script {
  /** In the order in which they are read, those in `$(…)` first. */
  readonly commands: readonly Command[];
  readonly functions: readonly string[];
  readonly assigned: readonly string[];
  readonly used: readonly string[];
}

const reserved = new Set(['until', 'while', 'if', 'then', 'else', 'do', 'done', 'fi', '{', '}', '!']);

/** Splits what a Bash would run into its commands, as far as documents need it. Throws where it cannot. */
export function readScript(text: string): Script {
  const reader = new ScriptReader(text);
  reader.list(null);
  return reader;
}

class ScriptReader implements Script {
  readonly commands: Command[] = [];
  readonly functions: string[] = [];
  readonly assigned: string[] = [];
  readonly used: string[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Commands up to the end, or to the bracket that closes a `$(`. */
  list(end: ')' | null): void {
    let words: string[] = [];
    let word: string | null = null;
    let dropped = 0;
    const endWord = (): void => {
      if (word === null) return;
      if (dropped > 0) dropped -= 1;
      else words.push(word);
      word = null;
    };
    const endCommand = (): void => {
      endWord();
      this.#command(words);
      words = [];
      dropped = 0;
    };
    while (this.#at < this.#text.length) {
      const char = this.#text[this.#at] as string;
      this.#at += 1;
      if (char === end) {
        endCommand();
        return;
      }
      if (char === '\\') {
        const next = this.#text[this.#at];
        this.#at += 1;
        if (next !== '\n') word = (word ?? '') + (next ?? '');
      } else if (char === "'") word = (word ?? '') + this.#single();
      else if (char === '"') word = (word ?? '') + this.#double();
      else if (char === '$') word = (word ?? '') + this.#dollar();
      else if (char === '#' && word === null) this.#comment();
      else if (char === ' ' || char === '\t') endWord();
      else if (char === '\n' || char === ';' || char === '|' || char === '&') endCommand();
      else if (char === '>' || char === '<') {
        if (word !== null && /^\d$/.test(word)) word = null;
        endWord();
        dropped += 1;
        while (['>', '&'].includes(this.#text[this.#at] ?? '')) this.#at += 1;
      } else if (char === '(' && word !== null && this.#text[this.#at] === ')') {
        this.#at += 1;
        this.functions.push(word);
        word = null;
      } else if (char === '`' || char === '(' || char === ')')
        throw new SyntaxError(`a "${char}" that is not understood`);
      else word = (word ?? '') + char;
    }
    if (end !== null) throw new SyntaxError('a $( that is not closed');
    endCommand();
  }

  #command(words: readonly string[]): void {
    let rest = words;
    while (rest[0] !== undefined && reserved.has(rest[0])) rest = rest.slice(1);
    if (rest[0] === 'for') return;
    for (;;) {
      const [, name] = /^([A-Za-z_]\w*)=/.exec(rest[0] ?? '') ?? [];
      if (name === undefined) break;
      this.assigned.push(name);
      rest = rest.slice(1);
    }
    if (rest.length > 0) this.commands.push(rest);
  }

  #comment(): void {
    while (this.#at < this.#text.length && this.#text[this.#at] !== '\n') this.#at += 1;
  }

  #single(): string {
    const end = this.#text.indexOf("'", this.#at);
    if (end === -1) throw new SyntaxError("a ' that is not closed");
    const inside = this.#text.slice(this.#at, end);
    this.#at = end + 1;
    return inside;
  }

  #double(): string {
    let inside = '';
    for (;;) {
      const char = this.#text[this.#at];
      this.#at += 1;
      if (char === undefined) throw new SyntaxError('a " that is not closed');
      if (char === '"') return inside;
      if (char === '$') inside += this.#dollar();
      else if (char === '\\' && ['"', '\\', '$', '\n', '`'].includes(this.#text[this.#at] ?? '')) {
        inside += this.#text[this.#at] === '\n' ? '' : this.#text[this.#at];
        this.#at += 1;
      } else inside += char;
    }
  }

  /** Behind a `$`: a variable, which stays as it is, or commands. */
  #dollar(): string {
    if (this.#text[this.#at] === '(') {
      this.#at += 1;
      this.list(')');
      return '$()';
    }
    const rest = this.#text.slice(this.#at);
    const [whole, braced, plain] = /^(?:\{([A-Za-z_]\w*)[^}]*\}|([A-Za-z_]\w*))/.exec(rest) ?? [];
    const name = braced ?? plain;
    if (whole === undefined || name === undefined) return '$';
    this.#at += whole.length;
    // One that has a value of its own where nobody sets it is nobody's to set.
    if (!whole.includes(':-')) this.used.push(name);
    return `$${name}`;
  }
}
